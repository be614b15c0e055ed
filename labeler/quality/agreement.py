"""Whether people say the same of the same item: Krippendorff's alpha, Gwet's AC1, Fleiss' kappa, percent. Pure.

Everything is computed from counts. Items on which each category was chosen equally often are one row of a `Readings`,
with how many of them there are: a million answers are a few hundred rows, and a bootstrap over items draws only how
often each row comes. Who said what is in none of it, so that exchanging the people changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

DRAWS = 200
"""Resamples of a bootstrap: the ends of a 95 % interval are then about its fifth draws from below and from above."""
BLOCK = 1_000_000
"""Cells of resamples that are held at a time, so that many different rows need no more memory than few."""
SEED = 2011
"""Of the dice, so that the same counts give the same interval on every page and in every file."""


class Level(StrEnum):
    """What is known of the distance of two categories: whether they differ, their order, or their numbers."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Readings:
    """Items by how they were read: `counts` (rows × categories) says how often each category was chosen for an item,
    `times` (rows) how many items were read just so. Items that nobody read have no row.
    """

    counts: Numbers
    times: Numbers

    @property
    def items(self) -> int:
        """Items that were read at least once."""
        return int(self.times.sum())

    @property
    def compared(self) -> int:
        """Items that were read twice or more: only they can agree or not."""
        return int(self.times[self.counts.sum(axis=1) >= 2].sum())


def readings(patterns: Mapping[tuple[int, ...], int], categories: int) -> Readings:
    """Readings from `patterns`: the sorted categories (from 0) chosen for an item, and how many items have these."""
    known = sorted(pattern for pattern in patterns if pattern)
    counts = np.zeros((len(known), categories))
    for row, pattern in enumerate(known):
        for category in pattern:
            counts[row, category] += 1
    return Readings(counts, np.array([patterns[pattern] for pattern in known], dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval from resampled items; no interval where most resamples have no such number."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far `compared` items, read twice or more, were read the same; of `items` that were read at all.

    `alpha` has Krippendorff's alpha at each level that fits: 1 is full agreement, 0 what chance gives, below 0 worse.
    It is None where everybody always chose one category, for nothing can be told from chance then, and so is Fleiss'
    `kappa`; `percent` (the share of pairs of readings that are the same) and Gwet's `ac1` are None only where no item
    was read twice.
    """

    items: int
    compared: int
    alpha: dict[Level, Estimate | None]
    ac1: Estimate | None
    kappa: Estimate | None
    percent: Estimate | None


def agreement(
    read: Readings, levels: Sequence[Level], values: Sequence[float] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Agreement:
    """All figures with their intervals. `values` are the categories' numbers, for the level of intervals."""
    if not read.compared:
        return Agreement(read.items, 0, dict.fromkeys(levels), None, None, None)
    categories = read.counts.shape[1]
    pairs = _coincidences(read).reshape(len(read.times), -1)
    sums = _resampled(read, np.hstack([pairs, _totals(read)]), draws, seed)
    tables, totals = sums[:, : categories**2].reshape(-1, categories, categories), sums[:, categories**2 :]
    alphas = {level: _estimate([alpha(each, level, values) for each in tables]) for level in levels}
    others = (_ac1s(totals, categories), _kappas(totals), _percents(totals))
    return Agreement(read.items, read.compared, alphas, *(_estimate(each) for each in others))


def alpha(coincidences: Numbers, level: Level, values: Sequence[float] | None = None) -> float | None:
    """Krippendorff's alpha of a coincidence matrix (categories × categories), None without any variation.

    1 - observed over expected disagreement: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), part D;
    the differences of each level are his δ² there. Raises ValueError for the level of intervals without `values`.
    """
    per_category: Numbers = coincidences.sum(axis=1)
    n = float(per_category.sum())
    if n <= 1:
        return None
    apart = _differences(per_category, level, values)
    expected = float(per_category @ apart @ per_category) / (n - 1)
    if expected <= 0:
        return None
    return 1.0 - float((coincidences * apart).sum()) / expected


def _differences(per_category: Numbers, level: Level, values: Sequence[float] | None) -> Numbers:
    """The squared difference δ² of each two categories."""
    size = len(per_category)
    if level is Level.NOMINAL:
        return 1.0 - np.eye(size)
    if level is Level.ORDINAL:
        # everything between the two, with half of each end: the difference of their mean ranks
        places = np.cumsum(per_category) - per_category / 2
    elif values is None or len(values) != size:
        raise ValueError("the level of intervals needs a number for each category")
    else:
        places = np.asarray(values, dtype=np.float64)
    apart: Numbers = (places[:, None] - places[None, :]) ** 2
    return apart


def _coincidences(read: Readings) -> Numbers:
    """Each row's share in the coincidence matrix: rows × categories × categories. A single reading has none."""
    each: Numbers = read.counts.sum(axis=1)
    pairs: Numbers = read.counts[:, :, None] * read.counts[:, None, :]
    places = np.arange(read.counts.shape[1])
    pairs[:, places, places] -= read.counts
    return np.where((each >= 2)[:, None, None], pairs / np.maximum(each - 1, 1)[:, None, None], 0.0)


def _totals(read: Readings) -> Numbers:
    """What percent agreement and AC1 add up over items: agreement, whether there is any, 1, the categories' shares."""
    each = read.counts.sum(axis=1)
    compared = each >= 2
    same = (read.counts * (read.counts - 1)).sum(axis=1)
    agreed = np.where(compared, same / np.maximum(each * (each - 1), 1), 0.0)
    return np.column_stack([agreed, compared, np.ones(len(each)), read.counts / each[:, None]])


def _percents(totals: Numbers) -> list[float | None]:
    return [float(row[0] / row[1]) if row[1] else None for row in totals]


def _ac1s(totals: Numbers, categories: int) -> list[float | None]:
    """Gwet's AC1 of each row of totals. Chance is small where one category has nearly all, so AC1 does not collapse.

    Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement" (2008), with missing
    readings as in his Handbook (4th edition, 2014). All categories on offer count, chosen or not.
    """
    found: list[float | None] = []
    for row, percent in zip(totals, _percents(totals), strict=True):
        if percent is None or categories < 2:
            found.append(None)
            continue
        shares = row[3:] / row[2]
        chance = float((shares * (1 - shares)).sum()) / (categories - 1)
        found.append((percent - chance) / (1 - chance) if chance < 1 else None)
    return found


def _kappas(totals: Numbers) -> list[float | None]:
    """Fleiss' kappa of each row of totals; None where all readings chose one category.

    Fleiss, "Measuring nominal scale agreement among many raters" (1971), who has as many readings of every item; where
    their numbers differ each item counts alike, as in Gwet's Handbook (4th edition, 2014).
    """
    found: list[float | None] = []
    for row, percent in zip(totals, _percents(totals), strict=True):
        shares = row[3:] / row[2]
        chance = float((shares**2).sum())
        found.append(None if percent is None or chance >= 1 else (percent - chance) / (1 - chance))
    return found


def _resampled(read: Readings, parts: Numbers, draws: int, seed: int) -> Numbers:
    """Sums of the rows' `parts` over all items: first as they are, then for `draws` resamples of as many items."""
    items, dice = read.items, np.random.default_rng(seed)
    sums = [read.times[None, :] @ parts]
    at_once = max(1, BLOCK // len(read.times))
    for first in range(0, draws, at_once):
        drawn = dice.multinomial(items, read.times / items, size=min(at_once, draws - first))
        sums.append(drawn.astype(np.float64) @ parts)
    return np.vstack(sums)


def _estimate(found: Sequence[float | None]) -> Estimate | None:
    """The first number with the middle 95 % of the others, its resamples; None where it is not defined itself."""
    value, drawn = found[0], [each for each in found[1:] if each is not None]
    if value is None:
        return None
    if 2 * len(drawn) <= len(found) - 1:
        return Estimate(value, None, None)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(value, min(float(low), value), max(float(high), value))
