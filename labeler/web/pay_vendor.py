"""Pay, for a vendor manager: her vendor's rate, totals of five people and more, and what each is to be paid.

Never for what: a breakdown of one person's time would show her breaks, her stand-down and what she skips.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.pay import queries, review
from labeler.pay.closing import floor_of
from labeler.pay.sums import SMALLEST
from labeler.web import pay
from labeler.web.own_pay import tools, week_name

bp = Blueprint("pay_vendor", __name__)


@bp.get("/pay/vendor")
@requires(Permission.PAY_SEE_OWN)
def show() -> str:
    """One's own vendor's rate, totals and statements."""
    return _page()


def _page(problems: tuple[FieldProblem, ...] = (), wrong: UUID | None = None) -> str:
    me, now = person(), clock.now()
    if me.vendor_id is None:
        raise Missing("You speak for no vendor.")
    with reading() as session:
        return render_template(
            "pay/vendor.html",
            rates=[rate for rate in review.rates(session, me.vendor_id) if rate.labeler is None],
            floor=floor_of(session, me.vendor_id, now), weeks=queries.week_totals(session, me.vendor_id),
            statements=queries.statements(session, me.vendor_id), smallest=SMALLEST, problems=problems, wrong=wrong,
            now=now, week_name=week_name, action="/pay/vendor/", **tools(),
        )  # fmt: skip


@bp.post("/pay/vendor/<uuid:statement_id>/paid")
@requires(Permission.PAY_SEE_OWN)
def paid(statement_id: UUID) -> Response | tuple[str, int]:
    """Mark a statement of one's own vendor as paid."""
    try:
        pay.mark(statement_id)
    except Invalid as wrong:
        return _page(wrong.problems, statement_id), 422
    flash("Marked as paid.")
    return redirect("/pay/vendor", 303)
