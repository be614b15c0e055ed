"""What lines come to, without a database."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.pay.classes import PayKind
from labeler.pay.sums import (
    Floor,
    Sums,
    allowance,
    minor,
    money,
    own_extra,
    shown,
    stale,
    sums,
    up,
)

TIMES = st.lists(st.tuples(st.integers(1, 40_000), st.integers(1, 10**7)), max_size=40)
AMOUNTS = st.lists(st.tuples(st.sampled_from(list(PayKind)), st.integers(1, 10**7)), max_size=10)


@given(TIMES)
def test_a_week_is_rounded_once_and_in_her_favour(time: list[tuple[int, int]]) -> None:
    exact = sum((Fraction(seconds * rate, 3600) for seconds, rate in time), Fraction(0))
    assert exact <= sums(time, []).base < exact + 1


@given(TIMES, AMOUNTS, st.integers(1, 10**7))
def test_after_the_top_up_an_hour_brings_the_floor_and_not_a_unit_more_than_it_must(
    time: list[tuple[int, int]], amounts: list[tuple[PayKind, int]], per_hour: int
) -> None:
    floor = Floor(per_hour, "XTS", date(2026, 1, 1))
    before = sums(time, amounts)
    lacks = before.top_up(floor)
    after = sums(time, [*amounts, (PayKind.TOP_UP, lacks)])
    assert after.earned * 3600 >= floor.per_hour * after.seconds or not after.seconds
    assert after.top_up(floor) == 0
    if lacks:
        assert (after.earned - 1) * 3600 < floor.per_hour * after.seconds


def test_the_formula_counts_fees_and_costs_against_the_hour_and_the_allowance_not_for_it() -> None:
    week = sums([(3600, 1000)], [(PayKind.BONUS, 100), (PayKind.FEE, 30), (PayKind.COST, 50), (PayKind.ALLOWANCE, 25)])
    assert (week.base, week.earned, week.effective) == (1000, 1020, 1020)
    assert week.total == 1000 + 100 - 30 + 25, "what she bought herself is not taken off what she is paid"


def test_without_time_there_is_no_rate_and_no_top_up() -> None:
    assert Sums().effective is None and Sums().top_up(Floor(1000, "XTS", date(2026, 1, 1))) == 0
    assert sums([(60, 100)], []).top_up(None) == 0


def test_all_time_is_in_the_divisor_so_waiting_lowers_nothing() -> None:
    assert sums([(1800, 1000), (1800, 1000)], []).effective == 1000


@given(st.integers(1, 100_000), st.integers(1, 10**6))
def test_the_allowance_is_a_quarter_of_the_rate_of_time(seconds: int, per_hour: int) -> None:
    exact = Fraction(seconds * per_hour, 3600) / 4
    assert exact <= allowance(seconds, per_hour) < exact + 1


@pytest.mark.parametrize(
    ("said", "counted", "extra"),
    [(100, 100, 0), (90, 100, 0), (125, 100, 25), (126, 100, None), (1, 0, None), (0, 0, 0)],
)
def test_her_own_count_is_taken_up_to_a_quarter_more(said: int, counted: int, extra: int | None) -> None:
    assert own_extra(said, counted) == extra


def test_amounts_are_written_with_the_currencys_digits() -> None:
    assert (money(1250, "EUR"), money(1250, "JPY"), money(1250, "KWD")) == ("12.50 EUR", "1250 JPY", "1.250 KWD")
    assert shown(375_000, "EUR") == "1.0416 EUR" and up(375_000) == 105


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("12.50", "EUR", 1250), ("12,5", "EUR", 1250), ("12.505", "EUR", None), ("1250", "JPY", 1250),
     ("1.5", "JPY", None), ("-1", "EUR", None), ("0", "EUR", None), ("", "EUR", None), ("NaN", "EUR", None),
     ("Infinity", "EUR", None),
     ("9" * 40, "EUR", None), ("1e5", "EUR", None), ("1e999999999", "EUR", None), ("ä", "EUR", None)],
)  # fmt: skip
def test_what_somebody_types_as_money(text: str, currency: str, amount: int | None) -> None:
    assert minor(text, currency) == amount


def test_a_benchmark_is_stale_after_a_year() -> None:
    assert not stale(date(2025, 3, 2), date(2026, 3, 2))
    assert stale(date(2025, 3, 1), date(2026, 3, 2))
    assert not stale(date(2024, 2, 29), date(2025, 2, 28))
