"""The order in which completions are shown: drawn for each assignment, balanced over a task, stored with it."""

from __future__ import annotations

import random


def shown(completions: int, coin: int, turn: int) -> tuple[int, ...]:
    """The order for the `turn`-th hand-out (from 1) of a task whose coin was drawn at import.

    The coin picks a random first order, and each further hand-out of the same task rotates it, so that every completion
    stands first equally often whatever the labelers do (`ux.md` R4), while no labeler can foresee it.
    """
    order = list(range(completions))
    random.Random(coin).shuffle(order)
    step = (turn - 1) % completions
    return tuple(order[step:] + order[:step])
