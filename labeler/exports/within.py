"""Agreement within groups of people, and of a group with all others, from one pass over a project's answers. Pure.

Alpha within a group is Krippendorff's, same or not. Agreement of a group with the others is cross-replication
reliability (Wong, Paritosh, Aroyo, "Cross-replication Reliability", 2021): 1 minus the disagreement of all pairs of one
in the group and one outside on the same item, over what chance would give. 1 is full agreement, 0 chance, for both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labeler.cells import K_PUBLIC, cell
from labeler.quality.agreement import Level, agreement, readings
from tasks.measures import Measure

K = K_PUBLIC
DIGITS = 2
"""Of every figure: finer ones would tell more of who is in a group than of how it judges."""

Said = Mapping[str, str | None]
Given = tuple[str, Sequence[int | None]]
"""One answer: the person, and the category she chose in each measure."""


@dataclass(slots=True)
class _Cross:
    """Pairs of one inside and one outside of a group on the same items: how many, how many say the same, and how often
    each side chose each category on the items that both judged."""

    pairs: int = 0
    same: int = 0
    inside: Counter[int] = field(default_factory=Counter)
    outside: Counter[int] = field(default_factory=Counter)

    def add(self, inside: Sequence[int], outside: Sequence[int]) -> None:
        if not inside or not outside:
            return
        ours, theirs = Counter(inside), Counter(outside)
        self.pairs += len(inside) * len(outside)
        self.same += sum(number * theirs[category] for category, number in ours.items())
        self.inside.update(ours)
        self.outside.update(theirs)

    @property
    def reliability(self) -> float | None:
        """None where no item was judged by both sides, and where all chose one category: then chance tells nothing."""
        if not self.pairs:
            return None
        ours, theirs = self.inside.total(), self.outside.total()
        by_chance = sum(number * self.outside[category] for category, number in self.inside.items()) / (ours * theirs)
        return None if by_chance == 1 else 1 - (1 - self.same / self.pairs) / (1 - by_chance)


def by_group(
    tasks: Iterable[Sequence[Given]],
    said: Mapping[str, Said],
    open_: Mapping[str, Collection[str]],
    measures: Sequence[Measure],
    k: int = K,
) -> list[dict[str, Any]]:
    """The figures of every group that may be told, for each measure; `open_` has the values, by what was asked, that
    are told at all. `said` has what people who agreed say of themselves; whoever is not in it is with the others.

    A group is told with `k` people behind its answers, none of whom gave more than half of them; so are all others
    together, and so are those together who are in no group that is told: until they are, the smallest group goes along.
    """
    names = [(asked, value) for asked, values in open_.items() for value in sorted(values)]
    people: dict[str, defaultdict[str | None, Counter[str]]] = {asked: defaultdict(Counter) for asked in open_}
    patterns = {(*name, n): Counter[tuple[int, ...]]() for name in names for n in range(len(measures))}
    crosses = {(*name, n): _Cross() for name in names for n in range(len(measures))}
    for given in tasks:
        for person, _ in given:
            of = said.get(person, {})
            for asked, values in open_.items():
                value = of.get(asked)
                people[asked][value if value in values else None][person] += 1
        for asked, value in names:
            mine = [said.get(person, {}).get(asked) == value for person, _ in given]
            for n in range(len(measures)):
                chosen = [categories[n] for _, categories in given]
                inside = [each for each, hers in zip(chosen, mine, strict=True) if hers and each is not None]
                outside = [each for each, hers in zip(chosen, mine, strict=True) if not hers and each is not None]
                if inside:
                    patterns[asked, value, n][tuple(sorted(inside))] += 1
                crosses[asked, value, n].add(inside, outside)
    told = {asked: may_be_told(people[asked], k) for asked in open_}
    return [
        {
            "measure": measure.name,
            "title": measure.title,
            "groups": [
                {"by": asked, "value": value, **_figures(patterns[asked, value, n], crosses[asked, value, n], measure)}
                for asked, value in names
                if value in told[asked]
            ],
        }
        for n, measure in enumerate(measures)
    ]


def may_be_told(people: Mapping[str | None, Counter[str]], k: int = K) -> set[str]:
    """The values whose figures may be told; `people` says who gave how many answers, with None those of no value."""
    every: Counter[str] = sum((of for of in people.values()), Counter())
    open_ = {
        value
        for value, of in people.items()
        if value is not None and cell(of, k) is not None and cell(every - of, k) is not None
    }
    rest = sum((of for value, of in people.items() if value not in open_), Counter[str]())
    for value in sorted(open_, key=lambda value: (people[value].total(), value)):
        if not rest or cell(rest, k) is not None:
            break
        open_.discard(value)
        rest += people[value]
    return open_


def _figures(patterns: Counter[tuple[int, ...]], cross: _Cross, measure: Measure) -> dict[str, Any]:
    found = agreement(readings(patterns, len(measure.labels)), (Level.NOMINAL,)).alpha.get(Level.NOMINAL)
    return {
        "alpha": found and {name: _rounded(getattr(found, name)) for name in ("value", "low", "high")},
        "with_others": _rounded(cross.reliability),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS) + 0.0
