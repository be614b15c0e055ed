"""A project's instructions: written with a preview beside them, kept in versions, each to be laid beside another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.projects import queries, service
from labeler.projects.models import Project
from labeler.projects.wording import with_nul
from labeler.web.studio_frame import open_project, project_page
from labeler.workforce.queries import called

bp = Blueprint("studio_instructions", __name__)

AROUND = 3
"""Lines that stay the same and are shown around a change."""
OVERTAKEN = (
    "Somebody saved version {} while you wrote. Your text is below. Look at what they changed, then save again, and "
    "yours becomes the next version."
)


@bp.get("/projects/<slug>/instructions")
@requires(Permission.PROJECTS_SEE)
def show(slug: str) -> str:
    """The instructions as they stand, to be read or written on, and all their versions."""
    with reading() as session:
        project = open_project(session, slug)
        return _page(session, project, service.guideline_text(session, project) or "")


@bp.post("/projects/<slug>/instructions")
@requires(Permission.PROJECTS_EDIT)
def save(slug: str) -> Response | str | tuple[str, int]:
    """Keep the text as the next version, or show how it would look."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    me, now = person().id, clock.now()

    def work(session: Session) -> int | None:
        project = open_project(session, slug)
        if request.form.get("from", str(project.guideline_version)) != str(project.guideline_version):
            raise Invalid("Changed.", [FieldProblem("text", OVERTAKEN.format(project.guideline_version))])
        if text.strip() == (service.guideline_text(session, project) or "").strip() and text.strip():
            return None
        if problems := with_nul(text, "text"):
            raise Invalid("This can't be kept.", problems)
        return service.add_guideline(session, me, project.id, text, now).version

    if request.form.get("do") == "preview":
        with reading() as session:
            return _page(session, open_project(session, slug), text)
    try:
        version = repeated(work)
    except Invalid as wrong:
        problems = [FieldProblem("text", each.message) for each in wrong.problems]
        with reading() as session:
            return _page(session, open_project(session, slug), text, problems), 422
    flash(f"Saved as version {version}." if version else "Nothing had changed, so no version was made.")
    return redirect(f"/projects/{slug}/instructions", 303)


def _page(session: Session, project: Project, text: str, problems: list[FieldProblem] | None = None) -> str:
    versions = queries.guidelines(session, project.id)
    return project_page(
        "instructions",
        project,
        "instructions",
        text=text,
        problems=problems or (),
        versions=versions,
        names=called(session, [each.created_by for each in versions]),
    )


@bp.post("/projects/<slug>/instructions/preview")
@requires(Permission.PROJECTS_SEE)
def preview(slug: str) -> str:
    """The text that somebody is writing, as labelers would read it."""
    with reading() as session:
        open_project(session, slug)
    return render_template("studio/_instructions.html", text=request.form.get("text", ""))


@bp.get("/projects/<slug>/instructions/<int:version>")
@requires(Permission.PROJECTS_SEE)
def one(slug: str, version: int) -> str:
    """One version, and what it changed; `?against=` compares it with another one than the version before."""
    with reading() as session:
        project = open_project(session, slug)
        found = queries.guideline_of(session, project.id, version)
        against = request.args.get("against", type=int) or version - 1
        before = queries.guideline_of(session, project.id, against) if against >= 1 else None
        context: dict[str, Any] = {
            "found": found,
            "before": before,
            "changes_made": list(changed_lines(before.text, found.text)) if before is not None else [],
            "names": called(session, [found.created_by]),
            "versions": [each.version for each in queries.guidelines(session, project.id)],
        }
        return project_page("version", project, "instructions", **context)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `sign` is `+` for a new one, `-` for one that is gone, a space for one that stayed.

    `…` stands where lines that stayed are left out.
    """

    sign: str
    text: str


def changed_lines(before: str, after: str) -> Iterator[Line]:
    """What became of a text, line by line, with some lines around each change. Nothing for texts that are the same."""
    old, new = before.splitlines(), after.splitlines()
    for number, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND)):
        if number or group[0][1] > 0:
            yield Line("…", "")
        for tag, from_old, to_old, from_new, to_new in group:
            if tag == "equal":
                yield from (Line(" ", line) for line in old[from_old:to_old])
                continue
            yield from (Line("-", line) for line in old[from_old:to_old])
            yield from (Line("+", line) for line in new[from_new:to_new])
