"""What the second way of counting starts from: plain entries, the period, and the numbers in force.

Nothing of `labeler.compliance.checks`, `labeler.wellbeing` or any other code that the product counts with is used here
or beside this file. Written from the words of the standard, naively: loops over everything, and nothing
kept but the entries of an act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Entry:
    """An entry of the record: leaf `number` of the log named `log`."""

    log: UUID
    number: int
    at: datetime
    act: str
    actor: UUID | None
    subject: UUID
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """All that a report may rest on. `values` are the profile's numbers, `standard` the published ones with which way
    is stricter (-1: smaller, +1: larger); `entries` are in the order of time, then of log and leaf."""

    vendor: UUID
    start: datetime
    end: datetime
    values: Mapping[str, int]
    standard: Mapping[str, tuple[int, int]]
    entries: list[Entry]
    k: int = 5
    erased: int = 0
    kept: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict, repr=False, compare=False)

    def acts(self, *names: str) -> list[Entry]:
        """Every entry of these acts, whenever it was."""
        if names not in self.kept:
            self.kept[names] = [entry for entry in self.entries if entry.act in names]
        return self.kept[names]

    def inside(self, at: datetime) -> bool:
        """Whether a moment lies in the period."""
        return self.start <= at < self.end

    def acts_inside(self, *names: str) -> list[Entry]:
        """The entries of these acts that lie in the period."""
        return [entry for entry in self.acts(*names) if self.inside(entry.at)]

    def person(self, account: UUID) -> UUID:
        """Who has this account: the first account of the same person, by the newest entry that says so (BRK-10)."""
        said = [entry for entry in self.acts("labeler.payroll") if entry.subject == account]
        return UUID(said[-1].fields["person"]) if said else account

    def number(self, name: str, at: datetime, project: UUID | None = None) -> int:
        """A number that stood at a moment, for everybody or for one project; a buyer's tighter one goes before it.

        A project's own number counts where it is tighter than everybody's, or signed. Of several that stand, the one
        that began last counts.
        """
        published, stricter = self.standard[name]
        everybody = self._set(name, at, None)
        value = published if everybody is None else int(everybody["value"])
        own = None if project is None else self._set(name, at, project)
        if own is not None and (own["signed"] or (own["value"] - value) * stricter > 0):
            value = int(own["value"])
        wanted = self.values[name]
        if wanted != published and (wanted - value) * stricter > 0:
            value = wanted
        return value

    def _set(self, name: str, at: datetime, project: UUID | None) -> Mapping[str, Any] | None:
        standing = [
            entry.fields
            for entry in self.acts("policy.set")
            if entry.fields["name"] == name
            and (entry.fields["project"] and UUID(entry.fields["project"])) == project
            and moment(entry.fields["from_at"]) <= at
            and (entry.fields["until_at"] is None or at < moment(entry.fields["until_at"]))
        ]
        return max(standing, key=lambda fields: moment(fields["from_at"]), default=None)

    def changes(self) -> list[datetime]:
        """Every moment at which a number began or ended to stand, in order."""
        found = set()
        for entry in self.acts("policy.set"):
            found |= {moment(entry.fields[name]) for name in ("from_at", "until_at") if entry.fields[name]}
        return sorted(found)


@dataclass
class Found:
    """What a rule comes to. `cells` are its rows as whom they are about, when, what was measured and whether it is an
    exception; the other figures have a name, a value, and of how many it is."""

    cells: list[tuple[UUID | None, datetime, str, bool]] = field(default_factory=list)
    figures: list[tuple[str, int, int | None]] = field(default_factory=list)
    untested: bool = False
    failed: bool = False
    private: bool = False

    def add(self, person: UUID | None, at: datetime, value: object, exception: bool) -> None:
        """One more member of the population."""
        self.cells.append((person, at, str(value), exception))


Rule = Callable[[Known], Found]


def moment(told: str) -> datetime:
    """A moment as a field of an entry has it."""
    return datetime.fromisoformat(told)


def known_from(facts: Any, standard: Any, erased: int = 0) -> Known:
    """The same entries as `facts` (`labeler.compliance.events.Facts`) has, with nothing that it works out."""
    entries = [
        Entry(each.log, each.number, each.at, each.act, each.actor, each.subject, each.fields) for each in facts.events
    ]
    entries.sort(key=lambda entry: (entry.at, entry.log, entry.number))
    numbers = {name: (number.value, number.stricter) for name, number in standard.numbers.items()}
    return Known(
        facts.vendor, facts.period.start, facts.period.end, facts.profile.values, numbers, entries, facts.k, erased
    )


def differences(rule: str, here: Found, there: Any) -> list[str]:
    """Which cells of a rule differ from what the product found (`labeler.compliance.outcome.Checked`), in words."""
    told = sorted(((row.person, row.at, row.value, row.exception) for row in there.rows), key=repr)
    mine = sorted(here.cells, key=repr)
    found = [f"{rule}: {which} {cell}" for which, cell in _apart(mine, told)]
    figures = sorted(((each.name, each.value, each.of) for each in there.figures), key=repr)
    found += [f"{rule}: {which} figure {each}" for which, each in _apart(sorted(here.figures, key=repr), figures)]
    for name, one, other in (
        ("untested", here.untested, there.untested is not None),
        ("failed", here.failed, there.failed is not None),
        ("private", here.private, there.private),
    ):
        if one != other:
            found.append(f"{rule}: {name} is {one} here, {other} there")
    return found


def _apart(mine: list[Any], theirs: list[Any]) -> Iterable[tuple[str, Any]]:
    left = list(theirs)
    for cell in mine:
        if cell in left:
            left.remove(cell)
        else:
            yield "only here", cell
    yield from (("only there", cell) for cell in left)


HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
