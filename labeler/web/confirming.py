"""What labelers say of their vendor's report: that a line of it is so, or is not. Nobody of the vendor learns who."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cells import K_INSIDE
from labeler.compliance import reading_reports, standards
from labeler.compliance.report.plain import LANGUAGES, worker_view
from labeler.compliance.report.plain_lines import PLAIN
from labeler.compliance.report.seen import View
from labeler.db import reading, repeated
from labeler.downloads import storage
from labeler.errors import FieldProblem
from labeler.evidence import service
from labeler.evidence.models import Says
from labeler.evidence.rules import last_quarter
from labeler.gate import person, requires
from labeler.workforce.models import Labeler

bp = Blueprint("confirming", __name__)


@bp.get("/me/report")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """The newest report in plain words; and each line of the one on the last whole quarter, with what she said of
    it."""
    return _page()


def _page(problems: tuple[FieldProblem, ...] = (), status: int = 200) -> Response:
    me, now, standard = person(), clock.now(), standards.read()
    period = last_quarter(now)
    with reading() as session:
        said = service.said_by(session, me.id, period.name)
        may_say = service.may_say(session, me.id, now)
        hers = session.get_one(Labeler, me.id)
        done = reading_reports.newest_done(session, storage().folder, hers.vendor_id)
    page = render_template(
        "care/report.html", period=period, said=said, may_say=may_say, says=Says, problems=problems, k=K_INSIDE,
        plain=_plain(done[1], hers.languages) if done else None, of=done[0] if done else None,
        lines=[(control, PLAIN.get(control.id, control.title)) for control in standard.controls],
    )  # fmt: skip
    reply = make_response(page, status)
    reply.headers["Cache-Control"] = "no-store"
    return reply


def _plain(seen: View, languages: Sequence[str]) -> dict[str, Any]:
    """What `worker.html` says, in her language where there is a translation."""
    facts = seen["facts"]
    said = worker_view(seen, next((each for each in languages if each in LANGUAGES), "en"))
    meets, nobody = facts["meets"] == "yes", facts["assurance"] == "none"
    return {
        **said,
        "own": facts["profile-source"] == "asker",
        "verdict": said["say"]["meets" if meets else "meets_not"],
        "who": said["say"]["nobody" if nobody else "somebody"],
    }


@bp.post("/me/report/<control>")
@requires(Permission.OWN_CHOICES)
def say(control: str) -> BaseResponse:
    """Confirm or contest one line. The last word counts."""
    me, now, word = person().id, clock.now(), request.form.get("says", "")
    if word not in set(Says):
        words = "Choose whether it is so, or is not so."
        return _page((FieldProblem(control if control in _known() else "says", words),), 422)
    repeated(lambda session: service.say(session, me, control, Says(word), standards.read(), now))
    return redirect(f"/me/report#{control}", 303)


def _known() -> set[str]:
    return {each.id for each in standards.read().controls}
