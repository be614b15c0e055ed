"""The desk's replies: the part for htmx or the whole page, or a redirect whose address carries what there is to say."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.assignment.service import Handed, Nothing
from labeler.db import reading
from labeler.errors import Conflict, Invalid, LabelerError, Missing
from labeler.gate import person
from labeler.web import desk
from labeler.web.desk import SKIPPED, STOPPED, Saying, by_htmx
from labeler.wellbeing.rules import Reason

SAVED = "Saved."
CHANGED = "Your change is saved."
UNDONE = Saying("Undone. You may get such tasks again.")
REPORTED = Saying("Thank you. The warning is changed for everybody. Your pay and your rating stay the same.")
REPORTED_GONE = Saying(
    "Thank you. The warning is changed for everybody, and the task went back. Your time on it is paid. "
    "You can take a break, or start again when you like."
)
REPORTED_SAME = Saying("Thank you. The warning says as much already; it is kept that you said so.")
REPORTS = (REPORTED, REPORTED_GONE, REPORTED_SAME)
SAVED_BEFORE = "Your answer was saved already."
ABOUT_ANSWERS = {"saved": SAVED, "changed": CHANGED}
"""What an address may say of an answer, each with the answer's id; an answer sent twice gets the same address twice."""


def refuse_in_frame(bp: Blueprint) -> None:
    """Show the refusals of these views in the desk's own frame: what happened, what it means, how to go on."""
    for error in (Missing, Conflict, Invalid):
        bp.register_error_handler(error, _refused)


def _refused(error: LabelerError) -> tuple[str, int]:
    message = " ".join([error.message, *(problem.message for problem in getattr(error, "problems", ()))])
    return desk.page("_refused", "That did not work", message=message), error.status


def sent_form() -> dict[str, list[str]]:
    """The form as it was sent: every value of every field."""
    sent: MultiDict[str, str] = request.form
    return sent.to_dict(flat=False)


def reply(html: str, status: int = 200) -> Response:
    """A reply with this content."""
    return make_response(html, status)


def beside(part: str, title: str, **context: object) -> Response:
    """A panel beside the task, or the page that holds it alone."""
    alone = by_htmx()
    path = f"work/{part}.html"
    page = path if alone else "work/beside.html"
    return reply(render_template(page, part=path, title=title, alone=alone, **context))


def what_next(result: Handed | Nothing, saying: Saying | None = None) -> BaseResponse:
    """The desk after something was asked for; its reply to htmx is the next task itself."""
    return show_desk(
        saying, why=result.reason if isinstance(result, Nothing) and result.reason is not Reason.BREAK else None
    )


def show_desk(saying: Saying | None = None, *, why: Reason | None = None) -> BaseResponse:
    """The desk as it stands now: as a part for htmx, else by a redirect whose address carries what there is to say."""
    if not by_htmx():
        news = {
            "changed" if saying and saying.words == CHANGED else "saved": saying and saying.judgment_id,
            "said": saying and saying.opt_out_id,
            "skipped": 1 if saying is SKIPPED else None,
            "stopped": 1 if saying is STOPPED else None,
            "reported": next((n for n, each in enumerate(REPORTS) if each is saying), None),
            "why": why and why.value,
        }
        query = "&".join(f"{name}={value}" for name, value in news.items() if value is not None)
        return redirect(f"/work?{query}" if query else "/work", 303)
    with reading() as session:
        return reply(desk.desk(session, person().id, clock.now(), saying=saying, why=why))


def asked_why() -> Reason | None:
    """The reason for an empty desk that the address names."""
    asked = request.args.get("why")
    return Reason(asked) if asked in set(Reason) else None


def just_said(session: Session) -> Saying | None:
    """What the address of the desk has to say. Whoever changes the address can only mislead herself."""
    try:
        named = {name: UUID(text) for name in (*ABOUT_ANSWERS, "said") if (text := request.args.get(name))}
    except ValueError:
        return None
    for name, words in ABOUT_ANSWERS.items():
        if name in named:
            return Saying(words, judgment_id=named[name])
    if "said" in named:
        return desk.opted_out(session, person().id, named["said"], clock.now())
    if "undone" in request.args:
        return UNDONE
    if request.args.get("reported") in {"0", "1", "2"}:
        return REPORTS[int(request.args["reported"])]
    if "stopped" in request.args:
        return STOPPED
    return SKIPPED if "skipped" in request.args else None
