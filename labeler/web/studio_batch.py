"""One import: how far it is, what it brought, or everything that is wrong with its file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, current_app
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission
from labeler.config import Settings
from labeler.db import reading
from labeler.gate import requires
from labeler.jobs.import_batch import problem_file
from labeler.projects import queries
from labeler.projects.models import Batch, ImportState, Project
from labeler.web.studio_frame import open_project, project_page
from labeler.web.studio_preview import Reading, note
from tasks.content import Category, Item

bp = Blueprint("studio_batch", __name__)

LISTED = 100
"""Problems that a page lists; the files have all of them."""
WORDS = 200
"""Words of the word list that a page lists."""
AROUND, LONGEST = 120, 400
"""Characters before the first matched word of an excerpt, and of an excerpt in all."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would take it for a formula and might run it."""


@bp.get("/projects/<slug>/imports/<uuid:batch_id>")
@requires(Permission.PROJECTS_SEE)
def one(slug: str, batch_id: UUID) -> str:
    """An import."""
    return _page(slug, batch_id, show=False)


@bp.post("/projects/<slug>/imports/<uuid:batch_id>/words")
@requires(Permission.PROJECTS_SEE)
def show_words(slug: str, batch_id: UUID) -> str:
    """An import with the texts around the words that raised a severity: asked for, and counted as seen (EXP-9)."""
    return _page(slug, batch_id, show=True)


def _page(slug: str, batch_id: UUID, *, show: bool) -> str:
    with reading() as session:
        project = open_project(session, slug)
        batch = queries.batch_of(session, project.id, batch_id)
        report: dict[str, Any] = batch.report or {}
        samples = _samples(session, project, report) if show and batch.state is ImportState.DONE else []
    note([Reading(each.profile, project.seconds_estimate, each.task_id) for each in samples])
    excerpts = [{"profile": each.profile, "excerpts": list(_around(each))} for each in samples]
    return project_page(
        "import_one",
        project,
        "data",
        batch=batch,
        report=report,
        problems=report.get("problems", ())[:LISTED],
        matched=sorted(report.get("matched", {}).items(), key=lambda each: (-each[1], each[0]))[:WORDS],
        widened={Category(code): level for code, level in report.get("widened", {}).items()},
        show=show,
        excerpts=excerpts,
    )


def _samples(session: Session, project: Project, report: dict[str, Any]) -> list[queries.Sample]:
    return queries.samples_of(session, project.id, [UUID(each) for each in report.get("samples", ())])


def _around(sample: queries.Sample) -> Iterator[list[tuple[str, bool]]]:
    return excerpts(Item.model_validate_json(sample.item), sample.matched)


def excerpts(item: Item, words: Iterable[str]) -> Iterator[list[tuple[str, bool]]]:
    """The texts of an item around these words: each text as pieces, with whether a piece is one of the words."""
    longest_first = sorted(words, key=len, reverse=True)
    if not longest_first:
        return
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
    for message in (*item.prompt, *(message for each in item.completions for message in each.messages)):
        first = pattern.search(message.content)
        if first is None:
            continue
        start = max(0, first.start() - AROUND)
        text = message.content[start : start + LONGEST]
        pieces, at = [("…", False)] if start else [], 0
        for found in pattern.finditer(text):
            pieces += [(text[at : found.start()], False), (found.group(), True)]
            at = found.end()
        rest = text[at:] + ("…" if start + LONGEST < len(message.content) else "")
        yield [piece for piece in (*pieces, (rest, False)) if piece[0]]


@bp.get("/projects/<slug>/imports/<uuid:batch_id>/problems.<any(jsonl, csv):ending>")
@requires(Permission.PROJECTS_SEE)
def take_problems(slug: str, batch_id: UUID, ending: str) -> Response:
    """Every problem of a refused file, up to the limit of what is kept: one a line, or as a table."""
    with reading() as session:
        batch = queries.batch_of(session, open_project(session, slug).id, batch_id)
    settings: Settings = current_app.extensions["settings"]
    lines = _problems(batch, problem_file(settings.folder, batch.id))
    if ending == "jsonl":
        made = Response((orjson.dumps(each) + b"\n" for each in lines), mimetype="application/jsonl")
    else:
        made = Response(_table(lines), mimetype="text/csv")
    made.headers["Content-Disposition"] = f'attachment; filename="{slug}-{batch.id}-problems.{ending}"'
    return made


def _problems(batch: Batch, path: Path) -> Iterator[dict[str, Any]]:
    """The problems as the job wrote them down; those on the page where its file is not on this machine.

    They are read while the reply is sent: nothing here may ask for the request or the application.
    """
    if not path.is_file():
        yield from (batch.report or {}).get("problems", ())
        return
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def _table(problems: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "\ufeffline,field,message\r\n"  # spreadsheets tell UTF-8 by this mark
    for each in problems:
        row = io.StringIO()
        csv.writer(row).writerow([_cell(each.get(name)) for name in ("line", "field", "message")])
        yield row.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
