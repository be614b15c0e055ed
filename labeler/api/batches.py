"""Batches: a file sent in, read by a job, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
from flask import Response, current_app, request
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, named, query
from labeler.api.door import bp
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.problems import FieldFault
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, idempotency_key, once, was_repeat
from labeler.db import reading
from labeler.errors import FieldProblem, Invalid
from labeler.jobs.import_batch import problem_file
from labeler.jobs.outbox import enqueue
from labeler.projects import queries, service
from labeler.projects.models import Batch, ImportState
from labeler.projects.reading import shape_names
from labeler.projects.spooling import ImportSettings
from labeler.uploads import received
from labeler.workforce.rules import is_tag, tidy_tag
from tasks.content import Category

TAG = "batches"
PIECE = 64 * 1024
"""Bytes of a list of problems that are sent at once."""

Text = Annotated[str, Field(min_length=1, max_length=200)]

NOTHING = "none"
"""What `categories` says when a file holds nothing sensitive."""


def levels(text: str) -> dict[Category, int]:
    """`W10=2,W03=1` as severities by category. Raises ValueError."""
    found: dict[Category, int] = {}
    for each in [] if text == NOTHING else text.split(","):
        code, _, level = each.strip().partition("=")
        if code not in set(Category) or level not in ("0", "1", "2", "3", "4") or code in found:
            raise ValueError(f"write each category once, with a severity from 0 to 4: W10=2,W03=1; or {NOTHING}")
        found[Category(code)] = int(level)
    return found


def _levels(text: str) -> str:
    levels(text)
    return text


def _language(tag: str) -> str:
    if not is_tag(tidy_tag(tag)):
        raise ValueError("write a language tag such as en, sw or pt-BR")
    return tidy_tag(tag)


def _shape(name: str) -> str:
    if name not in shape_names():
        raise ValueError(f"choose one of {', '.join(shape_names())}")
    return name


Shape = Annotated[str, Field(max_length=60), AfterValidator(_shape)]


class ImportQuery(Sent):
    """How a file is to be read. A form may say the same in its fields."""

    name: Text | None = Field(default=None, description="The file's name; needed unless a form brings it.")
    again: bool = Field(default=False, description="Import a file whose content this project has already.")
    categories: Annotated[str, Field(max_length=400), AfterValidator(_levels)] | None = Field(
        default=None,
        description="Content of every row that does not say its own, such as `W10=2,W03=1`, or `none`. Left out, such "
        "rows count as the highest that the project declares.",
    )
    language: Annotated[str, Field(max_length=40), AfterValidator(_language)] | None = Field(
        default=None, description="Language of every row that does not say its own."
    )
    shape: Shape | None = Field(default=None, description="How rows are to be understood; recognised when left out.")

    def chosen(self) -> dict[str, Any]:
        """The same, as the import reads it."""
        categories = None if self.categories is None else levels(self.categories)
        settings = ImportSettings(categories=categories, language=self.language, shape=self.shape, again=self.again)
        return settings.model_dump(mode="json", exclude_none=True)


class BatchSummary(BaseModel):
    """An import."""

    id: UUID
    name: str
    state: ImportState
    created_at: datetime
    finished_at: datetime | None
    format: str | None
    rows: int
    tasks: int
    content_hash: str = Field(description="SHA-256 of the file; empty until it is read.")


class ImportReport(BaseModel):
    """What was found in a file. While it is read only the first two are there, afterwards all the others."""

    bytes_done: int | None = Field(default=None, description="How much of the file has been read.")
    bytes_all: int | None = None
    format: str | None = None
    shape: str | None = None
    shape_title: str | None = None
    mapping: dict[str, str] | None = Field(default=None, description="What each column became.")
    passed_over: int | None = Field(default=None, description="Prompts with too few replies to compare.")
    problem_count: int | None = None
    problems: list[FieldFault] | None = Field(
        default=None, description="The first thousand; `problems_url` gives the first hundred thousand."
    )
    lexicon_version: int | None = None
    matched: dict[str, int] | None = Field(default=None, description="Words of the word list, and in how many rows.")
    raised: int | None = Field(default=None, description="Rows whose severity the word list raised.")
    widened: dict[Category, int] | None = Field(default=None, description="What the project declares beyond before.")
    sensitive: int | None = Field(default=None, description="Tasks at severity 2 or more.")


class BatchFacts(BatchSummary):
    """An import with what was found in it."""

    settings: ImportSettings
    report: ImportReport | None = Field(description="Null until the file is read.")
    problems_url: str


class BatchPage(BaseModel):
    """One page of imports, the newest first, refused ones too."""

    items: list[BatchSummary]
    next_cursor: str | None


def facts(slug: str, batch: Batch) -> BatchFacts:
    """All of an import, as the API shows it; where its file lies stays inside."""
    made_here = ("settings", "problems_url")
    plain = {name: getattr(batch, name) for name in BatchFacts.model_fields if name not in made_here}
    settings = {name: batch.settings[name] for name in ImportSettings.model_fields if name in batch.settings}
    return BatchFacts.model_validate(
        {**plain, "settings": settings, "problems_url": f"{batch_address(slug, batch.id)}/problems"}
    )


def batch_address(slug: str, batch_id: UUID) -> str:
    """An import's address."""
    return f"{address(slug)}/batches/{batch_id}"


@bp.get("/projects/<slug>/batches")
@documented(TAG, BatchPage, query=PageQuery)
@requires_scope(Scope.PROJECTS_READ)
def list_batches(slug: str) -> Response:
    """Imports of a project, the newest first, refused ones too."""
    asked = query(PageQuery)
    with reading() as session:
        project = queries.project_by_slug(session, slug)
        rows, cursor = page(session, select(Batch).where(Batch.project_id == project.id), Batch.id, asked)
        items = [BatchSummary.model_validate(row, from_attributes=True) for row in rows]
    return answer(BatchPage(items=items, next_cursor=cursor))


FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
                }
            },
        },
    }
}


@bp.post("/projects/<slug>/batches")
@documented(TAG, BatchFacts, status=202, query=ImportQuery, writes=True, extra=FILE)
@requires_scope(Scope.BATCHES_WRITE)
def import_batch(slug: str) -> Response:
    """Send a file of tasks.

    The file is the body, or the part `file` of a form. It is read by a job, all of it or nothing: ask its address until
    `state` is `done` or `refused`.
    """
    idempotency_key()  # asked for before gigabytes are taken in
    asked = query(ImportQuery)
    with reading() as session:
        queries.project_by_slug(session, slug)
    if request.mimetype != "multipart/form-data" and asked.name is None:
        raise Invalid("The file needs a name.", [FieldProblem("name", "Add ?name=pairs.jsonl.gz to the address.")])
    with received(asked.name) as upload:
        settings = asked_for(asked, upload.fields)

        def work(session: Session, now: datetime) -> Reply:
            project = queries.project_by_slug(session, slug)
            who = caller().user_id
            name = settings.name or upload.name
            batch = service.request_import(session, who, project.id, name, upload.path, settings.chosen(), now)
            enqueue(session, "import_batch", now, batch=str(batch.id))
            return Reply(facts(slug, batch), 202, batch_address(slug, batch.id))

        content = upload.sha256 + json.dumps([upload.name, settings.model_dump()], sort_keys=True).encode()
        reply = once(content, work)
        upload.wanted = not was_repeat(reply)
        return reply


def asked_for(asked: ImportQuery, fields: dict[str, list[str]]) -> ImportQuery:
    """What the query and the form say together; neither may contradict the other. Raises Invalid."""
    said = named(ImportQuery, fields, "form")
    both = asked.model_fields_set & said.model_fields_set
    if both:
        raise Invalid(
            "The address and the form say the same things.",
            [FieldProblem(name, "Say it in the address or in the form, not in both.") for name in sorted(both)],
        )
    return asked.model_copy(update={name: getattr(said, name) for name in said.model_fields_set})


@bp.get("/projects/<slug>/batches/<uuid:batch_id>")
@documented(TAG, BatchFacts)
@requires_scope(Scope.PROJECTS_READ)
def get_batch(slug: str, batch_id: UUID) -> Response:
    """One import: how it stands, and what was found in it."""
    with reading() as session:
        batch = queries.batch_of(session, queries.project_by_slug(session, slug).id, batch_id)
    return answer(facts(slug, batch))


_LINES = {"responses": {"200": {"description": "One problem a line.", "content": {"application/jsonl": {}}}}}


@bp.get("/projects/<slug>/batches/<uuid:batch_id>/problems")
@documented(TAG, None, extra=_LINES)
@requires_scope(Scope.PROJECTS_READ)
def download_problems(slug: str, batch_id: UUID) -> Response:
    """Every problem that was found, up to 100,000, as JSON Lines: `line`, `field`, `message`. Empty without any."""
    with reading() as session:
        batch = queries.batch_of(session, queries.project_by_slug(session, slug).id, batch_id)
    kept = problem_file(current_app.extensions["settings"].folder, batch.id)
    lines = _kept(kept) if kept.is_file() else _listed(batch.report or {})
    reply = Response(lines, content_type="application/jsonl; charset=utf-8")
    reply.headers["Content-Disposition"] = f'attachment; filename="{batch.id}-problems.jsonl"'
    return reply


def _kept(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _listed(report: dict[str, Any]) -> Iterator[bytes]:
    for each in report.get("problems", []):
        yield orjson.dumps(each) + b"\n"
