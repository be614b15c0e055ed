"""The rules that protect a labeler, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.rules import (
    BREAKS,
    CONSENT_TEXT,
    Choices,
    Clock,
    Pause,
    Reason,
    Yes,
    break_by,
    break_due,
    break_wanted,
    refuses,
    rested,
    stops_all,
    touch,
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
        clock = touch(clock, NOON - minute * MINUTE, "UTC")
    return clock


def test_work_without_a_gap_adds_up_and_a_gap_of_a_break_begins_anew() -> None:
    assert worked(40).day_seconds == 40 * 60
    later = touch(worked(40), NOON + BREAKS.length, "UTC")
    assert later.stretch_from == NOON + BREAKS.length
    assert later.day_seconds == 40 * 60


def test_a_gap_shorter_than_a_break_counts_as_work() -> None:
    later = touch(worked(40), NOON + 9 * MINUTE, "UTC")
    assert later.stretch_from == NOON - 40 * MINUTE
    assert later.day_seconds == 49 * 60


@pytest.mark.parametrize(
    ("minutes", "wanted", "due"), [(49, False, False), (50, True, False), (59, True, False), (60, True, True)]
)
def test_a_break_is_asked_for_at_50_minutes_and_required_at_60(minutes: int, wanted: bool, due: bool) -> None:
    clock = worked(minutes)
    assert break_wanted(clock, NOON) is wanted
    assert break_due(clock, NOON) is due
    assert break_by(clock, NOON) == NOON + (60 - minutes) * MINUTE


def test_midnight_starts_a_new_day_of_seconds_but_no_new_stretch() -> None:
    before = touch(
        touch(Clock(), datetime(2026, 3, 2, 23, 50, tzinfo=UTC), "UTC"), datetime(2026, 3, 2, 23, 58, tzinfo=UTC), "UTC"
    )
    after = touch(before, datetime(2026, 3, 3, 0, 2, tzinfo=UTC), "UTC")
    assert before.day_seconds == 8 * 60
    assert after.day_seconds == 4 * 60
    assert after.stretch_from == datetime(2026, 3, 2, 23, 50, tzinfo=UTC)


def test_a_clock_that_steps_back_shortens_nothing() -> None:
    clock = worked(30)
    stepped = touch(clock, NOON - 5 * MINUTE, "UTC")
    assert stepped.day_seconds == clock.day_seconds
    assert stepped.stretch_from == clock.stretch_from
    assert stepped.active_at == clock.active_at


@given(st.lists(st.integers(min_value=0, max_value=599), min_size=1, max_size=400))
def test_however_work_is_spread_nobody_passes_the_stop_unseen(gaps: list[int]) -> None:
    clock, now, started = touch(Clock(), NOON, "UTC"), NOON, NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        clock = touch(clock, now, "UTC")
        assert break_due(clock, now) == (now - started >= BREAKS.stop)


def test_a_due_break_stops_everything_until_it_is_over() -> None:
    stop = stops_all(worked(60), None, NOON)
    assert stop is not None
    assert stop.reason is Reason.BREAK
    assert stop.until == NOON + BREAKS.length
    pause = Pause(UUID(int=2), due=True, until=NOON + 3 * MINUTE)
    assert stops_all(Clock(), pause, NOON) is not None
    assert stops_all(rested(worked(60)), pause, NOON + 3 * MINUTE) is None


def test_a_break_of_ones_own_lasts_until_the_labeler_ends_it() -> None:
    stop = stops_all(Clock(), Pause(UUID(int=2), due=False, until=None), NOON)
    assert stop is not None
    assert stop.until is None


def yes(severity: Severity = Severity.DISTURBING, *, days: int = 30, words: int = CONSENT_TEXT) -> Choices:
    return Choices(consents={W06: Yes(severity, words, NOON + timedelta(days=days))})


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
