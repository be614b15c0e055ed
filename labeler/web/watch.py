"""What the retaliation watch has found, for the wellbeing officer alone. Opening a flag is recorded (GRV-3)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cases import watch
from labeler.cases.grievance_models import FlagState
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.web import case_words

bp = Blueprint("watch", __name__)

CHOICES = [(state.value, words.capitalize()) for state, words in case_words.STATES.items() if state != FlagState.NEW]


@bp.get("/watch")
@requires(Permission.WATCH)
def everything() -> str:
    """All flags, without names."""
    with reading() as session:
        found = watch.flags(session)
    return render_template(
        "cases/watch.html", flags=found, signs=case_words.SIGNS, events=case_words.EVENTS, states=case_words.STATES
    )


@bp.get("/watch/<uuid:flag_id>")
@requires(Permission.WATCH)
def one(flag_id: UUID) -> str:
    """One flag, with the name of whom it is about. This look is written down."""
    return _page(flag_id)


def _page(flag_id: UUID, problems: tuple[FieldProblem, ...] = (), state: str | None = None, note: str = "") -> str:
    me, now = person().id, clock.now()
    flag, name, looks = repeated(lambda session: watch.look(session, me, flag_id, now))
    return render_template(
        "cases/flag.html", flag=flag, name=name, looks=looks, problems=problems, state=state, note=note,
        choices=CHOICES, signs=case_words.SIGNS, events=case_words.EVENTS, states=case_words.STATES,
        most=watch.NOTE[1],
    )  # fmt: skip


@bp.post("/watch/<uuid:flag_id>")
@requires(Permission.WATCH)
def conclude(flag_id: UUID) -> Response | tuple[str, int]:
    """Keep what the look found."""
    me, now = person().id, clock.now()
    state, note = request.form.get("state", ""), request.form.get("note", "")
    try:
        repeated(lambda session: watch.conclude(session, me, flag_id, state, note, now))
    except Invalid as wrong:
        return _page(flag_id, wrong.problems, state, note), 422
    flash("Your look is kept.")
    return redirect("/watch", 303)
