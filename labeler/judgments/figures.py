"""What researchers compare about a project's answers, as numbers. Pure: no person and no text is in any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

Z95 = 1.959963984540054
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`, as a share from 0 to 1 with its 95 % interval."""

    hits: int
    n: int
    share: float
    low: float
    high: float


def wilson(hits: int, n: int) -> Share | None:
    """A share with its 95 % interval after Wilson, which stays honest for few answers; None for none at all."""
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if not n:
        return None
    share, square = hits / n, Z95 * Z95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At the ends the interval touches 0 or 1; rounding must not take it past or short of them.
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == n else middle + half
    return Share(hits, n, share, low, high)


def verdicts(answers: Iterable[Mapping[str, Any]]) -> list[tuple[str, Share]]:
    """How often each verdict was given, the most frequent first."""
    counts = Counter(str(answer["verdict"]) for answer in answers if answer.get("verdict") is not None)
    shares = [(verdict, wilson(hits, counts.total())) for verdict, hits in counts.most_common()]
    return [(verdict, share) for verdict, share in shares if share is not None]


def first_shown(answers: Iterable[tuple[Sequence[int], Mapping[str, Any]]]) -> Share | None:
    """How often the completion shown first was preferred: each answer with the order in which it was shown.

    A half is what chance gives. None where no answer names a preferred completion.
    """
    hits = n = 0
    for order, answer in answers:
        preferred = answer.get("preferred")
        if preferred is not None and preferred in order:
            n += 1
            hits += order[0] == preferred
    return wilson(hits, n)


def by_day(counts: Mapping[date, int], last: date, days: int) -> list[tuple[date, int]]:
    """One number for each of the last `days` days, 0 where nothing was counted; the oldest first."""
    span = [last - timedelta(days=back) for back in reversed(range(days))]
    return [(day, counts.get(day, 0)) for day in span]
