"""The auditor's way in: audits, one audit's report, its rules, its controls and figures. Each look is recorded."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.compliance.auditing import holding, queries, rules, service
from labeler.compliance.auditing.findings import shown
from labeler.compliance.auditing.holding import auditors
from labeler.compliance.auditing.models import Finding
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Period
from labeler.compliance.outcome import Assessed
from labeler.compliance.profiles import profiles
from labeler.compliance.standards import as_published, read
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, OverQuota
from labeler.gate import person, requires
from labeler.web import policy_words
from labeler.web.audit_case import MARKS, RESULTS, Case, case_of, drawings, looked
from labeler.web.people_forms import uuid_of
from labeler.workforce.queries import vendors

bp = Blueprint("audits", __name__)

OFFERED = 8
"""Quarters that an audit can be opened of."""


@bp.get("/audits")
@requires(Permission.AUDITS)
def mine() -> str:
    """The audits that she holds, those of others, and the form that opens one."""
    return _mine()


def _mine(problems: tuple[FieldProblem, ...] = (), said: str = "", **typed: str) -> str:
    now = clock.now()
    year, _ = rules.quarter_of(now)
    over = rules.quarters((year - 3, 1), now)[: -OFFERED - 1 : -1]
    with reading() as session:
        (hers, others), known = queries.audits(session, person().id), vendors(session)
        buyers = [each.profile.name for each in profiles(session)]
    itself = as_published(read()).name
    return render_template(
        "oversight/audits.html", hers=hers, others=others, most=queries.LISTED, problems=problems, said=said,
        typed=typed, least=rules.PURPOSE[0],
        vendors=[("", "Choose a vendor")] + [(str(each.id), each.name) for each, _ in known],
        periods=[("", "Choose a quarter")] + [(f"{y}-{q}", Period.quarter(y, q).name) for y, q in over],
        itself=itself, profiles=[("", itself), *((each, each) for each in buyers)],
        name=lambda audit: Period.quarter(audit.year, audit.quarter).name,
    )  # fmt: skip


@bp.post("/audits")
@requires(Permission.AUDITS)
def begin() -> Response | tuple[str, int]:
    """Open an audit."""
    sent, me, now = request.form, person().id, clock.now()
    year, _, number = sent.get("period", "").partition("-")
    vendor = uuid_of(sent.get("vendor"))
    known = len(year) == 4 and len(number) == 1 and f"{year}{number}".isdecimal()
    asked = (int(year), int(number)) if known else (0, 0)
    typed = {name: sent.get(name, "") for name in ("vendor", "period", "profile", "purpose")}
    purpose, profile = typed["purpose"], typed["profile"] or None
    try:
        made = repeated(lambda session: service.open_audit(session, me, vendor, *asked, purpose, now, profile=profile))
    except Invalid as wrong:
        return _mine(wrong.problems, "", **typed), 422
    except (Conflict, OverQuota) as not_yet:
        return _mine((), not_yet.message, **typed), not_yet.status
    return redirect(f"/audits/{made}", 303)


def _exceptions_first(case: Case) -> list[Assessed]:
    order = list(RESULTS)
    core = {each.id for each in case.quarter.standard.controls if each.core}
    return sorted(
        case.quarter.assessment.controls, key=lambda each: (order.index(each.result), each.control not in core)
    )


@bp.get("/audits/<uuid:audit_id>")
@requires(Permission.AUDITS)
def report(audit_id: UUID) -> str:
    """Page 1: scope, whether the standard is met, deviations and gaps, then the controls, exceptions first."""
    return _report(audit_id)


def _report(audit_id: UUID, problems: tuple[FieldProblem, ...] = ()) -> str:
    with reading() as session:
        case = case_of(session, audit_id)
        drawn = queries.samples(session, audit_id)
        findings = shown(session, Finding.audit_id == audit_id, clock.now())
        others = [(str(each.id), each.name) for each in auditors(session) if each.id != case.holder.id]
    looked(case, "report")
    return render_template(
        "oversight/audit.html", case=case, found=case.quarter.assessment, controls=_exceptions_first(case),
        standard=case.quarter.standard, results=RESULTS, samples=drawn, findings=findings, marks=MARKS,
        said=policy_words.WORDS, with_unit=policy_words.with_unit, problems=problems,
        others=[("", "Choose an auditor"), *others], me=person().id,
    )  # fmt: skip


@bp.post("/audits/<uuid:audit_id>/holder")
@requires(Permission.AUDITS)
def hand_on(audit_id: UUID) -> Response | tuple[str, int]:
    """Hand an audit on to another auditor, or take it over from one who left."""
    me, to, now = person().id, uuid_of(request.form.get("to")), clock.now()
    try:
        repeated(lambda session: holding.hand_on(session, me, audit_id, to, now))
    except Invalid as wrong:
        return _report(audit_id, wrong.problems), 422
    flash("You hold this audit now." if to == me else "Handed on. You can still read all of it.")
    return redirect(f"/audits/{audit_id}", 303)


@bp.get("/audits/<uuid:audit_id>/rules")
@requires(Permission.AUDITS)
def in_force(audit_id: UUID) -> str:
    """The numbers in force in the quarter, and every change of one in it."""
    with reading() as session:
        case = case_of(session, audit_id)
    looked(case, "rules")
    facts, standard = case.quarter.facts, case.quarter.standard
    first = facts.bound(facts.period.start)
    numbers = [
        (name, number, getattr(first, name, number.value), case.measure.values[name])
        for name, number in standard.numbers.items()
    ]
    changes = [event for event in facts.of("policy.set") if event.fields["from_at"] < facts.period.end.isoformat()]
    return render_template("oversight/audit_rules.html", case=case, numbers=numbers, changes=changes)


@bp.get("/audits/<uuid:audit_id>/controls/<control>")
@requires(Permission.AUDITS)
def one_control(audit_id: UUID, control: str) -> str:
    """A control: what it asks, what was measured, attested and confirmed, each for itself."""
    with reading() as session:
        case = case_of(session, audit_id)
    found = case.quarter.control(control)
    looked(case, "control", rule=control)
    return render_template(
        "oversight/audit_control.html", case=case, found=found, results=RESULTS, k=case.quarter.facts.k,
        control=case.quarter.standard.control(control),
    )  # fmt: skip


@bp.get("/audits/<uuid:audit_id>/figures/<rule>")
@requires(Permission.AUDITS)
def figure(audit_id: UUID, rule: str) -> str:
    """A check: what its population is, its result, and its figures drawn, with a table beside them."""
    with reading() as session:
        case = case_of(session, audit_id)
    checked = case.quarter.check(rule)
    looked(case, "figure", rule=rule)
    check, k = CHECKS.get(rule), case.quarter.facts.k
    control = next(each for each in case.quarter.standard.controls if rule in each.rules)
    return render_template(
        "oversight/audit_figure.html", case=case, checked=checked, results=RESULTS, k=k, control=control,
        about=" ".join((check.__doc__ or "").replace("`", "").split()) if check else "",
        drawn=drawings(checked.figures),
        rows=len(case.quarter.rows(rule)), result=checked.result(k), why=checked.reason(k),
    )  # fmt: skip
