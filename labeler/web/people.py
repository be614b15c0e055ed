"""People and vendors: who is here, who may come, and until when. A vendor manager sees her own labelers only.

No page here shows what a person declined, agreed to, saw, earned or rested: that is hers and the gate's (OPT-5, BRK-4).
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, Role, may
from labeler.accounts.rules import INVITATION_LASTS
from labeler.accounts.service import add_user
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid
from labeler.gate import person, requires
from labeler.web import one_person
from labeler.web.people_forms import IN_HOUSE, Asked, empty, parse, uuid_of
from labeler.workforce import queries, service
from labeler.workforce.models import Vendor
from labeler.workforce.queries import Person
from labeler.workforce.rules import zones

bp = Blueprint("people", __name__)

PAGE = 50
OF_A_VENDOR = (Role.LABELER, Role.VENDOR_MANAGER, Role.WORKER_REPRESENTATIVE)
TAKEN = "This address has an account already. If it should be one of yours, ask an administrator."


@bp.get("/people")
@requires(Permission.PEOPLE_SEE)
def everybody() -> str:
    """The people one may see, by name; an administrator chooses by role, vendor and words."""
    me, asked = person(), request.args
    role = Role(asked["role"]) if asked.get("role") in set(Role) else None
    vendor, after = uuid_of(asked.get("vendor")), uuid_of(asked.get("after"))
    words = asked.get("words", "").strip()[:120].replace("\0", "")
    with reading() as session:
        found = queries.people(
            session, me, role=role, vendor=vendor, words=words, after=after, most=PAGE + 1
        )  # one more than is shown says whether there are more
        vendors = queries.vendors(session) if may(me.role, Permission.PEOPLE_EDIT) else []
        employer = session.get_one(Vendor, me.vendor_id).name if me.vendor_id else None
    shown = found[:PAGE]
    more = f"/people?{urlencode({**asked.to_dict(), 'after': str(shown[-1].id)})}" if len(found) > PAGE else None
    return render_template(
        "people/everybody.html", people=shown, state=one_person.state, role=role, roles=list(Role), vendor=vendor,
        vendors=vendors, words=words, more=more, employer=employer, may_edit=may(me.role, Permission.PEOPLE_EDIT),
        chosen=bool(role or vendor or words or after),
    )  # fmt: skip


@bp.get("/people/new")
@requires(Permission.LABELERS_INVITE)
def new() -> str:
    """The form to add a person of one role."""
    role = _role(request.args.get("role"))
    with reading() as session:
        return _form(session, empty(role, clock.now().date()), ())


def _role(name: str | None) -> Role:
    """The role that is to be added: a labeler unless said otherwise; others by an administrator only."""
    role = Role(name) if name in set(Role) else Role.LABELER
    if role is not Role.LABELER and not may(person().role, Permission.PEOPLE_EDIT):
        raise Forbidden("You can add labelers. Ask an administrator to add anybody else.")
    return role


def _form(session: Session, asked: Asked, problems: tuple[FieldProblem, ...]) -> str:
    edits = may(person().role, Permission.PEOPLE_EDIT)
    return render_template(
        "people/new.html", asked=asked, problems=problems, vendors=_choices(session, asked.role) if edits else [],
        roles=list(Role), may_edit=edits, zones=sorted(zones()), lasts=INVITATION_LASTS.days,
    )  # fmt: skip


def _choices(session: Session, role: Role) -> list[tuple[str, str]]:
    found = [vendor for vendor, _ in queries.vendors(session)]
    choices = [("", "Choose a vendor")] + [(str(vendor.id), vendor.name) for vendor in found if not vendor.in_house]
    own = next((str(vendor.id) for vendor in found if vendor.in_house), IN_HOUSE)
    return [*choices, (own, "In-house: employed directly")] if role is Role.LABELER else choices


@bp.post("/people")
@requires(Permission.LABELERS_INVITE)
def add() -> str | tuple[str, int]:
    """Add a person, and show the link that lets her choose a password: on this page and never again."""
    me, asked = person(), parse(request.form, _role(request.form.get("role")), clock.now().date())
    try:
        added, token = repeated(lambda session: _add(session, me, asked))
    except Invalid as wrong:
        with reading() as session:
            return _form(session, asked, wrong.problems), 422
    return one_person.page(added, token=token, added=True)


def _add(session: Session, me: Person, asked: Asked) -> tuple[UUID, str]:
    now, problems = clock.now(), asked.problems()
    own = not may(me.role, Permission.PEOPLE_EDIT)
    employer = me.vendor_id if own else uuid_of(asked.vendor)
    vendor = session.get(Vendor, employer) if employer else None
    in_house = not own and asked.role is Role.LABELER and asked.vendor == IN_HOUSE
    if asked.role in OF_A_VENDOR and vendor is None and not in_house:
        problems.append(FieldProblem("vendor", "Choose a vendor."))
    if problems:
        raise Invalid("This person can't be added yet.", problems)
    if in_house:
        vendor = service.in_house(session, me.id, now)
    try:
        added = _account(session, me.id, asked, vendor, now)
    except Conflict as taken:
        raise Invalid("This person can't be added.", [FieldProblem("email", TAKEN)]) from taken
    return added, service.invite(session, me.id, added, now)


def _account(session: Session, me: UUID, asked: Asked, vendor: Vendor | None, now: datetime) -> UUID:
    if asked.role is Role.LABELER and vendor is not None:
        return service.add_labeler(
            session, me, asked.email, asked.name, vendor, asked.tags, now, time_zone=asked.time_zone,
            contract_from=asked.contract_from, contract_until=asked.contract_until,
        ).id  # fmt: skip
    if asked.role is Role.VENDOR_MANAGER and vendor is not None:
        return service.add_vendor_manager(session, me, asked.email, asked.name, vendor, now).id
    if asked.role is Role.WORKER_REPRESENTATIVE and vendor is not None:
        return service.add_representative(session, me, asked.email, asked.name, vendor, now).id
    return add_user(session, me, asked.email, asked.name, asked.role, now).id


@bp.get("/people/vendors")
@requires(Permission.PEOPLE_EDIT)
def vendors() -> str:
    """All vendors, and the form to add one."""
    return _vendors_page()


@bp.post("/people/vendors")
@requires(Permission.PEOPLE_EDIT)
def add_vendor() -> Response | tuple[str, int]:
    """Add a vendor."""
    name = request.form.get("name", "")
    try:
        repeated(lambda session: service.add_vendor(session, person().id, name, clock.now()))
    except (Invalid, Conflict) as wrong:
        problems = wrong.problems if isinstance(wrong, Invalid) else (FieldProblem("name", wrong.message),)
        return _vendors_page(name, problems), 422
    flash(f"{name.strip()} is added.")
    return redirect(url_for(".vendors"), 303)


def _vendors_page(name: str = "", problems: tuple[FieldProblem, ...] = ()) -> str:
    with reading() as session:
        found = queries.vendors(session)
    return render_template("people/vendors.html", vendors=found, name=name, problems=problems)
