"""Aggregations: how the verdict of a comparison is taken from its answers. Named and versioned, as margin maps are.

One that should change gets a new version beside the old one: an export names the one it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from tasks.comparison_rows import (
    BOTH_BAD,
    Answer,
    Decide,
    Strengths,
    Verdict,
    Won,
    majority,
    none_won,
    signed,
)
from tasks.kind import JudgedTask

Aggregation = Literal["majority/1", "unanimous/1", "mean-margin/1", "dawid-skene/1"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
MAJORITY: Aggregation = "majority/1"
DAWID_SKENE: Aggregation = "dawid-skene/1"

WORDS: dict[Aggregation, str] = {
    "majority/1": "most votes, and more than tie and both bad together",
    "unanimous/1": "only where every opinion is for the same one",
    "mean-margin/1": "the side of the mean margin, by the map of margins",
    "dawid-skene/1": "most likely, where people who are often confirmed count more (Dawid and Skene 1979)",
}
"""What each aggregation is, in words for a form and a card."""

PARAMETERS: Mapping[Aggregation, Mapping[str, Any]] = {
    "dawid-skene/1": {"rounds_at_most": 100, "still_below": 1e-6, "start": "shares of votes", "decimals": 6}
}
"""What an aggregation goes by beside the answers, for the manifest; `exports.learning` has the same numbers."""

NOT_UNANIMOUS = "tasks on which not every opinion was for the same one"
EVEN = "tasks whose mean margin is 0"


def unanimous(task: JudgedTask, told: Sequence[Answer], strengths: Strengths) -> Won | str:
    """The completion that every opinion prefers; a tie among them is no preference. Its `p_win` is 1."""
    first = told[0].preferred
    if any(answer.preferred != first for answer in told):
        return NOT_UNANIMOUS
    return none_won(told) if first is None else Won(first, 1.0)


def mean_margin(task: JudgedTask, told: Sequence[Answer], strengths: Strengths) -> Won | str:
    """The completion on whose side the mean margin is, unless most called both bad.

    `p_win` rises with the mean in a straight line, from 1/2 at 0 to 1 where every vote has the strongest degree.
    """
    bad = sum([answer.verdict is Verdict.BOTH_BAD for answer in told])
    if 2 * bad > len(told):
        return BOTH_BAD
    mean = signed(told, 0, strengths)
    if mean == 0:
        return EVEN
    return Won(0 if mean > 0 else 1, 0.5 + abs(mean) / (2 * max(strengths.values())))


def deciding(aggregation: Aggregation) -> Decide:
    """The aggregation of this name; for one that has to see all answers first, one that has not done so."""
    return _AT_ONCE.get(aggregation, _not_learned)


def _not_learned(task: JudgedTask, told: Sequence[Answer], strengths: Strengths) -> Won | str:
    raise LookupError("this aggregation has to see all answers before it can say anything of one task")


_AT_ONCE: dict[Aggregation, Decide] = {
    "majority/1": majority,
    "unanimous/1": unanimous,
    "mean-margin/1": mean_margin,
}
