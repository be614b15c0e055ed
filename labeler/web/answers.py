"""My answers, and the instructions they were given under. Every form here works without scripts."""

from __future__ import annotations

from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.offers import instructions
from labeler.db import reading, repeated
from labeler.errors import Missing
from labeler.gate import person, requires
from labeler.judgments.queries import answer_page, last_answers
from labeler.judgments.rules import REVISABLE
from labeler.judgments.service import revise
from labeler.web import desk
from labeler.web.desk import Saying
from labeler.web.shown import CHANGED, beside, refuse_in_frame, reply, sent_form, show_desk
from labeler.wellbeing.queries import today
from tasks import kind
from tasks.kind import AnswerRefused, Problem

bp = Blueprint("answers", __name__)
refuse_in_frame(bp)


@bp.get("/instructions/<slug>")
@requires(Permission.WORK)
def guideline(slug: str) -> Response:
    """A project's instructions, in the version the task was given under or the newest."""
    with reading() as session:
        shown = instructions(session, person().id, slug, request.args.get("version", type=int))
    if shown is None:
        raise Missing("There are no such instructions.")
    return beside("_instructions", f"Instructions: {shown.project_name}", shown=shown)


@bp.get("/answers")
@requires(Permission.WORK)
def answers() -> Response:
    """The last answers, each of which may be changed."""
    with reading() as session:
        last = last_answers(session, person().id, REVISABLE)
    return reply(render_template("work/answers.html", answers=last, limit=REVISABLE))


@bp.route("/answers/<uuid:judgment_id>/revise", methods=["GET", "POST"])
@requires(Permission.WORK)
def change(judgment_id: UUID) -> BaseResponse:
    """Look at an answer again and change it. A sensitive text is not shown here: only its answer is."""
    me, now, form = person().id, clock.now(), sent_form()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            done = repeated(
                lambda session: revise(session, me, judgment_id, form, request.form.get("idem_key", ""), now)
            )
        except AnswerRefused as wrong:
            problems = wrong.problems
        else:
            return show_desk(Saying(CHANGED, judgment_id=done.judgment.id))
    with reading() as session:
        found = answer_page(session, me, judgment_id, now)
        day = today(session, me, now)
    held = desk.covered(found[0]) if found else None
    if found is None or held is None:
        raise Missing("There is no such answer of yours.")
    if not problems:
        asks = kind(held.kind)
        form = asks.fill(asks.Answer.model_validate(orjson.loads(found[1])), held.order)
    return reply(desk.task(held, day, form=form, problems=problems, revising=judgment_id), 422 if problems else 200)
