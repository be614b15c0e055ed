"""Batches: a file sent in, read by a job, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import Response, request
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, named, query
from labeler.api.door import bp
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, idempotency_key, once
from labeler.db import reading
from labeler.errors import FieldProblem, Invalid
from labeler.jobs.outbox import enqueue
from labeler.projects import queries, service
from labeler.projects.models import Batch, ImportState
from labeler.uploads import received

TAG = "batches"

Text = Annotated[str, Field(min_length=1, max_length=200)]


class ImportQuery(Sent):
    """How a file is to be read. A form may say the same in its fields."""

    name: Text | None = Field(default=None, description="The file's name; needed unless a form brings it.")
    again: bool = Field(default=False, description="Import a file whose content this project has already.")
    categories: Annotated[str, Field(max_length=400)] | None = Field(
        default=None, description="Content of every row that does not say its own, such as `W10=2,W03=1`."
    )
    language: Annotated[str, Field(max_length=40)] | None = Field(
        default=None, description="Language of every row that does not say its own."
    )
    shape: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="How rows are to be understood; recognised when left out."
    )


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


class BatchFacts(BatchSummary):
    """An import with what was found in it."""

    settings: dict[str, Any]
    report: dict[str, Any] | None = Field(description="Mapping, problems, matched words; null until it is read.")
    problems_url: str


class BatchPage(BaseModel):
    """One page of imports, the newest first, refused ones too."""

    items: list[BatchSummary]
    next_cursor: str | None


def facts(slug: str, batch: Batch) -> BatchFacts:
    """All of an import, as the API shows it; where its file lies stays inside."""
    hidden = ("settings", "problems_url")
    plain = {name: getattr(batch, name) for name in BatchFacts.model_fields if name not in hidden}
    settings = {name: value for name, value in batch.settings.items() if name != "path"}
    return BatchFacts(settings=settings, problems_url=f"{batch_address(slug, batch.id)}/problems", **plain)


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


_FILE = {
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
@documented(TAG, BatchFacts, status=202, query=ImportQuery, writes=True, extra=_FILE)
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
        settings = _settings(asked, upload.fields)

        def work(session: Session, now: datetime) -> Reply:
            project = queries.project_by_slug(session, slug)
            who = caller().user_id
            name = settings.name or upload.name
            batch = service.request_import(
                session, who, project.id, name, upload.path, settings.model_dump(exclude={"name"}), now
            )
            enqueue(session, "import_batch", now, batch=str(batch.id))
            upload.wanted = True
            return Reply(facts(slug, batch), 202, batch_address(slug, batch.id))

        content = upload.sha256 + json.dumps([upload.name, settings.model_dump()], sort_keys=True).encode()
        return once(content, work)


def _settings(asked: ImportQuery, fields: dict[str, list[str]]) -> ImportQuery:
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
    """Every problem that was listed, as JSON Lines: `line`, `field`, `message`. Empty while there are none."""
    with reading() as session:
        batch = queries.batch_of(session, queries.project_by_slug(session, slug).id, batch_id)
    reply = Response(_lines(batch.report or {}), content_type="application/jsonl; charset=utf-8")
    reply.headers["Content-Disposition"] = f'attachment; filename="{batch.id}-problems.jsonl"'
    return reply


def _lines(report: dict[str, Any]) -> Iterator[str]:
    for each in report.get("problems", []):
        yield json.dumps(each, ensure_ascii=False) + "\n"
