"""When a number about several people may be shown to others, without telling anything of one of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

K_OTHERS = 5
"""People behind a number that vendors and researchers see, at least."""


def cell(values_by_person: Mapping[UUID, int], k: int, complement: int | None) -> int | None:
    """The sum over all people, or None when it may not be shown.

    Shown when at least `k` different people have a part in it, none of them more than half of it, and those without a
    part (`complement`: how many people of the same whole; None where there is no such whole) are `k` or more, or none.
    People whose value is 0 have no part. Whoever asks uses fixed periods that are over, so that a number never moves.
    """
    parts = [value for value in values_by_person.values() if value]
    if any(value < 0 for value in parts):
        raise ValueError("a part of a cell is a count")
    total = sum(parts)
    if len(parts) < k or 2 * max(parts) > total:
        return None
    if complement is not None and 0 < complement < k:
        return None
    return total
