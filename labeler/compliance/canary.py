"""How what a canary sent is bound to what the record said before it was sent. Pure."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

SENT_WITHIN = timedelta(days=60)
"""How long after it was made a canary goes out at the latest."""


def token_of(secret: bytes) -> str:
    """What stands in the record when a canary is made: the SHA-256 of its secret."""
    return hashlib.sha256(secret).hexdigest()


def about_of(kind: str, secret: bytes) -> UUID:
    """The id of what a canary sends: made of its secret, and random to everybody who does not know that."""
    return UUID(bytes=hashlib.sha256(f"{kind} ".encode() + secret).digest()[:16], version=4)


def fits(kind: str, token: str, secret: str, about: str) -> bool:
    """Whether a told secret (hexadecimal) is the one of the token, and what is said to have been sent is made of it."""
    try:
        told = bytes.fromhex(secret)
    except ValueError:
        return False
    return token_of(told) == token and str(about_of(kind, told)) == about
