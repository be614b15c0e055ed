"""Judgments for tests of exports, written as the service would have written them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.ids import new_id
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Project, Task
from labeler.workforce.models import Labeler
from tasks import kind
from tests.support.build import NOW

Given = dict[str, Any]

BETTER_0: Given = {"verdict": "preference", "preferred": 0, "margin": 2}
BETTER_1: Given = {
    "verdict": "preference",
    "preferred": 1,
    "margin": 1,
    "reasons": ["More correct"],
    "comment": "Ja.\u2028Gut.",
}
TIE: Given = {"verdict": "tie"}
BAD: Given = {"verdict": "both_bad"}
UNSURE: Given = {"verdict": "cant_judge"}


def add_judgment(
    session: Session,
    project: Project,
    task: Task,
    labeler: Labeler,
    answer: dict[str, Any],
    *,
    late: bool = False,
    at: datetime = NOW + timedelta(minutes=5),
    ids: tuple[UUID, UUID] | None = None,
) -> Judgment:
    """One finished assignment and its answer. `ids` names assignment and judgment, where a test compares databases."""
    first, second = ids or (new_id(), new_id())
    assignment = Assignment(
        id=first,
        task_id=task.id,
        labeler_id=labeler.id,
        guideline_version=1,
        fence=1,
        order=task.first_order,
        handed_at=at - timedelta(seconds=45),
        lease_until=at + timedelta(minutes=30),
        state=AssignmentState.JUDGED,
        ended_at=at,
    )
    session.add(assignment)
    session.flush()
    judgment = Judgment(
        id=second,
        **_said(project, answer),
        assignment_id=assignment.id,
        task_id=task.id,
        labeler_id=labeler.id,
        project_id=project.id,
        guideline_version=1,
        kind=project.kind,
        kind_version=kind(project.kind).version,
        order=task.first_order,
        standing=Standing.LATE if late else Standing.COUNTED,
        idem_key=f"key-{assignment.id}",
        handed_at=at - timedelta(seconds=45),
        shown_seconds=45.0,
        submitted_at=at,
        fence=1,
    )
    session.add(judgment)
    if not late:
        session.merge(task).claims += 1
    session.flush()
    return judgment


def revise(session: Session, project: Project, old: Judgment, answer: dict[str, Any], at: datetime) -> Judgment:
    """A newer version of an answer."""
    judgment = Judgment(
        **_said(project, answer),
        assignment_id=old.assignment_id,
        task_id=old.task_id,
        labeler_id=old.labeler_id,
        project_id=old.project_id,
        guideline_version=1,
        kind=old.kind,
        kind_version=old.kind_version,
        order=old.order,
        standing=old.standing,
        idem_key=f"key-{old.assignment_id}-{old.version + 1}",
        handed_at=old.handed_at,
        shown_seconds=60.0,
        submitted_at=at,
        fence=1,
        version=old.version + 1,
        replaces_id=old.id,
    )
    session.add(judgment)
    session.flush()
    return judgment


def _said(project: Project, answer: dict[str, Any]) -> dict[str, Any]:
    text = kind(project.kind).Answer.model_validate_json(orjson.dumps(answer)).model_dump_json()
    return {"answer": text, "fingerprint": hashlib.sha256(text.encode()).digest()}
