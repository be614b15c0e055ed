"""Exports: asked for, watched, listed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from flask import Response, current_app
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
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
from labeler.exports import keep_out, queries, service, withdrawn
from labeler.exports.models import Cause, Export, ExportState
from labeler.exports.plan import LEAST_TIMES
from labeler.exports.standalone.verify_dataset import ATTESTATION, PUBLIC_KEY, SUMS
from labeler.exports.views.aggregations import WORDS as HOW
from labeler.exports.views.aggregations import Aggregation
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


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
LEAST_TIME = (
    "Leave out answers that surely took less than so many percent of the median time of their item, by the buckets of "
    "time; 0 for none. Items with fewer than three answers keep all."
)


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
    languages: list[str] = Field(default=[], max_length=200, description="Only tasks in these; empty for all.")
    guidelines: list[int] = Field(
        default=[], max_length=1000, description="Only answers given under these versions of it; empty for all."
    )
    from_day: date | None = Field(
        default=None,
        description="Only answers given on this day (UTC) or later; a changed one since its last change.",
    )
    until_day: date | None = Field(default=None, description="Only answers given on this day (UTC) or earlier.")
    least_time: int = Field(default=0, json_schema_extra={"enum": list(LEAST_TIMES)}, description=LEAST_TIME)
    keep_out: list[str] = Field(
        default=[],
        max_length=keep_out.MOST_PROMPTS,
        description="Prompts to keep out: tasks whose prompt is one of them, or nearly so, are in no view. The export "
        "keeps the list's hash, as `options.keep_out`.",
    )
    aggregation: Aggregation | None = Field(
        default=None,
        description="How the verdict of a comparison is taken from its answers; null for majority/1. "
        + "; ".join(f"{name}: {words}" for name, words in HOW.items())
        + ".",
    )
    split: int = Field(
        default=0,
        ge=0,
        le=50,
        description="Percent of the prompts' clusters that go into a test split; 0 for none. Prompts that are the same "
        "or nearly so are in one split.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed gives a prompt the same split.")
    label_scale: str | None = Field(
        default=None, max_length=40, description="The scale that labels of unpaired are made of; null for the first."
    )
    label_from: float | None = Field(
        default=None, description="The lowest mean on it that is labelled good; null for above its middle."
    )
    snapshot_at: Moment | None = Field(default=None, description="The moment to look at; null for now.")


class LookQuery(Sent):
    """Which answers an export would take; as in the request, with commas between several values."""

    batches: Annotated[str, Field(max_length=40_000, description="Only tasks of these.")] = ""
    languages: Annotated[str, Field(max_length=8_000, description="Only tasks in these.")] = ""
    guidelines: Annotated[str, Field(max_length=8_000, description="Only answers given under these versions.")] = ""
    from_day: Annotated[date | None, Field(description="Only answers given on this day (UTC) or later.")] = None
    until_day: Annotated[date | None, Field(description="Only answers given on this day (UTC) or earlier.")] = None
    least_time: Annotated[int, Field(json_schema_extra={"enum": list(LEAST_TIMES)}, description=LEAST_TIME)] = 0
    late: Annotated[Literal["exclude", "include"], Field(description="Whether late judgments count.")] = "exclude"
    min_judgments: Annotated[int, Field(ge=1, le=50, description="Leave tasks with fewer out.")] = 1
    snapshot_at: Annotated[Moment | None, Field(description="The moment to look at; left out for now.")] = None


class ExportStep(BaseModel):
    """What one step takes away, and what is left after it."""

    name: str
    words: str = Field(description='To be read after "left out", but for the first.')
    left_out: int | None = Field(description="Judgments.")
    judgments: int | None
    tasks: int | None


class ExportLook(BaseModel):
    """What an export would take, step by step: each leaves what the one before left, less what it takes away."""

    as_of: datetime = Field(description="When it was counted.")
    snapshot_at: datetime
    steps: list[ExportStep]


class ExportFile(BaseModel):
    """One file of a finished export, for download."""

    path: str
    bytes: int
    sha256: str | None = Field(description="Null for the files that list the others and sign the list.")
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
    withdrawn_on: date | None = Field(
        description="The day since which it should not be used any more: answers in it are in no later version."
    )
    published_at: datetime | None = Field(
        description="Since when it may leave the house; null while it is not published."
    )


class Withdrawn(BaseModel):
    """Why a version should not be used any more."""

    cause: Cause
    since: date
    answers: int | None = Field(description="How many answers in it are concerned; null for fewer than ten.")


class ExportFacts(ExportSummary):
    """A version with what it holds."""

    id: UUID
    options: dict[str, Any]
    counts: dict[str, Any] | None = Field(description="Rows in and out, by view and by reason; `steps` as in a look.")
    manifest_hash: str | None = Field(description="SHA-256 of manifest.json.")
    key_id: str | None = Field(
        description="Fingerprint of the key that signed it, as in /.well-known/labeler-keys.json; null when not signed."
    )
    files: list[ExportFile] = Field(description="Empty until it is done.")
    withdrawn: list[Withdrawn] = Field(description="Empty while it may be used.")
    newer: int | None = Field(description="The newest version that may be used in its place; null when there is none.")


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
    """The files of a finished export as its manifest lists them, and those beside it. Raises Missing."""
    if export.state is not ExportState.DONE or export.folder is None:
        return []
    store, root = storage(), export_address(slug, export.number)
    manifest = store.file(export.folder, "manifest.json")
    named = {each["path"]: each["sha256"] for each in orjson.loads(manifest.read_bytes())["files"]}
    beside = [SUMS] if export.key_id is None else [SUMS, ATTESTATION, PUBLIC_KEY]
    paths = [*sorted(named), "manifest.json", *beside]
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


def facts(session: Session, slug: str, export: Export) -> ExportFacts:
    """All of an export, as the API shows it. Raises Missing."""
    made = {"files", "withdrawn", "newer"}
    plain = {name: getattr(export, name) for name in ExportFacts.model_fields if name not in made}
    why = [Withdrawn.model_validate(each, from_attributes=True) for each in withdrawn.told(session, export)]
    return ExportFacts(files=listed(slug, export), withdrawn=why, newer=withdrawn.newer(session, export), **plain)


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
        chosen = sent.model_dump(exclude={"snapshot_at", keep_out.FIELD})
        listed = keep_out.kept(sent.keep_out) if sent.keep_out else None
        if listed is not None:
            chosen[keep_out.FIELD] = keep_out.name(listed)
        made, _job = service.request(session, caller().user_id, project.id, chosen, now, sent.snapshot_at)
        if listed is not None:
            storage().add_list(keep_out.name(listed), listed)
        return Reply(facts(session, slug, made), 202, export_address(slug, made.number))

    return once(meaning(sent), work)


@bp.get("/projects/<slug>/exports/look")
@documented(TAG, ExportLook, query=LookQuery)
@requires_scope(Scope.EXPORTS_READ)
def look_at_export(slug: str) -> Response:
    """What an export made now would take, step by step. It makes nothing; a million judgments take some seconds."""
    asked, now = query(LookQuery), clock.now()
    with reading() as session:
        several = ("batches", "languages", "guidelines")
        lists = {name: [part.strip() for part in getattr(asked, name).split(",") if part.strip()] for name in several}
        chosen = {**asked.model_dump(exclude={"snapshot_at"}), **lists}
        steps = queries.look(session, project_by_slug(session, slug), chosen, now, asked.snapshot_at)
    told = [ExportStep.model_validate(step, from_attributes=True) for step in steps]
    return answer(ExportLook(as_of=now, snapshot_at=asked.snapshot_at or now, steps=told))


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>")
@documented(TAG, ExportFacts)
@requires_scope(Scope.EXPORTS_READ)
def get_export(slug: str, number: int) -> Response:
    """One export: how far it is, and when it is done its counts and files."""
    with reading() as session:
        found = queries.export(session, project_by_slug(session, slug).id, number)
        try:
            return answer(facts(session, slug, found))
        except (Missing, FileNotFoundError) as error:
            raise Missing("The files of this export are no longer there.") from error
