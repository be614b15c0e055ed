"""What an auditor adds to an audit: samples with marks, findings, and the signature that freezes it all."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.compliance.auditing import as_said, findings, frozen, packs, queries, rules, service
from labeler.compliance.auditing.models import AuditPack, Finding
from labeler.compliance.auditing.queries import now_at
from labeler.compliance.auditing.rules import LookKind, pseudonym
from labeler.compliance.auditing.signing_off import sign_off
from labeler.db import reading, repeated
from labeler.downloads import send_path, storage
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.web.audit_case import ASSURANCES, MARKS, SEVERITIES, case_of, looked, secret
from labeler.web.audit_rows import Shown
from labeler.web.people_forms import day_of

bp = Blueprint("audit_work", __name__)

Problems = tuple[FieldProblem, ...]


@bp.get("/audits/<uuid:audit_id>/samples")
@requires(Permission.AUDITS)
def samples(audit_id: UUID) -> str:
    """The samples of an audit, and the form that draws one."""
    return _samples(audit_id)


def _samples(audit_id: UUID, problems: Problems = (), **typed: str) -> str:
    with reading() as session:
        case, drawn = case_of(session, audit_id), queries.samples(session, audit_id)
    looked(case, "samples")
    offered = [
        (each.rule, f"{each.rule}: {len(case.quarter.rows(each.rule)):,} rows")
        for control in case.quarter.assessment.controls
        for each in control.checks
        if case.quarter.rows(each.rule)
    ]
    return render_template(
        "oversight/audit_samples.html", case=case, samples=drawn, offered=sorted(set(offered)), marks=MARKS,
        problems=problems, typed=typed, most=rules.LARGEST_SAMPLE,
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/samples")
@requires(Permission.AUDITS)
def draw(audit_id: UUID) -> BaseResponse | tuple[str, int]:
    """Draw a sample."""
    sent, me, now = request.form, person().id, clock.now()
    with reading() as session:
        found = case_of(session, audit_id).quarter
    size = int(sent["size"]) if sent.get("size", "").isdecimal() and len(sent["size"]) < 7 else None
    days, seed, rule = sent.get("of") == "days", sent.get("seed", ""), sent.get("rule", "")
    try:
        made = repeated(
            lambda session: service.sample(session, me, audit_id, found, rule, size, now, days=days, seed=seed)
        )
    except Invalid as wrong:
        typed = {name: sent.get(name, "") for name in ("rule", "of", "size", "seed")}
        return _samples(audit_id, wrong.problems, **typed), 422
    return redirect(f"/audits/{audit_id}/samples/{made}", 303)


@bp.get("/audits/<uuid:audit_id>/samples/<uuid:sample_id>")
@requires(Permission.AUDITS)
def one_sample(audit_id: UUID, sample_id: UUID) -> str:
    """What was drawn, each with its mark and the form that says it."""
    return _sample(audit_id, sample_id)


def _sample(audit_id: UUID, sample_id: UUID, problems: Problems = (), place: int | None = None, **typed: str) -> str:
    with reading() as session:
        case = case_of(session, audit_id)
        drawn = queries.sample(session, audit_id, sample_id)
    all_rows, key = case.quarter.rows(drawn.sample.rule), secret()
    places = now_at(drawn.rows, all_rows)
    shown: dict[int, Shown | None] = {}
    for each, there in zip(drawn.rows, places, strict=True):
        row = None if there is None else all_rows[there]
        name = pseudonym(key, audit_id, row.person) if row and row.person else ""
        shown[each.place] = Shown(there, row, name) if row and there is not None else None
    about = {each.row.person for each in shown.values() if each and each.row.person}
    looked(case, "sample", rule=drawn.sample.rule, people=about, kind=LookKind.ROWS)
    return render_template(
        "oversight/audit_sample.html", case=case, drawn=drawn, shown=shown, marks=MARKS, problems=problems, at=place,
        typed=typed,
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/samples/<uuid:sample_id>/<int:place>")
@requires(Permission.AUDITS)
def mark(audit_id: UUID, sample_id: UUID, place: int) -> BaseResponse | tuple[str, int]:
    """Mark one row of a sample."""
    sent, me, now = request.form, person().id, clock.now()
    said, note = sent.get("mark", ""), sent.get("note", "")
    try:
        repeated(lambda session: service.mark(session, me, audit_id, sample_id, place, said, note, now))
    except Invalid as wrong:
        return _sample(audit_id, sample_id, wrong.problems, place, mark=said, note=note), 422
    return redirect(f"/audits/{audit_id}/samples/{sample_id}#row-{place}", 303)


@bp.get("/audits/<uuid:audit_id>/findings")
@requires(Permission.AUDITS)
def all_findings(audit_id: UUID) -> str:
    """The findings of an audit, and the form that writes one."""
    return _findings(audit_id)


def _findings(audit_id: UUID, problems: Problems = (), **typed: str) -> str:
    with reading() as session:
        case = case_of(session, audit_id)
        found = findings.shown(session, Finding.audit_id == audit_id, clock.now())
    looked(case, "findings")
    controls = [("", "Choose a control")] + [
        (each.id, f"{each.id} {each.title}") for each in case.quarter.standard.controls
    ]
    return render_template(
        "oversight/audit_findings.html", case=case, findings=found, controls=controls, problems=problems, typed=typed,
        severities=[("", "Choose"), *SEVERITIES.items()],
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/findings")
@requires(Permission.AUDITS)
def write(audit_id: UUID) -> BaseResponse | tuple[str, int]:
    """Write a finding."""
    sent, me, now = request.form, person().id, clock.now()
    typed = {name: sent.get(name, "") for name in ("control", "severity", "text", "due_on")}
    try:
        made = repeated(
            lambda session: findings.write(
                session, me, audit_id, typed["control"], typed["severity"], typed["text"], day_of(typed["due_on"]), now
            )
        )
    except Invalid as wrong:
        return _findings(audit_id, wrong.problems, **typed), 422
    flash("Written. The vendor's managers see it now.")
    return redirect(f"/audits/{audit_id}/findings/{made}", 303)


@bp.get("/audits/<uuid:audit_id>/findings/<uuid:finding_id>")
@requires(Permission.AUDITS)
def one_finding(audit_id: UUID, finding_id: UUID) -> str:
    """One finding, what the vendor replied, and the form that closes it or keeps it open."""
    return _finding(audit_id, finding_id)


def _finding(audit_id: UUID, finding_id: UUID, problems: Problems = (), **typed: str) -> str:
    with reading() as session:
        case = case_of(session, audit_id)
        found = findings.of_audit(session, case.audit, finding_id, clock.now())
        changed = as_said.changed(session, [found])
    looked(case, "finding")
    return render_template(
        "oversight/audit_finding.html", case=case, shown=found, changed=changed, severities=SEVERITIES,
        problems=problems, typed=typed,
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/findings/<uuid:finding_id>")
@requires(Permission.AUDITS)
def decide(audit_id: UUID, finding_id: UUID) -> BaseResponse | tuple[str, int]:
    """Close a finding, or keep it open."""
    sent, me, now = request.form, person().id, clock.now()
    step, text = sent.get("step", ""), sent.get("text", "")
    try:
        repeated(lambda session: findings.decide(session, me, audit_id, finding_id, step, text, now))
    except Invalid as wrong:
        return _finding(audit_id, finding_id, wrong.problems, step=step, text=text), 422
    flash("Kept. The vendor's managers see it.")
    return redirect(f"/audits/{audit_id}/findings/{finding_id}", 303)


@bp.get("/audits/<uuid:audit_id>/sign")
@requires(Permission.AUDITS)
def signing(audit_id: UUID) -> str:
    """What will be signed, and the form that signs it; afterwards the signature."""
    return _signing(audit_id)


def _signing(audit_id: UUID, problems: Problems = (), said: str = "", **typed: str) -> str:
    with reading() as session:
        case = case_of(session, audit_id)
        drawn = queries.samples(session, audit_id)
        found = findings.shown(session, Finding.audit_id == audit_id, clock.now())
        try:
            digest, waits = frozen.finished(session, case.audit)[1], ""
        except Conflict as not_yet:
            digest, waits = "", not_yet.message
        made, there = session.get(AuditPack, audit_id), packs.file_of(session, audit_id, storage().folder)
    looked(case, "sign")
    offered = [(key.value, words, more) for key, (words, more) in ASSURANCES.items()]
    return render_template(
        "oversight/audit_sign.html", case=case, samples=drawn, findings=found, assurances=offered, problems=problems,
        typed=typed, said=said, digest=digest, waits=waits, told=ASSURANCES,
        unmarked=sum(each.unmarked for each in drawn), pack=made, there=there is not None,
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/sign")
@requires(Permission.AUDITS)
def sign(audit_id: UUID) -> BaseResponse | tuple[str, int]:
    """Sign off."""
    sent, me, now = request.form, person().id, clock.now()
    typed = {name: sent.get(name, "") for name in ("name", "role", "assurance", "statement")}
    with reading() as session:
        found = case_of(session, audit_id).quarter

    def signed(session: Session) -> None:
        sign_off(session, me, audit_id, found, **typed, now=now)
        packs.ask(session, audit_id, storage().folder, now)

    try:
        repeated(signed)
    except Invalid as wrong:
        return _signing(audit_id, wrong.problems, **typed), 422
    except Conflict as not_now:
        return _signing(audit_id, (), not_now.message, **typed), 409
    flash("Signed off. Nothing of this audit changes any more.")
    return redirect(f"/audits/{audit_id}/sign", 303)


@bp.post("/audits/<uuid:audit_id>/pack")
@requires(Permission.AUDITS)
def ask_pack(audit_id: UUID) -> BaseResponse:
    """Have the pack made again: an older one was thrown away, or could not be made."""
    now = clock.now()
    repeated(lambda session: packs.ask(session, audit_id, storage().folder, now))
    return redirect(f"/audits/{audit_id}/sign#pack", 303)


@bp.get("/audits/<uuid:audit_id>/pack.zip")
@requires(Permission.AUDITS)
def pack(audit_id: UUID) -> Response:
    """What was signed off: the report with its rows and leaves, and the audit with its signature, in one folder."""
    with reading() as session:
        case, found = case_of(session, audit_id), packs.file_of(session, audit_id, storage().folder)
    if case.signature is None:
        raise Missing("This audit is not signed off yet. Sign it off first: then there is a pack to download.")
    if found is None:
        raise Conflict("The pack of this audit is not there. Its page Sign-off says how it is coming, or has it made.")
    looked(case, "pack")
    sent = send_path(*found, f"audit-{audit_id}.zip")
    sent.headers["Cache-Control"] = "no-store"
    return sent
