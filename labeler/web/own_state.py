"""A vendor's own state, for its managers: how the running quarter stands, and the findings of auditors."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.compliance.auditing import as_said, findings, publishing
from labeler.compliance.auditing.models import Audit
from labeler.compliance.auditing.own_state import WEEK, newest_of
from labeler.compliance.events import Period
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.web.audit_case import SEVERITIES
from labeler.web.mending import to_mend
from labeler.web.people_forms import day_of

bp = Blueprint("own_state", __name__)

ORDER = {"mend": "something to mend", "unknown": "cannot be said yet", "fine": "fine so far"}
"""States in words, in the order in which controls are listed."""


def _vendor() -> UUID:
    mine = person().vendor_id
    if mine is None:
        raise Missing("You speak for no vendor. Ask the administrator who invited you.")
    return mine


@bp.get("/state")
@requires(Permission.OWN_STATE)
def show() -> str:
    """How the quarter stands by control after the last whole week, and the findings."""
    mine, now = _vendor(), clock.now()
    with reading() as session:
        found = newest_of(session, mine)
        written = findings.shown(session, Audit.vendor_id == mine, now)
        named = publishing.is_named(session, mine)
    row, controls = found if found else (None, [])
    order = list(ORDER)
    return render_template(
        "people/state.html", row=row, controls=sorted(controls, key=lambda each: order.index(each.state)), states=ORDER,
        named=named, findings=written, to_mend=to_mend, until=row.week + WEEK if row else None,
        period=Period.quarter(row.year, row.quarter).name if row else "",
        name=lambda audit: Period.quarter(audit.year, audit.quarter).name,
    )  # fmt: skip


@bp.post("/state/naming")
@requires(Permission.OWN_STATE)
def naming() -> Response:
    """Agree to be named on the public page, or take that back."""
    me, mine, now, named = person().id, _vendor(), clock.now(), request.form.get("named") == "yes"
    repeated(lambda session: publishing.say_named(session, me, mine, named, now))
    flash("Kept. The public page names you." if named else "Kept. The public page has a number for you.")
    return redirect("/state", 303)


@bp.get("/state/findings/<uuid:finding_id>")
@requires(Permission.OWN_STATE)
def finding(finding_id: UUID) -> str:
    """One finding about one's own vendor."""
    return _finding(finding_id)


def _finding(finding_id: UUID, problems: tuple[FieldProblem, ...] = (), **typed: str) -> str:
    with reading() as session:
        found = findings.of_vendor(session, _vendor(), finding_id, clock.now())
        changed = as_said.changed(session, [found])
    return render_template(
        "people/finding.html", shown=found, changed=changed, severities=SEVERITIES, problems=problems, typed=typed,
        period=Period.quarter(found.audit.year, found.audit.quarter).name,
    )  # fmt: skip


@bp.post("/state/findings/<uuid:finding_id>")
@requires(Permission.OWN_STATE)
def reply(finding_id: UUID) -> Response | tuple[str, int]:
    """Reply to a finding, with a remedy and its day."""
    sent, me, mine, now = request.form, person().id, _vendor(), clock.now()
    text, day = sent.get("text", ""), sent.get("remedy_on", "")
    try:
        repeated(lambda session: findings.reply(session, me, mine, finding_id, text, day_of(day), now))
    except Invalid as wrong:
        return _finding(finding_id, wrong.problems, text=text, remedy_on=day), 422
    flash("Sent. The auditor reads it.")
    return redirect(f"/state/findings/{finding_id}", 303)
