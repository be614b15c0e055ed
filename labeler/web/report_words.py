"""What people say in a compliance report, in their own words: vendor manager, worker representative and assessor."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, Role
from labeler.compliance import saying
from labeler.compliance.report.texts import LONGEST
from labeler.compliance.report.words import SECTIONS
from labeler.compliance.saying import KINDS
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Forbidden, Invalid
from labeler.evidence.rules import last_quarter
from labeler.gate import person, requires
from labeler.workforce.models import Vendor

bp = Blueprint("report_words", __name__)


@bp.get("/report-words")
@requires(Permission.REPORT_WORDS)
def show() -> Response:
    """The form, and what was written for the quarter so far."""
    return _page(request.args.get("period") or last_quarter(clock.now()).name, {}, ())


@bp.post("/report-words")
@requires(Permission.REPORT_WORDS)
def say() -> BaseResponse:
    """Keep a text. The next report takes it; those that are made stay as they are."""
    me, now, given = person(), clock.now(), request.form.to_dict()
    kind = next((each for each in KINDS.get(me.role, ()) if each.value == given.get("kind")), None)
    period = given.get("period", "").strip()
    try:
        if kind is None:
            raise Invalid("This text cannot be kept yet.", [FieldProblem("kind", "Choose what you write.")])
        chosen = kind

        def keep(session: Session) -> None:
            vendor = _vendor(session, me.id, me.role, given.get("vendor", ""))
            saying.say(session, me.id, vendor, chosen, period, given.get("signer", ""), given.get("text", ""), now)

        repeated(keep)
    except Invalid as refused:
        return _page(period, given, refused.problems, 422)
    return redirect(f"/report-words?period={period.replace(' ', '+')}", 303)


def _vendor(session: Session, me: UUID, role: Role, named: str) -> UUID:
    """The vendor that one speaks for; an assessor names one. Raises Invalid, and Forbidden for who speaks for none."""
    if role is Role.AUDITOR:
        found = session.scalar(select(Vendor.id).where(Vendor.name == named.strip()))
        if found is None:
            raise Invalid("This text cannot be kept yet.", [FieldProblem("vendor", "Name a vendor that is here.")])
        return found
    own = saying.speaks_for(session, me)
    if own is None:
        raise Forbidden("You speak for no vendor.")
    return own


def _page(period: str, given: dict[str, str], problems: tuple[FieldProblem, ...], status: int = 200) -> Response:
    me = person()
    kinds = KINDS.get(me.role, ())
    with reading() as session:
        vendors = [*session.scalars(select(Vendor.name).order_by(Vendor.name))] if me.role is Role.AUDITOR else []
        own = None if vendors or me.role is Role.AUDITOR else _vendor(session, me.id, me.role, "")
        said = [each for kind in kinds for each in saying.said(session, own, kind, period)] if own else []
    page = render_template(
        "people/report_words.html", period=period, given=given, problems=problems, said=said,
        vendor_options=[(name, name) for name in vendors],
        longest=LONGEST, kinds=[(kind.value, SECTIONS[kind.value]) for kind in kinds], sections=SECTIONS,
    )  # fmt: skip
    reply = make_response(page, status)
    reply.headers["Cache-Control"] = "no-store"
    return reply
