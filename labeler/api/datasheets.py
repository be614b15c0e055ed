"""Datasheets: what only the owner of a dataset can say of it, and publishing a version that lacks nothing."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body
from labeler.api.door import bp
from labeler.api.export_bodies import ExportFacts
from labeler.api.exports import facts
from labeler.api.life import Nothing
from labeler.api.openapi import documented
from labeler.api.problems import FieldFault
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.exports import queries
from labeler.exports.documents import service
from labeler.exports.documents.models import DatasheetAnswers
from labeler.exports.documents.questions import LICENCES, MOST, MOST_LICENCE, OTHER, QUESTIONS, lacking
from labeler.projects.queries import project_by_slug

TAG = "exports"

ASKED = " ".join(f"`{each.name}`{'' if each.required else ' (optional)'}: {each.title}" for each in QUESTIONS)


class DatasheetWriting(Sent):
    """All answers at once: a question that is left out is unanswered from then on."""

    answers: dict[str, str] = Field(
        default={},
        description=f"By question, {MOST:,} characters at most each. {ASKED} `licence`: one of {', '.join(LICENCES)}, "
        f"or `{OTHER}` with its `licence_text` ({MOST_LICENCE:,} characters at most).",
    )
    seen: int | None = Field(
        default=None,
        ge=0,
        le=2_147_483_647,
        description="The `number` that you changed: refused when somebody wrote since. Null: write over it.",
    )


class Datasheet(BaseModel):
    """A project's answers as they stand."""

    number: int = Field(description="How often they were written; 0 for never.")
    said_at: datetime | None
    answers: dict[str, str]
    lacking: list[FieldFault] = Field(description="What must be answered before a version can be published.")


def _datasheet(found: DatasheetAnswers | None) -> Datasheet:
    answers = {} if found is None else found.answers
    return Datasheet(
        number=0 if found is None else found.number,
        said_at=None if found is None else found.said_at,
        answers=dict(sorted(answers.items())),
        lacking=[FieldFault(field=each.field, message=each.message, line=None) for each in lacking(answers)],
    )


@bp.get("/projects/<slug>/datasheet")
@documented(TAG, Datasheet)
@requires_scope(Scope.EXPORTS_READ)
def get_datasheet(slug: str) -> Response:
    """What the owner said of the dataset, and what lacks."""
    with reading() as session:
        return answer(_datasheet(service.current(session, project_by_slug(session, slug).id)))


@bp.post("/projects/<slug>/datasheet")
@documented(TAG, Datasheet, body=DatasheetWriting, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def write_datasheet(slug: str) -> Response:
    """Answer the questions of the datasheet. Versions that are asked for from then on have these answers."""
    sent = body(DatasheetWriting)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        return Reply(_datasheet(service.answer(session, caller().user_id, project.id, sent.answers, sent.seen, now)))

    return once(meaning(sent), work)


@bp.post("/projects/<slug>/exports/<int(max=2147483647):number>/publish")
@documented(TAG, ExportFacts, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def publish_export(slug: str, number: int) -> Response:
    """Say that a finished version may leave the house. Refused with everything that its datasheet lacks."""
    sent = body(Nothing)

    def work(session: Session, now: datetime) -> Reply:
        export = queries.export(session, project_by_slug(session, slug).id, number)
        return Reply(facts(session, slug, service.publish(session, caller().user_id, export.id, now)))

    return once(meaning(sent), work)
