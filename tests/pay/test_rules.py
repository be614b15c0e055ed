"""Seconds into lines, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from labeler.pay.classes import TimeClass
from labeler.pay.events import spans_of
from labeler.pay.rules import DUE, LEAST, WEEK, Covered, Cut, Event, RateFrom, Span, closable, lines_of, week_of

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NINE = MONDAY + timedelta(hours=9)
MINUTE = timedelta(minutes=1)
RATE = RateFrom(UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC), 1250, "XTS")


def at(minutes: float) -> datetime:
    return NINE + minutes * MINUTE


def event(number: int, kind: TimeClass, start: float, end: float, least: int = 0) -> Event:
    return Event(UUID(int=number), (Span(kind, at(start), at(end)),), least)


def task(number: int, start: float, end: float) -> Event:
    return event(number, TimeClass.TASK, start, end, LEAST)


def cut(*events: Event, now: float = 10_000, **more: object) -> Cut:
    return lines_of(events, [RATE], at(now), **more)  # type: ignore[arg-type]


def told(result: Cut) -> list[tuple[str, float, float]]:
    return [(line.kind.value, (line.from_at - NINE) / MINUTE, (line.until_at - NINE) / MINUTE) for line in result.lines]


def lengths(result: Cut) -> list[tuple[int, str, float, int]]:
    """Source, class, moment in minutes, seconds."""
    return [
        (each.source_id.int, each.kind.value, (each.from_at - NINE) / MINUTE, each.seconds) for each in result.lengths
    ]


def promise(number: int, kind: TimeClass, start: float, end: float) -> Event:
    return Event(UUID(int=number), (), promised=(Span(kind, at(start), at(end)),))


def test_a_task_is_paid_from_hand_out_to_end() -> None:
    assert told(cut(task(1, 0, 5))) == [("task", 0, 5)]


def test_a_short_task_brings_a_minute_and_never_a_second_twice() -> None:
    assert told(cut(task(1, 0, 0.1))) == [("task", 0, 0.1), ("task", 0.1, 1)]
    assert told(cut(task(1, 0, 0.1), task(2, 0.5, 3))) == [("task", 0, 0.1), ("task", 0.1, 0.5), ("task", 0.5, 3)]


def test_the_least_of_a_task_leaves_what_has_begun_since_to_it() -> None:
    assert told(cut(task(1, 0, 0.1), going_on=[at(0.5)])) == [("task", 0, 0.1), ("task", 0.1, 0.5)]
    assert told(cut(task(1, 0, 0.1), now=0.2)) == [("task", 0, 0.1), ("task", 0.1, 0.2)]


def test_the_least_of_a_task_leaves_its_time_to_the_first_of_what_has_begun() -> None:
    assert told(cut(task(1, 0, 0.1), going_on=[at(5), at(0.5), at(9)])) == [("task", 0, 0.1), ("task", 0.1, 0.5)]


def test_tasks_declined_within_one_minute_bring_a_minute_each() -> None:
    """OPT-3: what has no place on the clock is paid as a length."""
    declined = cut(task(1, 0, 0.1), task(2, 0.1, 0.2), task(3, 0.2, 0.3))
    assert [(start, end) for _, start, end in told(declined)] == [
        (0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 1), (1, 1.1), (1.1, 1.2),
    ]  # fmt: skip
    assert lengths(declined) == [(1, "task", 0, 12), (2, "task", 0.1, 48), (3, "task", 0.2, 48)]
    assert sum(each.seconds for each in declined.all) == 3 * LEAST
    assert {each.until_at for each in declined.lengths} == {None}, "it ends nowhere, so it lies over nothing"


def test_a_task_that_lasted_its_minute_brings_nothing_beside_its_time() -> None:
    assert lengths(cut(task(1, 0, 1), task(2, 1, 30))) == []


def test_a_task_whose_whole_time_was_a_break_brings_its_minute_all_the_same() -> None:
    both = cut(task(1, 0, 0.5), event(2, TimeClass.BREAK, 0, 10))
    assert told(both) == [("break", 0, 10)]
    assert lengths(both) == [(1, "task", 0, 60)]


def test_the_least_is_of_the_class_in_which_the_task_ended_and_of_the_moment_at_which_it_began() -> None:
    shown = (Span(TimeClass.WARNING, at(0), at(0.2)), Span(TimeClass.TASK, at(0.2), at(0.3)))
    result = cut(Event(UUID(int=1), shown, LEAST), task(2, 0.3, 5))
    assert told(result) == [("warning", 0, 0.2), ("task", 0.2, 0.3), ("task", 0.3, 5)]
    assert lengths(result) == [(1, "task", 0, 42)]


def test_what_took_no_time_brings_nothing_unless_it_has_a_least() -> None:
    assert cut(Event(UUID(int=1), (Span(TimeClass.BREAK, at(0), at(0)),))).all == []
    assert cut(Event(UUID(int=1), (), LEAST)).all == [], "what never began has no least"
    assert told(cut(task(1, 0, 0))) == [("task", 0, 1)]


def test_what_is_promised_is_paid_in_full_and_takes_only_what_nothing_else_pays() -> None:
    alone = cut(promise(1, TimeClass.REWORK, 0, 10))
    assert (told(alone), lengths(alone)) == ([("rework", 0, 10)], [])
    beside = cut(promise(1, TimeClass.REWORK, 0, 10), task(2, 2, 5))
    assert told(beside) == [("rework", 0, 2), ("task", 2, 5), ("rework", 5, 10)]
    assert lengths(beside) == [(1, "rework", 0, 180)]
    covered = cut(promise(1, TimeClass.REWORK, 0, 10), task(2, 0, 10))
    assert (told(covered), lengths(covered)) == ([("task", 0, 10)], [(1, "rework", 0, 600)])


def test_a_promise_takes_no_second_that_has_not_come_and_none_of_what_goes_on() -> None:
    early = cut(promise(1, TimeClass.REWORK, 0, 10), now=4)
    assert (told(early), lengths(early)) == ([("rework", 0, 4)], [(1, "rework", 0, 360)])
    held = cut(promise(1, TimeClass.REWORK, 0, 10), going_on=[at(3)])
    assert (told(held), lengths(held)) == ([("rework", 0, 3)], [(1, "rework", 0, 420)])


def test_a_begun_second_of_a_promise_is_paid_whole() -> None:
    assert sum(each.seconds for each in cut(promise(1, TimeClass.REWORK, 0, 1.0001)).all) == 61


def test_what_a_task_brings_at_least_fills_up_what_was_promised_with_it() -> None:
    read = Event(
        UUID(int=1), (Span(TimeClass.TASK, at(0), at(0.5)),), LEAST, (Span(TimeClass.INSTRUCTIONS, at(0), at(3)),)
    )
    assert sum(each.seconds for each in cut(read).all) == 180
    assert sum(each.seconds for each in cut(read, task(2, 0.5, 9)).all) == 180 + 510


def test_of_two_that_went_on_at_once_the_one_that_began_first_has_the_time() -> None:
    (line,) = cut(event(1, TimeClass.TASK, 0, 10), event(2, TimeClass.TASK, 2, 5)).lines
    assert (line.source_id, line.seconds) == (UUID(int=1), 600)


def test_a_break_in_an_open_task_is_a_break() -> None:
    assert told(cut(task(1, 0, 30), event(2, TimeClass.BREAK, 10, 20))) == [
        ("task", 0, 10), ("break", 10, 20), ("task", 20, 30),
    ]  # fmt: skip


def test_waiting_is_what_nothing_else_covers() -> None:
    assert told(cut(event(9, TimeClass.WAITING, 0, 20), task(1, 0, 5), task(2, 8, 20))) == [
        ("task", 0, 5), ("waiting", 5, 8), ("task", 8, 20),
    ]  # fmt: skip


def test_what_is_written_already_stays_as_it_is() -> None:
    assert told(cut(task(1, 0, 10), written=[(at(2), at(4)), (at(6), at(20))])) == [("task", 0, 2), ("task", 4, 6)]
    assert told(cut(task(1, 0, 10), written=[(at(0), at(10))])) == []


def test_a_begun_second_is_paid_whole() -> None:
    part = timedelta(microseconds=1)
    (line,) = cut(Event(UUID(int=1), (Span(TimeClass.TASK, NINE + part, at(2) + part),))).lines
    assert (line.from_at, line.until_at, line.seconds) == (NINE, at(2) + timedelta(seconds=1), 121)


def test_a_line_ends_with_its_week_and_where_another_rate_begins() -> None:
    sunday = MONDAY + WEEK
    more = RateFrom(UUID(int=2), sunday + timedelta(minutes=5), 1500, "XTS")
    long = Event(UUID(int=1), (Span(TimeClass.TASK, sunday - 10 * MINUTE, sunday + 10 * MINUTE),))
    lines = lines_of([long], [RATE, more], sunday + WEEK).lines
    assert [(line.seconds, line.rate.per_hour) for line in lines] == [(600, 1250), (300, 1250), (300, 1500)]
    assert [week_of(line.from_at) for line in lines] == [MONDAY, sunday, sunday]


def test_summer_time_moves_no_line() -> None:
    """The night in which Berlin loses an hour has as many seconds here as any other."""
    night = datetime(2026, 3, 29, 0, tzinfo=UTC)
    (line,) = lines_of(
        [Event(UUID(int=1), (Span(TimeClass.TASK, night, night + 4 * 60 * MINUTE),))], [RATE], night
    ).lines
    assert line.seconds == 4 * 3600


def test_what_has_no_rate_yet_is_left_whole_for_later() -> None:
    early = Event(UUID(int=7), (Span(TimeClass.TASK, RATE.from_at - MINUTE, RATE.from_at + MINUTE),))
    result = lines_of([early, task(1, 0, 5)], [RATE], at(100))
    assert result.unrated == {UUID(int=7)} and told(result) == [("task", 0, 5)]
    assert lines_of([task(1, 0, 5)], [], at(100)).unrated == {UUID(int=1)}
    short = Event(UUID(int=8), (Span(TimeClass.TASK, RATE.from_at - MINUTE, RATE.from_at - MINUTE),), LEAST)
    beside = Event(UUID(int=9), (), promised=(Span(TimeClass.REWORK, RATE.from_at - MINUTE, RATE.from_at),))
    result = lines_of([short, beside, early], [RATE], at(100))
    assert (result.unrated, result.all) == ({UUID(int=7), UUID(int=8), UUID(int=9)}, [])


def test_a_rate_counts_from_its_first_second() -> None:
    first = Event(UUID(int=7), (Span(TimeClass.TASK, RATE.from_at, RATE.from_at + MINUTE),))
    result = lines_of([first], [RATE], at(100))
    assert (result.unrated, [line.rate for line in result.lines]) == (frozenset(), [RATE])


def test_what_has_no_place_on_the_clock_is_paid_at_the_rate_of_its_moment() -> None:
    rates = [RATE, *(RateFrom(UUID(int=n), at(10 * n), 1250 + 100 * n, "XTS") for n in (2, 3))]
    result = lines_of([task(1, 25, 26), promise(2, TimeClass.REWORK, 25, 26)], rates, at(100))
    assert [(each.rate.per_hour, each.seconds) for each in result.lengths] == [(1450, 60)]


def test_a_week_begins_on_monday_in_utc() -> None:
    assert week_of(MONDAY) == MONDAY
    assert week_of(MONDAY - timedelta(microseconds=1)) == MONDAY - WEEK
    assert week_of(MONDAY + WEEK - timedelta(seconds=1)) == MONDAY
    assert (MONDAY.weekday(), WEEK, DUE) == (0, timedelta(days=7), timedelta(days=7))
    assert closable(MONDAY + timedelta(hours=23)) == MONDAY - WEEK
    assert closable(MONDAY + timedelta(hours=24)) == MONDAY


KINDS = st.sampled_from([TimeClass.TASK, TimeClass.BREAK, TimeClass.WAITING, TimeClass.TRAINING, TimeClass.STAND_DOWN])
SPANS = st.tuples(st.integers(0, 3000), st.integers(0, 900), KINDS)
HISTORIES = st.lists(SPANS, max_size=25)


def events(history: list[tuple[int, int, TimeClass]]) -> list[Event]:
    return [
        Event(
            UUID(int=n + 1),
            (Span(kind, NINE + timedelta(seconds=start), NINE + timedelta(seconds=start + length)),),
            LEAST if kind is TimeClass.TASK else 0,
        )
        for n, (start, length, kind) in enumerate(history)
    ]


def seconds_of(history: list[tuple[int, int, TimeClass]]) -> set[int]:
    paid: set[int] = set()
    for start, length, kind in history:
        paid |= set(range(start, start + max(length, LEAST if kind is TimeClass.TASK else 0)))
    return paid


@given(HISTORIES)
def test_each_second_is_paid_once_and_none_is_left_out(history: list[tuple[int, int, TimeClass]]) -> None:
    lines = cut(*events(history)).lines
    assert all(one.until_at <= other.from_at for one, other in pairwise(lines))
    assert sum(line.seconds for line in lines) == len(seconds_of(history))
    assert all(line.seconds > 0 for line in lines)


@given(HISTORIES, st.integers(0, 25))
def test_writing_in_two_steps_pays_the_same_seconds(history: list[tuple[int, int, TimeClass]], at_once: int) -> None:
    first = cut(*events(history[:at_once])).lines
    written = [(line.from_at, line.until_at) for line in first]
    second = cut(*events(history)[at_once:], written=written).lines
    lines = sorted([*first, *second], key=lambda line: line.from_at)
    assert all(one.until_at <= other.from_at for one, other in pairwise(lines))
    assert sum(line.seconds for line in lines) == len(seconds_of(history))
    assert cut(*events(history), written=[(line.from_at, line.until_at) for line in lines]).lines == []


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=30), st.integers(0, 500), st.integers(0, 500)
)
def test_what_is_free_is_what_was_not_taken(taken: list[tuple[int, int]], start: int, length: int) -> None:
    covered = Covered((first, first + span) for first, span in taken)
    free = {second for low, high in covered.free(start, start + length) for second in range(low, high)}
    assert free == set(range(start, start + length)) - {s for first, span in taken for s in range(first, first + span)}
    assert all(low < high for low, high in covered.free(start, start + length))


def test_what_is_free_has_no_empty_part_where_it_begins_or_ends_at_what_is_taken() -> None:
    covered = Covered([(10, 20), (30, 40)])
    assert covered.free(20, 30) == [(20, 30)]
    assert covered.free(5, 10) == [(5, 10)]
    assert covered.free(10, 30) == [(20, 30)]
    assert covered.free(15, 40) == [(20, 30)]
    assert covered.free(25, 25) == covered.free(45, 45) == []


@given(HISTORIES)
def test_every_task_brings_its_minute_whatever_went_on_beside_it(history: list[tuple[int, int, TimeClass]]) -> None:
    made = events(history)
    brought = dict.fromkeys((each.source_id for each in made), 0)
    for each in cut(*made).all:
        brought[each.source_id] += each.seconds
    assert all(brought[each.source_id] >= each.least for each in made)


# Spans of an assignment


def spans(*moments: tuple[str, float], end: float, lease: float = 1000, sensitive: bool = False) -> list[object]:
    said = [(f"assignment.{act}", at(when)) for act, when in moments]
    found = spans_of(NINE, at(end), at(lease), sensitive, said)
    return [(span.kind.value, (span.from_at - NINE) / MINUTE, (span.until_at - NINE) / MINUTE) for span in found]


def test_until_a_sensitive_text_is_shown_the_time_is_that_of_its_warning() -> None:
    assert spans(("reveal", 2), end=10, sensitive=True) == [("warning", 0, 2), ("task", 2, 10)]
    assert spans(end=3, sensitive=True) == [("warning", 0, 3)]
    assert spans(("reveal", 2), ("reveal", 5), end=10, sensitive=True) == [("warning", 0, 2), ("task", 2, 10)]


def test_a_lease_that_lapsed_is_paid_until_it_ended_by_the_clock() -> None:
    assert spans(("expire", 45), end=45, lease=40) == [("task", 0, 40)]


def test_the_hours_between_a_lapse_and_the_return_are_not_work() -> None:
    assert spans(("expire", 30), ("resume", 300), end=320) == [("task", 0, 30), ("task", 300, 320)]


def test_a_late_answer_was_at_least_a_minute_of_work() -> None:
    assert spans(("expire", 31), end=200, lease=30) == [("task", 0, 30), ("task", 199, 200)]


@given(HISTORIES)
def test_no_rule_changes_what_it_was_given(history: list[tuple[int, int, TimeClass]]) -> None:
    made = events(history)
    before = [replace(each) for each in made]
    cut(*made)
    assert made == before
