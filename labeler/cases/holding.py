"""The brake: when too many of a batch's answers are marked not used, a person of the platform looks first (REJ-4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.cases.models import Case, CaseKind, NotUsed, Review
from labeler.cases.rules import Cause, Decider, brakes, due
from labeler.judgments.models import Judgment
from labeler.projects.models import Batch, Task

HELD = "More than one in twenty of this batch's answers were marked not used."


def lock_batch(session: Session, batch_id: UUID) -> None:
    """Put everybody who decides about a batch's answers in a line."""
    session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update(key_share=True))


def brake(session: Session, decider: Decider, batch_id: UUID, now: datetime) -> None:
    """Hold a batch's decisions when too many of its answers are marked since somebody last looked (REJ-4)."""
    if open_hold(session, batch_id) is not None:
        return
    looked_at = session.scalar(
        select(func.max(Review.decided_at))
        .join(Case, Case.id == Review.case_id)
        .where(Case.kind == CaseKind.HOLD, Case.batch_id == batch_id)
    )
    marks = select(func.count()).where(NotUsed.batch_id == batch_id, NotUsed.ended_at.is_(None))
    if looked_at is not None:
        marks = marks.where(NotUsed.marked_at > looked_at)
    decisions = session.execute(marks).scalar_one()
    answers = session.execute(
        select(func.count())
        .select_from(Judgment)
        .join(Task, Task.id == Judgment.task_id)
        .where(Task.batch_id == batch_id, Judgment.version == 1)
    ).scalar_one()
    if not brakes(decisions, answers):
        return
    hold = Case(
        kind=CaseKind.HOLD,
        opened_at=now,
        reasons=HELD,
        about_id=batch_id,
        batch_id=batch_id,
        project_id=session.scalars(select(Batch.project_id).where(Batch.id == batch_id)).one(),
        first_decider=decider.id,
        first_role=decider.role,
        vendor_id=_only_vendor(session, batch_id),
    )
    session.add(hold)
    session.flush()
    due_at, limit_at = due(Cause.BRAKE, now)
    session.add(
        Review(
            case_id=hold.id, cause=Cause.BRAKE, asked_at=now, due_at=due_at, limit_at=limit_at, first_decider=decider.id
        )
    )
    session.flush()
    record(
        session, "hold.begin", None, hold.id, now, hold.vendor_id, batch=batch_id, decisions=decisions, answers=answers
    )


def _only_vendor(session: Session, batch_id: UUID) -> UUID | None:
    """The vendor whose labelers' answers were marked; None where there are several: then it is in the platform's log,
    which every vendor's report reads."""
    vendors = markers(session, batch_id)[1]
    return next(iter(vendors)) if len(vendors) == 1 else None


def open_hold(session: Session, batch_id: UUID) -> UUID | None:
    """The case of the hold that a batch's decisions are under, if any."""
    return session.scalar(
        select(Case.id).where(Case.kind == CaseKind.HOLD, Case.batch_id == batch_id, Case.closed_at.is_(None))
    )


def markers(session: Session, batch_id: UUID) -> tuple[set[UUID | None], set[UUID | None]]:
    """Who marked answers of a batch, and the vendors of those who gave them: none of these looks at its hold."""
    rows = session.execute(
        select(Case.first_decider, NotUsed.again_by, Case.vendor_id)
        .join(NotUsed, NotUsed.case_id == Case.id)
        .where(NotUsed.batch_id == batch_id)
    ).all()
    return {row[0] for row in rows} | {row[1] for row in rows}, {row[2] for row in rows}
