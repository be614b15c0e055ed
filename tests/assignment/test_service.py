"""Handing out under the gate, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.queries import held_task
from labeler.assignment.rules import LEASE
from labeler.assignment.service import (
    Handed,
    Nothing,
    expire,
    hand_out,
    heartbeat,
    hide,
    opt_out,
    reveal,
    skip,
    take_break,
    undo_opt_out,
    withdraw_refused,
)
from labeler.errors import Missing
from labeler.projects.models import ProjectOffer, Task
from labeler.projects.rules import ProjectState
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.rules import REST, Reason
from labeler.wellbeing.service import end_break, end_consent, give_consent
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_vendor

MINUTE = timedelta(minutes=1)


def given(result: Handed | Nothing) -> UUID:
    assert isinstance(result, Handed), result
    return result.assignment_id


def refused(session: Session, labeler_id: UUID, now=NOW) -> Reason:  # type: ignore[no-untyped-def]
    """The final word of an empty desk, as the door asks for it."""
    result = hand_out(session, labeler_id, now)
    if isinstance(result, Nothing) and result.busy:
        result = hand_out(session, labeler_id, now, wait=True)
    assert isinstance(result, Nothing), result
    assert not result.busy
    return result.reason


def done(session: Session, assignment_id: UUID) -> None:
    assignment = session.get_one(Assignment, assignment_id)
    assignment.state = AssignmentState.JUDGED
    assignment.ended_at = NOW
    session.flush()


def claims(session: Session) -> int:
    return session.scalar(select(func.sum(Task.claims))) or 0


def test_a_labeler_holds_one_task_at_a_time_and_keeps_it_through_reloads(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 3)
    labeler = add_labeler(session)
    first = hand_out(session, labeler.id, NOW)
    assert isinstance(first, Handed)
    assert first.new
    again = hand_out(session, labeler.id, NOW + MINUTE)
    assert again == Handed(first.assignment_id, new=False)
    assert claims(session) == 1


def test_tasks_come_in_file_order_and_never_twice_to_one_labeler(session: Session) -> None:
    project = add_project(session, overlap=1)
    tasks = add_tasks(session, project, 3)
    labeler = add_labeler(session)
    seen = []
    for _ in tasks:
        assignment = session.get_one(Assignment, given(hand_out(session, labeler.id, NOW)))
        seen.append(assignment.task_id)
        done(session, assignment.id)
    assert seen == [task.id for task in tasks]
    assert refused(session, labeler.id) is Reason.NONE_LEFT


def test_overlap_is_a_ceiling(session: Session) -> None:
    project = add_project(session, overlap=2)
    add_tasks(session, project, 1)
    for _ in range(2):
        given(hand_out(session, add_labeler(session).id, NOW))
    assert refused(session, add_labeler(session).id) is Reason.NONE_LEFT


def test_orders_of_one_task_are_balanced_and_stored(session: Session) -> None:
    project = add_project(session, overlap=4)
    add_tasks(session, project, 1)
    orders = [
        session.get_one(Assignment, given(hand_out(session, add_labeler(session).id, NOW))).order for _ in range(4)
    ]
    assert sorted(orders) == ["01", "01", "10", "10"]
    assert orders[0] != orders[1]


def test_fences_of_one_task_rise(session: Session) -> None:
    project = add_project(session, overlap=3)
    add_tasks(session, project, 1)
    fences = [
        session.get_one(Assignment, given(hand_out(session, add_labeler(session).id, NOW))).fence for _ in range(3)
    ]
    assert fences == [1, 2, 3]


def test_a_skipped_task_goes_to_others_and_never_back(session: Session) -> None:
    project = add_project(session, overlap=1)
    only, other = add_tasks(session, project, 2)
    labeler = add_labeler(session)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    skip(session, labeler.id, assignment_id, NOW)
    second = session.get_one(Assignment, given(hand_out(session, labeler.id, NOW)))
    assert second.task_id == other.id
    done(session, second.id)
    assert refused(session, labeler.id) is Reason.ALREADY_ANSWERED
    theirs = session.get_one(Assignment, given(hand_out(session, add_labeler(session).id, NOW)))
    assert theirs.task_id == only.id
    assert theirs.fence == 2


def test_skipping_twice_has_one_effect(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 2)
    labeler = add_labeler(session)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    skip(session, labeler.id, assignment_id, NOW)
    given(hand_out(session, labeler.id, NOW))
    skip(session, labeler.id, assignment_id, NOW)
    assert claims(session) == 1


def test_a_lapsed_lease_returns_the_task_and_a_heartbeat_keeps_it(session: Session) -> None:
    project = add_project(session, overlap=1)
    add_tasks(session, project, 1)
    labeler, other = add_labeler(session), add_labeler(session)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    assert heartbeat(session, labeler.id, assignment_id, NOW + 20 * MINUTE)
    assert expire(session, NOW + LEASE + MINUTE) == 0
    assert expire(session, NOW + 20 * MINUTE + LEASE + MINUTE) == 1
    assert not heartbeat(session, labeler.id, assignment_id, NOW + 60 * MINUTE)
    given(hand_out(session, other.id, NOW + 60 * MINUTE))
    assert claims(session) == 1


def test_an_empty_desk_looks_again_only_when_the_lane_has_moved(session: Session) -> None:
    project = add_project(session, overlap=1)
    add_tasks(session, project, 1)
    labeler, other = add_labeler(session), add_labeler(session)
    held = given(hand_out(session, other.id, NOW))
    assert refused(session, labeler.id) is Reason.NONE_LEFT
    assert hand_out(session, labeler.id, NOW) == Nothing(Reason.NONE_LEFT)
    skip(session, other.id, held, NOW)
    given(hand_out(session, labeler.id, NOW))


def test_higher_priority_first(session: Session) -> None:
    low, high = add_project(session, priority=10), add_project(session, priority=90)
    add_tasks(session, low, 1)
    (wanted,) = add_tasks(session, high, 1)
    assignment = session.get_one(Assignment, given(hand_out(session, add_labeler(session).id, NOW)))
    assert assignment.task_id == wanted.id


@pytest.mark.parametrize(
    ("languages", "reason"), [(("sw",), Reason.LANGUAGE), (("en",), None), (("en-GB",), None), (("sw", "en"), None)]
)
def test_only_languages_the_labeler_reads(session: Session, languages: tuple[str, ...], reason: Reason | None) -> None:
    add_tasks(session, add_project(session), 1)
    labeler = add_labeler(session, languages=languages)
    if reason is None:
        given(hand_out(session, labeler.id, NOW))
    else:
        assert refused(session, labeler.id) is reason


def test_a_project_offered_to_one_vendor_stays_there(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 1)
    lake, hill = add_vendor(session, "Lake"), add_vendor(session, "Hill")
    session.add(ProjectOffer(project_id=project.id, vendor_id=lake.id))
    session.flush()
    assert refused(session, add_labeler(session, vendor=hill).id) is Reason.NOT_QUALIFIED
    given(hand_out(session, add_labeler(session, vendor=lake).id, NOW))


@pytest.mark.parametrize("state", [ProjectState.DRAFT, ProjectState.CHECKED, ProjectState.CLOSED])
def test_only_live_projects_hand_out(session: Session, state: ProjectState) -> None:
    add_tasks(session, add_project(session, state=state), 1)
    assert refused(session, add_labeler(session).id) is Reason.NONE_LEFT


def test_a_paused_project_says_so(session: Session) -> None:
    add_tasks(session, add_project(session, state=ProjectState.PAUSED), 1)
    assert refused(session, add_labeler(session).id) is Reason.PAUSED


def test_no_work_outside_the_contract(session: Session) -> None:
    add_tasks(session, add_project(session), 1)
    assert refused(session, add_labeler(session, contract_until=date(2026, 3, 1)).id) is Reason.CONTRACT
    given(hand_out(session, add_labeler(session, contract_until=date(2026, 3, 2)).id, NOW))


def test_sensitive_work_needs_a_yes_and_its_text_an_act(session: Session) -> None:
    project = add_project(session, categories={"W06": 3})
    add_tasks(session, project, 1, profile={"W06": 2})
    labeler = add_labeler(session)
    assert refused(session, labeler.id) is Reason.YOUR_CHOICES
    give_consent(session, labeler.id, "W06", 2, NOW)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    task = held_task(session, labeler.id, NOW)
    assert task is not None
    assert (task.sensitive, task.revealed, task.item) == (True, False, None)
    assert reveal(session, labeler.id, assignment_id, NOW) is None
    task = held_task(session, labeler.id, NOW)
    assert task is not None
    assert task.item is not None
    hide(session, labeler.id, assignment_id, NOW + 2 * MINUTE)
    task = held_task(session, labeler.id, NOW)
    assert task is not None
    assert task.item is None
    assert session.get_one(Assignment, assignment_id).seen_seconds == 120


def test_a_yes_taken_back_hides_the_text_and_takes_the_task_back(session: Session) -> None:
    project = add_project(session, categories={"W06": 2})
    add_tasks(session, project, 1, profile={"W06": 2})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 2, NOW)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    assert reveal(session, labeler.id, assignment_id, NOW) is None
    end_consent(session, labeler.id, "W06", NOW)
    task = held_task(session, labeler.id, NOW)
    assert task is not None
    assert task.item is None
    assert withdraw_refused(session, labeler.id, NOW)
    assert held_task(session, labeler.id, NOW) is None
    assert claims(session) == 0


def test_severity_4_is_served_to_nobody(session: Session) -> None:
    project = add_project(session, categories={"W04": 4})
    add_tasks(session, project, 1, profile={"W04": 4})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W04", 3, NOW)
    assert refused(session, labeler.id) is Reason.IN_REVIEW


@pytest.mark.parametrize("scope", list(OptOutScope))
def test_a_no_takes_the_open_task_away_at_once_and_keeps_it_away(session: Session, scope: OptOutScope) -> None:
    project = add_project(session, categories={"W06": 2}, overlap=1)
    add_tasks(session, project, 1, profile={"W06": 2})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 2, NOW)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    said = opt_out(session, labeler.id, scope, NOW, assignment_id=assignment_id, category="W06")
    assert held_task(session, labeler.id, NOW) is None
    assert claims(session) == 0
    refused(session, labeler.id)
    undo_opt_out(session, labeler.id, said, NOW)
    assert refused(session, labeler.id) is Reason.ALREADY_ANSWERED


def test_undoing_a_no_opens_the_other_work_again(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 2)
    labeler = add_labeler(session)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    said = opt_out(session, labeler.id, OptOutScope.PROJECT, NOW, assignment_id=assignment_id)
    assert refused(session, labeler.id) is Reason.YOUR_CHOICES
    undo_opt_out(session, labeler.id, said, NOW)
    given(hand_out(session, labeler.id, NOW))


def test_a_choice_is_its_labelers_own(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 1)
    labeler, other = add_labeler(session), add_labeler(session)
    said = opt_out(session, labeler.id, OptOutScope.SENSITIVE, NOW)
    with pytest.raises(Missing):
        undo_opt_out(session, other.id, said, NOW)
    assignment_id = given(hand_out(session, labeler.id, NOW))
    with pytest.raises(Missing):
        reveal(session, other.id, assignment_id, NOW)


def test_after_an_hour_a_break_is_due_and_ends_by_the_clock(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 30)
    labeler = add_labeler(session)
    now = NOW
    for _ in range(12):
        done(session, given(hand_out(session, labeler.id, now)))
        now += 5 * MINUTE
    due = hand_out(session, labeler.id, now)
    assert due == Nothing(Reason.BREAK, now + REST, "BRK-1", 10)
    assert hand_out(session, labeler.id, now + MINUTE) == Nothing(Reason.BREAK, now + REST, "BRK-1")
    assert not end_break(session, labeler.id, now + 9 * MINUTE)
    given(hand_out(session, labeler.id, now + REST))


def test_the_open_task_may_be_finished_when_a_break_is_due(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 2)
    labeler = add_labeler(session)
    now = NOW
    assignment_id = given(hand_out(session, labeler.id, now))
    for _ in range(13):
        now += 5 * MINUTE
        assert heartbeat(session, labeler.id, assignment_id, now)
    assert given(hand_out(session, labeler.id, now)) == assignment_id
    done(session, assignment_id)
    result = hand_out(session, labeler.id, now)
    assert isinstance(result, Nothing)
    assert result.reason is Reason.BREAK


def test_a_hidden_text_is_not_shown_when_a_break_is_due(session: Session) -> None:
    project = add_project(session, categories={"W06": 2})
    add_tasks(session, project, 1, profile={"W06": 2})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 2, NOW)
    now = NOW
    assignment_id = given(hand_out(session, labeler.id, now))
    for _ in range(13):
        now += 5 * MINUTE
        assert heartbeat(session, labeler.id, assignment_id, now)
    stop = reveal(session, labeler.id, assignment_id, now)
    assert stop is not None
    assert stop.reason is Reason.BREAK


def test_a_break_of_ones_own_has_no_limit_and_no_reason(session: Session) -> None:
    project = add_project(session)
    add_tasks(session, project, 1)
    labeler = add_labeler(session)
    take_break(session, labeler.id, NOW)
    assert hand_out(session, labeler.id, NOW) == Nothing(Reason.BREAK)
    assert end_break(session, labeler.id, NOW + MINUTE)
    given(hand_out(session, labeler.id, NOW + MINUTE))
