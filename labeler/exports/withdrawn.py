"""Finished versions that should not be used any more, because answers in them are in no later version.

A version is never rewritten: it is marked, and says so wherever it is shown. Which answers it has is asked of the rules
that it was made by (`inside`). Where pay came after the version, or a list of prompts was kept out, an answer may be
counted that was not in it: better marked once too often than once too seldom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from labeler.audit.service import record
from labeler.cases.models import NotUsed
from labeler.exports import inside
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.exports.plan import ExportPlan
from labeler.exports.projects import ids, takes_in
from labeler.exports.scope import Scope
from labeler.exports.telling import tell
from labeler.judgments.models import Judgment, Withdrawal

SMALLEST = 10
"""Answers behind a number before it is told (k); below, it is "some"."""


KEPT = Export.state != ExportState.FAILED


@dataclass(frozen=True, slots=True)
class Told:
    """Why a version is withdrawn, as it may be shown: `answers` is None for "some", fewer than ten."""

    cause: Cause
    since: date
    answers: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """That so many answers went out of a version since it was asked for, for one cause, the first one at `since`."""

    export_id: UUID
    cause: Cause
    answers: int
    since: datetime


def look(session: Session, project_id: UUID, now: datetime) -> list[Found]:
    """What the versions that have a project's answers have of answers that were withdrawn, or decided not to be used,
    after each was asked for; those still being written as well. It reads only: of a large project it may take seconds,
    and locks nobody out.
    """
    found = []
    for export in session.scalars(
        select(Export).where(KEPT, takes_in([project_id])).order_by(Export.created_at, Export.id)
    ).all():
        for cause, answers, since in _causes(session, export, now):
            if since is not None:
                found.append(Found(export.id, cause, answers, since))
    return found


def note(session: Session, found: Sequence[Found], now: datetime) -> list[UUID]:
    """Mark the versions in which something was found; those that got a cause they had not before. What was marked stays
    so, and a number never falls: noted twice, it is noted once."""
    versions = _locked(session, {each.export_id for each in found})
    return [
        each.export_id
        for each in found
        if _mark(session, versions[each.export_id], each.cause, each.answers, each.since, now)
    ]


def _locked(session: Session, ids: Collection[UUID]) -> dict[UUID, Export]:
    rows = select(Export).where(Export.id.in_(ids)).order_by(Export.id).with_for_update()
    rows = rows.execution_options(populate_existing=True)
    return {export.id: export for export in session.scalars(rows).all()}


def mark_erased(session: Session, labeler_id: UUID, now: datetime) -> list[Export]:
    """Mark every finished version that has answers of a labeler. To be called once by whatever erases a person's
    answers, in its own transaction and before they are gone: afterwards nothing tells where they were.

    Of those that are being written each is held as well: `service.finish` comes before this or after it. Before, it is
    finished here; after, it sees that somebody was erased meanwhile, and is written again without her.
    """
    projects = select(Judgment.project_id).where(Judgment.labeler_id == labeler_id)
    found = _locked(session, session.scalars(select(Export.id).where(KEPT, takes_in(projects))).all())
    marked = []

    def hers(statement: Select[Any]) -> Select[Any]:
        return statement.where(Judgment.version == 1, Judgment.labeler_id == labeler_id)

    for export in (each for each in found.values() if each.state is ExportState.DONE):
        whole = session.get(ExportWithdrawal, (export.id, Cause.ERASED)) is None
        answers, _ = inside.counted(session, _scope(export), hers, Judgment.submitted_at, sieved=whole)
        if _mark(session, export, Cause.ERASED, answers, now, now, add=True):
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
    """The number of the newest finished version that may be used in place of this one; None when there is none yet.

    A version that lacks a project which this one takes in is none.
    """
    later = session.scalars(
        select(Export)
        .where(
            Export.project_id == export.project_id,
            Export.number > export.number,
            Export.state == ExportState.DONE,
            Export.withdrawn_since.is_(None),
        )
        .order_by(Export.number.desc())
    ).all()
    among = ids(session, [export, *later])
    return next((each.number for each in later if among[each.id] >= among[export.id]), None)


def superseded(session: Session, export: Export) -> tuple[dict[str, Any], ...]:
    """The versions that this one takes the place of, for its manifest: those that were withdrawn when it was asked for,
    and have no project that it lacks.

    What was marked later, for an act of later, is not among them: written again, the manifest is the same.
    """
    rows = session.execute(
        select(Export, ExportWithdrawal.cause)
        .join(ExportWithdrawal, ExportWithdrawal.export_id == Export.id)
        .where(
            Export.project_id == export.project_id,
            Export.number < export.number,
            Export.state == ExportState.DONE,
            Export.finished_at <= export.created_at,
            ExportWithdrawal.since <= export.created_at,
        )
        .order_by(Export.number, ExportWithdrawal.cause)
    ).all()
    among = ids(session, [export, *(earlier for earlier, _ in rows)])
    found: dict[UUID, dict[str, Any]] = {}
    for earlier, cause in rows:
        if among[earlier.id] <= among[export.id]:
            hashed = earlier.manifest_hash
            facts = {"id": str(earlier.id), "number": earlier.number, "manifest_sha256": hashed, "because": []}
            found.setdefault(earlier.id, facts)["because"].append(cause.value)
    return tuple(found.values())


def _scope(export: Export) -> Scope:
    plan = ExportPlan.model_validate({"views": export.views, **export.options})
    return Scope(export.project_id, plan, export.snapshot_at, export.created_at)


def _causes(session: Session, export: Export, now: datetime) -> Iterator[tuple[Cause, int, datetime | None]]:
    """How many answers went out of a version since, by cause, and when the first one did."""
    scope = _scope(export)
    # Where somebody was erased, the other answers of a task are not there any more that the version compared.
    whole = session.get(ExportWithdrawal, (export.id, Cause.ERASED)) is None
    # Names of their own: the rules of the version ask the same tables.
    gone, decided = aliased(Withdrawal), aliased(NotUsed)

    def withdrawn(statement: Select[Any]) -> Select[Any]:
        joined = statement.join(gone, gone.assignment_id == Judgment.assignment_id)
        return joined.where(Judgment.version == 1, gone.at > scope.asked_at, gone.at <= now)

    def not_used(statement: Select[Any]) -> Select[Any]:
        at = decided.effective_at
        joined = statement.join(decided, decided.assignment_id == Judgment.assignment_id)
        return joined.where(Judgment.version == 1, at > scope.asked_at, at <= now, decided.ended_at.is_(None))

    yield (Cause.WITHDRAWN, *inside.counted(session, scope, withdrawn, gone.at, sieved=whole))
    yield (Cause.NOT_USED, *inside.counted(session, scope, not_used, decided.effective_at, sieved=whole))


def _mark(
    session: Session,
    export: Export,
    cause: Cause,
    answers: int,
    since: datetime,
    now: datetime,
    add: bool = False,
) -> bool:
    """Write a cause down; True when the version had not got it before."""
    if not answers:
        return False
    known = session.get(ExportWithdrawal, (export.id, cause), populate_existing=True)
    if known is not None:
        known.answers = known.answers + answers if add else max(known.answers, answers)
        return False
    first = export.withdrawn_since is None
    session.add(ExportWithdrawal(export_id=export.id, cause=cause, since=since, answers=answers))
    export.withdrawn_since = min(export.withdrawn_since or since, since)
    session.flush()
    record(session, "export.withdraw", None, export.id, now, cause=cause)
    if first and export.state is ExportState.DONE:  # one that is being written is told of when it is done
        tell(session, export, "withdrawn", now)
    return True
