"""`helpsteer2`: the rating rows of HelpSteer2, for the scales of its names that a project has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor
from typing import Any

from pydantic import Field, create_model

from labeler.exports.views.turns import NOT_ALTERNATING, NOT_ONE_TEXT, SYSTEM_TURNS, alternates, has_system, one_text
from tasks.content import Conversation, Role
from tasks.kind import JudgedTask, Tally, View
from tasks.rating_rows import Verdict, mean
from tasks.scales import ScaleOptions
from tasks.views import RowModel, opinions, trainable

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
POINTS = 5

MARK = "<extra_id_1>"
MARKED = "tasks whose texts contain the mark that HelpSteer2 sets between turns"
NO_VALUE = "tasks without a value on every scale of this form"


class HelpSteer2Facts(RowModel):
    """One task; each of HelpSteer2's scales that the project has, with five points, adds a column from 0 to 4.

    A value is the mean of those given, rounded, halves upwards. A prompt of several turns is one text, in which
    "<extra_id_1>User" or "<extra_id_1>Assistant" stands on a line of its own before every turn but the first.
    """

    id: str
    prompt: str
    response: str


class HelpSteer2(View):
    """One row for each task with a value on each of these scales."""

    name = "helpsteer2"
    readers = "readers of HelpSteer2 (NeMo-Aligner's SteerLM and regression reward models)"
    lossy = (
        "Means are rounded to whole numbers, scales of other names or other than five points are not there; flags, "
        "models, single values, can't judge and late judgments are in judgments only; system turns, tool calls, "
        "completions of several turns and tasks without a value on every scale are left out."
    )

    def __init__(self, scales: Sequence[ScaleOptions]) -> None:
        self.scales = scales
        columns: dict[str, Any] = {scale.name: (int, Field(ge=0, le=POINTS - 1)) for scale in scales}
        self.row = create_model("HelpSteer2Row", __base__=HelpSteer2Facts, **columns)

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's row, or none and a tallied reason."""
        told = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
        if not told or not trainable(task, tally):
            return ()
        response = one_text(task.item.completions[0])
        values = {
            scale.name: floor(value - scale.first + 0.5)
            for scale in self.scales
            if (value := mean([answer.ratings.get(scale.name) for answer in told])) is not None
        }
        reason = _unfit(task.item.prompt) or (NOT_ONE_TEXT if response is None else None)
        if reason or len(values) < len(self.scales):
            tally.drop(reason or NO_VALUE)
            return ()
        return ({"id": task.id, "prompt": folded(task.item.prompt), "response": response, **values},)


def fitting(scales: Sequence[ScaleOptions]) -> tuple[ScaleOptions, ...]:
    """The scales that HelpSteer2 has too, in its order; none without helpfulness, which its readers look for."""
    named = {scale.name: scale for scale in scales if len(scale.points) == POINTS}
    return tuple(named[name] for name in ATTRIBUTES if name in named) if ATTRIBUTES[0] in named else ()


def folded(prompt: Conversation) -> str:
    """A conversation as one text."""
    first, *rest = prompt
    told = "".join(f"\n{MARK}{'User' if turn.role is Role.USER else 'Assistant'}\n{turn.content}" for turn in rest)
    return first.content + told


def _unfit(prompt: Conversation) -> str | None:
    """Why a prompt cannot be folded."""
    if has_system(prompt):
        return SYSTEM_TURNS
    if not alternates(prompt):
        return NOT_ALTERNATING
    return MARKED if any(MARK in turn.content for turn in prompt) else None
