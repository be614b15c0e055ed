"""How what a canary sent is bound to what the record said before it was sent. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

GRIEVANCE, SEVERITY = "grievance", "severity-4"
"""The kinds of canaries, as the record names them."""
SENT_WITHIN = timedelta(days=60)
"""How long after it was made a canary goes out at the latest."""


def token_of(secret: bytes) -> str:
    """What stands in the record when a canary is made: the SHA-256 of its secret."""
    return hashlib.sha256(secret).hexdigest()


def about_of(kind: str, secret: bytes, at: datetime | None = None) -> UUID:
    """The id of what a canary sends: made of its secret, and random to everybody who does not know that.

    With `at` it is a UUIDv7 of that moment, as tasks have them, whose other 74 bits are the secret's.
    """
    drawn = hashlib.sha256(f"{kind} ".encode() + secret).digest()[:16]
    if at is None:
        return UUID(bytes=drawn, version=4)
    low = int.from_bytes(drawn[6:]) & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return UUID(int=int(at.timestamp() * 1000) << 80 | low)


def moment_of(key: UUID) -> datetime:
    """The moment in a UUIDv7, in milliseconds."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def fits(kind: str, token: str, secret: str, about: str) -> bool:
    """Whether a told secret (hexadecimal) is the one of the token, and what is said to have been sent is made of it."""
    try:
        told, key = bytes.fromhex(secret), UUID(about)
    except ValueError:
        return False
    made = about_of(kind, told, moment_of(key) if kind == SEVERITY else None)
    return token_of(told) == token and made == key
