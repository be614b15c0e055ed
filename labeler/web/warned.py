"""Warnings on the desk: a text that is worse than it says, and whether what is on a screen may still be there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.queries import held_task, own_task
from labeler.db import glancing, reading, repeated
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.warnings.covering import still
from labeler.warnings.rules import SAYABLE
from labeler.warnings.service import report
from labeler.web.shown import REPORTED, REPORTED_GONE, REPORTED_SAME, beside, refuse_in_frame, reply, show_desk
from labeler.web.words import SEVERITIES
from tasks.content import Category

bp = Blueprint("warned", __name__)
refuse_in_frame(bp)

LEVELS = [(int(level), SEVERITIES.get(level, "must not be shown at all")) for level in SAYABLE]


@bp.get("/assignments/<uuid:assignment_id>/still")
@requires(Permission.WORK)
def look(assignment_id: UUID) -> Response:
    """Whether the task on this screen is still this labeler's, and its text may still be seen (OPT-2).

    204 or 410. It is no sign of work: no clock is touched, no lease is kept, nothing is written.
    """
    with glancing() as session:
        stands = still(session, person().id, assignment_id, clock.now(), shown="shown" in request.args)
    return reply("", 204 if stands else 410)


@bp.get("/assignments/<uuid:assignment_id>/worse")
@requires(Permission.WORK)
def ask_worse(assignment_id: UUID) -> Response:
    """What is worse than the warning says: kinds, and how strong. One press does it."""
    return _panel(assignment_id)


@bp.post("/assignments/<uuid:assignment_id>/worse")
@requires(Permission.WORK)
def worse(assignment_id: UUID) -> BaseResponse:
    """Raise the warning for everybody, at once. The desk then shows what became of the task."""
    me, now = person().id, clock.now()
    category, said = request.form.get("category", ""), request.form.get("severity", "")
    severity = int(said) if said in {"1", "2", "3", "4"} else 0
    try:
        done = repeated(lambda session: report(session, me, assignment_id, category, severity, now))
    except Invalid as wrong:
        return _panel(assignment_id, wrong.problems, category)
    return show_desk(REPORTED_GONE if done.gone else REPORTED if done.raised else REPORTED_SAME)


def _panel(
    assignment_id: UUID, problems: tuple[FieldProblem, ...] | list[FieldProblem] = (), chosen: str = ""
) -> Response:
    me, now = person().id, clock.now()
    with reading() as session:
        held = held_task(session, me, now)
        if held is None or held.assignment_id != assignment_id:
            held = own_task(session, me, assignment_id, now)
    if held is None:
        raise Missing("You don't have this task any more.")
    shown = beside(
        "_worse", "This is worse than it says", held=held, problems=problems, chosen=chosen,
        categories=list(Category), levels=LEVELS,
    )  # fmt: skip
    shown.status_code = 422 if problems else 200
    return shown
