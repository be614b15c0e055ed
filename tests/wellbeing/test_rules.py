"""The rules that protect a labeler, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.doses import Bound, Refused, Run, Seen
from labeler.wellbeing.hours import Rest, Span
from labeler.wellbeing.limits import Limits
from labeler.wellbeing.rules import (
    CONSENT_LASTS,
    CONSENT_TEXT,
    REST,
    Choices,
    Clock,
    Pause,
    Person,
    Reason,
    Stop,
    Yes,
    bound,
    break_by,
    break_wanted,
    last_work,
    refuses,
    rested,
    severe_rest,
    stop_for,
    stop_of,
    stops_all,
    stretch_of,
    touch,
    was_rest,
)
from tasks.content import Category, Severity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROJECT = UUID(int=1)
W06 = Category.W06


def worked(minutes: int, step: int = 1) -> Clock:
    """A clock after this many minutes of work with a sign every `step` minutes, ending at noon."""
    clock = Clock()
    for minute in range(minutes, -1, -step):
        clock = touch(clock, NOON - minute * MINUTE, "UTC").clock
    return clock


def test_work_without_a_gap_adds_up_and_a_gap_of_a_break_begins_anew() -> None:
    assert worked(40).day_seconds == 40 * 60
    later = touch(worked(40), NOON + REST, "UTC")
    assert later.clock.stretch_from == NOON + REST
    assert later.clock.day_seconds == 40 * 60
    assert later.closed == Span(NOON - 40 * MINUTE, NOON)


def test_the_first_sign_begins_a_clock_at_nought() -> None:
    assert Clock() == Clock(None, None, None, None, None, 0, 0, Run())
    first = touch(Clock(), NOON, "UTC")
    assert first.clock == Clock(NOON, NOON, day=NOON.date(), day_seconds=0, severe_seconds=0)
    assert first.closed is None


def test_a_gap_shorter_than_a_break_counts_as_work() -> None:
    later = touch(worked(40), NOON + REST - timedelta(seconds=1), "UTC")
    assert later.clock.stretch_from == NOON - 40 * MINUTE
    assert later.clock.day_seconds == 50 * 60 - 1
    assert later.closed is None


def test_a_gap_while_a_task_is_held_is_no_rest() -> None:
    held = touch(worked(40), NOON, "UTC", NOON + 30 * MINUTE).clock
    reading = touch(held, NOON + 25 * MINUTE, "UTC", NOON + 55 * MINUTE)
    assert reading.closed is None
    assert reading.clock.stretch_from == NOON - 40 * MINUTE
    back = touch(held, NOON + 39 * MINUTE, "UTC", None)
    assert back.closed is None, "the lease ended nine minutes ago"
    gone = touch(held, NOON + 40 * MINUTE, "UTC", None)
    assert gone.closed == Span(NOON - 40 * MINUTE, NOON + 30 * MINUTE), "the lease counts as work to its end"


def test_what_counts_as_work_ends_with_the_lease_or_now() -> None:
    assert last_work(Clock(), NOON) is None
    assert stretch_of(Clock(), NOON) is None
    assert stretch_of(Clock(active_at=NOON), NOON) is None, "without a beginning there is no stretch"
    assert stretch_of(Clock(stretch_from=NOON), NOON) is None, "nor without a sign"
    held = touch(worked(5), NOON, "UTC", NOON + 30 * MINUTE).clock
    assert last_work(held, NOON + 10 * MINUTE) == NOON + 10 * MINUTE
    assert last_work(held, NOON + 50 * MINUTE) == NOON + 30 * MINUTE
    assert last_work(touch(held, NOON, "UTC", None).clock, NOON + 50 * MINUTE) == NOON
    late = Clock(stretch_from=NOON, active_at=NOON, busy_until=NOON - MINUTE)
    assert last_work(late, NOON + MINUTE) == NOON


@pytest.mark.parametrize(("minutes", "wanted"), [(49, False), (50, True), (59, True), (60, True)])
def test_a_break_is_mentioned_at_50_minutes(minutes: int, wanted: bool) -> None:
    clock = worked(minutes)
    assert break_wanted(clock, NOON) is wanted
    assert break_by(clock, NOON) == NOON + (60 - minutes) * MINUTE


@pytest.mark.parametrize(("ask", "stop"), [(30, 60), (30, 40), (50, 90), (80, 90)])
def test_a_break_is_mentioned_and_comes_when_the_numbers_in_force_say(ask: int, stop: int) -> None:
    limits = Limits(break_ask=ask, break_stop=stop)
    assert not break_wanted(worked(ask - 1), NOON, limits)
    assert break_wanted(worked(ask), NOON, limits)
    assert break_by(worked(ask), NOON, limits) == NOON + (stop - ask) * MINUTE


def test_no_break_is_near_without_work() -> None:
    assert break_by(Clock(), NOON) is None
    assert not break_wanted(Clock(), NOON)
    assert break_by(worked(40), NOON + REST) is None


def test_what_binds_earlier_is_when_the_page_says_that_work_stops() -> None:
    clock = worked(30)
    sooner = Clock(clock.stretch_from, clock.active_at, free_until=NOON + 3 * MINUTE)
    assert break_by(sooner, NOON) == NOON + 3 * MINUTE
    later = Clock(clock.stretch_from, clock.active_at, free_until=NOON + 90 * MINUTE)
    assert break_by(later, NOON) == NOON + 30 * MINUTE


def test_midnight_starts_a_new_day_of_seconds_but_no_new_stretch() -> None:
    start = touch(Clock(), datetime(2026, 3, 2, 23, 50, tzinfo=UTC), "UTC").clock
    before = touch(start, datetime(2026, 3, 2, 23, 58, tzinfo=UTC), "UTC").clock
    after = touch(before, datetime(2026, 3, 3, 0, 2, tzinfo=UTC), "UTC").clock
    assert before.day_seconds == 8 * 60
    assert after.day_seconds == 4 * 60
    assert after.stretch_from == datetime(2026, 3, 2, 23, 50, tzinfo=UTC)


def test_a_clock_that_steps_back_shortens_nothing() -> None:
    clock = worked(30)
    stepped = touch(clock, NOON - 5 * MINUTE, "UTC").clock
    assert stepped.day_seconds == clock.day_seconds
    assert stepped.stretch_from is not None
    assert stepped.active_at == NOON - 5 * MINUTE
    assert stepped.active_at - stepped.stretch_from == 30 * MINUTE, "as long as it was, from wherever the clock is now"


def test_until_when_no_rule_binds_is_known_until_the_clock_steps_back() -> None:
    clock = Clock(NOON - 30 * MINUTE, NOON, free_until=NOON + 20 * MINUTE)
    assert touch(clock, NOON, "UTC").clock.free_until == NOON + 20 * MINUTE
    assert touch(clock, NOON + MINUTE, "UTC").clock.free_until == NOON + 20 * MINUTE
    assert touch(clock, NOON - MINUTE, "UTC").clock.free_until is None


def test_a_sign_keeps_what_she_holds_unless_it_says_otherwise() -> None:
    held = touch(Clock(), NOON, "UTC", NOON + 30 * MINUTE).clock
    assert touch(held, NOON + MINUTE, "UTC").clock.busy_until == NOON + 30 * MINUTE
    assert touch(held, NOON + MINUTE, "UTC", None).clock.busy_until is None


def test_a_break_is_a_rest_only_without_a_sign_of_work_in_it() -> None:
    clock = worked(30)
    assert was_rest(clock, NOON, NOON + REST)
    assert not was_rest(clock, NOON, NOON + REST - timedelta(seconds=1))
    worked_on = touch(clock, NOON + 5 * MINUTE, "UTC").clock
    assert not was_rest(worked_on, NOON, NOON + REST)
    assert was_rest(worked_on, NOON, NOON + 15 * MINUTE)
    assert was_rest(Clock(), NOON, NOON + REST)


@pytest.mark.parametrize(
    ("length", "severe", "least"), [(10, 10, 10), (5, 10, 5), (10, 7, 7), (15, 15, 10), (30, 6, 6)]
)
def test_a_break_that_a_signed_number_makes_shorter_is_a_rest_and_a_longer_one_asks_no_more_than_ten_minutes(
    length: int, severe: int, least: int
) -> None:
    limits = Limits(break_length=length, severe_break_length=severe)
    assert was_rest(Clock(), NOON, NOON + least * MINUTE, limits)
    assert not was_rest(Clock(), NOON, NOON + least * MINUTE - timedelta(seconds=1), limits)


def test_after_a_rest_a_new_stretch_begins_and_severe_content_is_counted_anew() -> None:
    clock = Clock(NOON - 30 * MINUTE, NOON, free_until=NOON, severe_seconds=900, run=Run(900, 9, NOON))
    after = rested(clock, NOON + REST)
    assert after.closed == Span(NOON - 30 * MINUTE, NOON)
    assert after.clock == Clock(run=Run(900, 9, NOON))
    longer = Limits(severe_break_length=15)
    assert rested(clock, NOON + REST, longer).clock.severe_seconds == 900
    assert rested(clock, NOON + 15 * MINUTE, longer).clock.severe_seconds == 0
    assert touch(clock, NOON + REST, "UTC").clock.severe_seconds == 0
    assert touch(clock, NOON + REST, "UTC", limits=longer).clock.severe_seconds == 900
    assert touch(clock, NOON + 15 * MINUTE, "UTC", limits=longer).clock.severe_seconds == 0
    assert rested(Clock(), NOON).clock == Clock()


def test_a_break_too_short_for_severe_content_leaves_that_break_owed_from_its_last_text_on() -> None:
    longer = Limits(severe_break_length=15)
    clock = rested(Clock(NOON - 30 * MINUTE, NOON, severe_seconds=1800), NOON + REST, longer).clock
    assert (clock.stretch_from, clock.active_at, clock.severe_seconds) == (None, NOON, 1800)
    owed = severe_rest(clock, NOON + REST, longer)
    assert owed is not None and owed.until == NOON + REST + 15 * MINUTE
    going_on = touch(clock, NOON + REST, "UTC", limits=longer)
    assert (going_on.clock.stretch_from, going_on.clock.severe_seconds, going_on.closed) == (NOON + REST, 1800, None)
    assert severe_rest(clock, NOON + 15 * MINUTE, longer) is None
    assert touch(clock, NOON + 15 * MINUTE, "UTC", limits=longer).clock.severe_seconds == 0


@pytest.mark.parametrize(
    ("seconds", "own", "due"), [(1799, 0, False), (1800, 0, True), (1500, 299, False), (1500, 300, True)]
)
def test_severe_content_asks_for_a_break_of_its_own(seconds: int, own: int, due: bool) -> None:
    clock = Clock(NOON - 40 * MINUTE, NOON, severe_seconds=seconds)
    rest = severe_rest(clock, NOON, own=own)
    assert rest == (Rest("BRK-2", 10, NOON + REST, is_break=True) if due else None)
    if not own:
        assert severe_rest(clock, NOON) == rest, "no task is open"


def test_who_has_rested_owes_no_break_for_severe_content() -> None:
    clock = Clock(NOON - 40 * MINUTE, NOON, severe_seconds=9_000)
    assert severe_rest(clock, NOON + REST) is None
    assert severe_rest(clock, NOON + REST - timedelta(seconds=1)) is not None
    assert severe_rest(Clock(severe_seconds=9_000), NOON) is None


def test_a_due_break_stops_everything_until_it_is_over() -> None:
    rest = Rest("BRK-1", 10, NOON + REST, is_break=True)
    assert stops_all(None, rest, NOON) == Stop(Reason.BREAK, NOON + REST, "BRK-1", 10)
    pause = Pause(UUID(int=2), rule="BRK-1", until=NOON + 3 * MINUTE)
    assert stops_all(pause, None, NOON) == Stop(Reason.BREAK, NOON + 3 * MINUTE, "BRK-1")
    assert stops_all(pause, rest, NOON + 3 * MINUTE) is None
    assert stops_all(None, None, NOON) is None


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("BRK-1", Reason.BREAK), ("BRK-2", Reason.BREAK), ("BRK-5", Reason.BREAK), ("BRK-6", Reason.REST_DAY),
        ("BRK-7", Reason.REST_WEEK), ("BRK-8", Reason.CAP_WEEK), ("BRK-9", Reason.CAP_DAY),
    ],
)  # fmt: skip
def test_each_rule_of_hours_has_its_reason(rule: str, reason: Reason) -> None:
    assert stop_for(Rest(rule, 7, NOON, is_break=False)) == Stop(reason, NOON, rule, 7)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (Bound.DAY, Reason.CAP_SENSITIVE), (Bound.WEEK, Reason.CAP_SENSITIVE), (Bound.RUN, Reason.CAP_RUN),
        (Bound.SHARE, Reason.CAP_SHARE), (Bound.NIGHT, Reason.NIGHT), (Bound.TRAINING, Reason.TRAINING),
    ],
)  # fmt: skip
def test_each_limit_on_hard_content_has_its_reason(limit: Bound, reason: Reason) -> None:
    assert stop_of(Refused(limit, "EXP-0", 7, 9)) == Stop(reason, None, "EXP-0", 7)


def test_the_hardest_category_of_a_task_decides_whether_her_limits_allow_it() -> None:
    seen, limits = Seen(trained_until=NOON - MINUTE), Limits()
    mild, severe = {W06: Severity.MILD}, {Category.W01: Severity.MILD, W06: Severity.EGREGIOUS}
    assert bound(mild, 60, seen, Run(), NOON, "UTC", limits) is None
    assert bound(severe, 60, seen, Run(), NOON, "UTC", limits) == Stop(Reason.TRAINING, None, "WRN-4", 365)


def test_a_break_of_ones_own_lasts_until_the_labeler_ends_it() -> None:
    stop = stops_all(Pause(UUID(int=2), rule=None, until=None), None, NOON)
    assert stop is not None
    assert stop.until is None


def yes(severity: Severity = Severity.DISTURBING, *, days: int = 30, words: int = CONSENT_TEXT) -> Choices:
    return Choices(consents={W06: Yes(severity, words, NOON + timedelta(days=days))})


def test_a_yes_is_to_the_first_words_of_consent_and_lasts_ninety_days() -> None:
    """Whoever raises the version asks everybody anew: no yes to older words is one."""
    assert CONSENT_TEXT == 1
    assert timedelta(days=90) == CONSENT_LASTS


def test_a_person_has_one_account_unless_it_is_said_otherwise() -> None:
    person = Person(UUID(int=3), UUID(int=3), UUID(int=4), frozenset({"en"}), "UTC", NOON.date(), None)
    assert not person.joined


@pytest.mark.parametrize(
    ("profile", "choices", "reason"),
    [
        ({}, Choices(), None),
        ({W06: Severity.MILD}, Choices(), None),
        ({W06: Severity.DISTURBING}, Choices(), Reason.YOUR_CHOICES),
        ({W06: Severity.DISTURBING}, yes(), None),
        ({W06: Severity.EGREGIOUS}, yes(), Reason.YOUR_CHOICES),
        ({W06: Severity.EGREGIOUS}, yes(Severity.EGREGIOUS), None),
        ({W06: Severity.DISTURBING}, yes(days=0), Reason.YOUR_CHOICES),
        ({W06: Severity.DISTURBING}, yes(words=CONSENT_TEXT - 1), Reason.YOUR_CHOICES),
        ({W06: Severity.DISTURBING, Category.W01: Severity.DISTURBING}, yes(), Reason.YOUR_CHOICES),
        ({W06: Severity.DISTURBING, Category.W01: Severity.MILD}, yes(), None),
        ({W06: Severity.FORBIDDEN}, yes(Severity.EGREGIOUS), Reason.IN_REVIEW),
        ({W06: Severity.MILD}, Choices(no_categories=frozenset({W06})), Reason.YOUR_CHOICES),
        ({W06: Severity.NONE}, Choices(no_categories=frozenset({W06})), None),
        ({}, Choices(no_projects=frozenset({PROJECT})), Reason.YOUR_CHOICES),
        ({}, Choices(no_sensitive=True), None),
    ],
)
def test_what_the_gate_lets_through(profile: dict[Category, Severity], choices: Choices, reason: Reason | None) -> None:
    assert refuses(profile, PROJECT, choices, NOON) is reason


@given(st.dictionaries(st.sampled_from(list(Category)), st.sampled_from(list(Severity))), st.booleans())
def test_a_no_to_sensitive_work_outweighs_every_yes(profile: dict[Category, Severity], no_sensitive: bool) -> None:
    everything = {code: Yes(Severity.EGREGIOUS, CONSENT_TEXT, NOON + timedelta(days=1)) for code in Category}
    reason = refuses(profile, PROJECT, Choices(consents=everything, no_sensitive=no_sensitive), NOON)
    top = max(profile.values(), default=Severity.NONE)
    assert (reason is None) == (top < Severity.DISTURBING or (top < Severity.FORBIDDEN and not no_sensitive))
