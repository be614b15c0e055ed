"""`ultrafeedback`: an instruction with all of its rated completions. Its rows are made of several tasks each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, create_model

from labeler.exports.views.turns import NOT_ONE_QUESTION, NOT_ONE_TEXT, UNKNOWN, one_question, one_text
from tasks.kind import JudgedTask, Tally, View
from tasks.rating_rows import Answer, Verdict, mean
from tasks.scales import ScaleOptions
from tasks.views import RowModel, opinions, trainable

NO_VALUE = "tasks without a value on any scale"
NONE_GIVEN = "N/A"


class Annotation(RowModel):
    """A scale's mean as text, "N/A" where nobody gave a value. Nobody is asked for a rationale of each scale."""

    Rating: str
    Rationale: str


class UltraFeedbackFacts(RowModel):
    """One imported row: an instruction with those of its completions that were rated.

    `id` is the first of their tasks. `source` is the batch's name. `annotations` has a field for each scale of the
    project. `fine-grained_score` is the mean over the scales, each stretched to 1 to 5, and `overall_score` the same
    from 1 to 10. `critique` is the labelers' comments, a line each. Nobody is asked for correct answers.
    """

    id: str
    source: str
    instruction: str
    models: list[str]


class UltraFeedback(View):
    """One row for each imported row, made of its tasks, which follow each other in the order of ids."""

    name = "ultrafeedback"
    readers = "readers of UltraFeedback (binarizing scripts)"
    lossy = (
        "Single values, flags, can't judge, late judgments and tool calls are in judgments only; prompts and "
        "completions of several turns are left out; rationales and lists of correct answers are empty."
    )

    def __init__(self, scales: Sequence[ScaleOptions]) -> None:
        self.scales = scales
        self.row = _columns(scales)
        self._open: dict[str, Any] | None = None
        self._task: JudgedTask | None = None

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The row before, once this task belongs to another; what this task lacks is tallied."""
        completion = self._completion(task, tally)
        if completion is None:
            return ()
        if self._open is not None and self._task is not None and same_row(self._task, task):
            self._open["models"].append(completion["model"])
            self._open["completions"].append(completion)
            self._task = task
            return ()
        whole = self.last(tally)
        self._task = task
        self._open = {
            "id": task.id,
            "source": task.batch,
            "instruction": task.item.prompt[0].content,
            "models": [completion["model"]],
            "completions": [completion],
            "correct_answers": [],
            "incorrect_answers": [],
        }
        return whole

    def last(self, tally: Tally) -> Iterable[dict[str, Any]]:
        """The row that is still open."""
        whole = () if self._open is None else (self._open,)
        self._open = self._task = None
        return whole

    def _completion(self, task: JudgedTask, tally: Tally) -> dict[str, Any] | None:
        told: list[Answer] = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
        if not told or not trainable(task, tally):
            return None
        if not one_question(task.item.prompt):
            tally.drop(NOT_ONE_QUESTION)
            return None
        completion = task.item.completions[0]
        text = one_text(completion)
        if text is None:
            tally.drop(NOT_ONE_TEXT)
            return None
        means = {scale.name: mean([answer.ratings.get(scale.name) for answer in told]) for scale in self.scales}
        shares = [
            (value - scale.first) / (scale.last - scale.first)
            for scale in self.scales
            if (value := means[scale.name]) is not None
        ]
        if not shares:
            tally.drop(NO_VALUE)
            return None
        share = sum(shares) / len(shares)
        return {
            "model": completion.model or UNKNOWN,
            "response": text,
            "annotations": {
                name: {"Rating": NONE_GIVEN if value is None else f"{value:g}", "Rationale": ""}
                for name, value in means.items()
            },
            "overall_score": 1 + 9 * share,
            "fine-grained_score": 1 + 4 * share,
            "critique": "\n".join(answer.comment for answer in told if answer.comment),
        }


def same_row(before: JudgedTask, task: JudgedTask) -> bool:
    """Whether two tasks that follow each other are completions of one imported row, told by their places in it."""
    places = (before.item.of_row, task.item.of_row)
    return (
        all(places)
        and places[0] < places[1]
        and (before.project, before.batch, before.row_id) == (task.project, task.batch, task.row_id)
        and before.item.prompt == task.item.prompt
    )


def _columns(scales: Sequence[ScaleOptions]) -> type[BaseModel]:
    of_scales: dict[str, Any] = {scale.name: (Annotation, ...) for scale in scales}
    annotations = create_model("Annotations", __base__=RowModel, **of_scales)
    parts: dict[str, Any] = {
        "model": (str, ...),
        "response": (str, ...),
        "annotations": (annotations, ...),
        "overall_score": (float, ...),
        "fine-grained_score": (float, ...),
        "critique": (str, ...),
    }
    completion = create_model("RatedCompletion", __base__=RowModel, **parts)
    rest: dict[str, Any] = {
        "completions": (list[completion], ...),  # type: ignore[valid-type] # made for the project's scales
        "correct_answers": (list[str], ...),
        "incorrect_answers": (list[str], ...),
    }
    return create_model("UltraFeedbackRow", __base__=UltraFeedbackFacts, **rest)
