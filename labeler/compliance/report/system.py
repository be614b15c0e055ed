"""Section III: under which contracts, out of which queues and at which severities the quarter was worked. Pure.

Every line comes from entries of the record: `contract.*` of the vendor's log, `project.create` of the platform's, and
the hand-outs. A queue that fewer than k people worked in is not named. What a contract's own text says is not here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from labeler.compliance.disclosing import Shown, band
from labeler.compliance.events import Event, Facts
from labeler.compliance.report.evidence import as_csv
from labeler.compliance.report.props import NOT_TOLD, Prop, prop

TABLE = "system.csv"
COLUMNS = ("group", "name", "value")
CONDITIONS = (
    "tier", "above", "countries", "notice_days", "paid_leave_days", "ill_leave_days", "confidentiality", "carve_out",
    "other_work_barred", "payroll", "digest",
)  # fmt: skip
"""What is told of a version of a contract, beside its name and days, in this order."""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: `contract-2`, `tier`, `1`."""

    group: str
    name: str
    value: str


def system(facts: Facts, shown: Shown) -> list[Line]:
    """All lines, in the order in which they are shown."""
    return [*_contracts(facts), *_queues(facts), *_severities(shown)]


def table(lines: Iterable[Line]) -> bytes:
    """The lines as CSV."""
    return as_csv(COLUMNS, [(each.group, each.name, each.value) for each in lines])


def as_props(lines: Iterable[Line]) -> list[Prop]:
    """The lines as properties of an OSCAL file."""
    return [prop("system", each.value, **{"group": each.group, "class": each.name}) for each in lines]


def _contracts(facts: Facts) -> Iterator[Line]:
    names = {event.subject: str(event.fields["name"]) for event in facts.of("contract.add")}
    for number, (event, until) in enumerate(_in_force(facts), 1):
        group = f"contract-{number}"
        yield Line(group, "name", _said(names.get(event.subject)) or str(event.subject))
        yield Line(group, "version", _said(event.fields["version"]))
        yield Line(group, "from", event.fields["from_at"][:10])
        yield Line(group, "until", until[:10] if until else "no end")
        for name in CONDITIONS:
            value = event.fields[name]
            if name == "above" and value:
                value = names.get(UUID(value), value)
            if said := _said(value):
                yield Line(group, name.replace("_", "-"), said)


def _in_force(facts: Facts) -> Iterator[tuple[Event, str | None]]:
    """The versions that were in force on any day of the quarter, and when each ended: by itself, or by the next."""
    versions: defaultdict[UUID, list[Event]] = defaultdict(list)
    for event in facts.of("contract.condition"):
        if event.log == facts.vendor:
            versions[event.subject].append(event)
    for found in versions.values():
        found.sort(key=lambda each: (datetime.fromisoformat(each.fields["from_at"]), each.fields["version"]))
        for event, following in zip_longest(found, found[1:]):
            ends = [each for each in (event.fields["until_at"], following and following.fields["from_at"]) if each]
            until = min(ends, key=datetime.fromisoformat, default=None)
            begun = datetime.fromisoformat(event.fields["from_at"]) < facts.period.end
            if begun and (until is None or datetime.fromisoformat(until) > facts.period.start):
                yield event, until


def _queues(facts: Facts) -> Iterator[Line]:
    kinds = {event.subject: event.fields["kind"] for event in facts.of("project.create")}
    people: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for event in facts.within("assignment.hand_out"):
        if event.actor is not None:
            people[UUID(event.fields["project"])].add(facts.person(event.actor))
    named = sorted(project for project, who in people.items() if len(who) >= facts.k)
    for number, project in enumerate(named, 1):
        yield Line(f"queue-{number}", "project", str(project))
        yield Line(f"queue-{number}", "kind", _said(kinds.get(project)) or "not in the record")
        yield Line(f"queue-{number}", "people", band(len(people[project]), facts.k))
    others = f"some, each with fewer than {facts.k} people" if len(named) < len(people) else "none"
    yield Line("queues", "not-named", others)


def _severities(shown: Shown) -> Iterator[Line]:
    yield Line("hand-outs", "people", shown.headcount)
    for each in shown.shares:
        name = f"severity-{each.first}" + (f"-{each.last}" if each.last > each.first else "")
        yield Line("hand-outs", name, f"{each.share} per mille")
    if not shown.shares:
        yield Line("hand-outs", "severity", NOT_TOLD)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else " ".join(str(value).split())
