"""What a check's words say, where the edges of rules meet: each case was once counted otherwise."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from labeler.compliance.checks import CHECKS
from labeler.compliance.events import AFTER, BEFORE
from labeler.compliance.outcome import Result, Row
from labeler.compliance.reading import read_for
from tests.compliance.checks.test_the_day import moved
from tests.compliance.checks.world import (
    ADMIN,
    DAY,
    DISTURBING,
    HOUR,
    LATER,
    LENA,
    MINUTE,
    MIRA,
    PEOPLE,
    PROJECT,
    REVIEWER,
    SEVERE,
    VENDOR,
    World,
)
from tests.compliance.events import QUARTER, Log, facts_from, key

SECOND = timedelta(seconds=1)


def wrong(world: World, rule: str) -> list[Row]:
    """The exceptions of a rule."""
    return CHECKS[rule](world.facts()).exceptions


def test_one_long_task_that_no_stretch_declares_is_work_all_the_same() -> None:
    world = World()
    held = world.give(LENA, LATER)
    world.answer(LENA, LATER + 15 * MINUTE, held)
    assert moved(world.facts()) == {"BRK-1": Result.NOT_SATISFIED}
    assert [row.value for row in wrong(world, "BRK-1")] == ["outside any stretch"] * 2


def test_a_task_that_is_given_back_at_once_needs_no_stretch_and_breaks_no_rest() -> None:
    world = World()
    world.works(LENA, LATER, [""])
    world.end("assignment.skip", LENA, LATER + 8 * HOUR, world.give(LENA, LATER + 8 * HOUR))
    world.works(LENA, LATER + 13.5 * HOUR, [""])
    assert moved(world.facts()) == {}


def test_the_longest_is_told_where_another_moment_was_too_long_by_a_number_of_its_project() -> None:
    world, short = World(), key(77)
    world.project(short, QUARTER.start - DAY)
    start = QUARTER.start - DAY
    world.platform.add("policy.set", start, ADMIN, world.new(), name="break_stop", value=51, from_at=start,
                       project=short, until_at=None, signed=False)  # fmt: skip
    world.works(LENA, LATER, [""] * 17, 180)
    world.works(LENA, LATER + 51 * MINUTE, [""], 180, project=short)
    world.works(LENA, LATER + 54 * MINUTE, [""], 180)
    checked = CHECKS["BRK-1"](world.facts())
    assert [row.value for row in checked.exceptions] == [str(51 * 60)]
    assert [figure.value for figure in checked.figures] == [54 * 60]


def joined(world: World, account: UUID, days: int) -> None:
    world.vendor.add("labeler.payroll", LATER + days * DAY, ADMIN, account, person=LENA)


def test_a_payroll_id_that_is_said_again_joins_nothing() -> None:
    world, other = World(), key(901)
    world.vendor.add("labeler.payroll", QUARTER.start, ADMIN, other, person=LENA)
    world.works(other, LATER, [""])
    world.works(LENA, LATER + HOUR, [""])
    joined(world, other, 1)
    assert moved(world.facts()) == {}


def test_an_account_that_comes_to_a_person_without_having_worked_lays_nothing_to_the_others() -> None:
    world, other, third = World(), key(901), key(902)
    world.vendor.add("labeler.payroll", QUARTER.start, ADMIN, other, person=LENA)
    world.works(other, LATER, [""])
    world.works(LENA, LATER + HOUR, [""])
    joined(world, third, 1)
    world.works(third, LATER + 2 * DAY, [""])
    assert moved(world.facts()) == {}


def test_of_three_accounts_those_are_told_whose_hours_were_counted_apart() -> None:
    world, other, third = World(), key(901), key(902)
    world.vendor.add("labeler.payroll", QUARTER.start, ADMIN, other, person=LENA)
    world.works(other, LATER - 18 * DAY, [""])
    world.works(LENA, LATER, [""])
    world.works(third, LATER + HOUR, [""])
    joined(world, third, 1)
    assert {(row.value, row.person) for row in wrong(world, "BRK-10")} == {("3", LENA)}
    assert len(wrong(world, "BRK-10")) == 2


def test_a_run_goes_on_while_a_longer_text_stands_under_a_shorter_one() -> None:
    world = World()
    world.vendor.add("exposure.show", LATER, LENA, world.new(), path="review", severity=3, seconds=840)
    world.vendor.add("exposure.show", LATER + MINUTE, LENA, world.new(), path="review", severity=2, seconds=60)
    world.works(LENA, LATER + 20 * MINUTE, [SEVERE])
    rows = {row.at: row.value for row in CHECKS["EXP-5"](world.facts()).rows if row.at >= LATER}
    assert rows == {LATER + 20 * MINUTE: "840"}


def reported(world: World, who: UUID, at: int, *, lowered: int | None = None, severity: int = 1) -> UUID:
    """A task that was reported in an hour of a day, and lowered in another one."""
    task = world.new()
    held = world.give(who, LATER + at * HOUR, "", task)
    world.says(who, LATER + at * HOUR + MINUTE, task, severity)
    world.answer(who, LATER + at * HOUR + 2 * MINUTE, held)
    world.stretch(who, LATER + at * HOUR, LATER + at * HOUR + 2 * MINUTE)
    if lowered is not None:
        world.platform.add("severity.lower", LATER + lowered * HOUR, REVIEWER, task, old="W06:1", new="")
    return task


@pytest.mark.parametrize(("lowered", "result"), [(1, {}), (-1, {"EXP-12": Result.NOT_SATISFIED})])
def test_what_was_lowered_before_a_report_still_counts(lowered: int, result: dict[str, Result]) -> None:
    world = World()
    for who in PEOPLE[:3]:
        reported(world, who, 0, lowered=lowered)
    assert moved(world.facts()) == result


@pytest.mark.parametrize(("decision", "result"), [("allowed", {}), ("stays", {"EXP-12": Result.NOT_SATISFIED})])
def test_what_was_found_not_to_be_forbidden_does_not_count(decision: str, result: dict[str, Result]) -> None:
    world = World()
    for who in PEOPLE[:3]:
        world.platform.add("escalation.decide", LATER + DAY, REVIEWER, reported(world, who, 0), decision=decision,
                           severity=2)  # fmt: skip
    assert moved(world.facts()) == result


def test_what_stays_forbidden_was_not_lowered() -> None:
    world = World()
    task = reported(world, LENA, 0, severity=2)
    world.platform.add("escalation.decide", LATER + HOUR, REVIEWER, task, decision="stays", severity=None)
    world.works(MIRA, LATER + DAY, [""], task=task)
    assert [row.value for row in wrong(world, "EXP-12")] == ["milder than it was found"]


def test_a_later_report_hides_no_earlier_breach() -> None:
    world = World()
    task = reported(world, LENA, 0)
    world.works(MIRA, LATER + DAY, [""], task=task)
    world.says(LENA, LATER + 2 * DAY, task, 1)
    assert [row.at for row in wrong(world, "EXP-12")] == [LATER + DAY]


def test_a_text_is_no_milder_for_having_been_lowered_at_another_time() -> None:
    world = World()
    for at in (-HOUR, 5 * HOUR):
        task = world.new()
        world.platform.add("severity.lower", LATER + at, REVIEWER, task, old=SEVERE, new=DISTURBING)
        held = world.give(LENA, LATER, SEVERE, task)
        world.show(LENA, LATER, held, DISTURBING)
        world.answer(LENA, LATER + MINUTE, held)
    world.stretch(LENA, LATER, LATER + MINUTE)
    assert [row.value for row in wrong(world, "WRN-2")] == ["2", "2"]


def test_a_yes_that_another_one_replaced_stands_no_more() -> None:
    world = World()
    world.yes(LENA, LATER - DAY, severity=2)
    world.works(LENA, LATER, [SEVERE])
    assert moved(world.facts()) == {"EXP-13": Result.NOT_SATISFIED}


def test_waiting_within_a_stretch_is_at_the_desk_once() -> None:
    world = World()
    world.waits(MIRA, LATER, 10 * HOUR)
    world.stretch(MIRA, LATER, LATER + 10 * HOUR)  # the page asks on, all the while
    (hers,) = [row for row in CHECKS["OPT-4"](world.facts()).rows if row.person == MIRA]
    assert int(hers.value) > 990


def test_nobody_decides_on_her_own_danger_under_another_account() -> None:
    world, other = World(), key(901)
    world.vendor.add("labeler.payroll", QUARTER.start, ADMIN, other, person=LENA)
    case, review = world.new(), world.new()
    world.vendor.add("danger.report", LATER, LENA, case)
    world.vendor.add("review.ask", LATER, LENA, review, cause="danger", due_at=LATER + 7 * DAY, case=case, first=[])
    world.vendor.add("review.decide", LATER + HOUR, other, review, outcome="upheld", on_time=True, cause="danger",
                     case=case, first=[], asked_at=LATER, due_at=LATER + 7 * DAY, reasons=40)  # fmt: skip
    assert [(row.at, row.value) for row in wrong(world, "OPT-8")] == [(LATER, LATER.date().isoformat())]


@pytest.mark.parametrize("act", ["project.pause", "project.stop", "project.lapse", "project.close"])
def test_work_of_a_project_that_is_not_live_is_told_even_late_on_a_day(act: str) -> None:
    world, project = World(), key(77)
    world.project(project, QUARTER.start - DAY)
    world.works(LENA, LATER, [""], project=project)
    more = {"rule": "EXP-12", "reports": 1, "served": 50} if act == "project.stop" else {}
    more = {"fields": ["purpose"]} if act == "project.lapse" else more
    world.platform.add(act, LATER + HOUR, ADMIN, project, **more)
    world.works(MIRA, LATER + HOUR + SECOND, [""], project=project)  # her request was under way
    assert wrong(world, "WRN-1") == []
    world.works(LENA, LATER + 2 * HOUR, [""], project=project)
    assert [(row.at, row.value) for row in wrong(world, "WRN-1")] == [(LATER + 2 * HOUR, "not live")]


def test_a_guideline_that_was_missing_for_a_while_was_missing() -> None:
    world, project = World(), key(77)
    world.project(project, QUARTER.start - DAY, version=2)
    world.works(LENA, LATER, [""], project=project)
    world.platform.add("project.publish", LATER + HOUR, ADMIN, project, guideline_version=1)
    world.works(LENA, LATER + 2 * HOUR, [""], project=project)
    assert [row.value for row in wrong(world, "WRN-6")] == ["2"]


def test_a_pilot_ends_when_its_project_pauses_itself() -> None:
    world, project = World(), key(77)
    world.project(project, LATER - DAY)
    world.works(LENA, LATER, [""], project=project)
    world.platform.add("project.lapse", LATER + HOUR, None, project, fields=["purpose"])
    world.platform.add("project.publish", LATER + 2 * HOUR, ADMIN, project, guideline_version=1)
    world.works(LENA, LATER + DAY, [""], project=project)
    assert moved(world.facts()) == {"WRN-7": Result.NOT_SATISFIED}


@pytest.mark.parametrize(
    ("at", "known"),
    [
        (QUARTER.start - BEFORE - SECOND, False),
        (QUARTER.start - BEFORE, True),
        (QUARTER.end + AFTER - SECOND, True),
        (QUARTER.end + AFTER, False),
    ],
)
def test_a_report_rests_on_the_same_days_wherever_they_are_read_from(at: object, known: bool) -> None:
    log = Log(VENDOR)
    log.add("break.start", at, LENA, key(5), rule=None, until=None, paid_until=at)  # type: ignore[arg-type]
    log.add("opt_out.say", at, LENA, key(6), scope="project", target=PROJECT)  # type: ignore[arg-type]
    acts = {event.act for event in facts_from(log, vendor=VENDOR).events}
    assert acts == {"opt_out.say"} | ({"break.start"} if known else set())
    assert read_for("break.start", at, QUARTER, platform=False) is known  # type: ignore[arg-type]
    assert read_for("opt_out.say", at, QUARTER, platform=False)  # type: ignore[arg-type]
    assert not read_for("opt_out.say", at, QUARTER, platform=True)  # type: ignore[arg-type]
