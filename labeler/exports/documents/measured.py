"""Counting a version's own judgments while they are written: statistics of exactly what is in the files. Pure.

Nothing is read twice and nothing is kept of a text but its length: a million judgments need the memory of a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel

from labeler.judgments.figures import Share, wilson
from labeler.quality.summary import Statistics, told
from labeler.quality.tally import Read, Reading, Tally
from tasks.kind import Judged, JudgedTask
from tasks.measures import Measure

LONGER_BY = (1.1, 1.5, 2.0)
"""Ends of the classes of length: the longer text has less than so many times the characters of the other."""
REMEMBERED = 8192
"""Answers whose reading is kept: most answers have no comment, and there are few of them."""


@dataclass(slots=True)
class Lengths:
    """How often the longer of two texts was preferred: `hits` of `n` votes, by how much longer it is."""

    hits: list[int] = field(default_factory=lambda: [0] * (len(LONGER_BY) + 1))
    n: list[int] = field(default_factory=lambda: [0] * (len(LONGER_BY) + 1))

    def add(self, one: int, other: int, votes: Sequence[int]) -> None:
        """Count the votes for two texts of so many characters; of the same length they say nothing."""
        if one == other:
            return
        short, long = sorted((one, other))
        place = sum(long >= end * max(short, 1) for end in LONGER_BY)
        self.n[place] += votes[0] + votes[1]
        self.hits[place] += votes[0 if one > other else 1]

    @property
    def share(self) -> Share | None:
        """Over all pairs of different lengths."""
        return wilson(sum(self.hits), sum(self.n))

    @property
    def classes(self) -> list[tuple[float, float | None, Share | None]]:
        """From so many times the length, below so many (None: open), and the share."""
        ends = zip((1.0, *LONGER_BY), (*LONGER_BY, None), strict=True)
        return [(*each, wilson(self.hits[n], self.n[n])) for n, each in enumerate(ends)]


@dataclass(frozen=True, slots=True)
class Measured:
    """A version's statistics, and the habit of length in all of it."""

    statistics: Statistics
    lengths: Lengths
    people: int
    """Who gave the counted ones; to be told in steps, and of ten or more only."""
    late: int
    """Judgments that are left out here because they came late: they count where the plan says so."""


class Watch:
    """Looks at each task as it goes by. `count_late`: late judgments count too, as in the views."""

    def __init__(self, measures: Sequence[Measure], *, count_late: bool) -> None:
        self._tally = Tally(measures)
        self._count_late = count_late
        self._lengths = Lengths()
        self._late = self._given = 0
        self._read = by_object(self._tally.reader(lambda answer: answer))

    def see(self, task: JudgedTask) -> None:
        """Count the judgments of one task."""
        self._given += len(task.judgments)
        counted = [each for each in task.judgments if self._count_late or not each.late]
        self._late += len(task.judgments) - len(counted)
        if not counted:
            return
        self._tally.add(task.id, [_reading(task, each) for each in counted], self._read)
        votes = [0, 0]
        for each in counted:
            preferred = self._read(each.answer)[1]
            if preferred is not None:
                votes[preferred] += 1
        if votes != [0, 0] and len(task.item.completions) == 2:
            one, other = (sum(len(turn.content) for turn in each.messages) for each in task.item.completions)
            self._lengths.add(one, other, votes)

    def measured(self) -> Measured:
        """The figures, after the last task."""
        figures = told(
            self._tally,
            0,
            given=self._given,
            batch=str,
            longer=self._lengths.share,
            sampled=self._tally.tasks,
        )
        people = len({who for group in self._tally.groups.values() for who in group.people})
        return Measured(figures, self._lengths, people, self._late)


def by_object(read: Callable[[Mapping[str, Any]], Any]) -> Read:
    """A reader of answers as models. The same answer comes as the same object very often, so objects are remembered."""
    known: dict[int, tuple[BaseModel, Any]] = {}

    def found(answer: BaseModel) -> Any:
        seen = known.get(id(answer))
        if seen is not None:
            return seen[1]
        if len(known) >= REMEMBERED:
            known.clear()
        # the answer is kept beside its reading: another object may not take its place in memory
        known[id(answer)] = (answer, made := read(answer.model_dump(mode="json")))
        return made

    return found


@cache
def _first(place: int) -> str:
    return str(place)


def _reading(task: JudgedTask, each: Judged) -> Reading:
    batch, version = task.batch, each.guideline_version
    return Reading(
        task.id,
        each.labeler,
        batch if task.project is None else f"{task.project}: {batch}",
        task.language,
        version if task.project is None else f"{task.project}: {version}",
        _first(each.order[0]) if each.order else "",
        each.answer,
        each.seconds,
    )
