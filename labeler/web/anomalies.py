"""What the watch over requesters and vendors has found, for administrators, auditors and wellbeing officers (GOV-5)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.anomalies import service
from labeler.anomalies.models import Anomaly, AnomalyState
from labeler.anomalies.rules import About, Sign
from labeler.cells import K_INSIDE
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires

bp = Blueprint("anomalies", __name__)

SIGNS: dict[Sign, str] = {
    Sign.REJECTIONS: "Far more answers marked not used than elsewhere",
    Sign.UNDER_TAGGED: "Far more texts worse than their warning than elsewhere",
    Sign.UNDERPAID: "Statements below the floor",
    Sign.PAID_LATE: "Statements paid late, or not yet",
    Sign.BREAKS_TOGETHER: "Breaks of several people begin in the same second",
    Sign.SIGN_INS_TOGETHER: "Several people sign in in the same second",
    Sign.BREAK_EDGES: "Answers at the very edges of breaks",
    Sign.FIXED_INTERVALS: "Answers at fixed intervals",
}
ABOUT: dict[About, str] = {
    About.PROJECT: "project", About.REQUESTER: "requester", About.REVIEWER: "reviewer", About.VENDOR: "vendor",
}  # fmt: skip
COUNTED: dict[Sign, str] = {
    Sign.REJECTIONS: "answers not used, of all in 28 days",
    Sign.UNDER_TAGGED: "texts reported, of all answers in 28 days",
    Sign.UNDERPAID: "statements, of those due in 28 days",
    Sign.PAID_LATE: "statements, of those due in 28 days",
    Sign.BREAKS_TOGETHER: "seconds with three people or more; breaks in 7 days",
    Sign.SIGN_INS_TOGETHER: "seconds with three people or more; sign-ins in 7 days",
    Sign.BREAK_EDGES: "breaks, of all in 7 days",
    Sign.FIXED_INTERVALS: "people, of those who answered in 7 days",
}
STATES: dict[AnomalyState, str] = {
    AnomalyState.NEW: "new",
    AnomalyState.LOOKED_AT: "looked at, not settled",
    AnomalyState.UPHELD: "upheld: something is wrong",
    AnomalyState.DISMISSED: "dismissed: there is another reason",
}
CHOICES = [(state.value, words.capitalize()) for state, words in STATES.items() if state is not AnomalyState.NEW]


def numbers(row: Anomaly) -> str:
    """What was counted, in words. How many people stand behind it is told from five people on."""
    few = f"fewer than {K_INSIDE}"
    of_people = row.sign is Sign.FIXED_INTERVALS
    hits = few if of_people and row.hits < K_INSIDE else f"{row.hits:,}"
    said = f"{hits} of {row.made:,} ({COUNTED[row.sign]})"
    if row.others_per_mille is not None:
        said += f"; elsewhere {row.others_per_mille} of 1,000"
    if row.people is not None and not of_people:
        said += f"; {row.people:,} people" if row.people >= K_INSIDE else f"; {few} people"
    return said


WORDS = {"signs": SIGNS, "about": ABOUT, "states": STATES, "numbers": numbers}


@bp.get("/anomalies")
@requires(Permission.ANOMALIES)
def everything() -> str:
    """All cases."""
    with reading() as session:
        found = service.listed(session)
        names = service.names(session, found)
    return render_template("cases/anomalies.html", found=found, names=names, **WORDS)


@bp.get("/anomalies/<uuid:anomaly_id>")
@requires(Permission.ANOMALIES)
def one(anomaly_id: UUID) -> str:
    """One case. This look is written down."""
    return _page(anomaly_id)


@bp.post("/anomalies/<uuid:anomaly_id>")
@requires(Permission.ANOMALIES)
def conclude(anomaly_id: UUID) -> Response | tuple[str, int]:
    """Keep what the look found."""
    me, now = person().id, clock.now()
    state, note = request.form.get("state", ""), request.form.get("note", "")
    try:
        repeated(lambda session: service.conclude(session, me, anomaly_id, state, note, now))
    except Invalid as wrong:
        return _page(anomaly_id, wrong.problems, state, note), 422
    flash("Your look is kept.")
    return redirect("/anomalies", 303)


def _page(anomaly_id: UUID, problems: tuple[FieldProblem, ...] = (), state: str | None = None, note: str = "") -> str:
    me, now = person().id, clock.now()
    opened = repeated(lambda session: service.look(session, me, anomaly_id, now))
    return render_template(
        "cases/anomaly.html", row=opened.anomaly, name=opened.name, looks=opened.looks, problems=problems, state=state,
        note=note, choices=CHOICES, most=service.LONGEST_NOTE, **WORDS,
    )  # fmt: skip
