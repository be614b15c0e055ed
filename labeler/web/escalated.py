"""What is served to nobody (EXP-4): the list of the person named for it, and her decisions. No page shows a text."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, Role, may
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.warnings import escalating
from labeler.warnings.queries import contact, decisions, escalations
from labeler.warnings.rules import REASON
from labeler.web.words import SEVERITIES

bp = Blueprint("escalated", __name__)

NOT_CHOSEN = FieldProblem("decision", "Choose what is to become of it.")


@bp.get("/escalations")
@requires(Permission.ESCALATIONS)
def show() -> Response:
    """What waits, who is named for it, and what was decided: projects, rows and kinds, never a text."""
    with reading() as session:
        return _page(session)


@bp.post("/escalations/contact")
@requires(Permission.ESCALATIONS)
def name_contact() -> BaseResponse:
    """Name who decides from now on."""
    me, now = person().id, clock.now()
    try:
        named = UUID(request.form.get("person", ""))
    except ValueError:
        named = UUID(int=0)
    try:
        repeated(lambda session: escalating.name_contact(session, me, named, now))
    except Invalid as wrong:
        with reading() as session:
            return _page(session, wrong.problems)
    flash("Named. She decides about what is held back from now on.")
    return redirect("/escalations", 303)


@bp.post("/escalations/<uuid:task_id>/decide")
@requires(Permission.ESCALATIONS)
def decide(task_id: UUID) -> BaseResponse:
    """It stays away, or it is not forbidden and gets a severity; always with a reason."""
    me, now = person().id, clock.now()
    said, reason = request.form.get("decision", ""), request.form.get("reason", "")
    try:
        if said not in {"stays", "0", "1", "2", "3"}:
            raise Invalid("Nothing was decided.", [NOT_CHOSEN])
        severity = None if said == "stays" else int(said)
        repeated(lambda session: escalating.decide(session, me, task_id, severity, reason, now))
    except Invalid as wrong:
        with reading() as session:
            return _page(session, wrong.problems, at=task_id, reason=reason, said=said)
    flash("Decided. It is kept with your name and your reason.")
    return redirect("/escalations", 303)


def _page(
    session: Session,
    problems: Sequence[FieldProblem] = (),
    *,
    at: UUID | None = None,
    reason: str = "",
    said: str = "",
) -> Response:
    roles = [role for role in Role if may(role, Permission.ESCALATIONS)]
    people = session.execute(
        select(User.id, User.name).where(User.role.in_(roles), User.disabled_at.is_(None)).order_by(User.name)
    ).all()
    named = contact(session)
    html = render_template(
        "people/escalations.html",
        waiting=escalations(session), named=named, mine=named is not None and named.person_id == person().id,
        people=people, decided=decisions(session), problems=problems, at=at, reason=reason, said=said, least=REASON,
        severities={int(level): words for level, words in SEVERITIES.items()},
    )  # fmt: skip
    response = make_response(html, 422 if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
