"""A labeler's own cases: what was decided about her, why, by when she hears more, and her word on it.

The personal link of a case opens the same page without signing in, also after the account was shut (DEC-3).
"""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cases import marking, queries, service
from labeler.cases.queries import CaseShown
from labeler.cases.rules import REPLY_WITHIN, SAFETY_DAYS, WORDS
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, public, requires
from labeler.web import case_words
from labeler.web.case_words import case_under, link_to

bp = Blueprint("own_cases", __name__)

Problems = tuple[FieldProblem, ...]


@bp.get("/me/cases")
@requires(Permission.CASES_OWN)
def everything() -> Response:
    """All decisions about oneself and all one has brought up, the newest first."""
    with reading() as session:
        shown = queries.own(session, person().id)
    return _kept_nowhere(
        render_template("cases/own.html", cases=shown, now=clock.now(), kinds=case_words.KINDS, reply=REPLY_WITHIN.days)
    )


@bp.get("/me/cases/<uuid:case_id>")
@requires(Permission.CASES_OWN)
def one(case_id: UUID) -> Response:
    """One case, with its dates and its personal link."""
    return _own_page(case_id)


def _own_page(case_id: UUID, problems: Problems = (), words: str = "") -> Response:
    with reading() as session:
        shown = queries.own_case(session, person().id, case_id)
    return _page(shown, f"/me/cases/{case_id}", problems, words)


def _page(shown: CaseShown, base: str, problems: Problems, words: str) -> Response:
    page = render_template(
        "cases/one.html", shown=shown, now=clock.now(), base=base, link=link_to(shown.case.id), most=WORDS[1],
        mine=base.startswith("/me/"), problems=problems, words=words, kinds=case_words.KINDS,
        codes=case_words.CODES, endings=case_words.ENDINGS, outcomes=case_words.OUTCOMES, role=queries.role_words,
    )  # fmt: skip
    return _kept_nowhere(page, 422 if problems else 200)


@bp.post("/me/cases/<uuid:case_id>/leave")
@requires(Permission.CASES_OWN)
def leave(case_id: UUID) -> BaseResponse:
    """Not answer again: the decision may count now."""
    me, now = person().id, clock.now()
    repeated(lambda session: marking.leave(session, me, case_id, now))
    flash("Kept: you leave it as it is. You are paid for the answer, and can still ask for a review.")
    return redirect(f"/me/cases/{case_id}", 303)


@bp.post("/me/cases/<uuid:case_id>/<any(review,write):what>")
@requires(Permission.CASES_OWN)
def say(case_id: UUID, what: str) -> BaseResponse:
    """Ask for a review, or add words to one that is open."""
    words = request.form.get("words", "")
    with reading() as session:
        me = queries.own_case(session, person().id, case_id).case.labeler_id
    try:
        _say(me, case_id, what, words)
    except Invalid as wrong:
        return _own_page(case_id, wrong.problems, words)
    return redirect(f"/me/cases/{case_id}", 303)


def _say(labeler_id: UUID | None, case_id: UUID, what: str, words: str) -> None:
    now = clock.now()
    if what == "review" and labeler_id is not None:
        repeated(lambda session: service.ask_review(session, labeler_id, case_id, words, now))
        flash("Your review is asked for. Somebody who did not decide first looks at it. The dates are below.")
    else:
        repeated(lambda session: service.write(session, case_id, words, None, now))
        flash("Your words are added.")


@bp.get("/cases/<token>")
@public
def linked(token: str) -> Response:
    """A case by its personal link."""
    return _linked_page(token)


def _linked_page(token: str, problems: Problems = (), words: str = "") -> Response:
    case_id = case_under(token)
    with reading() as session:
        shown, zone = queries.linked_case(session, case_id)
    g.zone = ZoneInfo(zone)  # dates are told in her own zone, although nobody is signed in
    return _page(shown, f"/cases/{token}", problems, words)


@bp.post("/cases/<token>/<any(review,write):what>")
@public
def say_by_link(token: str, what: str) -> BaseResponse:
    """Ask for a review, or add words, by the personal link: the account may be shut."""
    case_id, words = case_under(token), request.form.get("words", "")
    with reading() as session:
        labeler_id = queries.linked_case(session, case_id)[0].case.labeler_id
    try:
        _say(labeler_id, case_id, what, words)
    except Invalid as wrong:
        return _linked_page(token, wrong.problems, words)
    return redirect(f"/cases/{token}", 303)


@bp.get("/me/danger")
@requires(Permission.CASES_OWN)
def danger_form() -> str:
    """Say that something is a serious and imminent danger."""
    return render_template("cases/danger.html", problems=(), words="", days=SAFETY_DAYS, most=WORDS[1])


@bp.post("/me/danger")
@requires(Permission.CASES_OWN)
def danger() -> BaseResponse | tuple[str, int]:
    """Take a report of a danger (OPT-8)."""
    me, now, words = person().id, clock.now(), request.form.get("words", "")
    try:
        case_id = repeated(lambda session: service.report_danger(session, me, words, now))
    except Invalid as wrong:
        page = render_template(
            "cases/danger.html", problems=wrong.problems, words=words, days=SAFETY_DAYS, most=WORDS[1]
        )
        return page, 422
    flash("We have it. Somebody looks at it by the date below. It changes nothing for your work or your pay.")
    return redirect(f"/me/cases/{case_id}", 303)


def _kept_nowhere(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response
