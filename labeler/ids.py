"""UUIDv7: keys that sort by the time they were made (RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import threading
import time
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
    high = (ticks >> 12) << 16 | 0x7000 | (ticks & 0xFFF)
    low = 0x2 << 62 | int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return UUID(int=high << 64 | low)
