"""The order in which completions are shown: drawn once a task, rotated at each hand-out, stored with the assignment.

An order is text, one hexadecimal digit a completion: `"10"` shows completion 1 first, then 0. The claim rotates it
inside the database (`labeler.assignment.claim`), so that order, fence and lease are written in one statement.
"""

from __future__ import annotations

import random

MOST = 16
"""The most completions that one item may have."""


def draw(completions: int, dice: random.Random) -> str:
    """A random order of `completions` completions, for the first hand-out of a task."""
    if not 1 <= completions <= MOST:
        raise ValueError(f"an item has 1 to {MOST} completions, not {completions}")
    order = list(range(completions))
    dice.shuffle(order)
    return text(order)


def rotated(first: str, turn: int) -> str:
    """The order for the `turn`-th hand-out (from 1): every completion stands first equally often (`ux.md` R4)."""
    step = (turn - 1) % len(first)
    return first[step:] + first[:step]


def text(order: list[int] | tuple[int, ...]) -> str:
    """An order as it is stored."""
    return "".join(f"{index:x}" for index in order)


def parse(order: str) -> tuple[int, ...]:
    """The order that `text` wrote: `parse(order)[0]` is the index of the completion shown first."""
    return tuple(int(digit, 16) for digit in order)
