"""Reviews for those who decide them: what is due first, one case with its words, and the decision."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cases import queries, service
from labeler.cases.rules import REASONS, REPLY_LIMIT, REPLY_WITHIN, WORDS
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import requires
from labeler.web import case_words
from labeler.web.case_words import decider

bp = Blueprint("deciding", __name__)


@bp.get("/cases")
@requires(Permission.CASES_DECIDE)
def everything() -> str:
    """Reviews that wait, those past their date first, and the last decided."""
    with reading() as session:
        waiting, decided = queries.queue(session), queries.queue(session, decided=True, most=20)
    return render_template(
        "cases/queue.html", waiting=waiting, decided=decided, now=clock.now(), kinds=case_words.QUEUE,
        outcomes=case_words.OUTCOMES, days=REPLY_WITHIN.days, limit=REPLY_LIMIT.days,
    )  # fmt: skip


@bp.get("/cases/review/<uuid:review_id>")
@requires(Permission.CASES_DECIDE)
def one(review_id: UUID) -> str:
    """One review with everything that is said about it."""
    return _page(review_id)


def _page(review_id: UUID, problems: tuple[FieldProblem, ...] = (), **typed: str) -> str:
    me = decider()
    with reading() as session:
        found = queries.to_decide(session, review_id)
        barred = service.why_barred(session, me, found.shown.case)
        labeler_id = found.shown.case.labeler_id
        name = queries.name_of(session, labeler_id) if labeler_id is not None and barred is None else None
    kind = found.shown.case.kind
    return render_template(
        "cases/review.html", found=found, shown=found.shown, review=found.review, barred=barred, name=name,
        now=clock.now(), kinds=case_words.QUEUE, codes=case_words.CODES, endings=case_words.ENDINGS,
        outcomes=case_words.OUTCOMES, choices=[(key.value, words) for key, words in case_words.OUTCOMES[kind].items()],
        role=queries.role_words, problems=problems, typed=typed, most=REASONS[1], longest=WORDS[1],
    )  # fmt: skip


@bp.post("/cases/review/<uuid:review_id>")
@requires(Permission.CASES_DECIDE)
def decide(review_id: UUID) -> Response | tuple[str, int]:
    """Decide; it binds."""
    me, now = decider(), clock.now()
    outcome, reasons = request.form.get("outcome", ""), request.form.get("reasons", "")
    try:
        repeated(lambda session: service.decide(session, me, review_id, outcome, reasons, now))
    except Invalid as wrong:
        return _page(review_id, wrong.problems, outcome=outcome, reasons=reasons), 422
    flash("Decided. The labeler sees your reasons, and that a second person decided.")
    return redirect("/cases", 303)


@bp.post("/cases/review/<uuid:review_id>/write")
@requires(Permission.CASES_DECIDE)
def write(review_id: UUID) -> Response | tuple[str, int]:
    """Write to the labeler before deciding."""
    me, now, words = decider(), clock.now(), request.form.get("words", "")
    with reading() as session:
        case_id = queries.to_decide(session, review_id).shown.case.id
    try:
        repeated(lambda session: service.write(session, case_id, words, me, now))
    except Invalid as wrong:
        return _page(review_id, wrong.problems, words=words), 422
    flash("Sent. She sees it on the page of her case.")
    return redirect(f"/cases/review/{review_id}", 303)
