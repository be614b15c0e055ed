"""Which numbers are in force, and what may change them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.limits import (
    AS_SHIPPED,
    LONGEST_DEVIATION,
    NAMES,
    STANDARD,
    Change,
    Limits,
    in_force,
    problems,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ONE, TWO = UUID(int=1), UUID(int=2)


def test_every_number_has_a_rule_and_a_place() -> None:
    assert set(NAMES) == set(STANDARD)
    for name, number in STANDARD.items():
        assert getattr(Limits(), name) == number.value
        assert number.least <= number.value <= number.most, name
        assert not problems(name, number.value, Limits()), name


DECIDED = [
    ("break_ask", "BRK-1", 50, 1, 10_080), ("break_stop", "BRK-1", 60, 1, 120), ("break_length", "BRK-1", 10, 5, 60),
    ("severe_break_after", "BRK-2", 30, 1, 60), ("severe_break_length", "BRK-2", 10, 5, 60),
    ("break_paid", "BRK-3", 30, 10, 120), ("day_rest_after", "BRK-5", 360, 1, 480),
    ("day_rest_length", "BRK-5", 30, 20, 120), ("daily_rest", "BRK-6", 660, 480, 960),
    ("weekly_rest", "BRK-7", 2_100, 1_440, 4_320), ("week_hours", "BRK-8", 2_880, 1, 3_600),
    ("week_hours_soft", "BRK-8", 2_400, 1, 3_600), ("day_hours", "BRK-9", 480, 1, 720),
    ("severe_day", "EXP-1", 60, 0, 240), ("severe_week", "EXP-2", 300, 0, 1_200),
    ("disturbing_day", "EXP-3", 120, 0, 240), ("run_minutes", "EXP-5", 15, 1, 60), ("run_tasks", "EXP-5", 20, 1, 100),
    ("run_quiet", "EXP-5", 15, 5, 120), ("share_percent", "EXP-6", 200, 100, 400),
    ("share_least", "EXP-6", 60, 0, 300), ("severe_overlap", "EXP-8", 3, 1, 10),
    ("stand_down_day", "EXP-11", 120, 0, 480), ("surprise_per_mille", "EXP-12", 10, 0, 50),
    ("surprise_least", "EXP-12", 50, 1, 200), ("consent_days", "EXP-13", 90, 1, 180),
    ("night_from", "EXP-14", 22, 18, 24), ("night_until", "EXP-14", 6, 4, 10),
    ("training_days", "WRN-4", 365, 30, 365), ("severe_allowance", "PAY-8", 125, 100, 300),
]  # fmt: skip
"""Name, rule, the standard's value, and the least and the most that a policy may say at all, signed or not."""


def test_the_standard_says_what_was_decided() -> None:
    assert sorted((name, n.rule, n.value, n.least, n.most) for name, n in STANDARD.items()) == sorted(DECIDED)
    assert LONGEST_DEVIATION == 90 * DAY


@pytest.mark.parametrize(("name", "least", "most"), [(name, least, most) for name, _, _, least, most in DECIDED])
def test_no_signature_takes_a_number_beyond_its_bounds(name: str, least: int, most: int) -> None:
    words = f"Choose a number from {least} to {most} ({STANDARD[name].unit})."
    for value in (least, most):
        assert words not in problems(name, value, Limits())
    for value in (least - 1, most + 1):
        assert problems(name, value, Limits()) == [words]


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


def test_what_was_worked_out_is_good_until_the_first_of_all_coming_changes() -> None:
    rows = [
        Change("severe_day", 30, NOW + 3 * DAY),
        Change("run_tasks", 10, NOW - DAY, ONE, until_at=NOW + 2 * DAY),
        Change("break_stop", 45, NOW - DAY, until_at=NOW + 9 * DAY),
    ]
    assert in_force(rows, NOW).next_change == NOW + 2 * DAY


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
