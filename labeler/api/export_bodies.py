"""What the API takes and gives about exports."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from labeler.api.bodies import Sent
from labeler.exports import keep_out
from labeler.exports.approving import LONGEST_NOTE
from labeler.exports.models import Approval, Cause, ExportState
from labeler.exports.plan import LEAST_TIMES, MOST_PROJECTS
from labeler.exports.views.aggregations import WORDS as HOW
from labeler.exports.views.aggregations import Aggregation
from labeler.exports.views.margins import USUAL, WORDS, MarginMap
from labeler.exports.views.registry import known


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
    also: list[str] = Field(
        default=[],
        max_length=MOST_PROJECTS - 1,
        description="Other projects whose answers are taken in, by slug: of the same kind, with options that make the "
        "same columns; an error names what differs. `judgments` then has the column `project`.",
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
    snapshot_at: Moment | None = Field(default=None, description="The moment to look at; null for now.")


class LookQuery(Sent):
    """Which answers an export would take; as in the request, with commas between several values."""

    also: Annotated[str, Field(max_length=2_000, description="Other projects that are taken in, by slug.")] = ""
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


class ProjectSteps(BaseModel):
    """The steps of one project among several."""

    project: str = Field(description="Its slug.")
    steps: list[ExportStep]


class ExportLook(BaseModel):
    """What an export would take, step by step: each leaves what the one before left, less what it takes away."""

    as_of: datetime = Field(description="When it was counted.")
    snapshot_at: datetime
    steps: list[ExportStep]
    projects: list[ProjectSteps] = Field(
        default=[], description="The same for each project, where the export takes in several; else empty."
    )


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
    problem: str | None = Field(description="Why it failed; while it is being written, why the last attempt did.")
    withdrawn_on: date | None = Field(
        description="The day since which it should not be used any more: answers in it are in no later version."
    )
    published_at: datetime | None = Field(
        description="Since when it may leave the house; null while it is not published."
    )
    approval: Approval | None = Field(
        description="How the second look at it stands; null where none is needed. Its files can be taken when it is "
        "null or `approved`."
    )


class Approve(Sent):
    """What the second person says of a version that is good."""

    note: str = Field(default="", max_length=LONGEST_NOTE, description="Optional.")


class Refuse(Sent):
    """What the second person says of a version that is not to be taken."""

    note: str = Field(max_length=LONGEST_NOTE, description="Why. Whoever asked for it reads it.")


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
    decided_at: datetime | None = Field(description="When a second person approved or refused it.")
    decision_note: str | None = Field(description="What she said of it.")
    newer: int | None = Field(description="The newest version that may be used in its place; null when there is none.")


class ExportPage(BaseModel):
    """One page of exports, the newest first."""

    items: list[ExportSummary]
    next_cursor: str | None
