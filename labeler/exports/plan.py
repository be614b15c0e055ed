"""What a researcher may choose for an export. Everything wrong with a choice is told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labeler.errors import FieldProblem, Invalid


class ExportPlan(BaseModel):
    """The choices of one export. Together with the snapshot they decide every byte of its data files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    views: tuple[str, ...] = Field(default=(), description="Which views to write. Empty for all the kind offers.")
    late: Literal["exclude", "include"] = Field(
        default="exclude",
        description="Whether late judgments count in the other views; judgments always has them, marked.",
    )
    min_judgments: Annotated[int, Field(ge=1, le=50)] = Field(
        default=1, description="Leave tasks with fewer counted judgments out of every view but judgments."
    )
    batches: tuple[UUID, ...] = Field(default=(), description="Only tasks of these batches. Empty for all.")

    @property
    def text(self) -> str:
        """The choices as one text, the same for the same choices: pseudonyms and the manifest's hash are made of it."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()


SAID = {
    "views": "Choose one or more of the views on offer.",
    "late": 'Write "exclude" or "include".',
    "min_judgments": "Write a whole number from 1 to 50.",
    "batches": "Choose batches of this project.",
}


def plan(chosen: Mapping[str, Any], offered: Sequence[str], batches: Collection[UUID]) -> ExportPlan:
    """The checked choice, its views in the kind's order and its batches sorted. Raises Invalid naming every problem."""
    problems: list[FieldProblem] = []
    try:
        made = ExportPlan.model_validate(dict(chosen))
    except ValidationError as error:
        fields = list(dict.fromkeys(str(each["loc"][0]) for each in error.errors()))
        problems = [FieldProblem(name, SAID.get(name, "There is no such option.")) for name in fields]
        sound = {name: value for name, value in chosen.items() if name in SAID and name not in fields}
        made = ExportPlan.model_validate(sound)
    strangers = [name for name in made.views if name not in offered]
    if strangers:
        problems.append(
            FieldProblem("views", f"There is no view {', '.join(strangers)} here. Choose from: {', '.join(offered)}.")
        )
    if any(batch not in batches for batch in made.batches):
        problems.append(FieldProblem("batches", SAID["batches"]))
    if problems:
        raise Invalid("This export cannot be made yet.", problems)
    views = tuple(name for name in offered if name in (made.views or offered))
    return made.model_copy(update={"views": views, "batches": tuple(sorted(set(made.batches)))})
