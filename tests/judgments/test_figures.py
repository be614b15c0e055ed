from __future__ import annotations

from datetime import date
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.judgments.figures import by_day, first_shown, verdicts, wilson


def test_an_interval_is_wilsons() -> None:
    found = wilson(8, 10)
    assert found is not None
    assert isclose(found.low, 0.4901625, abs_tol=1e-6)
    assert isclose(found.high, 0.9433178, abs_tol=1e-6)


def test_an_interval_touches_its_end_where_all_or_none_said_so() -> None:
    none, every = wilson(0, 20), wilson(20, 20)
    assert none is not None
    assert every is not None
    assert (none.low, every.high) == (0.0, 1.0)
    assert isclose(none.high, 1 - every.low)
    assert isclose(none.high, 0.1611252, abs_tol=1e-6)


def test_a_share_of_nothing_is_no_share() -> None:
    assert wilson(0, 0) is None


def test_more_hits_than_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="5 of 4"):
        wilson(5, 4)


@given(st.integers(0, 2000), st.integers(1, 2000))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(hits: int, n: int) -> None:
    found = wilson(min(hits, n), n)
    assert found is not None
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_verdicts_are_counted_the_most_frequent_first() -> None:
    answers = [{"verdict": "tie"}, {"verdict": "preference"}, {"verdict": "preference"}, {"comment": "none"}]
    assert [(name, share.hits, share.n) for name, share in verdicts(answers)] == [("preference", 2, 3), ("tie", 1, 3)]


def test_the_one_shown_first_is_told_by_the_order_and_not_by_the_item() -> None:
    found = first_shown(
        [
            ((0, 1), {"verdict": "preference", "preferred": 0}),
            ((1, 0), {"verdict": "preference", "preferred": 1}),
            ((1, 0), {"verdict": "preference", "preferred": 0}),
            ((0, 1), {"verdict": "tie", "preferred": None}),
        ]
    )
    assert found is not None
    assert (found.hits, found.n) == (2, 3)


def test_answers_without_a_preference_have_no_share_of_first_ones() -> None:
    assert first_shown([((0,), {"verdict": "rated"})]) is None


def test_days_without_answers_count_nothing() -> None:
    days = by_day({date(2026, 3, 1): 4, date(2026, 2, 1): 9}, date(2026, 3, 2), 3)
    assert days == [(date(2026, 2, 28), 0), (date(2026, 3, 1), 4), (date(2026, 3, 2), 0)]
