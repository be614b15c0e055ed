"""A project's answers for its reviewers: a sample under made-up names, and the decision that one is not used.

Sensitive texts stay hidden until somebody asks for one; asking is written down, as it is for labelers (EXP-9).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, current_app, flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.queries import HeldTask, count_words, read_item
from labeler.cases import marking, queries
from labeler.cases.queries import Answer
from labeler.cases.rules import A_DAY, EVIDENCE, RETRY_LASTS, pseudonym
from labeler.config import Settings
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.projects.models import Project
from labeler.storage import Storage
from labeler.web import case_words
from labeler.web.case_words import decider
from labeler.web.desk import about, question_of
from labeler.web.studio_frame import open_project, project_page
from labeler.web.words import notice
from labeler.wellbeing.models import ExposurePath
from labeler.wellbeing.showing import show as show_text
from tasks import kind
from tasks.content import SENSITIVE
from tasks.order import parse

bp = Blueprint("review", __name__)

NOBODY = UUID(int=0)


@bp.get("/projects/<slug>/review")
@requires(Permission.JUDGMENTS_REVIEW)
def sample(slug: str) -> str:
    """A sample of the project's answers, and those that were given again."""
    draw = request.args.get("draw", 1, type=int) % 1_000
    with reading() as session:
        project = open_project(session, slug)
        answers = queries.answers(session, project.id, draw)
        again = queries.answered_again(session, project.id)
    return project_page(
        "review", project, "review", answers=answers, again=again, next_draw=draw + 1, named=named(project.id),
        codes=case_words.CODES,
    )  # fmt: skip


def named(project_id: UUID) -> Any:
    """What gives a labeler her made-up name, which is good for this project alone."""
    settings: Settings = current_app.extensions["settings"]
    secret = Storage(settings.folder).secret()
    return lambda labeler_id: pseudonym(secret, project_id, labeler_id)


@bp.get("/projects/<slug>/review/<uuid:judgment_id>")
@requires(Permission.JUDGMENTS_REVIEW)
def one(slug: str, judgment_id: UUID) -> str:
    """One answer, and what a reviewer can say of it."""
    return _page(slug, judgment_id)


def _page(
    slug: str,
    judgment_id: UUID,
    problems: tuple[FieldProblem, ...] = (),
    typed: Mapping[str, str] | None = None,
    *,
    show: bool = False,
) -> str:
    with reading() as session:
        project = open_project(session, slug)
        answer = queries.answer_of(session, project.id, judgment_id)
    return project_page(
        "review_one", project, "review", answer=answer, drawn=drawn(project, answer, show=show),
        name=named(project.id)(answer.judgment.labeler_id), problems=problems, typed=typed or {},
        choices=[(code.value, words) for code, words in case_words.CODES.items()], codes=case_words.CODES,
        evidence=EVIDENCE, days=RETRY_LASTS.days, a_day=A_DAY, now=clock.now(),
    )  # fmt: skip


def drawn(project: Project, answer: Answer, *, show: bool, bare: bool = False) -> dict[str, Any]:
    """What `studio/_drawn.html` shows: the task in the order she saw it with her answer, or the notice before it.

    `bare`: the task alone, in the order of its file. Who calls this with `show` has written down that it is shown.
    """
    judgment, item = answer.judgment, read_item(answer.item)
    visible, asks, order = show or answer.severity < SENSITIVE, kind(judgment.kind), parse(judgment.order)
    if bare:
        order = tuple(sorted(order))
    held = HeldTask(
        assignment_id=NOBODY, task_id=NOBODY, project_id=NOBODY, project_slug=project.slug, project_name=project.name,
        client_name="", kind=judgment.kind, options=project.options, guideline_version=judgment.guideline_version,
        language=answer.language, profile=answer.profile, severity=answer.severity,
        sensitive=answer.severity >= SENSITIVE, revealed=visible, order=order, item=item if visible else None,
        words=(count_words(item.prompt), *(count_words(item.completions[at].messages) for at in order)),
        draft={}, handed_at=judgment.handed_at, lease_until=judgment.handed_at,
    )  # fmt: skip
    if not visible:
        return {
            "held": held,
            "hidden": True,
            "sentence": notice(answer.profile, project.sensitive_share),
            "length": about(sum(held.words)),
        }
    if bare:
        return {**question_of(held, form={}), "hidden": False, "sensitive": held.sensitive}
    said = orjson.loads(judgment.answer)
    remarks = {"reasons": said.get("reasons") or (), "comment": said.get("comment")}  # folded up on the inert form
    form = asks.fill(asks.Answer.model_validate(said), order)
    return {
        **question_of(held, form=form),
        **remarks,
        "hidden": False,
        "sensitive": held.sensitive,
        "action": "",
        "idem_key": "",
    }


@bp.post("/projects/<slug>/review/<uuid:judgment_id>/show")
@requires(Permission.JUDGMENTS_REVIEW)
def show(slug: str, judgment_id: UUID) -> str:
    """Show a sensitive text, this once, and write down that it was shown."""
    me, now = person().id, clock.now()

    def see(session: Session) -> None:
        project = open_project(session, slug)
        answer = queries.answer_of(session, project.id, judgment_id)
        show_text(
            session, me, ExposurePath.REVIEW, answer.profile, project.seconds_estimate, now,
            task_id=answer.judgment.task_id,
        )  # fmt: skip

    repeated(see)
    return _page(slug, judgment_id, show=True)


@bp.post("/projects/<slug>/review/<uuid:judgment_id>")
@requires(Permission.JUDGMENTS_REVIEW)
def mark(slug: str, judgment_id: UUID) -> Response | tuple[str, int]:
    """Say that the answer is not used."""
    by, now = decider(), clock.now()
    typed = {name: request.form.get(name, "") for name in ("code", "evidence", "rule")}

    def decide(session: Session) -> None:
        answer = queries.answer_of(session, open_project(session, slug).id, judgment_id)
        marking.mark(
            session, by, judgment_id, typed["code"], typed["evidence"], answer.judgment.guideline_version,
            typed["rule"], now,
        )  # fmt: skip

    try:
        repeated(decide)
    except Invalid as wrong:
        return _page(slug, judgment_id, wrong.problems, typed), 422
    flash(f"Kept. The labeler can answer once more within {RETRY_LASTS.days} days; it counts only after that.")
    return redirect(f"/projects/{slug}/review", 303)


@bp.post("/projects/<slug>/review/<uuid:judgment_id>/<any(accept,confirm):what>")
@requires(Permission.JUDGMENTS_REVIEW)
def again(slug: str, judgment_id: UUID, what: str) -> Response | tuple[str, int]:
    """A person's second word, on the answer that was given again: it is taken, or it can't be used either."""
    by, now, reasons = decider(), clock.now(), request.form.get("reasons", "")

    def decide(session: Session) -> None:
        answer = queries.answer_of(session, open_project(session, slug).id, judgment_id)
        case_id = answer.mark.case_id if answer.mark is not None else NOBODY
        if what == "accept":
            marking.accept(session, by, case_id, now)
        else:
            marking.confirm(session, by, case_id, reasons, now)

    try:
        repeated(decide)
    except Invalid as wrong:
        return _page(slug, judgment_id, wrong.problems, {"reasons": reasons}), 422
    flash("Kept. The labeler is told.")
    return redirect(f"/projects/{slug}/review", 303)
