"""What a labeler may say about herself, if she likes to. Nothing leads here but her own list of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.demographics import rules, service
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires

bp = Blueprint("about_me", __name__)

DONE = {
    "kept": "Saved. It says what you see below, and nothing else.",
    "removed": "Removed. Nothing of it is kept.",
    "nothing": "Nothing was filled in, so nothing is kept.",
}


@bp.get("/me/about")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """The form, with what she has said before."""
    with reading() as session:
        found = service.mine(session, person().id)
        said = {name: value for name, value in vars(found).items() if value} if found else {}
    return _page(said, there=found is not None, done=DONE.get(request.args.get("done", "")))


@bp.post("/me/about")
@requires(Permission.OWN_CHOICES)
def keep() -> BaseResponse:
    """Keep what the form says, in place of what was there."""
    me, now, form = person().id, clock.now(), request.form.to_dict()
    try:
        kept = repeated(lambda session: service.keep(session, me, form, now))
    except Invalid as wrong:
        with reading() as session:
            there = service.mine(session, me) is not None
        return _page(form, there=there, problems=wrong.problems)
    return redirect(f"/me/about?done={'kept' if kept else 'nothing'}", 303)


@bp.post("/me/about/remove")
@requires(Permission.OWN_CHOICES)
def remove() -> BaseResponse:
    """Delete all of it at once."""
    me = person().id
    repeated(lambda session: service.remove(session, me))
    return redirect("/me/about?done=removed", 303)


def _page(
    said: Mapping[str, Any], there: bool, done: str | None = None, problems: tuple[FieldProblem, ...] = ()
) -> Response:
    page = render_template(
        "care/about_me.html", asked=rules.ASKED, limit=rules.WORDS_LIMIT, k=rules.K, said=said, there=there, done=done,
        problems=problems,
    )  # fmt: skip
    response = make_response(page, 422 if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
