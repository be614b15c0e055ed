"""The limits on dataset versions and on requesters: read by whoever they hold for, set by an administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.exports.quotas import service
from labeler.exports.quotas.rules import Quota
from labeler.gate import person, requires
from labeler.projects.quotas import rules as requester_rules
from labeler.projects.quotas import service as requesters

bp = Blueprint("export_limits", __name__)


@bp.get("/exports/limits")
@requires(Permission.EXPORTS_SEE)
def one() -> str:
    """Every limit, and what the viewer uses of it."""
    return _page()


@bp.post("/exports/limits")
@requires(Permission.EXPORTS_LIMIT)
def save() -> BaseResponse | tuple[str, int]:
    """Set limits from now on."""
    me, now = person().id, clock.now()
    typed = {quota.value: request.form[quota.value] for quota in Quota if quota.value in request.form}
    try:
        repeated(lambda session: service.set_limits(session, me, typed, now))
    except Invalid as wrong:
        return _page(typed, wrong.problems), 422
    flash("Saved. The limits hold from now on.")
    return redirect(url_for("export_limits.one"), 303)


@bp.post("/exports/limits/requesters")
@requires(Permission.REQUESTERS_LIMIT)
def save_requesters() -> BaseResponse | tuple[str, int]:
    """Set limits on requesters from now on."""
    me, now = person().id, clock.now()
    typed = {
        quota.value: request.form[quota.value]
        for quota in requester_rules.RequesterQuota
        if quota.value in request.form
    }
    try:
        repeated(lambda session: requesters.set_limits(session, me, typed, now))
    except Invalid as wrong:
        return _page(typed, wrong.problems), 422
    flash("Saved. The limits hold from now on.")
    return redirect(url_for("export_limits.one"), 303)


def _page(typed: Mapping[str, str] | None = None, problems: Sequence[FieldProblem] = ()) -> str:
    me = person()
    with reading() as session:
        standing = service.standing(session, me.id, clock.now())
        of_requesters = requesters.standing(session, me.id, clock.now())
    return render_template(
        "exports/limits.html",
        standing=standing,
        of_requesters=of_requesters,
        typed=typed,
        problems=problems,
        may_limit=may(me.role, Permission.EXPORTS_LIMIT),
        may_limit_requesters=may(me.role, Permission.REQUESTERS_LIMIT),
    )
