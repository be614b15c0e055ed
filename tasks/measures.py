"""What answers of a kind can agree on: each a list of categories, and which of them an answer chose.

Statistics count categories alone, so they know neither kinds nor scales, and a kind knows nothing of statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that people may see alike or not.

    `name` is a word for addresses and columns. `labels` are the categories in words; where they have an order, `values`
    are their numbers in the same order, else None. `read` takes an answer as stored, as plain JSON, and gives the place
    of the category it chose, or None where it gives no opinion.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...] | None
    read: Callable[[Mapping[str, Any]], int | None]

    def apart(self, one: int, other: int) -> float:
        """How far two categories are apart, 0 to 1: by their numbers, else 1 for any two that differ."""
        if one == other:
            return 0.0
        if self.values is None:
            return 1.0
        return abs(self.values[one] - self.values[other]) / (max(self.values) - min(self.values))
