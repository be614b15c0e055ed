"""Contracts seen, the worker representative's seat, and what is published. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from labeler.compliance.checks.runs import row
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked

A_YEAR = timedelta(days=366)
SETTLING = timedelta(days=14)
"""GOV-1: how long after a version begins, or after her first task, a labeler may take to look at it."""


def contract_seen(facts: Facts) -> Checked:
    """GOV-1: who works has seen the contract's version in force. Population: everybody who was handed work in the
    period, once for each contract of the vendor's: a person, over all her accounts, and the version that was in force
    when she was last handed work. An exception had not said that she saw it when her time to look at it was over: 14
    days after the version began, or after her first task of the period if that was later. Who has some of that time
    left is in it once she has seen it. Values: the version. Whether it is plain, and kept, is attested."""
    if not facts.of("contract.condition"):
        return Checked("GOV-1", untested="This vendor has no contract in the record.")
    first, last = _workers(facts)
    seen: dict[tuple[UUID, UUID, int], Event] = {}
    for event in facts.of("contract.seen"):
        if event.actor is not None:  # the first time, under whichever of her accounts
            seen.setdefault((facts.person(event.actor), event.subject, event.fields["version"]), event)
    rows = []
    for contract in dict.fromkeys(event.subject for event in facts.of("contract.condition")):
        for person, began in first.items():
            version = _in_force(facts, contract, last[person].at)
            if version is None:
                continue
            looked = seen.get((person, contract, version.fields["version"]))
            due = max(_moment(version.fields["from_at"]), began.at) + SETTLING
            late = looked is None or looked.at > due
            if late and due > last[person].at:
                continue  # her time to look at it is not over
            rows.append(row(looked or began, f"version {version.fields['version']}", person, exception=late))
    return Checked("GOV-1", rows, untested=None if rows else "Nobody's time to look at a contract was over.")


def _moment(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)  # a day begins in UTC


def _workers(facts: Facts) -> tuple[dict[UUID, Event], dict[UUID, Event]]:
    """The first and the last task that each person was handed in the period."""
    first: dict[UUID, Event] = {}
    last: dict[UUID, Event] = {}
    for event in facts.within("assignment.hand_out"):
        if event.actor is not None:
            person = facts.person(event.actor)
            first.setdefault(person, event)
            last[person] = event
    return first, last


def _in_force(facts: Facts, contract: UUID, moment: datetime) -> Event | None:
    begun = [event for event in facts.of("contract.condition") if event.subject == contract
             and event.log == facts.vendor and _moment(event.fields["from_at"]) <= moment
             and (event.fields["until_at"] is None or moment < _moment(event.fields["until_at"]))]  # fmt: skip
    return max(begun, key=lambda event: _moment(event.fields["from_at"]), default=None)


def seat_taken(facts: Facts) -> Checked:
    """GOV-3: somebody has the seat of the workers' representative. Population: those who had it in the period. The rule
    is broken where nobody had it while people were at work, for more than fourteen days together: from the moment at
    which it became empty, or the first task of the period, to a task that was handed out. Values: whether it was given
    up since. That a committee is elected and meets is attested."""
    shut = {event.subject: event.at for event in facts.of("user.disable")}
    sat = [event for event in facts.of("user.add") if event.log == facts.vendor
           and event.fields["role"] == "worker-representative" and event.at < facts.period.end
           and shut.get(event.subject, facts.period.end) > facts.period.start]  # fmt: skip
    rows = [row(event, "has the seat" if event.subject not in shut else "had the seat") for event in sat]
    work = [event.at for event in facts.within("assignment.hand_out")]
    if not work:
        return Checked("GOV-3", rows, untested="Nobody of this vendor was handed work in this period.")
    spans = [(event.at, shut.get(event.subject, facts.period.end)) for event in sat]
    empty = [at for at in work if not any(start <= at < end for start, end in spans)]
    long = any(at - _begin_of_gap(facts, spans, at) > timedelta(days=14) for at in empty)
    return Checked("GOV-3", rows, failed="Nobody had the seat for more than fourteen days of work." if long else None,
                   untested=None if rows or long else "Work began less than fourteen days before.")  # fmt: skip


def _begin_of_gap(facts: Facts, spans: list[tuple[datetime, datetime]], moment: datetime) -> datetime:
    """When the seat became empty that was empty at a moment; not before the vendor's first work in the period."""
    ended = [end for _, end in spans if end <= moment]
    first = facts.within("assignment.hand_out")[0].at
    return max([first, *ended])


def published_yearly(facts: Facts) -> Checked:
    """GOV-6: a report for everybody comes out each year. Population: the yearly reports and lessons that the platform
    published in the 366 days before the period's end; the record does not tell one from the other. The rule is broken
    where something was published before that, and nothing since. Values: of which period, and the beginning of the
    digest of what was published."""
    said = [event for event in facts.of("disclosure.publish") if event.at < facts.period.end]
    rows = [row(event, f"{event.fields['period']}, {event.fields['digest'][:12]}") for event in said
            if event.at >= facts.period.end - A_YEAR]  # fmt: skip
    if said and not rows:
        return Checked("GOV-6", failed="Nothing was published in the year before the end of this period.")
    return Checked("GOV-6", rows, untested=None if rows else "Nothing has been published yet.")
