"""What the answers of a comparison can agree on: which completion is better, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tasks.comparison_rows import Verdict
from tasks.measures import Measure

WINNERS = ("A is better", "B is better", "about the same", "both bad")
"""The categories of the first measure. A stands first in the imported item, whatever the screen showed."""


def measures(degrees: int, half: bool) -> tuple[Measure, ...]:
    """`winner` and `strength`. `half`: no point is the middle, so the weakest preference is half a step from it."""
    steps = [step - 0.5 if half else float(step) for step in range(degrees, 0, -1)]
    values = (*(-step for step in steps), 0.0, *reversed(steps))
    labels = (*(f"A by {n}" for n in range(degrees, 0, -1)), "neither", *(f"B by {n}" for n in range(1, degrees + 1)))
    return (
        Measure("winner", "Which answer is better", WINNERS, None, _winner),
        Measure("strength", "Which is better, and by how much", labels, values, _strength(degrees)),
    )


def _winner(answer: Mapping[str, Any]) -> int | None:
    verdict = answer["verdict"]
    if verdict == Verdict.PREFERENCE:
        return 1 if answer["preferred"] else 0
    return {Verdict.TIE.value: 2, Verdict.BOTH_BAD.value: 3}.get(verdict)


def _strength(degrees: int) -> Callable[[Mapping[str, Any]], int | None]:
    def read(answer: Mapping[str, Any]) -> int | None:
        if answer["verdict"] == Verdict.PREFERENCE:
            margin = min(int(answer["margin"]), degrees)
            return degrees + margin if answer["preferred"] else degrees - margin
        return None if answer["verdict"] == Verdict.CANT_JUDGE else degrees

    return read
