"""Numbers about few people are not shown: the k-cell of the welfare standard. Pure.

k is 5 towards vendors and researchers, 10 in public. What is not shown is "not tested", never "passed".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

K_INSIDE = 5
"""People behind a number that a vendor, a researcher or a representative sees."""
K_PUBLIC = 10
"""People behind a number that everybody sees."""


def cell(values_by_person: Mapping[Any, int], k: int, population: int | None = None) -> int | None:
    """The sum of what each person adds to a number, or None where showing it could lay somebody bare.

    People who add 0 do not stand behind it. None when fewer than `k` people do; when one of them has more than half of
    it; or when of a `population` (who could have added to it) 1 to k-1 people are left over: who knows these would know
    the rest. Raises ValueError for a value below 0, for k below 2, and for a population that is too small.
    """
    if k < 2 or any(value < 0 for value in values_by_person.values()):
        raise ValueError("a cell adds up counts, of two people at least")
    behind = [value for value in values_by_person.values() if value]
    if population is not None and population < len(behind):
        raise ValueError(f"{len(behind)} people stand behind a number of a population of {population}")
    total = sum(behind)
    if len(behind) < k or 2 * max(behind) > total:
        return None
    if population is not None and 0 < population - len(behind) < k:
        return None
    return total
