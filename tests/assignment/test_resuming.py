"""Who comes back to a task that lapsed goes on with it, if nobody else has taken its place."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.resuming import lapsed, resume
from labeler.assignment.service import Handed, Nothing, expire, hand_out, opt_out, take_break
from labeler.errors import Conflict, Missing
from labeler.judgments.service import save_draft, submit
from labeler.projects.models import Task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.rules import Reason, Stop
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project, add_tasks

AWAY = NOW + timedelta(hours=1)


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session, overlap=1), 1)
    return add_labeler(session)


@pytest.fixture
def gone(session: Session, labeler: Labeler) -> UUID:
    """An assignment of hers that has lapsed."""
    handed = hand_out(session, labeler.id, NOW)
    assert isinstance(handed, Handed)
    save_draft(session, labeler.id, handed.assignment_id, {"choice": ["a2"]}, NOW)
    assert expire(session, AWAY) == 1
    session.expire_all()
    return handed.assignment_id


def test_a_lapsed_task_is_offered_again_with_its_draft(session: Session, labeler: Labeler, gone: UUID) -> None:
    found = lapsed(session, labeler.id, AWAY)
    assert found is not None
    assert (found.assignment_id, found.drafted) == (gone, True)
    assert lapsed(session, add_labeler(session).id, AWAY) is None


def test_going_on_takes_the_place_under_a_new_fence(session: Session, labeler: Labeler, gone: UUID) -> None:
    assert resume(session, labeler.id, gone, AWAY) == Handed(gone, new=False)
    held = session.get_one(Assignment, gone)
    task = session.get_one(Task, held.task_id, populate_existing=True)
    assert (held.state, held.fence, task.claims, task.handed) == (AssignmentState.HELD, 2, 1, 2)
    assert hand_out(session, labeler.id, AWAY) == Handed(gone, new=False)
    assert submit(session, labeler.id, gone, {"choice": ["a1"]}, "a-key-of-16-chars", AWAY).new


def test_a_place_that_was_given_away_is_not_taken_back(session: Session, labeler: Labeler, gone: UUID) -> None:
    assert isinstance(hand_out(session, add_labeler(session).id, AWAY), Handed)
    assert lapsed(session, labeler.id, AWAY) is None
    with pytest.raises(Conflict, match="Somebody else"):
        resume(session, labeler.id, gone, AWAY)


def test_the_gate_is_asked_again(session: Session, labeler: Labeler, gone: UUID) -> None:
    take_break(session, labeler.id, AWAY)
    assert resume(session, labeler.id, gone, AWAY) == Stop(Reason.BREAK, None)


def test_what_she_has_declined_since_stays_away(session: Session, labeler: Labeler, gone: UUID) -> None:
    opt_out(session, labeler.id, OptOutScope.PROJECT, AWAY, assignment_id=gone)
    assert resume(session, labeler.id, gone, AWAY) == Stop(Reason.YOUR_CHOICES, None)


def test_one_task_at_a_time(session: Session, labeler: Labeler, gone: UUID) -> None:
    add_tasks(session, add_project(session, overlap=1, priority=90), 1)
    handed = hand_out(session, labeler.id, AWAY)
    assert isinstance(handed, Handed)
    assert handed.assignment_id != gone
    with pytest.raises(Conflict, match="another task"):
        resume(session, labeler.id, gone, AWAY)


def test_after_a_day_and_for_others_there_is_nothing_to_go_on_with(
    session: Session, labeler: Labeler, gone: UUID
) -> None:
    with pytest.raises(Missing):
        resume(session, add_labeler(session).id, gone, AWAY)
    late = NOW + timedelta(days=2)
    assert lapsed(session, labeler.id, late) is None
    with pytest.raises(Missing):
        resume(session, labeler.id, gone, late)


def test_an_answered_task_is_not_taken_up_again(session: Session, labeler: Labeler, gone: UUID) -> None:
    submit(session, labeler.id, gone, {"choice": ["a1"]}, "a-key-of-16-chars", AWAY)
    session.expire_all()
    with pytest.raises(Missing):
        resume(session, labeler.id, gone, AWAY)
    assert isinstance(hand_out(session, labeler.id, AWAY), Nothing)
