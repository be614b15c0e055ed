"""Which number may stand beside those that were told before, so that nobody can take them from each other. Pure.

Two numbers give their difference, and three give more: whoever is behind two groups and in a third that holds both is
laid bare though no two of them do it. So people are kept in blocks, of those who are behind the same numbers, and no
two or three numbers, added and taken away, may be about fewer than k people: also where the same people are behind them
all, and only some of these have one row more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

Counts = Mapping[UUID, int]
"""What each person adds to a number; those who add nothing are left out."""


@dataclass(slots=True)
class Told:
    """What has been told of a vendor's quarter. `blocks` are people who are behind the same numbers, `counts` the
    numbers of which it is known what each person adds, each with its `_marks`."""

    k: int
    blocks: list[frozenset[UUID]] = field(default_factory=list)
    counts: list[tuple[Counts, list[int]]] = field(default_factory=list)

    def may(self, people: frozenset[UUID], everybody: frozenset[UUID]) -> bool:
        """Whether a number of these people may be told; if so it counts as told from here on. `everybody` are those
        of whom the reader may know a whole."""
        made = self._cut(people)
        if made is None:
            return False
        news = len(made) > len(self.blocks)
        if news and 0 < len(everybody.difference(*made)) < self.k:
            return False
        self.blocks = made
        return True

    def may_count(self, by: Counts, everybody: frozenset[UUID]) -> bool:
        """Whether a number may be told to which these people add so much; if so it counts as told from here on."""
        if any(by == one for one, _ in self.counts):
            return True
        marks = self._marks(by)
        if any(0 < _apart(left, right, self.k) < self.k for left, right in self._near(by, marks)):
            return False
        if not self.may(frozenset(by), everybody):
            return False
        self.counts = [*self.counts, (by, marks)]
        return True

    def copy(self) -> Told:
        """The same, to try something out: what is told there is not told here."""
        return Told(self.k, self.blocks, self.counts)

    def _cut(self, people: frozenset[UUID]) -> list[frozenset[UUID]] | None:
        """The blocks once a number of these people is told; None where one of fewer than k people would come to be."""
        parts = [part for block in self.blocks for part in (block & people, block - people)]
        parts.append(people.difference(*self.blocks))
        found = [part for part in parts if part]
        return found if all(len(part) >= self.k for part in found) else None

    def _near(self, by: Counts, marks: list[int]) -> Iterator[tuple[tuple[Counts, ...], tuple[Counts, ...]]]:
        """Of every two or three numbers with this one among them, as what is added and what is taken away, those that
        may be about few: where fewer than k people are left over, nobody is in one of k parts of all people, so that
        the sums of this part are the same."""
        for part, wanted in enumerate(marks):
            at: defaultdict[int, list[Counts]] = defaultdict(list)
            for one, sums in self.counts:
                at[sums[part]].append(one)
            yield from (((by,), (one,)) for one in at.get(wanted, ()))
            for one, sums in self.counts:
                others = [each for each in at.get(wanted - sums[part], ()) if each is not one]
                yield from (((by,), (one, other)) for other in others)
                yield from (((by, one), (other,)) for other in at.get(wanted + sums[part], ()))

    def _marks(self, by: Counts) -> list[int]:
        """Sums over each of k parts of all people, in which everybody has a weight of her own."""
        made = [0] * self.k
        for person, number in by.items():
            made[person.int % self.k] += number * person.int
        return made


def _apart(left: tuple[Counts, ...], right: tuple[Counts, ...], enough: int) -> int:
    """How many people add something to what is left when some numbers are taken from others; `enough` and no more."""
    found = set[UUID]()
    for person in chain.from_iterable(chain(left, right)):
        if person not in found and sum(each.get(person, 0) for each in left) != sum(
            each.get(person, 0) for each in right
        ):
            found.add(person)
            if len(found) == enough:
                break
    return len(found)
