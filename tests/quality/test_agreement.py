from __future__ import annotations

from collections import Counter
from math import isclose

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labeler.quality.agreement import Level, Readings, agreement, alpha, readings

ALL = (Level.NOMINAL, Level.ORDINAL, Level.INTERVAL)

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Four observers, twelve units, some missing: "Computing Krippendorff's Alpha-Reliability" (2011), part C."""

FLEISS = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
    "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)
"""Thirty patients, each seen by six psychiatrists: how many chose each of five diagnoses (1971, table 1)."""

Said = list[list[int]]
"""What was said of each item, categories from 0."""


def published() -> Said:
    rows = [line.split() for line in KRIPPENDORFF]
    return [[int(row[unit]) - 1 for row in rows if row[unit] != "."] for unit in range(12)]


def counted(said: Said, categories: int) -> Readings:
    return readings(Counter(tuple(sorted(each)) for each in said), categories)


def test_alpha_is_krippendorffs_own_example() -> None:
    found = agreement(counted(published(), 5), ALL, (1, 2, 3, 4, 5))
    values = {level: each.value for level, each in found.alpha.items() if each is not None}
    assert isclose(values[Level.NOMINAL], 0.743, abs_tol=0.0005)
    assert isclose(values[Level.ORDINAL], 0.815, abs_tol=0.0005)
    assert isclose(values[Level.INTERVAL], 0.849, abs_tol=0.0005)


def test_ac1_and_percent_are_the_published_ones_of_the_same_example() -> None:
    """The package irrCAC of Gwet's own prints 0.77544 and 0.8181818 for these readings."""
    found = agreement(counted(published(), 5), ALL[:1])
    assert found.ac1 is not None
    assert found.percent is not None
    assert isclose(found.ac1.value, 0.77544, abs_tol=5e-6)
    assert isclose(found.percent.value, 0.8181818, abs_tol=5e-7)


def test_kappa_is_fleiss_own_example() -> None:
    """He prints 0.5556 for the pairs that agree, 0.2199 for chance, and 0.430."""
    said = [[place for place, n in enumerate(word) for _ in range(int(n))] for word in FLEISS.split()]
    found = agreement(counted(said, 5), ALL[:1])
    assert found.kappa is not None and found.percent is not None
    assert isclose(found.percent.value, 0.5556, abs_tol=0.00005)
    assert isclose(found.kappa.value, 0.430, abs_tol=0.0005)


def test_an_item_that_was_read_once_can_neither_agree_nor_disagree() -> None:
    found = agreement(counted(published(), 5), ALL[:1])
    assert (found.items, found.compared) == (12, 11)


def test_without_two_readings_of_an_item_nothing_is_said() -> None:
    found = agreement(counted([[0], [1], [1]], 2), (Level.NOMINAL,))
    assert (found.items, found.compared) == (3, 0)
    assert (found.alpha, found.ac1, found.kappa, found.percent) == ({Level.NOMINAL: None}, None, None, None)


def test_nothing_at_all_is_no_error() -> None:
    found = agreement(counted([], 3), ALL, (0, 1, 2))
    assert (found.items, found.compared, found.percent) == (0, 0, None)


def test_where_one_category_is_always_chosen_alpha_and_kappa_say_nothing_and_the_others_do() -> None:
    found = agreement(counted([[1, 1], [1, 1, 1]], 3), (Level.NOMINAL,))
    assert found.alpha[Level.NOMINAL] is None
    assert found.kappa is None
    assert found.percent is not None
    assert found.ac1 is not None
    assert found.percent.value == found.ac1.value == 1


def test_alpha_collapses_where_one_category_is_rare_and_ac1_does_not() -> None:
    said = [[0, 0]] * 96 + [[0, 1]] * 4
    found = agreement(counted(said, 2), (Level.NOMINAL,))
    nominal = found.alpha[Level.NOMINAL]
    assert nominal is not None
    assert found.ac1 is not None
    assert nominal.value < 0 < 0.95 < found.ac1.value


def test_the_same_counts_give_the_same_interval_and_other_dice_another() -> None:
    read = counted(published(), 5)
    assert agreement(read, ALL[:2]) == agreement(read, ALL[:2])
    assert agreement(read, ALL[:1]) != agreement(read, ALL[:1], seed=7)


def test_an_interval_becomes_narrow_with_many_items() -> None:
    few, many = (agreement(counted(published() * times, 5), ALL[:1]).alpha[Level.NOMINAL] for times in (2, 200))
    assert few is not None and few.low is not None and few.high is not None
    assert many is not None and many.low is not None and many.high is not None
    assert many.high - many.low < (few.high - few.low) / 5


def test_resampling_in_blocks_covers_what_the_sample_varies(monkeypatch: pytest.MonkeyPatch) -> None:
    read = counted(published() * 5, 5)
    whole = agreement(read, ALL[:1])
    monkeypatch.setattr("labeler.quality.agreement.BLOCK", 1)
    assert agreement(read, ALL[:1]) == whole


def test_intervals_between_numbers_need_the_numbers() -> None:
    with pytest.raises(ValueError, match="needs a number"):
        alpha(np.ones((2, 2)), Level.INTERVAL)


items = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=12)


def values(said: Said, levels: tuple[Level, ...] = ALL) -> list[float | None]:
    found = agreement(counted(said, 4), levels, (0, 1, 2, 3) if Level.INTERVAL in levels else None, draws=2)
    estimates = [*found.alpha.values(), found.kappa, found.ac1, found.percent]
    return [None if each is None else each.value for each in estimates]


def same(said: Said, other: Said, levels: tuple[Level, ...] = ALL) -> bool:
    """Whether both come to the same figures, but for the last places: sums are made in another order."""
    pairs = zip(values(said, levels), values(other, levels), strict=True)
    return all(one == two if None in (one, two) else one == pytest.approx(two, abs=1e-9) for one, two in pairs)


@given(items, st.permutations(range(4)))
def test_other_names_for_the_categories_change_nothing_that_is_nominal(said: Said, names: list[int]) -> None:
    assert same(said, [[names[each] for each in of] for of in said], (Level.NOMINAL,))


@given(items)
@example([[1], [0, 0, 0, 1, 2], [0, 0, 2], [0, 0, 2], [0, 0, 2]])
def test_turning_an_order_around_changes_nothing(said: Said) -> None:
    assert same(said, [[3 - each for each in of] for of in said])


@given(items, st.randoms(use_true_random=False))
def test_who_said_it_and_which_item_came_first_change_nothing(said: Said, dice: object) -> None:
    mixed = [sorted(of, key=lambda _: dice.random()) for of in said]  # type: ignore[attr-defined]
    assert same(said, mixed[::-1])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(2, 5)), min_size=2, max_size=12))
def test_full_agreement_is_1_at_every_level(said: list[tuple[int, int]]) -> None:
    varied = len({category for category, _ in said}) > 1
    *alphas, ac1, percent = values([[category] * times for category, times in said])
    assert alphas == ([pytest.approx(1.0)] * 4 if varied else [None] * 4)
    assert (ac1, percent) == pytest.approx((1.0, 1.0))


@given(items)
def test_no_figure_is_above_1_and_an_interval_holds_its_figure(said: Said) -> None:
    found = agreement(counted(said, 4), ALL, (0, 1, 2, 3), draws=20)
    for each in (*found.alpha.values(), found.ac1, found.kappa, found.percent):
        if each is not None:
            assert each.value <= 1 + 1e-12
            if each.low is not None and each.high is not None:
                assert each.low <= each.value <= each.high
