"""Which lanes are open, in which order, and the one reason when none is: rules without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from labeler.assignment.rules import (
    LATE,
    LEASE,
    LaneFacts,
    LaneRefused,
    reads,
    sort_lanes,
    under_contract,
    why_nothing,
    within_limits,
)
from labeler.wellbeing.doses import Run, Seen
from labeler.wellbeing.limits import InForce, Limits
from labeler.wellbeing.rules import Choices, Person, Reason, Stop, Yes
from tasks.content import Category, Severity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
ME = Person(ONE, ONE, TWO, frozenset({"en", "zh-Hans"}), "UTC", date(2026, 1, 1), date(2026, 6, 30))
YES = Choices({Category.W06: Yes(Severity.EGREGIOUS, 1, NOON + timedelta(days=1))})
ALL_SEEN = Seen(trained_until=NOON + timedelta(days=1), night=True)


def lane(n: int, level: int = 0, project: UUID = ONE, priority: int = 50, language: str = "en") -> LaneFacts:
    profile = {Category.W06: Severity(level)} if level else {}
    return LaneFacts(UUID(int=n), project, profile, language, priority, 1, 10, 0, 60)


def test_leases_are_half_an_hour_and_answers_are_taken_for_a_day() -> None:
    assert (timedelta(minutes=30), timedelta(hours=24)) == (LEASE, LATE)


@pytest.mark.parametrize(("day", "so"), [
    (date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 6, 30), True), (date(2026, 7, 1), False),
])  # fmt: skip
def test_a_contract_covers_its_first_and_its_last_day(day: date, so: bool) -> None:
    assert under_contract(ME, day) is so


def test_a_contract_without_an_end_goes_on() -> None:
    assert under_contract(replace(ME, contract_until=None), date(2036, 1, 1))


@pytest.mark.parametrize(("language", "so"), [
    ("en", True), ("en-GB", True), ("zh", True), ("zh-Hans", True), ("zh-Hant", False), ("de", False), ("eng", False),
])  # fmt: skip
def test_a_language_covers_its_regions_and_the_other_way_round(language: str, so: bool) -> None:
    assert reads(ME, language) is so


def test_lanes_are_tried_by_priority_then_project_then_lightness() -> None:
    given = [lane(5, 3), lane(4, 0, TWO), lane(3, 0), lane(2, 0, TWO, 80), lane(1, 3)]
    opened, shut = sort_lanes(ME, YES, given, NOON)
    assert [int(each.id) for each in opened] == [2, 3, 1, 5, 4]
    assert shut == []


def test_each_shut_lane_has_its_reason() -> None:
    given = [lane(1, language="de"), lane(2, project=TWO), lane(3, 2), lane(4, 4), lane(5)]
    opened, shut = sort_lanes(ME, Choices(), given, NOON, frozenset({TWO}))
    assert [int(each.id) for each in opened] == [5]
    assert {int(each.lane.id): each.reason for each in shut} == {
        1: Reason.LANGUAGE, 2: Reason.RESTRICTED, 3: Reason.YOUR_CHOICES, 4: Reason.IN_REVIEW,
    }  # fmt: skip


def test_her_choices_are_told_before_the_language() -> None:
    _, shut = sort_lanes(ME, Choices(), [lane(1, 2, language="de")], NOON)
    assert shut[0].reason is Reason.YOUR_CHOICES


def test_limits_are_those_of_the_lane_s_project() -> None:
    tight = InForce(projects=((TWO, Limits(severe_day=0)),))
    opened, shut = within_limits(ME, [lane(1, 3), lane(2, 3, TWO), lane(3)], ALL_SEEN, Run(), tight, NOON)
    assert [int(each.id) for each in opened] == [1, 3]
    assert [(int(each.lane.id), each.stop.rule) for each in shut] == [(2, "EXP-1")]


def test_the_reserve_of_the_lane_s_project_must_fit() -> None:
    seen = replace(ALL_SEEN, severe_day=3600 - 60, severe_week=0)
    longer = replace(lane(2, 3), estimate=61)
    opened, shut = within_limits(ME, [lane(1, 3), longer], seen, Run(), InForce(), NOON)
    assert ([int(each.id) for each in opened], len(shut)) == ([1], 1)


def refused(*reasons: Reason) -> list[LaneRefused]:
    return [LaneRefused(lane(n), Stop(reason, rule=f"R{n}")) for n, reason in enumerate(reasons)]


@pytest.mark.parametrize(("shut", "open_", "paused", "elsewhere", "reason"), [
    ((), False, False, False, Reason.NONE_LEFT),
    ((), False, False, True, Reason.NOT_QUALIFIED),
    ((), False, True, True, Reason.PAUSED),
    ((), True, True, True, Reason.ALREADY_ANSWERED),
    ((Reason.IN_REVIEW,), False, True, False, Reason.IN_REVIEW),
    ((Reason.IN_REVIEW, Reason.LANGUAGE), False, False, False, Reason.LANGUAGE),
    ((Reason.LANGUAGE, Reason.YOUR_CHOICES), False, False, False, Reason.YOUR_CHOICES),
    ((Reason.YOUR_CHOICES,), True, False, False, Reason.ALREADY_ANSWERED),
    ((Reason.TRAINING,), True, False, False, Reason.TRAINING),
    ((Reason.TRAINING, Reason.NIGHT), False, False, False, Reason.NIGHT),
    ((Reason.NIGHT, Reason.CAP_SENSITIVE), False, False, False, Reason.CAP_SENSITIVE),
    ((Reason.BREAK, Reason.RESTRICTED), False, False, False, Reason.RESTRICTED),
])  # fmt: skip
def test_there_is_one_reason_and_limits_come_first(
    shut: tuple[Reason, ...], open_: bool, paused: bool, elsewhere: bool, reason: Reason
) -> None:
    assert why_nothing(open_, refused(*shut), paused, elsewhere).reason is reason


def test_the_first_lane_of_a_reason_says_its_rule() -> None:
    assert why_nothing(False, refused(Reason.NIGHT, Reason.NIGHT), False, False).rule == "R0"
