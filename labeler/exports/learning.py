"""Verdicts that need all answers first: a pass before the writing, kept as a few numbers a task. Pure.

A million answers are some arrays of whole numbers here, never objects.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray

from labeler.exports.keyed import KEY_BYTES, Places, packed
from labeler.exports.rows import Given, Key
from labeler.exports.views.aggregations import PARAMETERS
from labeler.quality.aggregation import dawid_skene
from tasks.comparison_rows import BOTH_BAD, DIVIDED, TIED, Answer, Strengths, Won
from tasks.kind import JudgedTask

STEP_TASKS = 1_000
"""Tasks between two signs of life."""
CATEGORIES = 4
"""One is better, the other is, a tie, both bad: the categories of the measure `winner`, in its order."""
NO_WINNER = {2: TIED, 3: BOTH_BAD, CATEGORIES: DIVIDED}
_PARAMETERS = PARAMETERS["dawid-skene/1"]
UNIT: int = 10 ** _PARAMETERS["decimals"]
"""Likelihoods are kept in parts of this: what floating point adds beyond may differ from machine to machine."""


class Learned:
    """What Dawid and Skene's estimate says of each task: a `Decide`, once the answers were seen."""

    def __init__(self, places: Places, verdicts: NDArray[np.int8], likely: NDArray[np.int32]) -> None:
        self._places = places
        self._verdicts = verdicts
        self._likely = likely

    def __call__(self, task: JudgedTask, told: Sequence[Answer], strengths: Strengths) -> Won | str:
        """The verdict of a task that was seen. Raises LookupError for another."""
        place = self._places.of(UUID(task.id).bytes)
        if place is None:
            raise LookupError(f"task {task.id} was not among those that the verdicts were learned of")
        verdict = int(self._verdicts[place])
        if verdict in NO_WINNER:
            return NO_WINNER[verdict]
        return Won(verdict, float(self._likely[place]) / UNIT)


def learn(
    tasks: Iterable[tuple[Key, list[Given]]], category: Callable[[Any], int | None], alive: Callable[[], None]
) -> Learned:
    """Learn from the answers that count, in the order of tasks and of answers; `alive` is called now and then.

    `category` gives an answer's place among the categories, from its JSON; None where it is no opinion.
    """
    read = lru_cache(4096)(lambda text: category(orjson.loads(text)))
    keys, items, people, said = bytearray(), array("q"), array("q"), array("q")
    known: dict[Key, int] = {}
    number = 0
    for counted, (task_id, given) in enumerate(tasks):
        if counted % STEP_TASKS == 0:
            alive()
        opinions = [(each.labeler_id, place) for each in given if (place := read(each.answer)) is not None]
        if not opinions:
            continue
        keys += packed(task_id)
        for labeler, place in opinions:
            items.append(number)
            people.append(known.setdefault(labeler, len(known)))
            said.append(place)
        number += 1
    if not number:
        return Learned(Places(b""), np.empty(0, np.int8), np.empty(0, np.int32))
    shares = dawid_skene(
        np.frombuffer(items, np.int64),
        np.frombuffer(people, np.int64),
        np.frombuffer(said, np.int64),
        CATEGORIES,
        _PARAMETERS["rounds_at_most"],
        alive,
    ).shares
    del items, people, said
    parts = np.rint(shares * UNIT).astype(np.int32)
    del shares
    best = parts.max(axis=1, keepdims=True)
    alone = (parts == best).sum(axis=1) == 1
    verdicts = np.where(alone, parts.argmax(axis=1), CATEGORIES).astype(np.int8)
    won = np.where(verdicts == 1, parts[:, 1], parts[:, 0])
    lost = np.where(verdicts == 1, parts[:, 0], parts[:, 1])
    # a tie is half of a win for each: what is not lost and not won is shared
    likely = ((UNIT + won - lost + 1) // 2).astype(np.int32)
    assert len(keys) == number * KEY_BYTES
    return Learned(Places(bytes(keys)), verdicts, likely)
