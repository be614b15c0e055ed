"""Which numbers about few people are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.cells import K_INSIDE, K_PUBLIC, cell


def counts(*values: int) -> dict[int, int]:
    return dict(enumerate(values))


def test_enough_people_behind_a_number_show_it() -> None:
    assert cell(counts(1, 1, 1, 1, 1), 5) == 5


def test_too_few_people_do_not_and_nought_looks_the_same() -> None:
    assert cell(counts(1, 1, 1, 1), 5) is None
    assert cell(counts(9, 9, 9, 9, 0), 5) is None, "who adds nothing does not stand behind it"
    assert cell({}, 5) is None


def test_one_person_may_be_half_of_it_but_no_more() -> None:
    assert cell(counts(4, 1, 1, 1, 1), 5) == 8
    assert cell(counts(5, 1, 1, 1, 1), 5) is None


@pytest.mark.parametrize(("population", "shown"), [(5, 5), (6, None), (9, None), (10, 5), (None, 5)])
def test_those_who_are_left_over_are_none_or_enough(population: int | None, shown: int | None) -> None:
    assert cell(counts(1, 1, 1, 1, 1), 5, population) == shown


@pytest.mark.parametrize(("values", "k", "population"), [((1, -1), 5, None), ((1, 1), 1, None), ((1, 1), 2, 1)])
def test_what_is_no_cell_is_refused(values: tuple[int, ...], k: int, population: int | None) -> None:
    with pytest.raises(ValueError, match=r"cell|population"):
        cell(counts(*values), k, population)


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(2, 12), st.none() | st.integers(0, 30))
def test_what_is_shown_hides_everybody(values: list[int], k: int, more: int | None) -> None:
    behind = [value for value in values if value]
    population = None if more is None else len(behind) + more
    shown = cell(counts(*values), k, population)
    if shown is None:
        return
    assert shown == sum(values)
    assert len(behind) >= k and max(behind) * 2 <= shown
    assert more is None or more == 0 or more >= k


def test_the_public_sees_less_than_those_inside() -> None:
    assert (K_INSIDE, K_PUBLIC) == (5, 10)
