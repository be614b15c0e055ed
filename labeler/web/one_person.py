"""One person's page: what she works in, her contract, a new link, and the end of her account."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, Role, may
from labeler.accounts.rules import INVITATION_LASTS
from labeler.assignment.joining import set_payroll_id
from labeler.config import Settings
from labeler.db import reading, repeated
from labeler.erasure.queries import erasure
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.web.people_forms import Asked, about, day_of, parse
from labeler.workforce import queries, service
from labeler.workforce.contract_queries import terms_of
from labeler.workforce.joining import accounts_of
from labeler.workforce.queries import Listed, Person
from labeler.workforce.rules import zones

bp = Blueprint("person", __name__)


def state(who: Listed) -> str:
    """How things stand with a person, in few words: her account first, then her contract by her own calendar."""
    if who.erased_at is not None:
        return "erased"
    if who.disabled_at is not None:
        return "shut out"
    if who.contract_from is not None:
        today = clock.now().astimezone(ZoneInfo(who.time_zone or "UTC")).date()
        if who.contract_until is not None and who.contract_until < today:
            return "contract ended"
        if who.contract_from > today:
            return "contract not begun"
    return "can sign in" if who.has_password else "no password yet"


@bp.get("/people/<uuid:person_id>")
@requires(Permission.PEOPLE_SEE)
def show(person_id: UUID) -> str:
    """What is known of a person's account and contract."""
    return page(person_id)


def page(
    person_id: UUID,
    *,
    token: str | None = None,
    added: bool = False,
    asked: Asked | None = None,
    last_day: str | None = None,
    problems: tuple[FieldProblem, ...] = (),
) -> str:
    """Her page; with the one-time link that was just made, or with a form that needs another look."""
    me, today = person(), clock.now().date()
    with reading() as session:
        who = queries.one_of_them(session, me, person_id)
        edits = may(me.role, Permission.PEOPLE_EDIT)
        # Whether accounts are one person's is for administrators: a vendor's manager must not learn of other vendors.
        payroll = accounts_of(session, person_id) if edits and who.role is Role.LABELER else None
        gone = erasure(session, person_id) if who.erased_at is not None else None
        terms = list(terms_of(session, person_id)) if who.role is Role.LABELER else []
    return render_template(
        "people/one.html", terms=terms, payroll=payroll, gone=gone, who=who, state=state(who),
        asked=asked or about(who, today), problems=problems,
        last_day=last_day if last_day is not None else today.isoformat(), zones=sorted(zones()),
        link=_address(token) if token else None, added=added, lasts=INVITATION_LASTS.days,
        may_link=_may_link(me, who), may_edit=may(me.role, Permission.PEOPLE_EDIT), labeler=who.role is Role.LABELER,
    )  # fmt: skip


def _address(token: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    base = settings.public_url or request.host_url
    return f"{base.rstrip('/')}/invitation/{token}"


def _may_link(me: Person, who: Listed) -> bool:
    """A vendor manager makes links until there is a password: a later one would let her into somebody's account."""
    return who.disabled_at is None and (not who.has_password or may(me.role, Permission.PEOPLE_EDIT))


@bp.post("/people/<uuid:person_id>/link")
@requires(Permission.LABELERS_INVITE)
def link(person_id: UUID) -> str:
    """Make a new invitation link and show it, this once; those before it end."""
    me, now = person(), clock.now()

    def make(session: Session) -> str:
        if not _may_link(me, queries.one_of_them(session, me, person_id)):
            raise Conflict("This person has chosen a password, or is shut out. An administrator can help.")
        return service.invite(session, me.id, person_id, now)

    return page(person_id, token=repeated(make))


@bp.post("/people/<uuid:person_id>/work")
@requires(Permission.LABELERS_INVITE)
def change(person_id: UUID) -> Response | tuple[str, int]:
    """Change a labeler's languages, time zone and contract."""
    me, now = person(), clock.now()
    asked = parse(request.form, Role.LABELER, now.date())

    def save(session: Session) -> None:
        _labeler(session, me, person_id)
        problems = asked.work_problems()
        if not asked.first_day:
            problems.append(FieldProblem("contract_from", "Give the day the contract begins."))
        if problems:
            raise Invalid("This can't be changed yet.", problems)
        service.change_labeler(
            session, me.id, person_id, asked.tags, asked.time_zone, asked.contract_from, asked.contract_until, now,
            by_administrator=may(me.role, Permission.PEOPLE_EDIT),
        )  # fmt: skip

    try:
        repeated(save)
    except Invalid as wrong:
        return page(person_id, asked=asked, problems=wrong.problems), 422
    flash("The change is saved. It counts from the next task on.")
    return redirect(url_for(".show", person_id=person_id), 303)


def _labeler(session: Session, me: Person, person_id: UUID) -> None:
    if queries.one_of_them(session, me, person_id).role is not Role.LABELER:
        raise Missing("There is no such labeler.")


@bp.post("/people/<uuid:person_id>/contract/end")
@requires(Permission.LABELERS_INVITE)
def end_contract(person_id: UUID) -> Response | tuple[str, int]:
    """Say on which day a labeler's contract ends."""
    me, now, text = person(), clock.now(), request.form.get("last_day", "")[:40].strip()
    last = day_of(text)

    def end(session: Session) -> None:
        _labeler(session, me, person_id)
        if last is None:
            raise Invalid("Give the last day.", [FieldProblem("last_day", "Write the day like 2026-03-01.")])
        service.end_contract(session, me.id, person_id, last, now)

    try:
        repeated(end)
    except Invalid as wrong:
        problems = tuple(FieldProblem("last_day", each.message) for each in wrong.problems)
        return page(person_id, last_day=text, problems=problems), 422
    flash("The last day of the contract is set.")
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/people/<uuid:person_id>/payroll")
@requires(Permission.PEOPLE_EDIT)
def payroll(person_id: UUID) -> Response | tuple[str, int]:
    """Say under which payroll id an account is paid, so that one person has one clock. It is not shown again."""
    me, now = person(), clock.now()
    settings: Settings = current_app.extensions["settings"]

    def save(session: Session) -> None:
        _labeler(session, me, person_id)
        set_payroll_id(session, me.id, person_id, request.form.get("payroll_id", "")[:1000], settings.key, now)

    try:
        repeated(save)
    except Invalid as wrong:
        return page(person_id, problems=wrong.problems), 422
    flash("The payroll id is set. Accounts with the same one share hours, breaks and limits from now on.")
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.get("/people/<uuid:person_id>/disable")
@requires(Permission.PEOPLE_EDIT)
def confirm(person_id: UUID) -> str:
    """Ask once more, and say what it means."""
    me = person()
    with reading() as session:
        who = queries.one_of_them(session, me, person_id)
        free = service.may_be_shut(session, person_id, clock.now())
    return render_template("people/disable.html", who=who, myself=who.id == me.id, free=free)


@bp.post("/people/<uuid:person_id>/disable")
@requires(Permission.PEOPLE_EDIT)
def disable(person_id: UUID) -> Response:
    """Shut a person out, at once."""
    me, now = person(), clock.now()
    repeated(lambda session: service.shut_out(session, me.id, person_id, now))
    flash("The account is shut. Its sessions, links and keys have ended.")
    return redirect(url_for(".show", person_id=person_id), 303)
