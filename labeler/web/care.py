"""A labeler's own limits: what she has said yes and no to, whom she can talk to, and what is kept about her."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, Role
from labeler.assignment.offers import Offer, offers
from labeler.assignment.service import withdraw_refused
from labeler.compliance.auditing.queries import first_account, looks_at
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, LabelerError, Missing
from labeler.gate import person, public, requires
from labeler.web.words import SEVERITIES
from labeler.wellbeing.collected import collected
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.queries import choices
from labeler.wellbeing.rules import CONSENT_LASTS
from labeler.wellbeing.service import end_consent, give_consent
from tasks.content import SENSITIVE, Category, Severity

bp = Blueprint("care", __name__)

DECLINED = "You said: no more of this kind. Undo that on My choices first, if you want it again."
NOT_CHOSEN = FieldProblem("severity", "Choose how strong it may be, or leave it as it is.")


@bp.get("/me/choices")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """Everything said yes and no to, each with its way back."""
    me, now = person().id, clock.now()
    with reading() as session:
        chosen, open_to_me = choices(session, me, now), offers(session, me)
    declined = {no.category: no for no in chosen.opt_outs if no.scope is OptOutScope.CATEGORY}
    page = render_template(
        "care/choices.html",
        categories=list(Category),
        consents=chosen.consents,
        declined=declined,
        opt_outs=[no for no in chosen.opt_outs if no.scope is not OptOutScope.CATEGORY],
        no_sensitive=any(no.scope is OptOutScope.SENSITIVE for no in chosen.opt_outs),
        offers=open_to_me,
        severities=SEVERITIES,
        undone="undone" in request.args,
    )
    return _own(page)


@bp.route("/me/choices/<category>", methods=["GET", "POST"])
@requires(Permission.OWN_CHOICES)
def consent(category: str) -> BaseResponse:
    """The full page on which one kind of content is agreed to: what, how strong, where it occurs, for how long."""
    if category not in set(Category):
        raise Missing("There is no such kind of content.")
    me, now, code = person().id, clock.now(), Category(category)
    problems: list[FieldProblem] = []
    if request.method == "POST":
        with reading() as session:
            if _declined(session, me, code, now):
                raise Conflict(DECLINED)
        strength = request.form.get("severity", "")
        if strength in {"2", "3"}:
            repeated(lambda session: give_consent(session, me, code, int(strength), now))
            repeated(lambda session: withdraw_refused(session, me, now))  # a weaker yes than before is a no to the rest
            return redirect(f"/me/choices#{code}", 303)
        problems = [NOT_CHOSEN]
    with reading() as session:
        standing, declined = choices(session, me, now).consents.get(code), _declined(session, me, code, now)
        where = [offer for offer in offers(session, me) if offer.content.get(code, Severity.NONE) >= SENSITIVE]
    page = render_template(
        "care/consent.html",
        code=code,
        standing=standing,
        declined=declined,
        where=[(offer, SEVERITIES[offer.content[code]], _share(offer)) for offer in where],
        days=CONSENT_LASTS.days,
        severities=SEVERITIES,
        problems=problems,
    )
    return _own(page, 422 if problems else 200)


def _declined(session: Session, me: UUID, code: Category, now: datetime) -> bool:
    """Whether she said no to this kind: then nothing asks her for a yes again (OPT-7)."""
    return any(no.category is code for no in choices(session, me, now).opt_outs)


@bp.post("/me/choices/<category>/end")
@requires(Permission.OWN_CHOICES)
def end(category: str) -> BaseResponse:
    """Take a yes back. A task that is open and needs it goes back to the others at once."""
    if category not in set(Category):
        raise Missing("There is no such kind of content.")
    me, now = person().id, clock.now()
    repeated(lambda session: end_consent(session, me, category, now))
    repeated(lambda session: withdraw_refused(session, me, now))
    return redirect(f"/me/choices#{category}", 303)


@bp.get("/me/help")
@public
def help_page() -> str:
    """Whom to talk to and what to do when something is wrong. Nobody is told who opens it (WRN-5)."""
    return render_template("care/help.html")


@bp.get("/me/what-we-record")
@public
def what_we_record() -> str:
    """What is kept about a labeler, why, who can see it and for how long: the file that the schema is compared with."""
    looks = None
    if current_user and current_user.is_authenticated and person().role is Role.LABELER:
        with reading() as session:
            looks = looks_at(session, first_account(session, person().id))
    return render_template("care/what_we_record.html", kept=collected().shown, never=collected().never, looks=looks)


@bp.errorhandler(Missing)
@bp.errorhandler(Conflict)
@bp.errorhandler(Invalid)
def refused(error: LabelerError) -> tuple[str, int]:
    """A refusal, with the way back to the choices."""
    return render_template("care/refused.html", message=error.message), error.status


def _own(html: str, status: int = 200) -> Response:
    """A page of one person's choices: it stays in no cache."""
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _share(offer: Offer) -> int:
    return round(offer.sensitive_share * 100)
