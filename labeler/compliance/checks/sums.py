"""Sums over the working day: work in a window, work since a rest, seconds of hard texts. Pure.

Each is worked out for one person, from everything that the record has of her, before and after the moment asked about.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from uuid import UUID

from labeler.compliance.checks.day import Day, Piece, View
from labeler.compliance.events import Facts

HOUR = 3_600.0
A_DAY, A_WEEK = 24 * HOUR, 168 * HOUR


def flat(pieces: list[Piece]) -> list[Piece]:
    """Pieces that touch each other, as one."""
    blocks: list[Piece] = []
    for a, b in sorted(pieces):
        if blocks and a <= blocks[-1][1]:
            if b > blocks[-1][1]:
                blocks[-1] = (blocks[-1][0], b)
        else:
            blocks.append((a, b))
    return blocks


class Work:
    """A person's work as blocks that do not overlap."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.blocks = flat(pieces)
        self._starts = [a for a, _ in self.blocks]
        self._sums = [0.0, *accumulate(b - a for a, b in self.blocks)]
        self._chains: dict[float, list[float]] = {}

    def began(self, now: float, rest: float) -> float:
        """When work began after the last rest of at least so many seconds; `now` when it follows such a rest."""
        place = bisect_right(self._starts, now) - 1
        if place < 0 or now - self.blocks[place][1] >= rest:
            return now
        if rest not in self._chains:
            chain: list[float] = []
            for number, (start, _) in enumerate(self.blocks):
                goes_on = number and start - self.blocks[number - 1][1] < rest
                chain.append(chain[-1] if goes_on else start)
            self._chains[rest] = chain
        return self._chains[rest][place]

    def within(self, since: float, until: float) -> float:
        """Seconds of work between two moments."""
        return self._before(until) - self._before(since)

    def covers(self, moment: float) -> bool:
        """Whether a moment lies in a block, its ends included."""
        place = bisect_right(self._starts, moment) - 1
        return place >= 0 and moment <= self.blocks[place][1]

    def _before(self, moment: float) -> float:
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0.0
        start, end = self.blocks[place]
        return self._sums[place] + min(end, moment) - start


class Seen:
    """A person's texts of a severity or more, in the order in which they came on the screen."""

    def __init__(self, views: Sequence[View], least: int, newest: float) -> None:
        self.views = sorted((view for view in views if view.severity >= least), key=lambda view: view.from_at)
        self._starts = [view.from_at for view in self.views]
        self._ends = [view.until(newest) for view in self.views]
        lengths = [end - start for start, end in zip(self._starts, self._ends, strict=True)]
        self._sums = [0, *accumulate(round(length) for length in lengths)]
        self._longest = max(lengths, default=0.0)
        self._reach = list(accumulate(self._ends, max))

    def seconds(self, since: float, until: float) -> int:
        """Seconds between two moments; of a text that stood across one of them, the part that lies inside."""
        first, last = bisect_left(self._starts, since), bisect_right(self._starts, until)
        total = self._sums[last] - self._sums[first] if last > first else 0
        number = last - 1
        while number >= first and self._starts[number] > until - self._longest:
            over = self._ends[number] - until
            total -= round(over) if over > 0 else 0
            number -= 1
        number = first - 1
        while number >= 0 and self._starts[number] > since - self._longest:
            inside = min(self._ends[number], until) - since
            total += int(inside) if inside > 0 else 0
            number -= 1
        return max(0, total)

    def run(self, now: float, quiet: float) -> list[tuple[float, View]]:
        """The texts since the last quiet time of at least so many seconds before a moment, each with its seconds."""
        number, start, found = bisect_right(self._starts, now) - 1, now, []
        while number >= 0 and start - min(self._reach[number], now) < quiet:
            start = self._starts[number]
            found.append((min(self._ends[number], now) - start, self.views[number]))
            number -= 1
        return found

    def back(self, now: float) -> Iterator[tuple[float, float, View]]:
        """The texts that had come by a moment, from when until when; the newest first."""
        for number in range(bisect_right(self._starts, now) - 1, -1, -1):
            yield self._starts[number], self.views[number].until(now), self.views[number]


class People:
    """The sums of everybody, each worked out when it is first asked for."""

    def __init__(self, made: Day) -> None:
        self.day = made
        self._work: dict[UUID, Work] = {}
        self._evident: dict[UUID, Work] = {}
        self._seen: dict[tuple[UUID, int], Seen] = {}

    def work(self, person: UUID) -> Work:
        """What is evident and what was declared, together: the longer of the two counts."""
        if person not in self._work:
            self._work[person] = Work([*self.day.pieces[person], *self.day.stretches[person]])
        return self._work[person]

    def evident(self, person: UUID) -> Work:
        """What tasks alone show: whatever stretches were declared."""
        if person not in self._evident:
            self._evident[person] = Work(list(self.day.pieces[person]))
        return self._evident[person]

    def seen(self, person: UUID, least: int) -> Seen:
        """Texts of a severity or more."""
        if (person, least) not in self._seen:
            self._seen[person, least] = Seen(self.day.views[person], least, self.day.newest)
        return self._seen[person, least]


def people(facts: Facts, made: Day) -> People:
    """The sums of these facts, kept with them."""
    if "people" not in facts.kept:
        facts.kept["people"] = People(made)
    known: People = facts.kept["people"]
    return known
