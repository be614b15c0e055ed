"""`helpsteer3`: the preference rows of HelpSteer3, ties and single scores included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import floor
from typing import Annotated, Any

from pydantic import Field

from labeler.exports.views.turns import NOT_ONE_TEXT, texts
from tasks.comparison_rows import Answer, Verdict
from tasks.kind import JudgedTask, Tally, View
from tasks.views import RowModel, Turn, opinions, trainable, turns

BAD_VOTES = "judgments that called both bad, for which this form has no score"
ALL_BAD = "tasks that every labeler called both bad"

SCORES: dict[str, Mapping[int, int]] = {"seven": {1: 1, 2: 2, 3: 3}, "four": {1: 1, 2: 1, 3: 2, 4: 3}}
"""A degree of each scale as HelpSteer3 tells it: 1 slightly better, 2 better, 3 much better. Two-way has no degrees."""


Score = Annotated[int, Field(ge=-3, le=3)]


class IndividualPreference(RowModel):
    """What one labeler said. `reasoning` is the reasons ticked and the comment; nobody is asked for the feedbacks."""

    score: Score
    reasoning: str
    feedback1: str
    feedback2: str


class HelpSteer3Row(RowModel):
    """One task. A score runs from -3 (`response1` is much better) over 0 (a tie) to 3 (`response2` is much better).

    `overall_preference` is the mean of the single scores, rounded, halves away from 0. `domain` and `language` are what
    the imported row's `meta` says, else "general" and the task's language.
    """

    id: str
    domain: str
    language: str
    context: list[Turn]
    response1: str
    response2: str
    overall_preference: Score
    individual_preference: list[IndividualPreference]


class HelpSteer3(View):
    """One row for each task that somebody compared; a tie is 0."""

    name = "helpsteer3"
    row = HelpSteer3Row
    readers = "NeMo-RL and NeMo-Aligner readers of HelpSteer3 (they take a 0 for a pair of equal texts: filter it)"
    lossy = (
        "Ties are kept as 0. Both bad, can't judge, late judgments, who said it, order shown, models and tool calls "
        "are in judgments only; completions of several turns are left out; four degrees become three."
    )

    def __init__(self, scores: Mapping[int, int]) -> None:
        self.scores = scores

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's row, or none and a tallied reason."""
        told: list[Answer] = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
        if not told or not trainable(task, tally):
            return ()
        scored = [answer for answer in told if answer.verdict is not Verdict.BOTH_BAD]
        if len(scored) < len(told):
            tally.drop(BAD_VOTES, len(told) - len(scored))
        if not scored:
            tally.drop(ALL_BAD)
            return ()
        given = texts(task.item.completions)
        if given is None:
            tally.drop(NOT_ONE_TEXT)
            return ()
        scores = [self.score(answer) for answer in scored]
        return (
            {
                "id": task.id,
                "domain": _said(task, "domain") or "general",
                "language": _said(task, "language") or task.language,
                "context": turns(task.item.prompt),
                "response1": given[0],
                "response2": given[1],
                "overall_preference": rounded(sum(scores) / len(scores)),
                "individual_preference": [
                    {"score": score, "reasoning": reasoning(answer), "feedback1": "", "feedback2": ""}
                    for score, answer in zip(scores, scored, strict=True)
                ],
            },
        )

    def score(self, answer: Answer) -> int:
        """One answer's score, -3 to 3."""
        if answer.margin is None:
            return 0
        return self.scores[answer.margin] if answer.preferred else -self.scores[answer.margin]


def rounded(mean: float) -> int:
    """To the nearest whole number, halves away from 0, so that both sides are treated alike."""
    whole = floor(abs(mean) + 0.5)
    return whole if mean > 0 else -whole


def reasoning(answer: Answer) -> str:
    """The reasons ticked and the comment, a line each; empty when there is none."""
    return "\n".join([*answer.reasons, *([answer.comment] if answer.comment else [])])


def _said(task: JudgedTask, name: str) -> str | None:
    """What the imported row's `meta` says, if it is a text."""
    value = (task.meta or {}).get(name)
    return value if isinstance(value, str) else None
