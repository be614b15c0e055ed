"""What everybody may read of vendors: published quarters, yearly reports, lessons learned; and who publishes them."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.cells import K_PUBLIC
from labeler.compliance.auditing import publishing
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid
from labeler.gate import person, public, requires
from labeler.workforce.queries import vendors

bp = Blueprint("transparency", __name__)

COLUMNS = ("vendor", "period", "standard", "people", "meets", "met", "not_met", "not_tested", "sha256")
"""The columns of the CSV, and of the table."""
KINDS = {"yearly": "yearly report", "lesson": "lesson learned"}


def _row(each: publishing.Quarter) -> dict[str, object]:
    told = {name: each.told[name] for name in COLUMNS[2:-1]}
    return {"vendor": each.vendor, "period": each.period, **told, "sha256": each.digest}


@bp.get("/transparency")
@public
def show() -> str:
    """Published quarters, and texts."""
    with reading() as session:
        found, texts = publishing.public(session), publishing.texts(session)
    return render_template("policies/transparency.html", quarters=found, texts=texts, kinds=KINDS, k=K_PUBLIC)


@bp.get("/transparency.json")
@public
def as_json() -> Response:
    """The same as JSON, with the result of every control."""
    with reading() as session:
        found = publishing.public(session)
    told = [{**_row(each), "controls": each.told["controls"]} for each in found]
    return Response(orjson.dumps({"k": K_PUBLIC, "quarters": told}), mimetype="application/json")


@bp.get("/transparency.csv")
@public
def as_csv() -> Response:
    """The same as CSV."""
    with reading() as session:
        found = publishing.public(session)
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for each in found:
        row = _row(each)
        name = str(row["vendor"])
        writer.writerow(row | {"vendor": f"'{name}" if name[:1] in "=+-@\t\r" else name})  # no formula in a table
    return Response(made.getvalue(), mimetype="text/csv")


@bp.get("/transparency/texts/<digest>")
@public
def text(digest: str) -> str:
    """One public text."""
    with reading() as session:
        found = publishing.text_of(session, digest)
    return render_template("policies/public_text.html", text=found, kinds=KINDS)


@bp.get("/disclosure")
@requires(Permission.DISCLOSE)
def disclosure() -> str:
    """What is published, and the forms that publish."""
    return _disclosure()


def _disclosure(problems: tuple[FieldProblem, ...] = (), said: str = "", **typed: str) -> str:
    with reading() as session:
        there = set(publishing.waiting(session))
        known = [(each, each.id in there) for each, _ in vendors(session)]
    return render_template(
        "policies/disclosure.html", vendors=known, problems=problems, said=said, typed=typed,
        kinds=[("", "Choose"), *KINDS.items()], may_publish=may(person().role, Permission.REPORTS_PUBLISH),
    )  # fmt: skip


@bp.post("/disclosure/vendors/<uuid:vendor_id>")
@requires(Permission.REPORTS_PUBLISH)
def publish(vendor_id: UUID) -> BaseResponse | tuple[str, int]:
    """Make a vendor's quarters public: all of them."""
    me, now = person().id, clock.now()
    try:
        repeated(lambda session: publishing.publish_vendor(session, me, vendor_id, now))
    except Conflict as already:
        return _disclosure((), already.message), 409
    with reading() as session:
        due = publishing.due_of(session, vendor_id, now)
    number = repeated(lambda session: publishing.keep(session, vendor_id, due, now, me))
    flash(f"Public from now on. {number} quarters were published; those that come are by themselves.")
    return redirect("/disclosure", 303)


@bp.post("/disclosure/texts")
@requires(Permission.DISCLOSE)
def publish_text() -> BaseResponse | tuple[str, int]:
    """Publish a yearly report or a lesson learned."""
    me, now = person().id, clock.now()
    typed = {name: request.form.get(name, "") for name in ("kind", "period", "title", "text")}
    try:
        digest = repeated(lambda session: publishing.publish_text(session, me, **typed, now=now))
    except Invalid as wrong:
        return _disclosure(wrong.problems, "", **typed), 422
    return redirect(f"/transparency/texts/{digest}", 303)
