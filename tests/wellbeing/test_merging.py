"""Two clocks of one person become one: nobody gains time by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.doses import Run
from labeler.wellbeing.hours import Span, flat, worked
from labeler.wellbeing.merging import running, together
from labeler.wellbeing.rules import Clock

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = NOW.date()


def at(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_the_earlier_of_two_running_stretches_counts() -> None:
    a = Clock(at(40), at(1), None, at(-20), DAY, 100, 30, Run(60, 1, at(3)))
    b = Clock(at(15), at(0), at(-30), at(-5), DAY, 50, 60, Run(90, 2, at(2)))
    made = together(a, b, NOW)
    assert made == Clock(at(40), at(0), at(-30), None, DAY, 150, 90, Run(150, 3, at(2)))
    assert together(b, a, NOW) == made


def test_a_stretch_that_is_over_is_not_gone_on_with() -> None:
    over, runs = Clock(at(200), at(150)), Clock(at(15), at(1))
    assert together(over, runs, NOW).stretch_from == at(15)
    assert not running(over, NOW)
    assert running(runs, NOW)


def test_a_held_task_keeps_a_stretch_running() -> None:
    assert running(Clock(at(60), at(25), at(-5)), NOW)


def test_an_unused_clock_changes_nothing_but_the_allowance() -> None:
    used = Clock(at(40), at(1), None, at(-20), DAY, 100, 30, Run(60, 1, at(3)))
    assert together(Clock(), used, NOW).free_until is None
    assert together(Clock(), used, NOW).stretch_from == at(40)


def test_the_seconds_of_another_day_are_left_behind() -> None:
    old = Clock(day=DAY - timedelta(days=1), day_seconds=900)
    assert together(old, Clock(day=DAY, day_seconds=10), NOW).day_seconds == 10


spans = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 120)).map(lambda each: Span(at(each[0]), at(each[0] - each[1])))
)


@given(spans)
def test_work_at_two_accounts_at_once_is_counted_once_and_leaves_no_gap(found: list[Span]) -> None:
    made = flat(found)
    assert all(a.until_at <= b.from_at for a, b in pairwise(made))
    minutes = {at(m) for span in found for m in range(-130, 501) if span.from_at <= at(m) < span.until_at}
    assert worked(made, at(600), at(-200)) == timedelta(minutes=len(minutes))
