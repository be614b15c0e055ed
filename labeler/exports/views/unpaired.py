"""`unpaired`: a completion, and whether it is good, from an absolute rating.

A pair is never split for it: that would say of each loser that it is bad, which nobody said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tasks.kind import JudgedTask, Tally, View
from tasks.rating_rows import Verdict, mean
from tasks.scales import ScaleOptions
from tasks.views import RowModel, Turn, opinions, trainable, turns

NO_VALUE = "tasks without a value on the scale of the label"
MIDDLE = "tasks that stand exactly in the middle of the scale"


class UnpairedRow(RowModel):
    """One task. `label` says whether the completion is good: `score`, the mean on the scale that the manifest names.

    `n` is how many labelers gave a value.
    """

    id: str
    prompt: list[Turn]
    completion: list[Turn]
    label: bool
    score: float
    n: int


class Unpaired(View):
    """One row for each task with a mean on `scale`: good from `good_from` on, else above the middle."""

    name = "unpaired"
    row = UnpairedRow
    readers = "TRL (KTO)"
    lossy = (
        "One scale becomes yes or no; the other scales, flags, single values, can't judge, late judgments and tool "
        "calls are in judgments only. Where no threshold is chosen, means exactly in the middle are left out."
    )

    def __init__(self, scale: ScaleOptions, good_from: float | None) -> None:
        self.scale = scale
        self.good_from = good_from

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's row, or none and a tallied reason."""
        told = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
        if not told or not trainable(task, tally):
            return ()
        given = [value for answer in told if (value := answer.ratings.get(self.scale.name)) is not None]
        score = mean(given)
        if score is None:
            tally.drop(NO_VALUE)
            return ()
        label = self.label(score)
        if label is None:
            tally.drop(MIDDLE)
            return ()
        return (
            {
                "id": task.id,
                "prompt": turns(task.item.prompt),
                "completion": turns(task.item.completions[0].messages),
                "label": label,
                "score": score,
                "n": len(given),
            },
        )

    def label(self, score: float) -> bool | None:
        """Whether a mean is good; None where it stands in the middle and nothing else was chosen."""
        if self.good_from is not None:
            return score >= self.good_from
        middle = (self.scale.first + self.scale.last) / 2
        return None if score == middle else score > middle
