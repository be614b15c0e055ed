"""How much hard content a person may be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.wellbeing.doses import (
    Bound,
    Dose,
    Refused,
    Run,
    Seen,
    after,
    is_night,
    refused,
    reserve,
    room_from,
    summed,
    used_up,
)
from labeler.wellbeing.hours import DAY, WEEK
from labeler.wellbeing.limits import Limits

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TRAINED = Seen(trained_until=NOON + DAY)
IDLE = Run()


@pytest.mark.parametrize(("estimate", "seconds"), [(None, 60), (0, 60), (59, 60), (60, 60), (61, 61), (300, 300)])
def test_a_task_reserves_its_estimate_and_a_minute_at_least(estimate: int | None, seconds: int) -> None:
    assert reserve(estimate) == seconds


def test_below_severity_2_nothing_binds() -> None:
    much = Seen(99_999, 99_999, 99_999)
    for severity in (0, 1):
        assert refused(severity, 60, much, Run(9_999, 99, NOON), NOON, "UTC") is None


@pytest.mark.parametrize(
    ("severity", "seen", "bound"),
    [
        (2, Seen(disturbing_day=7_140), None),
        (2, Seen(disturbing_day=7_141), Refused(Bound.DAY, "EXP-3", 120, 7_141)),
        (3, replace(TRAINED, severe_day=3_540, severe_week=3_540), None),
        (3, replace(TRAINED, severe_day=3_541, severe_week=3_541), Refused(Bound.DAY, "EXP-1", 60, 3_541)),
        (3, replace(TRAINED, severe_week=17_940, pool_median=99_999), None),
        (3, replace(TRAINED, severe_week=17_941, pool_median=99_999), Refused(Bound.WEEK, "EXP-2", 300, 17_941)),
        (3, replace(TRAINED, disturbing_day=7_141), Refused(Bound.DAY, "EXP-3", 120, 7_141)),
        (3, replace(TRAINED, severe_week=3_541), Refused(Bound.SHARE, "EXP-6", 200, 3_541)),
        (3, replace(TRAINED, severe_week=3_541, pool_median=1_800), Refused(Bound.SHARE, "EXP-6", 200, 3_541)),
        (3, replace(TRAINED, severe_week=3_541, pool_median=1_801), None),
        (3, Seen(), Refused(Bound.TRAINING, "WRN-4", 365)),
        (3, Seen(trained_until=NOON), Refused(Bound.TRAINING, "WRN-4", 365)),
        (3, Seen(trained_until=NOON + MINUTE), None),
        (2, Seen(), None),
    ],
)
def test_what_was_seen_and_reserved_must_fit_under_every_limit(
    severity: int, seen: Seen, bound: Refused | None
) -> None:
    assert refused(severity, 60, seen, IDLE, NOON, "UTC") == bound


def test_severe_content_keeps_to_the_day_of_the_place() -> None:
    assert not is_night(NOON, "UTC")
    for hour, night in ((5, True), (6, False), (21, False), (22, True)):
        assert is_night(NOON.replace(hour=hour), "UTC") is night
    assert is_night(NOON, "Asia/Tokyo") is False
    assert is_night(NOON.replace(hour=14), "Asia/Tokyo") is True
    late = NOON.replace(hour=23)
    seen = replace(TRAINED, trained_until=NOON + 2 * DAY)
    assert refused(3, 60, seen, IDLE, late, "UTC") == Refused(Bound.NIGHT, "EXP-14", 6, used=0)
    assert refused(3, 60, replace(seen, night=True), IDLE, late, "UTC") is None
    assert refused(2, 60, seen, IDLE, late, "UTC") is None


@pytest.mark.parametrize(
    ("run", "severity", "seconds", "bound"),
    [
        (Run(840, 3, NOON), 3, 60, None),
        (Run(841, 3, NOON), 3, 60, Refused(Bound.RUN, "EXP-5", 15, 841)),
        (Run(841, 3, NOON), 2, 60, None),
        (Run(899, 3, NOON), 2, 60, None),
        (Run(900, 3, NOON), 2, 60, Refused(Bound.RUN, "EXP-5", 15, 900)),
        (Run(60, 19, NOON), 3, 60, None),
        (Run(60, 20, NOON), 3, 60, Refused(Bound.RUN, "EXP-5", 20, 60)),
        (Run(60, 20, NOON), 2, 60, Refused(Bound.RUN, "EXP-5", 20, 60)),
        (Run(900, 20, NOON - 15 * MINUTE), 3, 60, None),
        (Run(900, 20, NOON - 14 * MINUTE), 3, 60, Refused(Bound.RUN, "EXP-5", 20, 900)),
        (Run(0, 0, NOON), 3, 1_200, None),
        (Run(), 3, 60, None),
    ],
)
def test_a_run_of_severe_content_ends_in_quiet_time(
    run: Run, severity: int, seconds: int, bound: Refused | None
) -> None:
    assert refused(severity, seconds, TRAINED, run, NOON, "UTC") == bound


def test_a_run_grows_by_what_was_seen_and_ends_with_quiet() -> None:
    run = after(Run(), 3, 90, NOON, NOON + 2 * MINUTE)
    assert run == Run(90, 1, NOON + 2 * MINUTE)
    run = after(run, 2, 45, NOON + 4 * MINUTE, NOON + 5 * MINUTE)
    assert run == Run(90, 1, NOON + 5 * MINUTE), "what disturbs keeps a run going and adds nothing to it"
    assert after(run, 3, 0, NOON + 6 * MINUTE, NOON + 7 * MINUTE) == run, "a text never shown is no part of it"
    assert after(run, 1, 50, NOON + 6 * MINUTE, NOON + 7 * MINUTE) == run
    assert after(run, 2, 10, NOON, NOON + MINUTE) == run, "closed late: the run does not end sooner for it"
    assert after(run, 3, 10, NOON, NOON + MINUTE) == Run(100, 2, NOON + 5 * MINUTE)
    assert after(run, 3, 10, NOON + 20 * MINUTE, NOON + 21 * MINUTE) == Run(10, 1, NOON + 21 * MINUTE)
    assert after(run, 3, 10, NOON + 19 * MINUTE, NOON + 21 * MINUTE) == Run(100, 2, NOON + 21 * MINUTE)
    assert after(run, 2, 10, NOON + 20 * MINUTE, NOON + 21 * MINUTE) == Run(0, 0, NOON + 21 * MINUTE)


@pytest.mark.parametrize(
    ("severity", "seen", "bound"),
    [
        (1, Seen(99_999, 99_999, 99_999), None),
        (2, Seen(disturbing_day=7_200), None),
        (2, Seen(disturbing_day=7_201), Refused(Bound.DAY, "EXP-3", 120, 7_201)),
        (3, Seen(3_600, 3_600, 3_600), None),
        (3, Seen(3_601, 3_601, 3_601), Refused(Bound.DAY, "EXP-1", 60, 3_601)),
        (2, Seen(3_601, 3_601, 3_601), None),
        (3, Seen(severe_week=18_000), None),
        (3, Seen(severe_week=18_001), Refused(Bound.WEEK, "EXP-2", 300, 18_001)),
        (2, Seen(severe_week=18_001), None),
    ],
)
def test_a_text_may_be_shown_again_until_a_limit_is_used_up(severity: int, seen: Seen, bound: Refused | None) -> None:
    assert used_up(severity, seen, NOON, "UTC") == bound


def test_a_severe_text_is_not_shown_once_night_has_come() -> None:
    night = NOON.replace(hour=22)
    assert used_up(3, Seen(), night, "UTC") == Refused(Bound.NIGHT, "EXP-14", 6)
    assert used_up(3, Seen(night=True), night, "UTC") is None
    assert used_up(2, Seen(), night, "UTC") is None


def test_a_dose_counts_whole_while_any_part_of_it_lies_in_the_window() -> None:
    second = timedelta(seconds=1)
    doses = [
        Dose(3, 100, NOON - DAY + second),
        Dose(3, 1_000, NOON - DAY),
        Dose(2, 10, NOON - DAY + second),
        Dose(3, 10_000, NOON - WEEK),
        Dose(2, 7, None),
    ]
    assert summed(doses, NOON) == Seen(severe_day=100, severe_week=1_100, disturbing_day=117)


def test_who_has_seen_nothing_has_everything_before_her() -> None:
    assert summed([], NOON) == Seen() == Seen(0, 0, 0)
    assert Run() == Run(0, 0, None)


def test_room_comes_when_as_much_has_left_the_window_as_is_wanted() -> None:
    seen = [Dose(3, 600, NOON - 2 * MINUTE), Dose(2, 900, NOON - MINUTE), Dose(3, 300, NOON - 60 * MINUTE)]
    assert room_from(seen, 3, DAY, 960, 60, NOON) == NOON, "what fills the limit to the second fits"
    assert room_from(seen, 3, DAY, 959, 60, NOON) == NOON - 60 * MINUTE + DAY
    assert room_from(seen, 3, DAY, 660, 60, NOON) == NOON - 60 * MINUTE + DAY
    assert room_from(seen, 3, DAY, 659, 60, NOON) == NOON - 2 * MINUTE + DAY
    assert room_from(seen, 3, DAY, 59, 60, NOON) == NOON + DAY


def test_a_text_still_open_counts_as_of_now_when_room_is_looked_for() -> None:
    seen = [Dose(3, 600, None), Dose(3, 300, NOON - 60 * MINUTE)]
    assert room_from(seen, 3, DAY, 960, 60, NOON) == NOON
    assert room_from(seen, 3, DAY, 660, 60, NOON) == NOON - 60 * MINUTE + DAY
    assert room_from(seen, 3, DAY, 659, 60, NOON) == NOON + DAY


doses = st.lists(st.builds(Dose, st.sampled_from([2, 3]), st.integers(1, 900), st.integers(0, 2_000).map(
    lambda minutes: NOON - minutes * MINUTE)), max_size=30)  # fmt: skip


@given(doses, st.integers(0, 3_600), st.sampled_from([2, 3]))
def test_there_is_room_from_the_moment_that_is_told_and_not_before(seen: list[Dose], most: int, least: int) -> None:
    def total(now: datetime) -> int:
        return sum(d.seconds for d in seen if d.severity >= least and d.ended_at is not None and d.ended_at > now - DAY)

    moment = room_from(seen, least, DAY, most, 60, NOON)
    if moment == NOON:
        assert total(NOON) + 60 <= most
    elif most >= 60:
        assert total(moment) + 60 <= most
        assert total(moment - timedelta(seconds=1)) + 60 > most
    else:
        assert moment == NOON + DAY


def test_without_a_least_and_without_known_others_there_is_no_share() -> None:
    share = Limits(share_least=0)
    assert refused(3, 1, TRAINED, IDLE, NOON, "UTC", share) == Refused(Bound.SHARE, "EXP-6", 200, 0)
    assert refused(3, 60, replace(TRAINED, pool_median=30), IDLE, NOON, "UTC", share) is None


def test_tighter_numbers_bind_sooner() -> None:
    seen = replace(TRAINED, severe_day=500, severe_week=500, disturbing_day=500)
    for limits in (Limits(severe_day=9), Limits(severe_week=9), Limits(disturbing_day=9), Limits(share_least=9)):
        assert refused(3, 60, seen, IDLE, NOON, "UTC", limits) is not None
    assert refused(3, 60, seen, IDLE, NOON, "UTC") is None
