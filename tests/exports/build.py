"""Judgments for tests of exports, written as the service would have written them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.ids import new_id
from labeler.judgments.models import Judgment, Standing
from labeler.pay.models import PayPeriod
from labeler.pay.rules import DUE, WEEK, week_of
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


def add_paid_week(session: Session, labeler: Labeler, at: datetime) -> None:
    """The statement of a labeler's week, and that it was paid; nothing when it is there already."""
    week = week_of(at)
    if session.scalar(select(PayPeriod.id).filter_by(labeler_id=labeler.id, from_at=week)) is not None:
        return
    nothing = dict.fromkeys(
        ("base", "allowance", "bonus", "correction", "top_up", "fee", "cost", "total", "seconds"), 0
    )
    session.add(
        PayPeriod(
            labeler_id=labeler.id, vendor_id=labeler.vendor_id, from_at=week, until_at=week + WEEK,
            due_at=week + WEEK + DUE, currency="XTS", made_at=week + WEEK, paid_at=week + WEEK, paid_by=labeler.id,
            reference="in the tests", **nothing,
        )
    )  # fmt: skip
    session.flush()


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
    paid: bool = True,
) -> Judgment:
    """One finished assignment and its answer. `ids` names assignment and judgment, where a test compares databases.

    The labeler's week has its statement, and is `paid` for: tests of the export look at it months later.
    """
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
    if paid:
        add_paid_week(session, labeler, at)
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
