"""What a rating's answers are, and the rows of a dataset that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field, create_model, model_validator

from tasks.kind import Judged, JudgedTask, Tally, View
from tasks.remarks import Remarks
from tasks.scales import Flag, FlagOptions, ScaleOptions
from tasks.views import RESERVED, JudgmentRow, JudgmentsView, RowModel, Turn, opinions, trainable, turns


class Verdict(StrEnum):
    """Whether the labeler could rate the completion at all."""

    RATED = "rated"
    CANT_JUDGE = "cant_judge"


class Answer(Remarks):
    """A judgment of one completion: a value for each scale and flag, None where it was left out.

    When the labeler can't judge, there are no values at all.
    """

    verdict: Verdict
    ratings: dict[str, int | None] = Field(default_factory=dict)
    flags: dict[str, Flag | None] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.verdict is Verdict.CANT_JUDGE and (self.ratings or self.flags):
            raise ValueError("who can't judge gives no ratings")
        return self


class RatingFacts(RowModel):
    """One task with what its labelers said on average; each scale and flag of the project adds a column.

    `id` is the task's, and `n` how many labelers rated it. A scale's column is the mean of the values given, a flag's
    the share of yes among yes and no; null where nobody gave one.
    """

    id: str
    row_id: str | None
    batch: str
    language: str
    prompt: list[Turn]
    response: list[Turn]
    model: str | None
    n: int


class RatingJudgments(JudgmentsView):
    """`judgments` of a rating: `ratings` and `flags` have a field for each scale and flag of the project."""

    def __init__(self, scales: Sequence[ScaleOptions], flags: Sequence[FlagOptions]) -> None:
        self.scales = [scale.name for scale in scales]
        self.flags = [flag.name for flag in flags]
        parts: dict[str, Any] = {}
        if self.scales:
            parts["ratings"] = (_struct("Ratings", self.scales, int | None), ...)
        if self.flags:
            parts["flags"] = (_struct("Flags", self.flags, str | None), ...)
        self.row = create_model("RatingJudgmentRow", __base__=JudgmentRow, **parts)

    def given(self, judged: Judged) -> dict[str, Any]:
        """A value for each scale and flag, None where it was left out."""
        answer: Any = judged.answer
        given: dict[str, Any] = {}
        if self.scales:
            given["ratings"] = {name: answer.ratings.get(name) for name in self.scales}
        if self.flags:
            given["flags"] = {name: None if (f := answer.flags.get(name)) is None else f.value for name in self.flags}
        return given


class Ratings(View):
    """One row for each task that somebody rated."""

    name = "ratings"
    readers = "your own regression or filter"
    lossy = (
        "One row a task instead of one a judgment: single values, can't judge, late judgments, not sure, reasons, "
        "comments and tool calls are in judgments only."
    )

    def __init__(self, scales: Sequence[ScaleOptions], flags: Sequence[FlagOptions]) -> None:
        self.scales = [scale.name for scale in scales]
        self.flags = [flag.name for flag in flags]
        columns: dict[str, Any] = dict.fromkeys((*self.scales, *self.flags), (float | None, ...))
        self.row = create_model("RatingsRow", __base__=RatingFacts, **columns)

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's means, or none and a tallied reason."""
        told = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
        if not told or not trainable(task, tally):
            return
        completion = task.item.completions[0]
        yield {
            "id": task.id,
            "row_id": task.row_id,
            "batch": task.batch,
            "language": task.language,
            "prompt": turns(task.item.prompt),
            "response": turns(completion.messages),
            "model": completion.model,
            "n": len(told),
            **{name: mean([answer.ratings.get(name) for answer in told]) for name in self.scales},
            **{name: mean([SHARES.get(answer.flags.get(name)) for answer in told]) for name in self.flags},
        }


SHARES: dict[Flag | None, int] = {Flag.YES: 1, Flag.NO: 0}
"""What a flag counts as; not sure and no answer count as nothing."""

TAKEN = RESERVED | set(JudgmentRow.model_fields) | set(RatingFacts.model_fields) | set(dir(BaseModel))
"""Names that a scale or a flag cannot have, since they mean something else in a row."""


def _struct(name: str, fields: Sequence[str], kind: Any) -> type[BaseModel]:
    """A nested row with these fields, each of one type."""
    columns: dict[str, Any] = dict.fromkeys(fields, (kind, ...))
    return create_model(name, __base__=RowModel, **columns)


def mean(values: Sequence[int | None]) -> float | None:
    """The mean of the values that are there; None when there is none."""
    given = [value for value in values if value is not None]
    return sum(given) / len(given) if given else None
