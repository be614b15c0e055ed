"""Margin maps: how strong a vote of each degree is. Named and versioned, because it is the modeller's choice.

A map that should change gets a new version beside the old one: an export names the one it was made with.
"""

from __future__ import annotations

from typing import Literal, get_args

from tasks.comparison_rows import DEGREES, Strengths

MarginMap = Literal["degrees/1", "share/1", "llama2-large/1", "llama2-small/1"]
MARGIN_MAPS: tuple[MarginMap, ...] = get_args(MarginMap)
USUAL: MarginMap = "degrees/1"

WORDS: dict[MarginMap, str] = {
    "degrees/1": "the project's own degrees, 1 for the weakest",
    "share/1": "the share of the strongest degree, up to 1",
    "llama2-large/1": "Llama 2's large margins: 3, 2, 1, and 0 for hardly better",
    "llama2-small/1": "Llama 2's small margins: 1, 2/3, 1/3, and 0 for hardly better",
}
"""What each map is, in words for a form and a card."""

_LARGE: dict[str, Strengths] = {"four": {1: 0, 2: 1, 3: 2, 4: 3}, "seven": {1: 1, 2: 2, 3: 3}}
"""Llama 2 asked on four degrees a side, of which the weakest is "negligibly better"; seven points lack that one."""


def strengths(name: MarginMap, scale: str, degrees: int) -> Strengths | None:
    """The map for a comparison's scale with so many degrees a side; None where that scale has no such map."""
    if name == "degrees/1":
        return {degree: DEGREES[degree] for degree in range(1, degrees + 1)}
    if name == "share/1":
        return {degree: degree / degrees for degree in range(1, degrees + 1)}
    large = _LARGE.get(scale)
    if large is None or name == "llama2-large/1":
        return large
    return {degree: strength / 3 for degree, strength in large.items()}
