"""`rewardbench`: the rows of RewardBench's first version."""

from __future__ import annotations

from typing import Any

from labeler.exports.views.turns import NOT_ONE_QUESTION, NOT_ONE_TEXT, UNKNOWN, one_question, texts
from tasks.comparison_rows import Pair, PairView
from tasks.views import RowModel


class RewardBenchRow(RowModel):
    """One task of one user turn, as texts. `subset` is the name of its batch."""

    prompt: str
    chosen: str
    chosen_model: str
    rejected: str
    rejected_model: str
    subset: str
    id: str


class RewardBench(PairView):
    """The pairs of `preference` that are one question and two answers."""

    name = "rewardbench"
    row = RewardBenchRow
    readers = "RewardBench (version 1)"
    lossy = (
        "As preference, without margin and agreement; prompts of several turns and completions of several turns are "
        "left out."
    )

    def made(self, pair: Pair) -> dict[str, Any] | str:
        """The question and both answers, or a reason."""
        prompt = pair.task.item.prompt
        if not one_question(prompt):
            return NOT_ONE_QUESTION
        given = texts((pair.chosen, pair.rejected))
        if given is None:
            return NOT_ONE_TEXT
        return {
            "prompt": prompt[0].content,
            "chosen": given[0],
            "chosen_model": pair.chosen.model or UNKNOWN,
            "rejected": given[1],
            "rejected_model": pair.rejected.model or UNKNOWN,
            "subset": pair.task.batch,
            "id": pair.task.id,
        }
