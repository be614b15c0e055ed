"""Finished versions that should not be used any more, because answers in them are in no later version.

A version is never rewritten: it is marked, and says so wherever it is shown. Which answers it has is asked of the rules
that it was made by. Where pay came after the version, an answer may be counted that was not in it: better marked once
too often than once too seldom.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from labeler.audit.service import record
from labeler.cases.models import NotUsed
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.exports.plan import ExportPlan
from labeler.exports.source import Scope, reads
from labeler.judgments.models import Judgment, Withdrawal

SMALLEST = 10
"""Answers behind a number before it is told (k); below, it is "some"."""


@dataclass(frozen=True, slots=True)
class Told:
    """Why a version is withdrawn, as it may be shown: `answers` is None for "some", fewer than ten."""

    cause: Cause
    since: date
    answers: int | None


def mark(session: Session, project_id: UUID, now: datetime) -> list[Export]:
    """Mark every finished version of a project that has answers which were withdrawn, or decided not to be used, after
    it was made; those marked for the first time. What was marked stays so; run again, it brings numbers up to date.
    """
    # Those being written are locked as well: they are finished, and looked at, before or after this, never beside it.
    wanted = select(Export).where(
        Export.project_id == project_id, Export.state.in_([ExportState.WRITING, ExportState.DONE])
    )
    found = session.scalars(wanted.order_by(Export.number).with_for_update()).all()
    return [export for export in found if export.state is ExportState.DONE and mark_one(session, export, now)]


def mark_one(session: Session, export: Export, now: datetime) -> bool:
    """The same for one finished version, whose row the caller has locked."""
    new = [_mark(session, export, cause, *_gone(session, wanted), now) for cause, wanted in _causes(export, now)]
    return any(new)


def mark_erased(session: Session, labeler_id: UUID, now: datetime) -> list[Export]:
    """Mark every version that has answers of a labeler, those being written too. To be called once by whatever erases a
    person's answers, in its own transaction and before they are gone: afterwards nothing tells where they were."""
    projects = select(Judgment.project_id).where(Judgment.labeler_id == labeler_id)
    wanted = select(Export).where(
        Export.project_id.in_(projects), Export.state.in_([ExportState.WRITING, ExportState.DONE])
    )
    found = session.scalars(wanted.order_by(Export.project_id, Export.number).with_for_update()).all()
    marked = []
    for export in found:
        hers = reads(select(func.count()), _scope(export)).where(
            Judgment.version == 1, Judgment.labeler_id == labeler_id
        )
        if _mark(session, export, Cause.ERASED, session.execute(hers).scalar_one(), now, now, add=True):
            marked.append(export)
    return marked


def told(session: Session, export: Export) -> list[Told]:
    """Why a version is withdrawn, as it may be shown; empty while it may be used."""
    rows = session.scalars(
        select(ExportWithdrawal).where(ExportWithdrawal.export_id == export.id).order_by(ExportWithdrawal.cause)
    )
    return [
        Told(row.cause, row.since.date(), row.answers if row.answers >= SMALLEST else None)
        for row in rows
    ]  # fmt: skip


def newer(session: Session, export: Export) -> int | None:
    """The number of the newest finished version that may be used in place of this one; None when there is none yet."""
    return session.scalar(
        select(func.max(Export.number)).where(
            Export.project_id == export.project_id,
            Export.number > export.number,
            Export.state == ExportState.DONE,
            Export.withdrawn_since.is_(None),
        )
    )


def superseded(session: Session, export: Export) -> tuple[dict[str, Any], ...]:
    """The versions that this one takes the place of, for its manifest: those that were withdrawn when it was asked for.

    What was marked later, for an act of later, is not among them: written again, the manifest is the same.
    """
    rows = session.execute(
        select(Export.id, Export.number, Export.manifest_hash, ExportWithdrawal.cause)
        .join(ExportWithdrawal, ExportWithdrawal.export_id == Export.id)
        .where(
            Export.project_id == export.project_id,
            Export.number < export.number,
            Export.state == ExportState.DONE,
            ExportWithdrawal.since <= export.created_at,
        )
        .order_by(Export.number, ExportWithdrawal.cause)
    ).all()
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        facts = {"id": str(row.id), "number": row.number, "manifest_sha256": row.manifest_hash, "because": []}
        found.setdefault(row.id, facts)["because"].append(row.cause.value)
    return tuple(found.values())


def _scope(export: Export) -> Scope:
    plan = ExportPlan.model_validate({"views": export.views, **export.options})
    return Scope(export.project_id, plan, export.snapshot_at, export.created_at)


def _causes(export: Export, now: datetime) -> Iterator[tuple[Cause, Select[Any]]]:
    """What counts the answers that went out of a version since, and tells when the first one did."""
    scope = _scope(export)
    # Names of their own: the rules of the version ask the same tables.
    gone, decided = aliased(Withdrawal), aliased(NotUsed)
    answers = Judgment.version == 1
    yield (
        Cause.WITHDRAWN,
        reads(select(func.count(), func.min(gone.at)), scope)
        .join(gone, gone.assignment_id == Judgment.assignment_id)
        .where(answers, gone.at > scope.asked_at, gone.at <= now),
    )
    yield (
        Cause.NOT_USED,
        reads(select(func.count(), func.min(decided.effective_at)), scope)
        .join(decided, decided.assignment_id == Judgment.assignment_id)
        .where(answers, decided.effective_at > scope.asked_at, decided.effective_at <= now, decided.ended_at.is_(None)),
    )


def _gone(session: Session, wanted: Select[Any]) -> tuple[int, datetime | None]:
    number, since = session.execute(wanted).one()
    return number, since


def _mark(
    session: Session,
    export: Export,
    cause: Cause,
    answers: int,
    since: datetime | None,
    now: datetime,
    add: bool = False,
) -> bool:
    """Write a cause down; True when the version had not got it before."""
    if not answers or since is None:
        return False
    known = session.get(ExportWithdrawal, (export.id, cause), populate_existing=True)
    if known is not None:
        known.answers = known.answers + answers if add else max(known.answers, answers)
        return False
    session.add(ExportWithdrawal(export_id=export.id, cause=cause, since=since, answers=answers))
    export.withdrawn_since = min(export.withdrawn_since or since, since)
    session.flush()
    record(session, "export.withdraw", None, export.id, now, cause=cause)
    return True
