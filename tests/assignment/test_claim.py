"""The claim's own SQL says what the rest of the house says in Python."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, hand_out
from labeler.audit.models import AuditEntry
from labeler.audit.service import canonical
from tasks.order import rotated
from tests.support.build import NOW, add_labeler, add_project, add_tasks


def test_the_entry_of_a_hand_out_is_written_like_every_other(session: Session) -> None:
    project = add_project(session, categories={"W06": 2})
    (task,) = add_tasks(session, project, 1, profile={"W06": 1})
    labeler = add_labeler(session)
    handed = hand_out(session, labeler.id, NOW)
    assert isinstance(handed, Handed)
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "assignment.hand_out")).all()
    assert entry.fields == canonical({"task": task.id, "fence": 1, "project": project.id, "profile": "W06:1"})
    assert (entry.actor_id, entry.subject_id, entry.vendor_id) == (labeler.id, handed.assignment_id, labeler.vendor_id)
    assert entry.at == NOW
    assert entry.id.version == 7


def test_each_hand_out_shows_another_completion_first(session: Session) -> None:
    (task,) = add_tasks(session, add_project(session, overlap=4), 1)
    for turn in range(1, 5):
        handed = hand_out(session, add_labeler(session).id, NOW)
        assert isinstance(handed, Handed)
        assignment = session.get_one(Assignment, handed.assignment_id)
        assert assignment.order == rotated(task.first_order, turn)
        assert assignment.fence == turn
