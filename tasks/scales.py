"""The parts of a rating: scales whose points have words, and yes-or-no questions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.content import Frozen

_COLUMN = "The name of the column, e.g. {}: lower-case letters, digits and _."
NAME = r"[a-z][a-z0-9_]{0,39}"
"""A scale's or a flag's name: a column of the export and a part of a form field."""


class Flag(StrEnum):
    """The answer to a yes-or-no question."""

    YES = "yes"
    NO = "no"
    NOT_SURE = "not_sure"


FLAG_LABELS = {Flag.YES: "Yes", Flag.NO: "No", Flag.NOT_SURE: "Not sure"}


class ScaleOptions(Frozen):
    """One scale. `points` says in words what each point means, from the lowest value up; those between may be blank."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")] = Field(description=_COLUMN.format("helpfulness"))
    title: Annotated[str, Field(min_length=1, max_length=80)] = Field(description="What the labeler reads.")
    points: Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(min_length=2, max_length=11)] = Field(
        description="What each point means, lowest first. The first and the last need words."
    )
    first: Literal[0, 1] = Field(default=0, description="The value of the lowest point.")
    help: Annotated[str, Field(max_length=300)] = Field(default="", description="What to look at, in a sentence.")
    required: bool = Field(default=True, description="Whether an answer needs it. Left out, it is null, never 0.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.points[0].strip() or not self.points[-1].strip():
            raise ValueError("the lowest and the highest point of a scale need words")
        return self

    @property
    def last(self) -> int:
        """The value of the highest point."""
        return self.first + len(self.points) - 1

    @property
    def field(self) -> str:
        """The name of its radio group."""
        return f"scale_{self.name}"


class FlagOptions(Frozen):
    """One question answered by yes, no or not sure."""

    name: Annotated[str, Field(pattern=f"^{NAME}$")] = Field(description=_COLUMN.format("has_private_data"))
    title: Annotated[str, Field(min_length=1, max_length=120)] = Field(description="The question the labeler reads.")
    required: bool = Field(default=False, description="Whether an answer needs it.")

    @property
    def field(self) -> str:
        """The name of its radio group."""
        return f"flag_{self.name}"


HELPFULNESS = ScaleOptions(
    name="helpfulness",
    title="Helpfulness",
    help="Does it give the person what they came for?",
    points=(
        "Of no use: it misses what was asked",
        "Of little use: it touches the question only",
        "Of some use: a part of the need is met",
        "Useful: the need is met, with small gaps",
        "Very useful: the need is met in full",
    ),
)
CORRECTNESS = ScaleOptions(
    name="correctness",
    title="Correctness",
    help="Is what it says true, as far as you can tell?",
    points=(
        "Wrong throughout",
        "Mostly wrong, or wrong where it matters",
        "Right and wrong in equal parts",
        "Right, with a small slip",
        "Right throughout",
    ),
)
CLARITY = ScaleOptions(
    name="clarity",
    title="Clarity",
    help="Can the person follow it at first reading?",
    points=(
        "It makes no sense",
        "Hard to follow",
        "Needs a second reading",
        "Clear, with a rough spot",
        "Clear throughout",
    ),
)
