"""A labeler's own limits: what she has said yes and no to, whom she can talk to, and what is kept about her."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.offers import Offer, offers
from labeler.assignment.service import withdraw_refused
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid, LabelerError, Missing
from labeler.gate import person, public, requires
from labeler.web.words import SEVERITIES
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.queries import choices
from labeler.wellbeing.rules import CONSENT_LASTS
from labeler.wellbeing.service import end_consent, give_consent
from tasks.content import SENSITIVE, Category, Severity

bp = Blueprint("care", __name__)

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
        strength = request.form.get("severity", "")
        if strength in {"2", "3"}:
            repeated(lambda session: give_consent(session, me, code, int(strength), now))
            repeated(lambda session: withdraw_refused(session, me, now))  # a weaker yes than before is a no to the rest
            return redirect(f"/me/choices#{code}", 303)
        problems = [NOT_CHOSEN]
    with reading() as session:
        standing = choices(session, me, now).consents.get(code)
        where = [offer for offer in offers(session, me) if offer.content.get(code, Severity.NONE) >= SENSITIVE]
    page = render_template(
        "care/consent.html",
        code=code,
        standing=standing,
        where=[(offer, SEVERITIES[offer.content[code]], _share(offer)) for offer in where],
        days=CONSENT_LASTS.days,
        severities=SEVERITIES,
        problems=problems,
    )
    return _own(page, 422 if problems else 200)


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
    """What is kept about a labeler, why, and who can see it."""
    return render_template("care/what_we_record.html", kept=KEPT, never=NEVER)


@bp.errorhandler(Missing)
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


@dataclass(frozen=True, slots=True)
class Kept:
    """One sort of thing that is written down."""

    what: str
    why: str
    seen_by: str


KEPT: tuple[Kept, ...] = (
    Kept(
        "Your name, e-mail address, vendor, languages, time zone and the dates of your contract.",
        "To let you in, and to give you tasks you can read at times that are yours.",
        "You, your vendor's manager, and administrators.",
    ),
    Kept(
        "When you signed in, when that session was last used, and when it ended.",
        "To keep other people out of your account.",
        "You. Auditors and administrators see sign-ins under a made-up name.",
    ),
    Kept(
        "Which task you were given and when, when a sensitive text was shown and hidden, and how the task ended.",
        "To give each task to the right number of people, and to count your time.",
        "You. Auditors and administrators see how often a day had it, where five people or more did it; never who.",
    ),
    Kept(
        "Your answers and comments, and how long the text was on the screen. A changed answer keeps its old versions.",
        "They are the work itself.",
        "You. Researchers get them under a made-up name that differs in each export.",
    ),
    Kept("A draft of an answer that you have not sent.", "So that nothing you wrote is lost.", "You."),
    Kept(
        "What you said yes and no to.",
        "So that the desk keeps to it.",
        "You. Your vendor and the researchers never see one person's choices.",
    ),
    Kept(
        "How long you have worked today, and your breaks.",
        "To know when a break is due.",
        "You. Your vendor and the researchers never see one person's breaks.",
    ),
    Kept(
        "When you worked in the last days, and how long which kinds of hard content were shown to you.",
        "So that nobody works or reads too much of it. My limits shows all of it.",
        "You. Administrators see how many people a limit would stop, where five or more; never who.",
    ),
    Kept(
        "A mark made of your payroll id, if your employer gave one. The id itself is not kept.",
        "So that two accounts of one person have one clock, and limits hold over both.",
        "Nobody. Administrators see that there is one, and whether accounts belong together.",
    ),
)

NEVER: tuple[str, ...] = (
    "keys you press and how you move the mouse",
    "pictures of your screen or from your camera",
    "other pages or programs you use",
    "what you do in a break",
    "who opens the help page",
    "a reason for a skip or a no",
)
