"""Looser numbers that wait for a second person: who asked, who signed, why; confirm or decline."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, repeated
from labeler.errors import Invalid
from labeler.gate import person, requires
from labeler.web.policy_words import WORDS, with_unit
from labeler.wellbeing.deviations import confirm, decline, waiting
from labeler.wellbeing.limits import STANDARD

bp = Blueprint("policy_waiting", __name__)


@bp.get("/policies/waiting")
@requires(Permission.POLICIES_CONFIRM)
def show() -> str:
    """Everything that waits, the oldest first."""
    return _page()


@bp.post("/policies/waiting/<uuid:request_id>")
@requires(Permission.POLICIES_CONFIRM)
def decide(request_id: UUID) -> Response | tuple[str, int]:
    """Confirm one, or decline it."""
    me, now = person().id, clock.now()
    if request.form.get("do") == "decline":
        repeated(lambda session: decline(session, me, request_id, now))
        flash("It is declined. Nothing has changed.")
        return redirect("/policies/waiting", 303)
    try:
        repeated(lambda session: confirm(session, me, request_id, now))
    except Invalid as wrong:
        return _page([problem.message for problem in wrong.problems]), 422
    flash("It is confirmed. Every report on this time will print it.")
    return redirect("/policies", 303)


def _page(problems: list[str] | None = None) -> str:
    me = person()
    with reading() as session:
        rows = [
            (
                each, WORDS[each.request.name].title, STANDARD[each.request.name].rule,
                with_unit(each.request.name, each.request.value),
                with_unit(each.request.name, STANDARD[each.request.name].value),
            )
            for each in waiting(session)
        ]  # fmt: skip
    return render_template(
        "policies/waiting.html", rows=rows, me_id=me.id, problems=problems or [], may_confirm=True,
        may_edit=may(me.role, Permission.POLICIES_EDIT),
    )  # fmt: skip
