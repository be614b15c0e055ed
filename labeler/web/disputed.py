"""One disputed item: its text once, and what each labeler said of it side by side, under made-up names."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import orjson
from flask import Blueprint
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cases.queries import Answer, read_answers
from labeler.db import reading, repeated
from labeler.errors import Missing
from labeler.gate import person, requires
from labeler.projects.models import Project
from labeler.quality.queries import of_task
from labeler.web.review import drawn, named
from labeler.web.studio_frame import open_project, project_page
from labeler.wellbeing.models import ExposurePath
from labeler.wellbeing.showing import show as show_text
from tasks import kind
from tasks.order import parse

bp = Blueprint("disputed", __name__)


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """What one labeler said of the item. `said` has each measure with its category; `first` stood first for her."""

    judgment_id: UUID
    name: str
    said: list[tuple[str, str]]
    first: str | None
    version: int
    reasons: list[str]
    comment: str | None


@bp.get("/projects/<slug>/statistics/items/<uuid:task_id>")
@requires(Permission.JUDGMENTS_REVIEW)
def one(slug: str, task_id: UUID) -> str:
    """The item and its counted answers; a sensitive text stays hidden."""
    return _page(slug, task_id)


@bp.post("/projects/<slug>/statistics/items/<uuid:task_id>/show")
@requires(Permission.JUDGMENTS_REVIEW)
def show(slug: str, task_id: UUID) -> str:
    """Show a sensitive text, this once, and write down that it was shown."""
    me, now = person().id, clock.now()

    def see(session: Session) -> None:
        project = open_project(session, slug)
        profile = _answers(session, project, task_id)[0].profile
        show_text(session, me, ExposurePath.REVIEW, profile, project.seconds_estimate, now, task_id=task_id)

    repeated(see)
    return _page(slug, task_id, show=True)


def _answers(session: Session, project: Project, task_id: UUID) -> list[Answer]:
    """The counted answers to a task, as they came. Raises Missing where none counts."""
    ids = of_task(session, project.id, task_id, clock.now())
    if not ids:
        raise Missing("No answer to this task counts now.")
    return sorted(read_answers(session, ids), key=lambda each: ids.index(each.judgment.id))


def _page(slug: str, task_id: UUID, *, show: bool = False) -> str:
    with reading() as session:
        project = open_project(session, slug)
        answers = _answers(session, project, task_id)
    text, name_of = drawn(project, answers[0], show=show, bare=True), named(project.id)
    return project_page(
        "disputed", project, "statistics", drawn=text, task_id=task_id,
        readings=[_shown(project, each, name_of(each.judgment.labeler_id)) for each in answers],
    )  # fmt: skip


def _shown(project: Project, answer: Answer, name: str) -> ReadingShown:
    judgment, asks = answer.judgment, kind(project.kind)
    plain = orjson.loads(judgment.answer)
    said = []
    for measure in asks.measures(asks.Options.model_validate(project.options)):
        place = measure.read(plain)
        said.append((measure.title, "no opinion" if place is None else measure.labels[place]))
    order = parse(judgment.order)
    return ReadingShown(
        judgment.id, name, said, "AB"[order[0]] if len(order) == 2 else None, judgment.guideline_version,
        plain.get("reasons") or [], plain.get("comment"),
    )  # fmt: skip
