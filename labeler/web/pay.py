"""Pay, for administrators: objections to answer, counts to look at, statements to pay, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, time
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.pay import closing, queries, review, service
from labeler.pay.sums import minor
from labeler.web.own_pay import tools, week_name
from labeler.web.people_forms import day_of

bp = Blueprint("pay", __name__)


@bp.get("/pay")
@requires(Permission.PAY_EDIT)
def overview() -> str:
    """What waits for somebody: objections, counts, statements, findings."""
    return page()


def page(problems: tuple[FieldProblem, ...] = (), wrong: UUID | None = None) -> str:
    """The overview; `wrong` is the statement whose form was refused."""
    now = clock.now()
    with reading() as session:
        return render_template(
            "pay/overview.html", objections=review.objections(session), held=review.held_counts(session),
            vendors=review.vendor_pay(session, now), statements=queries.statements(session), now=now,
            problems=problems, wrong=wrong, week_name=week_name, **tools(),
        )  # fmt: skip


@bp.post("/pay/statements/<uuid:statement_id>/paid")
@requires(Permission.PAY_EDIT)
def paid(statement_id: UUID) -> Response | tuple[str, int]:
    """Mark a statement as paid."""
    try:
        mark(statement_id)
    except Invalid as wrong:
        return page(wrong.problems, statement_id), 422
    flash("Marked as paid.")
    return redirect("/pay", 303)


def mark(statement_id: UUID) -> None:
    """Mark a statement as paid on the day and under the reference of the form that was sent."""
    me, now = person().id, clock.now()
    day = day_of(request.form.get("paid_on", "")[:20])
    moment = None if day is None else datetime.combine(day, time(), UTC)
    reference = request.form.get("reference", "")
    repeated(lambda session: closing.mark_paid(session, me, statement_id, moment, reference, now))


@bp.get("/pay/objections/<uuid:contest_id>")
@requires(Permission.PAY_EDIT)
def objection(contest_id: UUID) -> str:
    """One objection, its line, and the form to answer it."""
    return _objection(contest_id)


def _objection(contest_id: UUID, problems: tuple[FieldProblem, ...] = (), answer: str = "", amount: str = "") -> str:
    with reading() as session:
        return render_template(
            "pay/objection.html", found=review.objection(session, contest_id), problems=problems, answer=answer,
            amount=amount, longest=service.LONGEST_TEXT, **tools(),
        )  # fmt: skip


@bp.post("/pay/objections/<uuid:contest_id>")
@requires(Permission.PAY_EDIT)
def answer(contest_id: UUID) -> Response | tuple[str, int]:
    """Answer an objection, and add what lacks where it is right."""
    me, now = person().id, clock.now()
    said, typed = request.form.get("answer", ""), request.form.get("amount", "")[:40].strip()
    with reading() as session:
        currency = review.objection(session, contest_id).line.currency
    amount = minor(typed, currency) if typed else None
    try:
        if typed and amount is None:
            raise Invalid("Write an amount.", [FieldProblem("amount", f"Write an amount in {currency}, or nothing.")])
        repeated(lambda session: service.answer_contest(session, me, contest_id, said, now, amount=amount))
    except Invalid as wrong:
        return _objection(contest_id, wrong.problems, said[: service.LONGEST_TEXT], typed), 422
    flash("Answered. The labeler sees it beside the line.")
    return redirect("/pay", 303)


@bp.post("/pay/counts/<uuid:own_id>")
@requires(Permission.PAY_EDIT)
def decide(own_id: UUID) -> Response:
    """Take a labeler's own count of a week, or leave the server's."""
    me, now, take = person().id, clock.now(), request.form.get("take") == "yes"
    repeated(lambda session: closing.decide_own(session, me, own_id, take=take, now=now))
    flash("Her count is taken: the difference is paid." if take else "The server's count stands.")
    return redirect("/pay", 303)
