"""What vendors attest, for their managers, administrators and auditors. Looks of others than it are recorded."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, Role, may
from labeler.audit.service import record
from labeler.compliance import standards
from labeler.db import reading, repeated
from labeler.downloads import send_document, storage, takes_bytes
from labeler.errors import Missing
from labeler.evidence import queries, service
from labeler.evidence.rules import ENDINGS, State
from labeler.gate import person, requires
from labeler.workforce.queries import vendors

bp = Blueprint("evidence", __name__)


@bp.get("/evidence")
@requires(Permission.EVIDENCE_SEE)
def every() -> str | BaseResponse:
    """The vendors one may see; a vendor manager goes straight to her own."""
    me = person()
    if me.role is Role.VENDOR_MANAGER:
        if me.vendor_id is None:
            raise Missing("You speak for no vendor.")
        return redirect(f"/evidence/vendors/{me.vendor_id}", 303)
    now, standard = clock.now(), standards.read()
    with reading() as session:
        rows = []
        for vendor, _ in vendors(session):
            states = [each.state for each in queries.by_control(session, vendor.id, standard, now)]
            holds = sum(state in (State.HOLDS, State.SOON) for state in states)
            rows.append((vendor, holds, len(states), states.count(State.SOON)))
    return render_template("evidence/vendors.html", rows=rows)


@bp.get("/evidence/vendors/<uuid:vendor_id>")
@requires(Permission.EVIDENCE_SEE)
def one_vendor(vendor_id: UUID) -> str:
    """A vendor's attestations, by the controls that ask for one; what runs out soon comes first."""
    me, now, standard = person(), clock.now(), standards.read()
    with reading() as session:
        vendor = queries.vendor_of(session, me, vendor_id)
        asked = queries.by_control(session, vendor_id, standard, now)
    if me.vendor_id != vendor_id:
        repeated(lambda s: record(s, "attestation.look", me.id, vendor_id, now, vendor_id, view="list"))
    return render_template(
        "evidence/one_vendor.html", vendor=vendor, asked=asked, states=State,
        soon=[each for each in asked if each.state is State.SOON],
        lacking=[each for each in asked if each.state not in (State.HOLDS, State.SOON)],
        gives=may(me.role, Permission.EVIDENCE_GIVE), months=standard.numbers["attestation_months"].value,
    )  # fmt: skip


@bp.get("/evidence/attestations/<uuid:attestation_id>/document")
@requires(Permission.EVIDENCE_SEE)
def document(attestation_id: UUID) -> Response:
    """Download the document of an attestation. It is never shown in the browser, and each taking is recorded."""
    me, now = person(), clock.now()
    with reading() as session:
        made = queries.one(session, me, attestation_id, now).row
    name = f"{made.control}-{made.dated:%Y-%m-%d}-{made.digest[:8]}{ENDINGS.get(made.media, '')}"
    sent = send_document(storage().document(made.digest), made.digest, name)
    if takes_bytes(sent):
        look = ("attestation.look", me.id, made.id, now, made.vendor_id)
        repeated(lambda session: record(session, *look, view="document"))
    return sent


@bp.get("/evidence/attestations/<uuid:attestation_id>/withdraw")
@requires(Permission.EVIDENCE_GIVE)
def ask_to_withdraw(attestation_id: UUID) -> str:
    """Ask once more, and say what it means."""
    with reading() as session:
        made = queries.one(session, person(), attestation_id, clock.now())
    return render_template(
        "evidence/end.html", made=made, control=standards.read().control(made.row.control), states=State
    )


@bp.post("/evidence/attestations/<uuid:attestation_id>/withdraw")
@requires(Permission.EVIDENCE_GIVE)
def withdraw(attestation_id: UUID) -> BaseResponse:
    """Withdraw what one's own vendor attested."""
    me, now = person(), clock.now()
    repeated(lambda session: service.withdraw(session, me.id, attestation_id, now))
    flash("It is withdrawn. Reports say so from now on.")
    return redirect(f"/evidence/vendors/{me.vendor_id}", 303)
