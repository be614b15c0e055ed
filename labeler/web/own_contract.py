"""A labeler's contract: what it says now, what is announced, in her languages; and that she has seen it (GOV-1)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.gate import person, requires
from labeler.web.contract_words import facts
from labeler.workforce.contract_queries import binding
from labeler.workforce.contracts import see
from labeler.workforce.models import Vendor

bp = Blueprint("own_contract", __name__)


@bp.get("/me/contract")
@requires(Permission.WORK)
def show() -> str:
    """Everything that binds her, with the whole text."""
    me, now = person(), clock.now()
    with reading() as session:
        found = binding(session, me.id, now)
        tiers = {each.row.above_id for each in found if each.row.above_id}
        above = {key: session.get_one(Vendor, key).name for key in tiers}
    return render_template("care/contract.html", bound=found, facts=facts, above=above)


@bp.post("/me/contract/<uuid:version_id>/seen")
@requires(Permission.WORK)
def seen(version_id: UUID) -> Response:
    """Say that she has seen a version. It agrees to nothing."""
    me, now = person().id, clock.now()
    repeated(lambda session: see(session, me, version_id, now))
    flash("Noted that you have seen it.")
    return redirect("/me/contract", 303)
