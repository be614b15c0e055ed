"""A log made up for a test: entries of the sealed record as they would stand in a vendor's log and the platform's.

A test says what happened, act by act; `Log.add` gives each entry its number and refuses fields that the act does not
declare, so that no check is tested against an entry that the product could not write.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from labeler.audit.acts import ACTS
from labeler.audit.logs import PLATFORM
from labeler.compliance.events import Event, Facts, Period, facts_of
from labeler.compliance.standards import Profile, as_published, read

QUARTER = Period.quarter(2026, 3)
MONDAY = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
"""A Monday morning in the quarter, in UTC."""


def key(number: int) -> UUID:
    """An id for number `number`: the same one in every run."""
    return UUID(int=(0x0198 << 112) | (0x7 << 76) | (0x2 << 62) | number)


class Log:
    """A log under construction. `log` is the vendor's id, or `PLATFORM`."""

    def __init__(self, log: UUID = PLATFORM) -> None:
        self.log = log
        self.events: list[Event] = []

    def add(self, act: str, at: datetime, actor: UUID | None, subject: UUID, **fields: Any) -> Event:
        """Add an entry. Values are written as the record writes them: ids, moments and names of states as text."""
        wanted = ACTS[act]
        assert set(fields) == wanted, f"{act} has the fields {sorted(wanted)}, not {sorted(fields)}"
        told = {name: _told(value) for name, value in fields.items()}
        number = len(self.events)
        made = Event(self.log, number, key(1_000_000_000 + (self.log.int % 997) * 10_000_000 + number), at, act, actor,
                     subject, told)  # fmt: skip
        self.events.append(made)
        return made


def _told(value: Any) -> Any:
    match value:
        case Enum():
            return _told(value.value)
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [_told(each) for each in value]
        case dict():
            return {name: _told(each) for name, each in value.items()}
    return value


def facts_from(
    *logs: Log, vendor: UUID, period: Period = QUARTER, profile: Profile | None = None, erased: int = 0, k: int = 5
) -> Facts:
    """The facts that a report on `vendor` would rest on, had these logs been sealed."""
    told: Iterable[Event] = (event for log in logs for event in log.events)
    return facts_of(vendor, period, profile or as_published(read()), told, erased, k)


def shuffled(facts: Facts, seed: int) -> Facts:
    """The same facts, read in another order: a check must come to the same."""
    events = list(facts.events)
    random.Random(seed).shuffle(events)
    return facts_of(facts.vendor, facts.period, facts.profile, events, facts.erased, facts.k)


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)
