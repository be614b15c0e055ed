"""The desk: what a labeler is asked, answers, declines, and when she rests. Every form here works without scripts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.queries import held_task, on_the_desk, own_task
from labeler.assignment.resuming import resume
from labeler.assignment.service import (
    heartbeat,
    hide,
    opt_out,
    reveal,
    skip,
    take_break,
    undo_opt_out,
    work_on,
)
from labeler.db import reading, repeated
from labeler.errors import Invalid, Missing
from labeler.gate import person, requires
from labeler.judgments.service import save_draft
from labeler.web import desk
from labeler.web.desk import SKIPPED, STOPPED, Saying, by_htmx
from labeler.web.differences import differences, text_of
from labeler.web.handing import answer_and_next, next_task
from labeler.web.shown import (
    SAVED,
    SAVED_BEFORE,
    asked_why,
    beside,
    just_said,
    refuse_in_frame,
    reply,
    sent_form,
    show_desk,
    what_next,
)
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.queries import today
from labeler.wellbeing.rules import Reason, Stop
from tasks.kind import BESIDE, AnswerRefused, Form, Problem

bp = Blueprint("work", __name__)


refuse_in_frame(bp)


@bp.get("/work")
@requires(Permission.WORK)
def show() -> Response:
    """The desk as it stands. The address may carry what was just done: `saved`, `said`, `skipped` or `why`."""
    with reading() as session:
        return reply(desk.desk(session, person().id, clock.now(), saying=just_said(session), why=asked_why()))


@bp.post("/work/next")
@requires(Permission.WORK)
def ask() -> BaseResponse:
    """Ask for a task; the desk then shows it, or the one reason why there is none."""
    return what_next(next_task(person().id, clock.now()))


@bp.post("/assignments/<uuid:assignment_id>/answer")
@requires(Permission.WORK)
def answer(assignment_id: UUID) -> BaseResponse:
    """Take the answer and show what comes next. A form that does not fit comes back with every problem, input kept."""
    me, now = person().id, clock.now()
    form = sent_form()
    try:
        done = answer_and_next(me, assignment_id, form, request.form.get("idem_key", ""), now)
    except AnswerRefused as wrong:
        return _again(me, assignment_id, form, wrong.problems, now)
    words = SAVED if done.submitted.new else SAVED_BEFORE
    return what_next(done.next, Saying(words, judgment_id=done.submitted.judgment.id))


def _again(me: UUID, assignment_id: UUID, form: Form, problems: tuple[Problem, ...], now: datetime) -> Response:
    with reading() as session:
        day, held = on_the_desk(session, me, now)
        if held is None or held.assignment_id != assignment_id:
            held = desk.covered(own_task(session, me, assignment_id, now))
        if held is None:
            raise Missing("This task is not yours. Open your desk to go on.")
        shown = desk.ways_for(session, me, held)
    key = request.form.get("idem_key")
    return reply(desk.task(held, day, form=form, problems=problems, idem_key=key, shown=shown), 422)


@bp.route("/assignments/<uuid:assignment_id>/draft", methods=["PUT", "POST"])
@requires(Permission.WORK)
def draft(assignment_id: UUID) -> BaseResponse:
    """Keep what has been chosen and written so far."""
    me, now, form = person().id, clock.now(), sent_form()
    kept = {name: values for name, values in form.items() if name not in BESIDE}
    if not repeated(lambda session: save_draft(session, me, assignment_id, kept, now)):
        return reply("", 410)
    return redirect("/work", 303) if request.method == "POST" and not by_htmx() else reply("", 204)


@bp.post("/assignments/<uuid:assignment_id>/heartbeat")
@requires(Permission.WORK)
def beat(assignment_id: UUID) -> Response:
    """Keep the task while the page is open; 410 when it has gone back, which loses nothing that was written."""
    me, now = person().id, clock.now()
    return reply("", 204 if repeated(lambda session: heartbeat(session, me, assignment_id, now)) else 410)


@bp.post("/assignments/<uuid:assignment_id>/reveal")
@requires(Permission.WORK)
def uncover(assignment_id: UUID) -> BaseResponse:
    """Show the text of a sensitive task, because its labeler asked for it."""
    me, now = person().id, clock.now()
    stop = repeated(lambda session: reveal(session, me, assignment_id, now))
    return show_desk(why=stop.reason if stop and stop.reason is not Reason.BREAK else None)


@bp.post("/assignments/<uuid:assignment_id>/hide")
@requires(Permission.WORK)
def cover(assignment_id: UUID) -> BaseResponse:
    """Take the text off the screen again; `stop` begins a break as well, whatever has become of the task (OPT-6)."""
    me, now, stop = person().id, clock.now(), bool(request.form.get("stop"))
    try:
        repeated(lambda session: hide(session, me, assignment_id, now))
    except Missing:
        if not stop:
            raise
    if not stop:
        return show_desk()
    repeated(lambda session: take_break(session, me, now))
    return show_desk(STOPPED)


@bp.post("/assignments/<uuid:assignment_id>/skip")
@requires(Permission.WORK)
def pass_on(assignment_id: UUID) -> BaseResponse:
    """Skip a task: no reason, no cost, and the next one is there."""
    me, now = person().id, clock.now()
    repeated(lambda session: skip(session, me, assignment_id, now))
    return what_next(next_task(me, now), SKIPPED)


@bp.post("/assignments/<uuid:assignment_id>/resume")
@requires(Permission.WORK)
def go_on_with(assignment_id: UUID) -> BaseResponse:
    """Take up a task again that went back while its labeler was away; its draft is still there."""
    me, now = person().id, clock.now()
    done = repeated(lambda session: resume(session, me, assignment_id, now))
    return show_desk(why=done.reason if isinstance(done, Stop) and done.reason is not Reason.BREAK else None)


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
    return beside("_decline", "Not this one", held=held, declines=declines)


@bp.get("/assignments/<uuid:assignment_id>/differences")
@requires(Permission.WORK)
def differ(assignment_id: UUID) -> Response:
    """What differs between the two answers of the open task; nothing while its text is hidden."""
    with reading() as session:
        held = held_task(session, person().id, clock.now())
    if held is None or held.assignment_id != assignment_id or held.item is None or len(held.order) != 2:
        raise Missing("There is nothing to compare here now. Open your desk to go on.")
    first, second = (text_of(held.item.completions[index].messages) for index in held.order)
    return beside("_differences", "What differs", held=held, stretches=differences(first, second))


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
        return what_next(next_task(me, now), SKIPPED)
    with reading() as session:
        saying = desk.opted_out(session, me, said, now)
    return what_next(next_task(me, now), saying)


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
    return show_desk()


@bp.post("/breaks/end")
@requires(Permission.WORK)
def go_on() -> BaseResponse:
    """Go on after a break. Asked too early, the break page says from when."""
    me, now = person().id, clock.now()
    if repeated(lambda session: work_on(session, me, now)):
        return what_next(next_task(me, now))
    with reading() as session:
        day = today(session, me, now)
        return reply(desk.break_page(day, now, asked_early=True), 409) if day.on_break else show_desk()
