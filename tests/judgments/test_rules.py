"""Until when an answer is taken, and how long its text was on the screen, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from labeler.judgments.rules import REVISABLE, TIME_EDGES, shown_seconds, still_taken

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def test_a_late_answer_is_kept_for_a_day_after_its_lease() -> None:
    assert still_taken(NOON, NOON - SECOND)
    assert still_taken(NOON, NOON + timedelta(hours=24) - SECOND)
    assert not still_taken(NOON, NOON + timedelta(hours=24))


def test_the_last_ten_answers_may_be_changed() -> None:
    assert REVISABLE == 10


def test_a_text_without_a_warning_is_on_the_screen_from_the_hand_out() -> None:
    assert shown_seconds(NOON, None, 0, False, NOON + 2 * MINUTE) == 120
    assert shown_seconds(NOON, NOON + MINUTE, 30, False, NOON + 2 * MINUTE) == 120


@pytest.mark.parametrize(
    ("revealed", "before", "seconds"), [(None, 0, 0), (None, 30, 30), (MINUTE, 0, 60), (MINUTE, 30, 90)]
)
def test_a_sensitive_text_is_on_the_screen_only_while_it_is_uncovered(
    revealed: timedelta | None, before: int, seconds: int
) -> None:
    moment = None if revealed is None else NOON + revealed
    assert shown_seconds(NOON, moment, before, True, NOON + 2 * MINUTE) == seconds


def test_a_clock_that_steps_back_takes_no_time_from_anybody() -> None:
    assert shown_seconds(NOON, None, 0, False, NOON - MINUTE) == 0
    assert shown_seconds(NOON, NOON, 30, True, NOON - MINUTE) == 30


def test_times_are_kept_for_good_in_these_buckets() -> None:
    assert TIME_EDGES == (0, 10, 30, 60, 120, 300, 600)
