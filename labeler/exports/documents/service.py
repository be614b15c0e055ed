"""Answering the questions of a datasheet, and publishing a version whose datasheet lacks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.exports import projects
from labeler.exports.approving import refuse_unapproved
from labeler.exports.documents.models import DatasheetAnswers
from labeler.exports.documents.questions import Answers, changed, lacking, many, read
from labeler.exports.models import Export, ExportState
from labeler.projects.models import Project

OVERTAKEN = FieldProblem(
    "seen",
    "Somebody saved other answers while you wrote yours. Yours are below. Look at theirs in another window; "
    "if you save again, yours count.",
)


def current(session: Session, project_id: UUID, at: datetime | None = None) -> DatasheetAnswers | None:
    """A project's answers as they stand, or as they stood `at` a moment; None before anything was said."""
    wanted = select(DatasheetAnswers).where(DatasheetAnswers.project_id == project_id)
    if at is not None:
        wanted = wanted.where(DatasheetAnswers.said_at <= at)
    return session.scalar(wanted.order_by(DatasheetAnswers.number.desc()).limit(1))


def answers_at(session: Session, project_id: UUID, at: datetime) -> Answers:
    """The answers that a version asked for at a moment has."""
    found = current(session, project_id, at)
    return {} if found is None else found.answers


def history(session: Session, project_id: UUID, most: int = 50) -> Sequence[DatasheetAnswers]:
    """The newest writings of a project's answers, the newest first."""
    wanted = select(DatasheetAnswers).where(DatasheetAnswers.project_id == project_id)
    return session.scalars(wanted.order_by(DatasheetAnswers.number.desc()).limit(most)).all()


def answer(
    session: Session, actor: UUID, project_id: UUID, sent: Mapping[str, Any], seen: int | None, now: datetime
) -> DatasheetAnswers | None:
    """Keep all answers anew; what is left out is unanswered from now on. `seen` is the number of the writing that the
    person changed (0: none), None to write over whatever stands. The same answers again add nothing.

    Raises Missing, Invalid with every field that cannot be kept, and when somebody else wrote since `seen`.
    """
    project = session.get(Project, project_id, with_for_update={"key_share": True})
    if project is None:
        raise Missing("There is no such project.")
    said = read(sent)
    before = current(session, project_id)
    number = 0 if before is None else before.number
    if seen is not None and seen != number:
        raise Invalid("Your answers are not saved yet.", [OVERTAKEN])
    fields = changed({} if before is None else before.answers, said)
    if not fields:
        return before
    made = DatasheetAnswers(project_id=project_id, number=number + 1, answers=said, said_by=actor, said_at=now)
    session.add(made)
    session.flush()
    record(session, "datasheet.answer", actor, project_id, now, number=made.number, fields=fields)
    return made


def lacks(session: Session, export: Export) -> list[FieldProblem]:
    """What the datasheet inside a version does not say and must, before the version is published: of several projects,
    what the owner of each must say."""
    return _lacks(session, export, export.created_at)


def _lacks(session: Session, export: Export, at: datetime) -> list[FieldProblem]:
    among = projects.told(session, export)
    found = [(each.slug, lacking(answers_at(session, each.id, at))) for each in among]
    if len(found) == 1:
        return found[0][1]
    return [FieldProblem(each.field, f"{slug}: {each.message}") for slug, those in found for each in those]


def publish(session: Session, actor: UUID, export_id: UUID, now: datetime) -> Export:
    """Say that a finished version may leave the house. It stays as it is; publishing it again changes nothing.

    Raises Missing, Conflict until it is done and approved where that is asked for, and Invalid with every answer that
    its datasheet lacks.
    """
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None:
        raise Missing("There is no such export.")
    if export.state is not ExportState.DONE:
        raise Conflict("This version is not finished, so it can't be published. Its page shows how far it is.")
    if export.published_at is not None:
        return export
    refuse_unapproved(export)
    if export.withdrawn_since is not None:
        raise Conflict(
            "This version is withdrawn: answers in it are not to be used any more. Make a new one, and publish that."
        )
    lack = lacks(session, export)
    if lack:
        now_lack = _lacks(session, export, now)
        what = "Answer them, then make a new version" if now_lack else "They are answered by now. Make a new version"
        raise Invalid(
            f"Version {export.number} can't be published: its datasheet lacks {many(lack)}. A version is never "
            f"rewritten. {what} and publish that one.",
            lack,
        )
    export.published_at = now
    export.published_by = actor
    session.flush()
    record(session, "export.publish", actor, export.id, now, manifest_hash=export.manifest_hash)
    return export
