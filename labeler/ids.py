"""UUIDv7: keys that sort by the time they were made (RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A fresh UUIDv7; ids made in one process are strictly increasing.

    48 bits of milliseconds, 12 bits of a sub-millisecond fraction that counts up on ties (method 3 of section 6.2),
    62 random bits.
    """
    global _last  # noqa: PLW0603 -- one counter a process, under its lock
    with _lock:
        ticks = time.time_ns() * 4096 // 1_000_000
        _last = ticks = max(ticks, _last + 1)
    return _uuid(ticks >> 12, ticks & 0xFFF, int.from_bytes(os.urandom(8)))


def id_at(moment: datetime) -> UUID:
    """A fresh UUIDv7 that tells of this moment and of no other: all else of it, 74 bits, is random."""
    drawn = int.from_bytes(os.urandom(10))
    return _uuid(int(moment.timestamp()) * 1000, drawn >> 64 & 0xFFF, drawn)


def _uuid(milliseconds: int, fraction: int, low: int) -> UUID:
    return UUID(int=(milliseconds << 16 | 0x7000 | fraction) << 64 | 0x2 << 62 | low & (1 << 62) - 1)
