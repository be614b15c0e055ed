"""Which numbers of a report may be told, decided a second time from its words alone, and how an attacker looks at them.

A number is what each person adds to it. Of a figure that is no sum only its people are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Number:
    """A number that could be told. `parts` is what each person adds, None for what is no sum; `people` stand behind it,
    `whole` are those who could have; `rest` stand behind another number that it gives away."""

    name: str
    people: frozenset[UUID]
    parts: Mapping[UUID, int] | None
    whole: frozenset[UUID]
    rest: frozenset[UUID] = frozenset()


@dataclass
class Reader:
    """Somebody who keeps every number that was ever told of a quarter."""

    k: int
    groups: list[frozenset[UUID]] = field(default_factory=list)
    sums: list[Mapping[UUID, int]] = field(default_factory=list)

    def may_learn(self, number: Number, everybody: frozenset[UUID]) -> bool:
        """Whether nobody is laid bare when this reader is told one number more; then it is kept."""
        if not number.people and not number.rest:
            return True
        if number.parts is not None and not self._is_cell(number):
            return False
        if number.parts is None and not all(
            self._enough(group) and self._none_or_enough(everybody - group) for group in (number.people, number.rest)
        ):
            return False
        groups = [*self.groups, *(group for group in (number.people, number.rest) if group)]
        if not self._kept_together(groups, everybody):
            return False
        sums = self.sums
        if number.parts is not None and number.parts not in sums:
            sums = [*sums, number.parts]
            if any(few_left(chosen, self.k) for chosen in within_reach(sums) if number.parts in chosen):
                return False
        self.groups, self.sums = groups, sums
        return True

    def _is_cell(self, number: Number) -> bool:
        adds = sorted(number.parts.values()) if number.parts else []
        return (
            self._enough(number.people)
            and adds[-1] <= sum(adds[:-1])
            and self._none_or_enough((number.whole | number.people) - number.people)
        )

    def _enough(self, people: frozenset[UUID]) -> bool:
        return not people or len(people) >= self.k

    def _none_or_enough(self, people: frozenset[UUID]) -> bool:
        return not people or len(people) >= self.k

    def _kept_together(self, groups: Sequence[frozenset[UUID]], everybody: frozenset[UUID]) -> bool:
        """Each person of a group has k-1 others who are in the same groups; and those who are in none are none or k,
        unless these groups tell nothing new."""
        alike = _alike(groups)
        if any(len(people) < self.k for in_groups, people in alike.items() if in_groups):
            return False
        left = everybody - {person for group in groups for person in group}
        return self._none_or_enough(frozenset(left)) or len(alike) == len(_alike(self.groups))


def _alike(groups: Sequence[frozenset[UUID]]) -> dict[frozenset[int], set[UUID]]:
    """People by the groups that they are in."""
    found: dict[frozenset[int], set[UUID]] = {}
    for person in {person for group in groups for person in group}:
        found.setdefault(frozenset(n for n, group in enumerate(groups) if person in group), set()).add(person)
    return found


Chosen = tuple[Mapping[UUID, int], ...]


def within_reach(sums: Sequence[Mapping[UUID, int]]) -> Iterator[Chosen]:
    """Every two and three numbers that a reader may add and take away."""
    yield from combinations(sums, 2)
    yield from combinations(sums, 3)


def few_left(chosen: Chosen, k: int) -> bool:
    """Whether these numbers, added and taken away in any way, can be about 1 to k-1 people."""
    people = {person for each in chosen for person in each}
    for signs in product((1, -1), repeat=len(chosen)):
        left = [who for who in people if sum(s * each.get(who, 0) for s, each in zip(signs, chosen, strict=True))]
        if 0 < len(left) < k:
            return True
    return False


def numbers(assessment: Any, k: int) -> Iterator[tuple[tuple[Any, ...], Number]]:
    """Every number of an assessment in the order in which it is told, each with its place: control, check, which."""
    for control in assessment.controls:
        for place, check in enumerate(control.checks):
            behind = frozenset(row.person for row in check.rows if row.person)
            if check.private and len(behind) < k:
                continue
            parts, wrong = _by(check.rows), _by([row for row in check.rows if row.exception])
            at = (control.control, place)
            yield (*at, "population"), Number(check.rule, behind, parts, assessment.people | behind)
            if any(row.exception for row in check.rows):
                yield (*at, "exceptions"), Number(check.rule, frozenset(wrong), wrong, behind)
            for which, figure in enumerate(check.figures):
                told = Number(figure.name, figure.people, None, assessment.people, figure.rest)
                yield (*at, which), told


def shares(assessment: Any, width: int) -> list[Number]:
    """The hand-outs at so many severities together, for all severities."""
    found = []
    for at in range(0, 4, width):
        by: dict[UUID, int] = {}
        for severity in range(at, at + width):
            for who, number in assessment.served[severity].items():
                by[who] = by.get(who, 0) + number
        found.append(Number(f"severity {at}", frozenset(by), by, assessment.people))
    return found


def _by(rows: Sequence[Any]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for row in rows:
        if row.person is not None:
            found[row.person] = found.get(row.person, 0) + 1
    return found
