"""Exports: asked for, watched, listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from flask import Response, current_app
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body, query
from labeler.api.door import bp
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.errors import Missing
from labeler.exports import queries, service
from labeler.exports.models import Export, ExportState
from labeler.exports.views.margins import USUAL, WORDS, MarginMap
from labeler.exports.views.registry import known
from labeler.projects.queries import project_by_slug
from labeler.storage import Storage

TAG = "exports"


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("choose a moment between the years 1 and 9999") from None


class ExportRequest(Sent):
    """What an export is made of. Everything may be left out."""

    views: list[str] = Field(
        default=[],
        max_length=50,
        description="Which views to write; empty for the usual ones of the project's kind. Of all there are, a project "
        f"has those that its kind and scale can give; an error names them: {', '.join(known())}.",
    )
    late: Literal["exclude", "include"] = "exclude"
    min_judgments: int = Field(default=1, ge=1, le=50, description="Leave tasks with fewer counted judgments out.")
    batches: list[UUID] = Field(default=[], max_length=1000, description="Only tasks of these; empty for all.")
    margin_map: MarginMap = Field(
        default=USUAL,
        description="How strong a vote of each degree is in views that have a margin: "
        + "; ".join(f"{name}: {words}" for name, words in WORDS.items())
        + ".",
    )
    label_scale: str | None = Field(
        default=None, max_length=40, description="The scale that labels of unpaired are made of; null for the first."
    )
    label_from: float | None = Field(
        default=None, description="The lowest mean on it that is labelled good; null for above its middle."
    )
    labeler_names: Literal["task", "export"] = Field(
        default="task",
        description="How far a labeler's made-up name reaches: one task, so that nobody's answers can be put together; "
        "or the whole export, for models of single labelers.",
    )
    comments: Literal["leave_out", "screened"] = Field(
        default="leave_out", description="Leave free comments out, or take them in, screened for personal data."
    )
    demographics: Literal["leave_out", "tables", "rows"] = Field(
        default="leave_out",
        description="What is told of who judged, from those who agreed, of ten people or more: nothing, a table in "
        "people.json, or the view labelers too, which needs labeler_names to be export.",
    )
    snapshot_at: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = Field(
        default=None, description="The moment to look at; null for now."
    )


class ExportFile(BaseModel):
    """One file of a finished export, for download."""

    path: str
    bytes: int
    sha256: str | None = Field(description="Null for the two files that list the others.")
    url: str


class ExportSummary(BaseModel):
    """A version of the project's dataset."""

    number: int
    state: ExportState
    views: list[str]
    snapshot_at: datetime
    created_at: datetime
    finished_at: datetime | None
    done_rows: int = Field(description="Stored answers read so far.")
    all_rows: int | None = Field(description="Of so many; null until they are counted.")
    problem: str | None = Field(description="Why it failed.")


class ExportFacts(ExportSummary):
    """A version with what it holds."""

    id: UUID
    options: dict[str, Any]
    counts: dict[str, Any] | None = Field(description="Rows in and out, by view and by reason.")
    manifest_hash: str | None = Field(description="SHA-256 of manifest.json.")
    files: list[ExportFile] = Field(description="Empty until it is done.")


class ExportPage(BaseModel):
    """One page of exports, the newest first."""

    items: list[ExportSummary]
    next_cursor: str | None


def storage() -> Storage:
    """The data folder of this installation."""
    return Storage(current_app.extensions["settings"].folder)


def export_address(slug: str, number: int) -> str:
    """An export's address."""
    return f"{address(slug)}/exports/{number}"


def listed(slug: str, export: Export) -> list[ExportFile]:
    """The files of a finished export as its manifest lists them, and the two files beside it. Raises Missing."""
    if export.state is not ExportState.DONE or export.folder is None:
        return []
    store, root = storage(), export_address(slug, export.number)
    manifest = store.file(export.folder, "manifest.json")
    named = {each["path"]: each["sha256"] for each in orjson.loads(manifest.read_bytes())["files"]}
    paths = [*sorted(named), "manifest.json", "SHA256SUMS"]
    sums = {**named, "manifest.json": export.manifest_hash}
    return [
        ExportFile(
            path=path,
            bytes=store.file(export.folder, path).stat().st_size,
            sha256=sums.get(path),
            url=f"{root}/files/{path}",
        )
        for path in paths
    ]


def facts(slug: str, export: Export) -> ExportFacts:
    """All of an export, as the API shows it."""
    plain = {name: getattr(export, name) for name in ExportFacts.model_fields if name != "files"}
    return ExportFacts(files=listed(slug, export), **plain)


@bp.get("/projects/<slug>/exports")
@documented(TAG, ExportPage, query=PageQuery)
@requires_scope(Scope.EXPORTS_READ)
def list_exports(slug: str) -> Response:
    """Exports of a project, the newest first."""
    asked = query(PageQuery)
    with reading() as session:
        project = project_by_slug(session, slug)
        rows, cursor = page(session, select(Export).where(Export.project_id == project.id), Export.id, asked)
        items = [ExportSummary.model_validate(row, from_attributes=True) for row in rows]
    return answer(ExportPage(items=items, next_cursor=cursor))


@bp.post("/projects/<slug>/exports")
@documented(TAG, ExportFacts, status=202, body=ExportRequest, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def create_export(slug: str) -> Response:
    """Ask for the next version of a project's dataset.

    It is written by a job: ask its address until `state` is `done` or `failed`.
    """
    sent = body(ExportRequest)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        chosen = sent.model_dump(exclude={"snapshot_at"})
        made, _job = service.request(session, caller().user_id, project.id, chosen, now, sent.snapshot_at)
        return Reply(facts(slug, made), 202, export_address(slug, made.number))

    return once(meaning(sent), work)


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>")
@documented(TAG, ExportFacts)
@requires_scope(Scope.EXPORTS_READ)
def get_export(slug: str, number: int) -> Response:
    """One export: how far it is, and when it is done its counts and files."""
    with reading() as session:
        found = queries.export(session, project_by_slug(session, slug).id, number)
    try:
        return answer(facts(slug, found))
    except (Missing, FileNotFoundError) as error:
        raise Missing("The files of this export are no longer there.") from error
