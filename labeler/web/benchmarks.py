"""The whole table of wage benchmarks with its age, and adding many from a CSV file after a look."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.pay import review, terms
from labeler.pay.benchmarks import COLUMNS, months_old, read_csv
from labeler.web.own_pay import tools

bp = Blueprint("benchmarks", __name__)

LARGEST = 512 * 1024
"""Bytes of a file."""


@bp.get("/evidence/benchmarks")
@requires(Permission.EVIDENCE_SEE)
def every() -> str:
    """All benchmarks with basis, source and age; those older than twelve months are marked (PAY-9)."""
    return _page("", ())


def _page(text: str, problems: tuple[FieldProblem, ...]) -> str:
    today = clock.now().date()
    with reading() as session:
        found = review.benchmarks(session, today)
        return render_template(
            "evidence/benchmarks.html", benchmarks=found, months=lambda dated: months_old(dated, today), text=text,
            problems=problems, columns=COLUMNS, edits=may(person().role, Permission.PAY_EDIT), **tools(),
        )  # fmt: skip


@bp.post("/evidence/benchmarks/import")
@requires(Permission.PAY_EDIT)
def take() -> Response | str | tuple[str, int]:
    """Read a file and show what would be added; with `do` "add", add all of it or nothing."""
    me, now, wanted = person(), clock.now(), request.form.get("do", "look")
    sent = request.files.get("file")
    data = (sent.read(LARGEST + 1) if sent else b"") or request.form.get("text", "").encode()
    if len(data) > LARGEST:
        return _page("", (FieldProblem("file", f"The file is larger than {LARGEST // 1024} KB. Cut it in two."),)), 422
    text = data.decode("utf-8-sig", "replace").replace("\0", "")
    if wanted == "change":
        return _page(text, ())
    rows, problems = read_csv(data, now.date())
    try:
        if problems:
            raise Invalid("This file can't be added yet.", problems)
        if wanted == "add":
            repeated(lambda session: terms.add_benchmarks(session, me.id, rows, now))
        else:
            with reading() as session:
                terms.refuse_known(session, rows)
    except Invalid as wrong:
        return _page(text, wrong.problems), 422
    if wanted == "add":
        flash(f"{len(rows)} added." if len(rows) > 1 else "One benchmark is added.")
        return redirect("/evidence/benchmarks", 303)
    return render_template("evidence/benchmarks_look.html", rows=rows, text=text, **tools())
