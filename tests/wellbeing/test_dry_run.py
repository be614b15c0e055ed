"""What a change would have done to the last day: the rules asked again over what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.dry_run import DryRun, Given, dry_run, told
from labeler.wellbeing.hours import Span, minutes, owed
from labeler.wellbeing.limits import THE_STANDARD, Limits

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
SINCE = NOW - timedelta(hours=24)
ANN, BEN = UUID(int=1), UUID(int=2)


def worked(*lengths: int, gap: int = 15, start: datetime = SINCE) -> list[Span]:
    """Stretches of these minutes with `gap` minutes of rest between them."""
    spans = []
    for length in lengths:
        spans.append(Span(start, start + minutes(length)))
        start += minutes(length + gap)
    return spans


def texts(n: int, seconds: int = 60, severity: int = 3, start: datetime = SINCE, every: int = 120) -> list[Given]:
    """Hard texts of `seconds`, one each `every` seconds."""
    moments = [start + timedelta(seconds=i * every) for i in range(n)]
    return [Given(moment, moment + timedelta(seconds=seconds), severity, seconds) for moment in moments]


def tried(spans: Any, doses: Any = None, **changed: int) -> DryRun:
    after = replace(THE_STANDARD, **changed)
    return dry_run(spans, doses or {}, THE_STANDARD, after, SINCE, NOW)


def test_a_shorter_stretch_stops_who_worked_longer() -> None:
    done = tried({ANN: worked(50, 50), BEN: worked(30, 30)}, break_stop=45)
    assert (done.stopped_before, done.stopped_after, done.people) == (0, 1, 2)
    assert done.longest == minutes(10)


def test_who_was_stopped_already_is_counted_before_and_after() -> None:
    done = tried({ANN: worked(60), BEN: worked(50)}, break_stop=50, break_ask=50)
    assert (done.stopped_before, done.stopped_after) == (1, 2)


def test_a_longer_break_joins_stretches() -> None:
    assert tried({ANN: worked(40, 40)}, break_length=20).stopped_after == 1


def test_hours_of_a_day() -> None:
    assert tried({ANN: worked(50, 50, 50, 50)}, day_hours=180).stopped_after == 1
    assert tried({ANN: worked(50, 50)}, day_hours=180).stopped_after == 0


def test_work_before_the_day_counts_into_its_windows_but_stops_nobody() -> None:
    before = worked(*[50] * 5, start=SINCE - timedelta(hours=6))
    assert tried({ANN: before}).people == 0
    assert tried({ANN: [*before, *worked(50)]}, day_hours=270).stopped_after == 1


def test_rest_of_the_day_and_of_the_week() -> None:
    long_day = worked(*[40] * 8, gap=60)  # twelve hours from the first sign to the last
    assert tried({ANN: long_day}).stopped_after == 0
    assert tried({ANN: long_day}, daily_rest=780).stopped_after == 1
    week = [span for day in range(7) for span in worked(50, 50, start=SINCE - timedelta(days=day))]
    done = tried({ANN: sorted(week, key=lambda span: span.from_at)})
    assert (done.stopped_before, done.stopped_after) == (1, 1)  # no rest of 35 hours in seven days


def test_severe_minutes_of_a_day_and_a_week() -> None:
    spans = {ANN: worked(50)}
    assert tried(spans, {ANN: texts(8)}).stopped_after == 0
    assert tried(spans, {ANN: texts(8)}, severe_day=8).stopped_after == 1
    assert tried(spans, {ANN: texts(8)}, severe_week=8).stopped_after == 1
    assert tried(spans, {ANN: texts(8, severity=2)}, severe_day=5).stopped_after == 0
    assert tried(spans, {ANN: texts(8, severity=2)}, disturbing_day=8).stopped_after == 1


def test_runs_of_severe_texts() -> None:
    assert tried({}, {ANN: texts(5, seconds=30)}, run_tasks=5).stopped_after == 1
    assert tried({}, {ANN: texts(5)}, run_minutes=5).stopped_after == 1
    apart = texts(5, every=1_200)
    assert tried({}, {ANN: apart}, run_tasks=5).stopped_after == 0
    assert tried({}, {ANN: apart}, run_tasks=5, run_quiet=30).stopped_after == 1


def test_the_break_after_severe_texts() -> None:
    spans, given_texts = {ANN: worked(50)}, {ANN: texts(10, every=130)}
    assert tried(spans, given_texts, severe_break_after=10).stopped_after == 1
    assert tried({ANN: worked(10, 30)}, given_texts, severe_break_after=10).stopped_after == 0  # a rest between them


def test_a_longer_night_stops_who_did_not_allow_it() -> None:
    evening = texts(1, start=NOW.replace(hour=21) - timedelta(days=1))
    night = texts(1, start=NOW.replace(hour=23) - timedelta(days=1))
    assert tried({}, {ANN: evening, BEN: night}).stopped_after == 0
    assert tried({}, {ANN: evening, BEN: night}, night_from=20).stopped_after == 1


def test_an_open_text_counts_with_its_reserve() -> None:
    assert tried({}, {ANN: [Given(NOW - minutes(1), None, 3, 90)]}, severe_day=1).stopped_after == 1


@pytest.mark.parametrize(("people", "words"), [(0, "nobody"), (1, "fewer than 5 people"), (4, "fewer than 5 people"),
                                               (5, "5 people"), (1_200, "1,200 people")])  # fmt: skip
def test_few_people_are_never_counted_out(people: int, words: str) -> None:
    assert told(people) == words


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 700)), min_size=1, max_size=12),
    st.sampled_from([("break_stop", 20), ("day_hours", 120), ("day_rest_after", 90), ("break_length", 30)]),
)
def test_jumping_over_quiet_time_finds_the_same_as_each_minute(
    lengths: list[tuple[int, int]], change: tuple[str, int]
) -> None:
    moment, spans = SINCE, []
    for length, gap in lengths:
        spans.append(Span(moment, moment + minutes(length)))
        moment += minutes(length + gap)
    limits = replace(THE_STANDARD, break_ask=1, **{change[0]: change[1]})
    assert bool(dry_run({ANN: spans}, {}, THE_STANDARD, limits, SINCE, NOW).stopped_after) == slowly(spans, limits)


def slowly(spans: list[Span], limits: Limits) -> bool:
    for span in spans:
        moment = span.from_at + minutes(1)
        while moment <= min(span.until_at, NOW):
            known = [Span(each.from_at, min(each.until_at, moment)) for each in spans if each.from_at < moment]
            if owed(known, moment, limits) is not None:
                return True
            moment += minutes(1)
    return False


@given(st.lists(st.integers(5, 60), min_size=1, max_size=8), st.integers(1, 60))
def test_a_tighter_number_never_stops_fewer(lengths: list[int], value: int) -> None:
    done = tried({ANN: worked(*lengths)}, break_stop=value)
    assert done.stopped_after >= done.stopped_before
