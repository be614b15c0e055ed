"""Counting a project's answers in one pass, task by task, so that a million need no more memory than a thousand. Pure.

What is kept are counts: how often items were read in the same way, and for each group who stands behind it, because a
group of few people is not shown (`groups`). Texts are not read here, and no time of one person is kept.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from tasks.measures import Measure

Key = str
"""An id as text, as the database writes it: PostgreSQL with dashes, SQLite without."""
Pattern = tuple[int, ...]
"""The categories that were chosen for one item, sorted: nobody's in particular."""

Read = Callable[[Any], tuple[tuple[int | None, ...], int | None]]
"""From an answer to the category it chose in each measure, and to the completion it prefers."""

SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800)
"""Where the buckets of time end. The last one is open. Finer ones would begin to tell people apart."""
DISPUTED = 25
"""Items that are listed as the most disputed."""
SAMPLE = 10_000
"""Tasks whose texts are measured for the habit of length: an interval is then about two in a hundred wide."""


class Reading(NamedTuple):
    """One counted answer. `answer` is whatever the reader reads: JSON text of the kind's own where it comes from the
    database. `order[0]` is the completion shown first. `version` is that of the guideline; where several projects are
    read together it names its project, as `batch` does."""

    task: Key
    labeler: Key
    batch: Key
    language: str
    version: int | str
    order: str
    answer: Any
    seconds: float


@dataclass(slots=True)
class Group:
    """Answers of one language, batch and guideline version: who gave how many, how long they took, what they prefer.

    `first` of `preferences` went to the completion shown first; `times` counts answers in the buckets of `SECONDS`.
    """

    people: Counter[Key] = field(default_factory=Counter)
    preferences: int = 0
    first: int = 0
    times: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))

    def add(self, other: Group) -> None:
        """Take in another group."""
        self.people.update(other.people)
        self.preferences += other.preferences
        self.first += other.first
        self.times = [one + more for one, more in zip(self.times, other.times, strict=True)]


@dataclass(frozen=True, slots=True)
class Preferred:
    """A task with how many answers prefer its first completion, and its second."""

    task: Key
    votes: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Disputed:
    """An item on which people differ: how far two readings of it are apart on average, 0 to 1."""

    task: Key
    apart: float
    pattern: Pattern


class Tally:
    """The counts of a pass. `about` is the measure by which items are called disputed, as a place in `measures`."""

    def __init__(self, measures: Sequence[Measure], about: int = 0, seed: int = 1) -> None:
        self.measures = tuple(measures)
        self.tasks = self.judgments = 0
        self.groups: defaultdict[tuple[str, Key, int | str], Group] = defaultdict(Group)
        self.whole: list[defaultdict[tuple[str, Key], Counter[Pattern]]] = [defaultdict(Counter) for _ in measures]
        self.versions: list[defaultdict[int | str, Counter[Pattern]]] = [defaultdict(Counter) for _ in measures]
        self.sampled: list[Preferred] = []
        self._about = about
        self._dice = random.Random(seed)  # noqa: S311 -- a sample, not a secret
        self._met = 0
        self._heap: list[tuple[float, int, int, Disputed]] = []
        self._apart: dict[Pattern, float] = {}

    def count(self, rows: Iterable[Reading]) -> Tally:
        """Count answers that come sorted by task."""
        read = lru_cache(8192)(self.reader(orjson.loads))  # most answers have no comment, and there are few of them
        for task, of_task in groupby(rows, key=itemgetter(0)):
            self.add(task, list(of_task), read)
        return self

    @property
    def disputed(self) -> list[Disputed]:
        """The most disputed items, the most disputed and most often read first."""
        return [each for *_, each in sorted(self._heap, key=lambda entry: entry[:3], reverse=True)]

    def apart(self, pattern: Pattern) -> float:
        """How far two readings of an item are apart on average, in the measure that the tally is about."""
        if pattern not in self._apart:
            measure = self.measures[self._about]
            pairs = [measure.apart(one, other) for one, other in combinations(pattern, 2)]
            self._apart[pattern] = sum(pairs) / len(pairs) if pairs else 0.0
        return self._apart[pattern]

    def reader(self, plain_of: Callable[[Any], Mapping[str, Any]]) -> Read:
        """What `add` reads answers with; `plain_of` makes plain JSON of an answer as it is given."""
        readers = [measure.read for measure in self.measures]

        def read(answer: Any) -> tuple[tuple[int | None, ...], int | None]:
            plain = plain_of(answer)
            return tuple([each(plain) for each in readers]), plain.get("preferred")

        return read

    def add(self, task: Key, rows: list[Reading], read: Read) -> None:
        """Count the answers to one task, of which each may be added once."""
        self.tasks += 1
        self.judgments += len(rows)
        said = []
        votes = [0, 0]
        for _, labeler, batch, language, version, order, answer, seconds in rows:
            chosen, preferred = read(answer)
            said.append(chosen)
            group = self.groups[language, batch, version]
            group.people[labeler] += 1
            group.times[bisect_right(SECONDS, seconds)] += 1
            if preferred is not None:
                votes[preferred] += 1
                group.preferences += 1
                group.first += order[0] == str(preferred)
        versions = [row[4] for row in rows]
        self._patterns(task, (rows[0][3], rows[0][2]), versions, said)
        if votes != [0, 0]:
            self._sample(Preferred(task, (votes[0], votes[1])))

    def _patterns(
        self, task: Key, place: tuple[str, Key], versions: list[Any], said: list[tuple[int | None, ...]]
    ) -> None:
        mixed = len(set(versions)) > 1
        for number, chosen in enumerate(zip(*said, strict=True)):
            pattern = tuple(sorted([each for each in chosen if each is not None]))
            self.whole[number][place][pattern] += 1
            of_versions = self.versions[number]
            if not mixed:
                of_versions[versions[0]][pattern] += 1
            else:
                for version in sorted(set(versions)):  # texts have no order of their own
                    theirs = [c for c, v in zip(chosen, versions, strict=True) if v == version and c is not None]
                    of_versions[version][tuple(sorted(theirs))] += 1
            if number == self._about:
                self._dispute(task, pattern)

    def _dispute(self, task: Key, pattern: Pattern) -> None:
        apart = self.apart(pattern)
        if apart and (len(self._heap) < DISPUTED or (apart, len(pattern)) > self._heap[0][:2]):
            # the task's place in the pass settles ties, the earlier first
            entry = (apart, len(pattern), -self.tasks, Disputed(task, apart, pattern))
            (heapq.heappush if len(self._heap) < DISPUTED else heapq.heappushpop)(self._heap, entry)

    def _sample(self, preferred: Preferred) -> None:
        """Keep each task with the same chance, however many come (reservoir sampling)."""
        self._met += 1
        if len(self.sampled) < SAMPLE:
            self.sampled.append(preferred)
        elif (place := int(self._dice.random() * self._met)) < SAMPLE:
            self.sampled[place] = preferred
