"""Facts about many tasks by their ids, 16 bytes each instead of a Python object. Pure."""

from __future__ import annotations

import numpy as np

from labeler.exports.rows import Key

KEY_BYTES = 16


def packed(key: Key) -> bytes:
    """An id's 16 bytes."""
    return bytes.fromhex(key) if isinstance(key, str) else key.bytes


class Places:
    """Where in a list each id stands. `keys` are the ids' bytes, one after another, none twice."""

    def __init__(self, keys: bytes) -> None:
        # an S16 leaves zeros at its end out, alike in what is kept and what is asked for
        there = np.frombuffer(keys, dtype=f"S{KEY_BYTES}")
        in_order = bool(np.all(there[:-1] <= there[1:]))
        self._order = None if in_order else np.argsort(there).astype(np.int32)
        self._sorted = there if self._order is None else there[self._order]

    def __len__(self) -> int:
        return len(self._sorted)

    def of(self, key: bytes) -> int | None:
        """The id's place, from 0; None when it is not there."""
        asked = np.bytes_(key)
        place = int(np.searchsorted(self._sorted, asked))
        if place == len(self._sorted) or self._sorted[place] != asked.rstrip(b"\0"):
            return None
        return place if self._order is None else int(self._order[place])
