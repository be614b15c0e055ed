"""What the leaves of the sealed record are made of, byte for byte. Pure.

Each vendor has a log of the entries that are its own, and the platform one of the rest. A log of roots says how large
each of them was, again and again, and with which root; its own size and root are what a checkpoint signs. So nobody can
shorten one log, or leave one out, without changing what was signed before.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from uuid import UUID

import orjson

from labeler.audit.tree import Hash, leaf_hash

PLATFORM = UUID(int=0)
"""The log of what belongs to no vendor."""
ROOTS = UUID(int=1)
"""The log of roots."""
SALT = 16
"""Bytes of salt: without it nobody can try out which entry a commitment stands for."""


def log_of(vendor: UUID | None) -> UUID:
    """The log that an entry of this vendor's record is in."""
    return vendor or PLATFORM


def entry_text(
    entry_id: UUID, at: datetime, act: str, actor: UUID | None, subject: UUID, vendor: UUID | None, fields: str
) -> bytes:
    """An entry as it is sealed: JSON with sorted keys and no spaces. `fields` is the text that is stored, in quotes."""
    told = {
        "act": act,
        "actor": actor and str(actor),
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "fields": fields,
        "id": str(entry_id),
        "subject": str(subject),
        "vendor": vendor and str(vendor),
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def new_salt() -> bytes:
    """A salt for one entry."""
    return secrets.token_bytes(SALT)


def commitment(salt: bytes, entry: bytes) -> Hash:
    """What stands in the tree for an entry."""
    return hashlib.sha256(salt + entry).digest()


def entry_leaf(committed: Hash) -> Hash:
    """The leaf of a log of entries."""
    return leaf_hash(committed)


def root_leaf(log_id: UUID, size: int, root: Hash) -> Hash:
    """The leaf of the log of roots that says: this log has so many entries, with this root."""
    return leaf_hash(f"{log_id}\n{size}\n{root.hex()}\n".encode())
