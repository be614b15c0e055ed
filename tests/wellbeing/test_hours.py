"""How long a person may work, held against a second count minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.hours import DAY, WEEK, Rest, Span, flat, free_until, owed, since_rest, worked
from labeler.wellbeing.limits import Limits

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def spans(*pairs: tuple[float, float]) -> list[Span]:
    """Work from and to these hours after the start."""
    return [Span(START + a * HOUR, START + b * HOUR) for a, b in pairs]


def at(hours: float) -> datetime:
    return START + hours * HOUR


def steady(hours: float, *, sit: int = 55, rest: int = 10, from_hour: float = 0) -> list[Span]:
    """A day of stretches of `sit` minutes with rests of `rest` minutes between, until `hours` of work are done."""
    found, now, left = [], at(from_hour), hours * HOUR
    while left > timedelta(0):
        length = min(left, sit * MINUTE)
        found.append(Span(now, now + length))
        now += length + rest * MINUTE
        left -= length
    return found


def test_nothing_is_owed_before_any_work() -> None:
    assert owed([], START) is None


@pytest.mark.parametrize(("minutes", "due"), [(59, False), (60, True), (75, True)])
def test_an_hour_without_a_pause_owes_ten_minutes(minutes: int, due: bool) -> None:
    now = START + minutes * MINUTE
    rest = owed([Span(START, now)], now)
    assert rest == (Rest("BRK-1", 10, now + 10 * MINUTE, is_break=True) if due else None)


def test_a_stretch_that_has_ended_ten_minutes_ago_owes_nothing() -> None:
    assert owed([Span(START, at(1.5))], at(1.5) + 10 * MINUTE) is None
    assert owed([Span(START, at(1.5))], at(1.5) + 10 * MINUTE - timedelta(seconds=1)) is not None


def test_a_longer_break_of_a_policy_joins_stretches_that_a_shorter_one_parts() -> None:
    work = [Span(START, START + 35 * MINUTE), Span(START + 47 * MINUTE, START + 62 * MINUTE)]
    now = work[-1].until_at
    assert owed(work, now) is None
    rest = owed(work, now, Limits(break_length=15))
    assert rest is not None
    assert (rest.rule, rest.minutes) == ("BRK-1", 15)


def test_six_hours_of_work_owe_half_an_hour() -> None:
    work = steady(6)
    rest = owed(work, work[-1].until_at)
    assert rest == Rest("BRK-5", 30, work[-1].until_at + 30 * MINUTE, is_break=True)
    less = steady(6 - 1 / 60)
    assert owed(less, less[-1].until_at) is None


def test_half_an_hour_of_rest_begins_the_six_hours_anew() -> None:
    morning, afternoon = steady(5), steady(2.9, from_hour=7)
    assert owed(morning + afternoon, afternoon[-1].until_at) is None
    lunch = Span(morning[-1].until_at + 29 * MINUTE, morning[-1].until_at + 89 * MINUTE)
    rest = owed([*morning, lunch], lunch.until_at, Limits(break_stop=90))
    assert rest is not None
    assert rest.rule == "BRK-5"


def test_eight_hours_in_any_24_are_the_most_and_it_says_when_there_is_room() -> None:
    morning, evening = steady(4, from_hour=0), steady(4, from_hour=6)
    work = morning + evening
    now = work[-1].until_at + 45 * MINUTE
    rest = owed(work, now)
    assert rest == Rest("BRK-9", 480, START + DAY + timedelta(seconds=1), is_break=False)
    assert owed(work, rest.until - timedelta(seconds=1)) is not None
    assert owed(work, rest.until) is None


def test_room_comes_with_the_next_oldest_work_where_the_oldest_alone_is_not_enough() -> None:
    work, tight = spans((0, 1), (2, 3)), Limits(day_hours=60)
    rest = owed(work, at(3), tight)
    assert rest == Rest("BRK-9", 60, at(2) + DAY + timedelta(seconds=1), is_break=False)
    assert owed(work, rest.until - timedelta(seconds=1), tight) is not None
    assert owed(work, rest.until, tight) is None


def test_midnight_refills_nothing() -> None:
    night = steady(8, from_hour=20)
    rest = owed(night, night[-1].until_at + HOUR)
    assert rest is not None
    assert rest.until > at(44)


def test_eleven_hours_of_rest_are_owed_thirteen_hours_after_the_day_began() -> None:
    work = spans((0, 0.5), (6, 6.5), (12.75, 12.9))
    assert owed(work, at(12.99)) is None
    rest = owed(work, at(13))
    assert rest == Rest("BRK-6", 660, at(12.9) + 11 * HOUR, is_break=False)
    assert owed(work, rest.until - timedelta(seconds=1)) is not None
    assert owed(work, rest.until) is None


def test_a_week_without_35_hours_of_rest_ends_after_133_hours() -> None:
    now = at(133)
    assert owed(SHORT_DAYS, now - timedelta(seconds=1)) is None
    rest = owed(SHORT_DAYS, now)
    assert rest == Rest("BRK-7", 2100, SHORT_DAYS[-1].until_at + 35 * HOUR, is_break=False)


def test_48_hours_in_a_week_are_the_most() -> None:
    work = [span for day in range(6) for span in steady(7.99, from_hour=24 * day)]
    assert owed(work, at(24 * 6 - 12)) is None
    tight = Limits(week_hours=47 * 60)
    rest = owed(work, at(24 * 6 - 12), tight)
    assert rest is not None
    assert (rest.rule, rest.minutes) == ("BRK-8", 2820)
    assert owed(work, rest.until - timedelta(seconds=1), tight) is not None
    later = owed(work, rest.until, tight)
    assert later is None or later.rule != "BRK-8"


def test_no_hours_at_all_end_after_the_window() -> None:
    assert owed([], START, Limits(day_hours=0)) == Rest("BRK-9", 0, START + DAY, is_break=False)


def test_a_rest_ends_where_it_is_as_long_as_asked_for() -> None:
    work = spans((0, 1), (2, 3))
    assert since_rest(work, HOUR, at(3.5)) == at(2)
    assert since_rest(work, 2 * HOUR, at(3.5)) == at(0)
    assert since_rest(work, HOUR, at(4)) is None
    assert since_rest([], HOUR, at(4)) is None


def test_an_hour_at_two_accounts_is_one_hour_and_what_only_touches_stays_apart() -> None:
    assert flat([]) == []
    assert flat(spans((2, 4), (0, 3), (5, 6), (4, 5))) == spans((0, 4), (4, 5), (5, 6))
    assert flat(spans((0, 9), (1, 2), (3, 4), (8, 10))) == spans((0, 10)), "the longer one goes on after a shorter"


FIVE_DAYS = [span for day in range(5) for span in steady(7.8, from_hour=24 * day)]
SHORT_DAYS = [span for day in range(6) for span in spans((24 * day, 24 * day + 0.9), (24 * day + 12, 24 * day + 12.5))]


@pytest.mark.parametrize(
    ("work", "now", "free", "limits"),
    [
        ([], at(0), at(1), Limits()),
        (spans((0, 0.25)), at(0.25), at(1), Limits()),
        (spans((0, 0.25)), at(0.5), at(1.5), Limits()),
        (steady(5.5), steady(5.5)[-1].until_at + HOUR / 4, steady(5.5)[-1].until_at + HOUR / 4 + HOUR / 2, Limits()),
        (steady(4) + steady(3.5, from_hour=6), at(11), at(11.5), Limits()),
        ([*FIVE_DAYS, *steady(4, from_hour=120)], at(126), at(126 + 1 / 3), Limits(week_hours=2_600)),
        (spans((0, 0.5), (6, 6.5), (12.2, 12.3)), at(12.5), at(13), Limits()),
        (SHORT_DAYS, at(132.7), at(133), Limits()),
    ],
    ids=["no work", "stretch", "after a break", "six hours", "day", "week", "daily rest", "weekly rest"],
)
def test_work_is_free_until_the_first_rule_binds(
    work: list[Span], now: datetime, free: datetime, limits: Limits
) -> None:
    assert owed(work, now, limits) is None
    assert free_until(work, now, limits) == free


def test_work_is_cut_at_the_edges_of_a_window() -> None:
    work = spans((0, 1), (2, 3))
    assert worked(work, at(0.5), at(2.25)) == 0.75 * HOUR
    assert worked(work, at(1), at(2)) == timedelta(0)


stretches = st.lists(st.tuples(st.integers(1, 90), st.integers(10, 900)), max_size=40)
"""Minutes of work, and of rest after it."""


def line(pairs: list[tuple[int, int]]) -> tuple[list[Span], set[int]]:
    """The same work as spans and as a set of worked minutes."""
    found, minutes, now = [], set(), 0
    for sit, rest in pairs:
        found.append(Span(START + now * MINUTE, START + (now + sit) * MINUTE))
        minutes |= set(range(now, now + sit))
        now += sit + rest
    return found, minutes


def rests_since(minutes: set[int], now: int, length: int) -> int | None:
    """The first minute of work after the last rest of `length` before `now`, by walking back a minute at a time."""
    idle, start = 0, None
    for minute in range(now - 1, -1, -1):
        if minute in minutes:
            start, idle = minute, 0
        else:
            idle += 1
            if idle >= length:
                break
    return start


@given(stretches, st.integers(0, 60))
def test_a_count_minute_by_minute_comes_to_the_same(pairs: list[tuple[int, int]], later: int) -> None:
    work, minutes = line(pairs)
    end = (work[-1].until_at - START) // MINUTE if work else 0
    now = end + later
    kept = [span for span in work if span.until_at > START + now * MINUTE - WEEK]
    rest = owed(kept, START + now * MINUTE)
    sits = rests_since(minutes, now, 10)
    day = rests_since(minutes, now, 660)
    week = rests_since({m for m in minutes if m >= now - 7 * 1440 - 90}, now, 2100)
    since_half = rests_since(minutes, now, 30)
    expected = {
        "BRK-1": sits is not None and now - sits >= 60,
        "BRK-5": since_half is not None and sum(m >= since_half for m in minutes) >= 360,
        "BRK-6": day is not None and now - day >= 780,
        "BRK-7": week is not None and now - week >= 133 * 60,
        "BRK-8": sum(m >= now - 7 * 1440 for m in minutes) >= 2880,
        "BRK-9": sum(m >= now - 1440 for m in minutes) >= 480,
    }
    if rest is None:
        assert not any(expected.values()), expected
    else:
        assert expected[rest.rule], (rest, expected)
        assert rest.until > START + now * MINUTE


@given(stretches, st.integers(0, 60), st.integers(0, 400))
def test_before_free_until_nothing_is_owed_whatever_she_does(pairs: list[tuple[int, int]], later: int, on: int) -> None:
    work, _ = line(pairs)
    now = (work[-1].until_at if work else START) + later * MINUTE
    kept = [span for span in work if span.until_at > now - WEEK]
    if owed(kept, now) is not None:
        return
    free = free_until(kept, now)
    then = min(free - timedelta(seconds=1), now + on * MINUTE)
    if then <= now:
        return
    running = bool(kept) and now - kept[-1].until_at < 10 * MINUTE
    on_and_on = [*kept[:-1], Span(kept[-1].from_at, then)] if running else [*kept, Span(now, then)]
    assert owed(on_and_on, then) is None
