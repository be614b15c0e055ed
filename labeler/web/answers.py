"""My answers, and the instructions they were given under. Every form here works without scripts."""

from __future__ import annotations

from uuid import UUID

import orjson
from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.offers import instructions
from labeler.db import reading, repeated
from labeler.errors import Conflict, Missing
from labeler.gate import person, requires
from labeler.judgments.own_answers import OwnAnswer, own_answer, own_answers
from labeler.judgments.queries import answer_page
from labeler.judgments.rules import REVISABLE
from labeler.judgments.service import revise
from labeler.judgments.withdrawing import frozen_words, withdraw
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


WITHDRAWN = "You withdrew this answer. It stays as it is, and it is in no dataset that is made from now on."


@bp.get("/answers")
@requires(Permission.WORK)
def answers() -> Response:
    """All answers by pages: the last ones may be changed, and each withdrawn while its dataset is not frozen."""
    try:
        before = UUID(request.args["before"]) if "before" in request.args else None
    except ValueError:
        raise Missing("There is no such page of your answers.") from None
    with reading() as session:
        page = own_answers(session, person().id, clock.now(), before)
    return reply(
        render_template(
            "work/answers.html",
            page=page,
            limit=REVISABLE,
            first=before is None,
            withdrawn="withdrawn" in request.args,
        )
    )


@bp.route("/answers/<uuid:judgment_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.WORK)
def take_out(judgment_id: UUID) -> BaseResponse:
    """What withdrawing means, and doing it: it is the one step of a labeler that has no way back (OPT-9)."""
    me, now = person().id, clock.now()
    if request.method == "POST":
        repeated(lambda session: withdraw(session, me, judgment_id, now))
        return redirect("/answers?withdrawn=1", 303)
    answer = _own(judgment_id)
    if answer.withdrawn_at is not None:
        raise Conflict(WITHDRAWN)
    if not answer.withdrawable:
        raise Conflict(frozen_words(answer.freeze_at))
    return reply(render_template("work/withdraw.html", answer=answer))


def _own(judgment_id: UUID) -> OwnAnswer:
    with reading() as session:
        found = own_answer(session, person().id, judgment_id, clock.now())
    if found is None:
        raise Missing("There is no such answer of yours.")
    return found


@bp.route("/answers/<uuid:judgment_id>/revise", methods=["GET", "POST"])
@requires(Permission.WORK)
def change(judgment_id: UUID) -> BaseResponse:
    """Look at an answer again and change it. A sensitive text is not shown here: only its answer is."""
    me, now, form = person().id, clock.now(), sent_form()
    if _own(judgment_id).withdrawn_at is not None:
        raise Conflict(WITHDRAWN)
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
