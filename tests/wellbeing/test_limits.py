"""Which numbers are in force, and what may change them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.limits import AS_SHIPPED, NAMES, STANDARD, Change, Limits, in_force, problems

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ONE, TWO = UUID(int=1), UUID(int=2)


def test_every_number_has_a_rule_and_a_place() -> None:
    assert set(NAMES) == set(STANDARD)
    for name, number in STANDARD.items():
        assert getattr(Limits(), name) == number.value
        assert number.least <= number.value <= number.most, name
        assert not problems(name, number.value, Limits()), name


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("break_stop", 60, "BRK-1"), ("break_ask", 50, "BRK-1"), ("break_length", 10, "BRK-1"),
        ("severe_break_after", 30, "BRK-2"), ("day_rest_after", 360, "BRK-5"), ("day_rest_length", 30, "BRK-5"),
        ("day_hours", 480, "BRK-9"), ("week_hours", 2_880, "BRK-8"), ("daily_rest", 660, "BRK-6"),
        ("weekly_rest", 2_100, "BRK-7"), ("severe_day", 60, "EXP-1"), ("severe_week", 300, "EXP-2"),
        ("disturbing_day", 120, "EXP-3"), ("run_minutes", 15, "EXP-5"), ("run_tasks", 20, "EXP-5"),
        ("share_percent", 200, "EXP-6"), ("consent_days", 90, "EXP-13"),
    ],
)  # fmt: skip
def test_the_standard_says_what_was_decided(name: str, value: int, rule: str) -> None:
    assert (STANDARD[name].value, STANDARD[name].rule) == (value, rule)


def test_without_changes_the_standard_is_in_force() -> None:
    assert in_force([], NOW) is AS_SHIPPED
    assert AS_SHIPPED.of(ONE) == Limits()


def test_a_number_begins_at_its_moment_and_not_before() -> None:
    change = Change("severe_day", 30, NOW)
    assert in_force([change], NOW - DAY).platform.severe_day == 60
    assert in_force([change], NOW - DAY).next_change == NOW
    assert in_force([change], NOW).platform.severe_day == 30
    assert in_force([change], NOW).next_change is None


def test_the_newest_that_has_begun_is_in_force_whatever_the_order_of_rows() -> None:
    rows = [
        Change("severe_day", 20, NOW - DAY),
        Change("severe_day", 40, NOW - 2 * DAY),
        Change("severe_day", 5, NOW + DAY),
    ]
    assert in_force(rows, NOW).platform.severe_day == 20


def test_a_deviation_ends_and_what_was_before_it_is_in_force_again() -> None:
    rows = [
        Change("severe_day", 50, NOW - 9 * DAY),
        Change("severe_day", 90, NOW - DAY, until_at=NOW + DAY, signed=True),
    ]
    assert in_force(rows, NOW).platform.severe_day == 90
    assert in_force(rows, NOW).next_change == NOW + DAY
    assert in_force(rows, NOW + DAY).platform.severe_day == 50


def test_a_project_may_be_tighter_but_never_looser_without_a_signature() -> None:
    rows = [
        Change("severe_day", 40, NOW - DAY),
        Change("severe_day", 30, NOW - DAY, ONE),
        Change("severe_day", 50, NOW - DAY, TWO),
        Change("break_length", 12, NOW - DAY, TWO),
    ]
    found = in_force(rows, NOW)
    assert found.of(ONE).severe_day == 30
    assert found.of(TWO).severe_day == 40
    assert found.of(TWO).break_length == 12
    assert found.of(UUID(int=3)).severe_day == 40
    signed = Change("severe_day", 55, NOW, TWO, NOW + DAY, signed=True)
    assert in_force([*rows, signed], NOW).of(TWO).severe_day == 55


@pytest.mark.parametrize(
    ("name", "value", "looser"),
    [("severe_day", 61, True), ("severe_day", 60, False), ("severe_day", 59, False),
     ("break_length", 9, True), ("break_length", 10, False), ("break_length", 11, False)],
)  # fmt: skip
def test_what_protects_less_is_looser(name: str, value: int, looser: bool) -> None:
    assert STANDARD[name].loosens(value) is looser
    assert STANDARD[name].loosens(value, than=value) is False


@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_tighter_of_two_loosens_neither(name: str, a: int, b: int) -> None:
    number = STANDARD[name]
    tighter = number.tighter(a, b)
    assert tighter in (a, b)
    assert not number.loosens(tighter, than=a)
    assert not number.loosens(tighter, than=b)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [("severe_day", 241, 1), ("severe_day", -1, 1), ("severe_day", 240, 0), ("break_stop", 45, 1),
     ("break_ask", 61, 1), ("break_ask", 60, 0), ("week_hours", 2_300, 1), ("week_hours", 2_400, 0),
     ("week_hours_soft", 2_881, 1), ("severe_week", 59, 1), ("severe_week", 60, 0)],
)  # fmt: skip
def test_a_number_that_fits_nowhere_is_refused_with_words(name: str, value: int, wrong: int) -> None:
    assert len(problems(name, value, Limits())) == wrong
