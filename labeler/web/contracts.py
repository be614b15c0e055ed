"""A vendor's contracts: administrators add and change them, vendor managers and auditors see them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.evidence.queries import vendor_of
from labeler.gate import person, requires
from labeler.web.contract_forms import Asked, first, following, parse
from labeler.web.contract_words import PAYROLLS, facts
from labeler.workforce import contract_queries as queries
from labeler.workforce import contracts
from labeler.workforce.contract_models import Contract
from labeler.workforce.contract_rules import ANNOUNCED
from labeler.workforce.models import Vendor
from labeler.workforce.queries import vendors

bp = Blueprint("contracts", __name__)


@bp.get("/evidence/vendors/<uuid:vendor_id>/contracts")
@requires(Permission.EVIDENCE_SEE)
def every(vendor_id: UUID) -> str:
    """A vendor's contracts: what holds, what is announced, what held before."""
    me, now = person(), clock.now()
    with reading() as session:
        vendor = vendor_of(session, me, vendor_id)
        found = queries.contracts_of(session, vendor_id, now)
    return render_template(
        "evidence/contracts.html",
        vendor=vendor,
        contracts=found,
        facts=facts,
        edits=may(me.role, Permission.PEOPLE_EDIT),
    )


@bp.get("/evidence/vendors/<uuid:vendor_id>/contracts/new")
@requires(Permission.PEOPLE_EDIT)
def new(vendor_id: UUID) -> str:
    """The form for a contract."""
    with reading() as session:
        return _form(session, vendor_of(session, person(), vendor_id), None, first(clock.now()))


def _form(
    session: Session, vendor: Vendor, contract: Contract | None, asked: Asked, problems: tuple[FieldProblem, ...] = ()
) -> str:
    others = [(str(each.id), each.name) for each, _ in vendors(session) if each.id != vendor.id]
    return render_template(
        "evidence/contract_form.html", vendor=vendor, contract=contract, asked=asked, problems=problems,
        above=[("", "Nobody: it is of tier 1"), *others], payrolls=PAYROLLS, announced=ANNOUNCED.days,
    )  # fmt: skip


@bp.post("/evidence/vendors/<uuid:vendor_id>/contracts")
@requires(Permission.PEOPLE_EDIT)
def add(vendor_id: UUID) -> Response | tuple[str, int]:
    """Add a contract of a vendor, once its answers were checked."""
    return _taken(vendor_id, None)


@bp.get("/evidence/contracts/<uuid:contract_id>/versions/new")
@requires(Permission.PEOPLE_EDIT)
def change(contract_id: UUID) -> str:
    """The form for a change, as the last version stands."""
    now = clock.now()
    with reading() as session:
        contract = queries.contract(session, contract_id)
        shown = next(
            each for each in queries.contracts_of(session, contract.vendor_id, now) if each.contract is contract
        )
        last = shown.versions[0]
        vendor = vendor_of(session, person(), contract.vendor_id)
        return _form(session, vendor, contract, following(last.row, last.texts.values(), contract.name, now))


@bp.post("/evidence/contracts/<uuid:contract_id>/versions")
@requires(Permission.PEOPLE_EDIT)
def announce(contract_id: UUID) -> Response | tuple[str, int]:
    """Announce a change of a contract, once its answers were checked."""
    with reading() as session:
        contract = queries.contract(session, contract_id)
    return _taken(contract.vendor_id, contract)


def _taken(vendor_id: UUID, contract: Contract | None) -> Response | tuple[str, int]:
    me, now, asked, wanted = person(), clock.now(), parse(request.form), request.form.get("do", "check")
    said, unsaid = asked.conditions(now), asked.problems()
    with reading() as session:
        vendor = vendor_of(session, me, vendor_id)
        if wanted == "change":
            return _form(session, vendor, contract, asked), 200

    def write(session: Session) -> None:
        if contract is None:
            contracts.add_contract(session, me.id, vendor_id, asked.at("name"), said, asked.texts, now)
        else:
            contracts.add_version(session, me.id, contract.id, said, asked.texts, now)
        if unsaid:
            raise Invalid("This can't be kept yet.")
        if wanted != "add":
            raise _OnlyTried  # nothing is wrong with it; the transaction keeps nothing

    try:
        repeated(write)
    except Invalid as wrong:
        with reading() as session:
            return _form(session, vendor, contract, asked, (*wrong.problems, *unsaid)), 422
    except _OnlyTried:
        return render_template(
            "evidence/contract_check.html", vendor=vendor, contract=contract, asked=asked, said=said, facts=facts,
            above=_name(said.above_id),
        ), 200  # fmt: skip
    flash("The change is announced." if contract else "The contract is added.")
    return redirect(f"/evidence/vendors/{vendor_id}/contracts", 303)


class _OnlyTried(Exception):
    """The answers fit, and are shown once more before they are kept."""


def _name(vendor_id: UUID | None) -> str:
    if vendor_id is None:
        return ""
    with reading() as session:
        return session.get_one(Vendor, vendor_id).name
