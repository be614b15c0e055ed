"""The desk: what a labeler is asked, answers, declines, and when she rests. Every form here works without scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson
from flask import Blueprint, Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.offers import instructions
from labeler.assignment.queries import HeldTask, held_task, own_task
from labeler.assignment.service import (
    Handed,
    Nothing,
    heartbeat,
    hide,
    opt_out,
    reveal,
    skip,
    take_break,
    undo_opt_out,
)
from labeler.db import reading, repeated
from labeler.errors import Conflict, Invalid, LabelerError, Missing
from labeler.gate import person, requires
from labeler.judgments.queries import answer_page, last_answers
from labeler.judgments.rules import REVISABLE
from labeler.judgments.service import revise, save_draft
from labeler.web import desk
from labeler.web.desk import SKIPPED, Saying, by_htmx
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.queries import today
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import end_break
from tasks import kind
from tasks.kind import BESIDE, AnswerRefused, Form, Problem

bp = Blueprint("work", __name__)

SAVED = "Saved."
UNDONE = Saying("Undone. You may get such tasks again.")
SAVED_BEFORE = "Your answer was saved already."


@bp.errorhandler(Missing)
@bp.errorhandler(Conflict)
@bp.errorhandler(Invalid)
def refused(error: LabelerError) -> tuple[str, int]:
    """A refusal in the desk's own frame: what happened, what it means, how to go on."""
    message = " ".join([error.message, *(problem.message for problem in getattr(error, "problems", ()))])
    return desk.page("_refused", "That did not work", message=message), error.status


@bp.get("/work")
@requires(Permission.WORK)
def show() -> Response:
    """The desk as it stands. The address may carry what was just done: `saved`, `said`, `skipped` or `why`."""
    with reading() as session:
        return _reply(desk.desk(session, person().id, clock.now(), saying=_said(session), why=_why()))


@bp.post("/work/next")
@requires(Permission.WORK)
def ask() -> BaseResponse:
    """Ask for a task; the desk then shows it, or the one reason why there is none."""
    return _go_on(next_task(person().id, clock.now()))


@bp.post("/assignments/<uuid:assignment_id>/answer")
@requires(Permission.WORK)
def answer(assignment_id: UUID) -> BaseResponse:
    """Take the answer and show what comes next. A form that does not fit comes back with every problem, input kept."""
    me, now = person().id, clock.now()
    form = _form()
    try:
        done = answer_and_next(me, assignment_id, form, request.form.get("idem_key", ""), now)
    except AnswerRefused as wrong:
        return _again(me, assignment_id, form, wrong.problems, now)
    words = SAVED if done.submitted.new else SAVED_BEFORE
    return _go_on(done.next, Saying(words, judgment_id=done.submitted.judgment.id))


def _again(me: UUID, assignment_id: UUID, form: Form, problems: tuple[Problem, ...], now: datetime) -> Response:
    with reading() as session:
        day = today(session, me, now)
        held = held_task(session, me, now)
        if held is None or held.assignment_id != assignment_id:
            held = _covered(own_task(session, me, assignment_id, now))
    if held is None:
        raise Missing("This task is not yours. Open your desk to go on.")
    return _reply(desk.task(held, day, form=form, problems=problems, idem_key=request.form.get("idem_key")), 422)


def _covered(held: HeldTask | None) -> HeldTask | None:
    """A task that is not open any more, without a sensitive text: only the reveal of an open one shows that."""
    return replace(held, item=None) if held is not None and held.sensitive else held


@bp.route("/assignments/<uuid:assignment_id>/draft", methods=["PUT", "POST"])
@requires(Permission.WORK)
def draft(assignment_id: UUID) -> BaseResponse:
    """Keep what has been chosen and written so far."""
    me, now, form = person().id, clock.now(), _form()
    kept = {name: values for name, values in form.items() if name not in BESIDE}
    if not repeated(lambda session: save_draft(session, me, assignment_id, kept, now)):
        return _reply("", 410)
    return redirect("/work", 303) if request.method == "POST" and not by_htmx() else _reply("", 204)


@bp.post("/assignments/<uuid:assignment_id>/heartbeat")
@requires(Permission.WORK)
def beat(assignment_id: UUID) -> Response:
    """Keep the task while the page is open; 410 when it has gone back, which loses nothing that was written."""
    me, now = person().id, clock.now()
    return _reply("", 204 if repeated(lambda session: heartbeat(session, me, assignment_id, now)) else 410)


@bp.post("/assignments/<uuid:assignment_id>/reveal")
@requires(Permission.WORK)
def uncover(assignment_id: UUID) -> BaseResponse:
    """Show the text of a sensitive task, because its labeler asked for it."""
    me, now = person().id, clock.now()
    stop = repeated(lambda session: reveal(session, me, assignment_id, now))
    return _desk(why=stop.reason if stop and stop.reason is not Reason.BREAK else None)


@bp.post("/assignments/<uuid:assignment_id>/hide")
@requires(Permission.WORK)
def cover(assignment_id: UUID) -> BaseResponse:
    """Take the text off the screen again; `stop` begins a break as well (OPT-6)."""
    me, now = person().id, clock.now()
    repeated(lambda session: hide(session, me, assignment_id, now))
    if request.form.get("stop"):
        repeated(lambda session: take_break(session, me, now))
    return _desk()


@bp.post("/assignments/<uuid:assignment_id>/skip")
@requires(Permission.WORK)
def pass_on(assignment_id: UUID) -> BaseResponse:
    """Skip a task: no reason, no cost, and the next one is there."""
    me, now = person().id, clock.now()
    repeated(lambda session: skip(session, me, assignment_id, now))
    return _go_on(next_task(me, now), SKIPPED)


@bp.get("/choices/new")
@requires(Permission.WORK)
def decline() -> Response:
    """The ways not to do the open task, one button each."""
    me, now = person().id, clock.now()
    with reading() as session:
        held = held_task(session, me, now)
    if held is None or str(held.assignment_id) != request.args.get("assignment"):
        raise Missing("You don't have this task any more.")
    declines = [("task", "", "Skip this task"), ("project", "", "Leave this project")]
    declines += [("category", code.value, f"No more of this kind: {code.title}") for code in desk.declinable(held)]
    declines += [("sensitive", "", "No sensitive content at all")]
    return _beside("_decline", "Not this one", held=held, declines=declines)


@bp.post("/choices")
@requires(Permission.OWN_CHOICES)
def choose_not() -> BaseResponse:
    """Say no to a task, a project, a kind of content, or all that is sensitive; it binds at once."""
    me, now = person().id, clock.now()
    try:
        scope = OptOutScope(request.form.get("scope", ""))
        about = UUID(request.form["assignment_id"]) if request.form.get("assignment_id") else None
        project = UUID(request.form["project_id"]) if request.form.get("project_id") else None
    except ValueError:
        raise Invalid("Say what you don't want: a task, a project or a kind of content.") from None
    category = request.form.get("category") or None
    said = repeated(
        lambda session: opt_out(session, me, scope, now, assignment_id=about, project_id=project, category=category)
    )
    if about is None:
        return redirect("/me/choices", 303)
    if scope is OptOutScope.TASK:
        return _go_on(next_task(me, now), SKIPPED)
    with reading() as session:
        saying = desk.opted_out(session, me, said, now)
    return _go_on(next_task(me, now), saying)


@bp.post("/choices/<uuid:opt_out_id>/undo")
@requires(Permission.OWN_CHOICES)
def take_back(opt_out_id: UUID) -> BaseResponse:
    """Undo a no, at any time."""
    me, now = person().id, clock.now()
    repeated(lambda session: undo_opt_out(session, me, opt_out_id, now))
    return redirect("/me/choices?undone=1" if request.form.get("back") == "choices" else "/work?undone=1", 303)


@bp.post("/breaks")
@requires(Permission.WORK)
def rest() -> BaseResponse:
    """Take a break now; the open task waits with its draft."""
    me, now = person().id, clock.now()
    repeated(lambda session: take_break(session, me, now))
    return _desk()


@bp.post("/breaks/end")
@requires(Permission.WORK)
def go_on() -> BaseResponse:
    """Go on after a break. Asked too early, the break page says from when."""
    me, now = person().id, clock.now()
    if repeated(lambda session: end_break(session, me, now)):
        return _go_on(next_task(me, now))
    with reading() as session:
        day = today(session, me, now)
        return _reply(desk.break_page(day, now, asked_early=True), 409) if day.on_break else _desk()


@bp.get("/instructions/<slug>")
@requires(Permission.WORK)
def guideline(slug: str) -> Response:
    """A project's instructions, in the version the task was given under or the newest."""
    with reading() as session:
        shown = instructions(session, person().id, slug, request.args.get("version", type=int))
    if shown is None:
        raise Missing("There are no such instructions.")
    return _beside("_instructions", f"Instructions: {shown.project_name}", shown=shown)


@bp.get("/answers")
@requires(Permission.WORK)
def answers() -> Response:
    """The last answers, each of which may be changed."""
    with reading() as session:
        last = last_answers(session, person().id, REVISABLE)
    return _reply(render_template("work/answers.html", answers=last, limit=REVISABLE))


@bp.route("/answers/<uuid:judgment_id>/revise", methods=["GET", "POST"])
@requires(Permission.WORK)
def change(judgment_id: UUID) -> BaseResponse:
    """Look at an answer again and change it. A sensitive text is not shown here: only its answer is."""
    me, now, form = person().id, clock.now(), _form()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            done = repeated(
                lambda session: revise(session, me, judgment_id, form, request.form.get("idem_key", ""), now)
            )
        except AnswerRefused as wrong:
            problems = wrong.problems
        else:
            return _desk(Saying("Your change is saved.", judgment_id=done.judgment.id))
    with reading() as session:
        found = answer_page(session, me, judgment_id, now)
        day = today(session, me, now)
    held = _covered(found[0]) if found else None
    if found is None or held is None:
        raise Missing("There is no such answer of yours.")
    if not problems:
        asks = kind(held.kind)
        form = asks.fill(asks.Answer.model_validate(orjson.loads(found[1])), held.order)
    return _reply(desk.task(held, day, form=form, problems=problems, revising=judgment_id), 422 if problems else 200)


def _form() -> dict[str, list[str]]:
    sent: MultiDict[str, str] = request.form
    return sent.to_dict(flat=False)


def _reply(html: str, status: int = 200) -> Response:
    return make_response(html, status)


def _beside(part: str, title: str, **context: object) -> Response:
    alone = by_htmx()
    path = f"work/{part}.html"
    page = path if alone else "work/beside.html"
    return _reply(render_template(page, part=path, title=title, alone=alone, **context))


def _go_on(result: Handed | Nothing, saying: Saying | None = None) -> BaseResponse:
    """The desk after something was asked for; its reply to htmx is the next task itself."""
    return _desk(
        saying, why=result.reason if isinstance(result, Nothing) and result.reason is not Reason.BREAK else None
    )


def _desk(saying: Saying | None = None, *, why: Reason | None = None) -> BaseResponse:
    """The desk as it stands now: as a part for htmx, else by a redirect whose address carries what there is to say."""
    if not by_htmx():
        news = {
            "saved": saying and saying.judgment_id,
            "said": saying and saying.opt_out_id,
            "skipped": 1 if saying is SKIPPED else None,
            "why": why and why.value,
        }
        query = "&".join(f"{name}={value}" for name, value in news.items() if value)
        return redirect(f"/work?{query}" if query else "/work", 303)
    with reading() as session:
        return _reply(desk.desk(session, person().id, clock.now(), saying=saying, why=why))


def _why() -> Reason | None:
    asked = request.args.get("why")
    return Reason(asked) if asked in set(Reason) else None


def _said(session: Session) -> Saying | None:
    """What the address of the desk has to say. Whoever changes the address can only mislead herself."""
    try:
        saved, said = (UUID(text) if (text := request.args.get(name)) else None for name in ("saved", "said"))
    except ValueError:
        return None
    if saved is not None:
        return Saying(SAVED, judgment_id=saved)
    if said is not None:
        return desk.opted_out(session, person().id, said, clock.now())
    if "undone" in request.args:
        return UNDONE
    return SKIPPED if "skipped" in request.args else None
