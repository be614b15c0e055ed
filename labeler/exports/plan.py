"""What a researcher may choose for an export. Everything wrong with a choice is told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from labeler.errors import FieldProblem, Invalid
from labeler.exports.views.aggregations import MAJORITY, Aggregation
from labeler.exports.views.margins import USUAL, MarginMap
from labeler.exports.views.registry import Rules, known
from tasks.scales import ScaleOptions


class ExportPlan(BaseModel):
    """The choices of one export. Together with the snapshot they decide every byte of its data files.

    `also` is told only where it names something: a version of one project is what it was before there was the choice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    also: tuple[UUID, ...] = Field(
        default=(), description="Other projects whose answers are taken in, of the same kind and the same columns."
    )

    views: tuple[str, ...] = Field(
        default=(), description="Which views to write. Empty for the usual ones of the kind."
    )
    late: Literal["exclude", "include"] = Field(
        default="exclude",
        description="Whether late judgments count in the other views; judgments always has them, marked.",
    )
    min_judgments: Annotated[int, Field(ge=1, le=50)] = Field(
        default=1, description="Leave tasks with fewer counted judgments out of every view but judgments."
    )
    batches: tuple[UUID, ...] = Field(default=(), description="Only tasks of these batches. Empty for all.")
    languages: tuple[Annotated[str, Field(max_length=40)], ...] = Field(
        default=(), description="Only tasks in these languages. Empty for all."
    )
    guidelines: tuple[int, ...] = Field(
        default=(), description="Only answers given under these versions of the guideline. Empty for all."
    )
    from_day: date | None = Field(default=None, description="Only answers given on this day (UTC) or later.")
    until_day: date | None = Field(default=None, description="Only answers given on this day (UTC) or earlier.")
    least_time: int = Field(
        default=0,
        description="Leave out answers that surely took less than so many percent of the median time of their item.",
    )
    keep_out: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="The SHA-256 of a list of prompts whose tasks, and near copies of them, stay out."
    )
    aggregation: Aggregation | None = Field(
        default=None, description="How the verdict of a task is taken from its answers. Null for the usual one."
    )
    split: Annotated[int, Field(ge=0, le=50)] = Field(
        default=0, description="Percent of the prompts' clusters that go into a test split. 0 for one file a view."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        default=0, description="Chooses which clusters those are: the same seed chooses the same ones."
    )
    margin_map: MarginMap = Field(default=USUAL, description="How strong a vote of each degree is, for the margins.")
    label_scale: str | None = Field(
        default=None, max_length=40, description="The scale that labels of unpaired are made of. Null for the first."
    )
    label_from: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="The lowest mean on that scale that is labelled good. Null for above its middle.",
    )

    comments: Literal["leave_out", "screened"] = Field(
        default="leave_out",
        description="What becomes of free comments: left out, or taken in after e-mail addresses, numbers and names of "
        "accounts were replaced.",
    )
    labeler_names: Literal["task", "export"] = Field(
        default="task",
        description="How far a labeler's made-up name reaches: one task, so that nobody's answers can be put together, "
        "or this export.",
    )

    demographics: Literal["leave_out", "tables", "rows"] = Field(
        default="leave_out",
        description="What is told of who judged, from those who agreed: nothing; a table in people.json; or the view "
        "labelers too, which needs names that go through the export.",
    )

    @model_serializer(mode="wrap")
    def _told(self, of: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = of(self)
        if not self.also:
            told.pop("also", None)
        return told

    @property
    def rules(self) -> Rules:
        """How the views are made."""
        return Rules(self.margin_map, self.label_scale, self.label_from, self.aggregation or MAJORITY)

    @property
    def text(self) -> str:
        """The choices as one text, the same for the same choices: pseudonyms and the manifest's hash are made of it."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()


LEAST_TIMES = (0, 10, 25, 50)
"""Percentages that `least_time` may have: times are told in buckets, so finer ones would promise too much."""
LEAST_TO_COMPARE = 3
"""An item with fewer answers has no median that says anything; all of them stay."""

MOST_PROJECTS = 20
"""Projects in one export, its own among them."""

SAID = {
    "also": "Choose other projects of the same kind.",
    "views": "Choose one or more of the views on possible.",
    "late": 'Write "exclude" or "include".',
    "min_judgments": "Write a whole number from 1 to 50.",
    "batches": "Choose batches of the projects in this export.",
    "languages": "Choose languages of this project.",
    "guidelines": "Choose versions of this project's guideline, as whole numbers.",
    "from_day": "Write a day such as 2026-03-02.",
    "until_day": "Write a day such as 2026-03-02.",
    "least_time": f"Choose one of {', '.join(map(str, LEAST_TIMES))} percent.",
    "keep_out": "Send the list of prompts again.",
    "aggregation": "Choose one of the aggregations on possible.",
    "split": "Write a whole number from 0 to 50, the percentage of the test split.",
    "seed": f"Write a whole number from 0 to {2**31 - 1}.",
    "margin_map": "Choose one of the margin maps on possible.",
    "label_scale": "Choose one of the project's scales.",
    "label_from": "Write a number.",
    "comments": 'Write "leave_out" or "screened".',
    "labeler_names": 'Write "task" or "export".',
    "demographics": 'Write "leave_out", "tables" or "rows".',
}


NEEDS_NAMES = 'Rows of labelers need names that go through the export: choose these too, or "tables".'


@dataclass(frozen=True, slots=True)
class Possible:
    """What a project's exports can be made of; `usual` are the views of an export that names none."""

    views: tuple[str, ...]
    usual: tuple[str, ...]
    margin_maps: tuple[MarginMap, ...] = (USUAL,)
    scales: tuple[ScaleOptions, ...] = ()
    aggregations: tuple[Aggregation, ...] = ()
    languages: tuple[str, ...] = ()
    guidelines: int = 0
    """How many versions of the guideline there are; of several projects, of the one that has most."""


def plan(
    chosen: Mapping[str, Any], possible: Possible, batches: Collection[UUID], known: Sequence[FieldProblem] = ()
) -> ExportPlan:
    """The checked choice, its views in the order of what is possible and its batches sorted.

    Raises Invalid naming every problem, and those that are `known` already.
    """
    problems: list[FieldProblem] = []
    try:
        made = ExportPlan.model_validate(dict(chosen))
    except ValidationError as error:
        fields = list(dict.fromkeys(str(each["loc"][0]) for each in error.errors()))
        problems = [FieldProblem(name, SAID.get(name, "There is no such option.")) for name in fields]
        sound = {name: value for name, value in chosen.items() if name in SAID and name not in fields}
        made = ExportPlan.model_validate(sound)
    problems = [*known, *problems]
    problems += _strangers(made.views, possible)
    if any(batch not in batches for batch in made.batches):
        problems.append(FieldProblem("batches", SAID["batches"]))
    problems += _selection(made, possible)
    problems += _rules(made, possible)
    if made.demographics == "rows" and made.labeler_names == "task":
        problems.append(FieldProblem("demographics", NEEDS_NAMES))
    if problems:
        raise Invalid("This export cannot be made yet.", problems)
    views = tuple(name for name in possible.views if name in (made.views or possible.usual))
    in_order = {
        name: tuple(sorted(set(getattr(made, name)))) for name in ("also", "batches", "languages", "guidelines")
    }
    return made.model_copy(update={"views": views, **in_order})


def _strangers(views: tuple[str, ...], possible: Possible) -> list[FieldProblem]:
    """What is wrong with the names of views: not known at all, or not to be made of this project."""
    strangers = [name for name in views if name not in possible.views]
    elsewhere = [name for name in strangers if name in known()]
    nowhere = [name for name in strangers if name not in elsewhere]
    told = [f"There is no view {', '.join(nowhere)} here."] if nowhere else []
    told += [f"Of this project no {', '.join(elsewhere)} can be made."] if elsewhere else []
    return [FieldProblem("views", f"{' '.join(told)} Choose from: {', '.join(possible.views)}.")] if told else []


def _selection(made: ExportPlan, possible: Possible) -> list[FieldProblem]:
    """What is wrong with which answers are to be taken."""
    problems: list[FieldProblem] = []
    strangers = [each for each in made.languages if each not in possible.languages]
    if strangers:
        there = ", ".join(possible.languages) or "none"
        said = f"This project has no tasks in {', '.join(strangers)}. Its languages are: {there}."
        problems.append(FieldProblem("languages", said))
    if any(not 1 <= each <= possible.guidelines for each in made.guidelines):
        said = f"This project's guideline has the versions 1 to {possible.guidelines}."
        if not possible.guidelines:
            said = "This project's guideline has no version yet."
        problems.append(FieldProblem("guidelines", said))
    if made.from_day and made.until_day and made.until_day < made.from_day:
        said = f"No day is from {made.from_day} on and until {made.until_day}. Choose the same day or a later one."
        problems.append(FieldProblem("until_day", said))
    if made.until_day == date.max:
        problems.append(FieldProblem("until_day", SAID["until_day"]))
    if made.least_time not in LEAST_TIMES:
        problems.append(FieldProblem("least_time", SAID["least_time"]))
    return problems


def _rules(made: ExportPlan, possible: Possible) -> list[FieldProblem]:
    """What is wrong with how the views are to be made."""
    problems: list[FieldProblem] = []
    if made.aggregation is not None and made.aggregation not in possible.aggregations:
        said = f"Choose from: {', '.join(possible.aggregations)}."
        if not possible.aggregations:
            said = "The answers of this project are told as their mean. Leave it out."
        problems.append(FieldProblem("aggregation", said))
    if made.seed and not made.split:
        problems.append(FieldProblem("seed", "A seed chooses a test split, and there is none. Leave one of them out."))
    if made.margin_map not in possible.margin_maps:
        maps = ", ".join(possible.margin_maps)
        problems.append(FieldProblem("margin_map", f"This project's scale has no such margins. Choose from: {maps}."))
    if made.label_scale is None and made.label_from is None:
        return problems
    if not possible.scales:
        asked = "label_scale" if made.label_scale is not None else "label_from"
        return [*problems, FieldProblem(asked, "This project has no scales to make labels of. Leave it out.")]
    scale = next((each for each in possible.scales if made.label_scale in (None, each.name)), None)
    if scale is None:
        names = ", ".join(each.name for each in possible.scales)
        problems.append(FieldProblem("label_scale", f"This project has no such scale. Choose from: {names}."))
    elif made.label_from is not None and not scale.first < made.label_from <= scale.last:
        said = f"Write a number above {scale.first} and up to {scale.last}: {scale.name} runs between them."
        problems.append(FieldProblem("label_from", said))
    return problems
