"""Restricting a labeler: a named person decides, with reasons and notice, and can lift it again (DEC-1, DEC-2)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, Role
from labeler.cases import queries as cases
from labeler.cases import service
from labeler.cases.models import Case
from labeler.cases.rules import REASONS, REPLY_WITHIN, SAFETY_DAYS
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.projects.queries import projects
from labeler.web.case_words import decider
from labeler.web.people_forms import day_of, uuid_of
from labeler.workforce.queries import Listed, Person, one_of_them
from labeler.workforce.rules import NOTICE

bp = Blueprint("restrict", __name__)


def _labeler(session: Session, me: Person, person_id: UUID) -> Listed:
    who = one_of_them(session, me, person_id)
    if who.role is not Role.LABELER:
        raise Missing("There is no such labeler.")
    return who


@bp.get("/people/<uuid:person_id>/restrict")
@requires(Permission.RESTRICT)
def form(person_id: UUID) -> str:
    """The restrictions that stand, and the form for a new one."""
    return _page(person_id)


def _page(person_id: UUID, problems: tuple[FieldProblem, ...] = (), **typed: str) -> str:
    me, now = person(), clock.now()
    with reading() as session:
        who = _labeler(session, me, person_id)
        standing = cases.restrictions_of(session, person_id, me.role)
        choices = [("", "All work"), *((str(each.id), each.name) for each in projects(session))]
    first = (now + NOTICE).astimezone(ZoneInfo(who.time_zone or "UTC")).date() + timedelta(days=1)
    return render_template(
        "cases/restrict.html", who=who, standing=standing, choices=choices, now=now, problems=problems,
        typed={"from_day": first.isoformat(), **typed}, notice=NOTICE.days, most=REASONS[1], days=SAFETY_DAYS,
        reply=REPLY_WITHIN.days,
    )  # fmt: skip


@bp.post("/people/<uuid:person_id>/restrict")
@requires(Permission.RESTRICT)
def restrict(person_id: UUID) -> Response | tuple[str, int]:
    """Decide a restriction."""
    me, by, now = person(), decider(), clock.now()
    typed = {name: request.form.get(name, "") for name in ("project", "from_day", "reasons", "safety")}
    safety, day = typed["safety"] == "yes", day_of(typed["from_day"])
    chosen = uuid_of(typed["project"])
    if typed["project"] and chosen is None:
        chosen = UUID(int=0)  # no project has it: said with everything else that is wrong

    def decide(session: Session) -> None:
        who = _labeler(session, me, person_id)
        begins = datetime.combine(day, time(), ZoneInfo(who.time_zone or "UTC")) if day else now
        service.restrict(session, by, person_id, chosen, typed["reasons"], begins, now, safety=safety)

    try:
        repeated(decide)
    except Invalid as wrong:
        return _page(person_id, wrong.problems, **typed), 422
    flash("Decided. She sees your reasons, and by when she can ask for a review.")
    return redirect(f"/people/{person_id}/restrict", 303)


@bp.post("/people/<uuid:person_id>/restrictions/<uuid:case_id>/lift")
@requires(Permission.RESTRICT)
def lift(person_id: UUID, case_id: UUID) -> Response:
    """End a restriction now."""
    me, by, now = person(), decider(), clock.now()

    def end(session: Session) -> None:
        _labeler(session, me, person_id)
        case = session.get(Case, case_id)
        if case is None or case.labeler_id != person_id:
            raise Missing("There is no such restriction.")
        service.lift(session, by, case_id, now)

    repeated(end)
    flash("The restriction has ended.")
    return redirect(f"/people/{person_id}/restrict", 303)
