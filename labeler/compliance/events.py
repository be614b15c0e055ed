"""Entries of the sealed record as events, and what the checks are given. Pure.

A report is a function of a prefix of two logs (the vendor's and the platform's) and of what was asked. So whoever has
these entries, from the database or from an auditor's bundle, comes to the same figures.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from labeler.compliance.standards import Profile
from labeler.wellbeing.limits import NAMES, STANDARD, Change, InForce, Limits, in_force

BEFORE = timedelta(days=15)
"""How much of the time before a period is read, of acts of the day: rolling windows of a week, and a rest before it."""
AFTER = timedelta(days=2)
"""How much of the time after it: what was begun in the period ends by then, and is written down."""
OF_THE_DAY = frozenset(
    {
        "assignment.hand_out",
        "assignment.resume",
        "assignment.reveal",
        "assignment.hide",
        "assignment.skip",
        "assignment.revoke",
        "assignment.expire",
        "judgment.submit",
        "break.start",
        "break.end",
        "stretch.close",
        "stand_down.start",
        "stand_down.end",
        "exposure.show",
        "pay.settle",
    }
)
"""Acts that are many: read from `BEFORE` the period until `AFTER` it. All others are read from the beginning."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry in its place: leaf `number` of log `log`. `fields` are those that its act declares."""

    log: UUID
    number: int
    id: UUID
    at: datetime
    act: str
    actor: UUID | None
    subject: UUID
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """A whole calendar quarter in UTC: from `start` until before `end`. No other span is reported on, so that nobody
    can choose one, and no two can be taken from each other."""

    start: datetime
    end: datetime

    @classmethod
    def quarter(cls, year: int, number: int) -> Period:
        """Quarter 1 to 4 of a year."""
        end = (year, 3 * number + 1) if number < 4 else (year + 1, 1)
        return cls(datetime(year, 3 * number - 2, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC))

    @property
    def name(self) -> str:
        """Such as `2026 Q3`."""
        return f"{self.start.year} Q{(self.start.month + 2) // 3}"

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def event_of(log: UUID, number: int, entry: bytes) -> Event:
    """The event that a sealed entry's text (`audit.logs.entry_text`) says."""
    told = orjson.loads(entry)
    return Event(
        log=log,
        number=number,
        id=UUID(told["id"]),
        at=datetime.fromisoformat(told["at"]),
        act=told["act"],
        actor=told["actor"] and UUID(told["actor"]),
        subject=UUID(told["subject"]),
        fields=orjson.loads(told["fields"]),
    )


@dataclass(frozen=True)
class Facts:
    """What a check is given. `events` are those of both logs in the order of time (and of log and number within one
    moment): low-volume acts from the beginning on, acts of the day from `BEFORE` the period until `AFTER` it.

    `erased` counts the places of the vendor's log whose entries were erased.
    """

    vendor: UUID
    period: Period
    profile: Profile
    events: Sequence[Event]
    erased: int = 0
    k: int = 5
    _by_act: dict[str, list[Event]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        found: defaultdict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.act].append(event)
        self._by_act.update(found)

    def of(self, *acts: str) -> list[Event]:
        """The events of these acts, in the order of time."""
        if len(acts) == 1:
            return self._by_act.get(acts[0], [])
        return sorted((each for act in acts for each in self._by_act.get(act, [])), key=order)

    def within(self, *acts: str) -> list[Event]:
        """The events of these acts that lie in the period."""
        return [event for event in self.of(*acts) if event.at in self.period]

    def parameter(self, name: str) -> int:
        """A number of the standard that nobody can set for a while: as the profile has it."""
        return self.profile.values[name]

    @functools.cached_property
    def _people(self) -> dict[UUID, UUID]:
        return {event.subject: UUID(event.fields["person"]) for event in self.of("labeler.payroll")}

    def person(self, account: UUID) -> UUID:
        """Who has an account: the first account of that person (BRK-10)."""
        return self._people.get(account, account)

    @functools.cached_property
    def _changes(self) -> list[Change]:
        return [
            Change(
                name=event.fields["name"],
                value=event.fields["value"],
                from_at=datetime.fromisoformat(event.fields["from_at"]),
                project_id=event.fields["project"] and UUID(event.fields["project"]),
                until_at=event.fields["until_at"] and datetime.fromisoformat(event.fields["until_at"]),
                signed=bool(event.fields["signed"]),
            )
            for event in self.of("policy.set")
        ]

    @functools.cached_property
    def _in_force(self) -> tuple[list[datetime], list[InForce]]:
        """The moments at which a number changed, in order, and the numbers from each of them on."""
        moments = {self.period.start - BEFORE}
        for change in self._changes:
            moments |= {change.from_at, *([change.until_at] if change.until_at else [])}
        return sorted(moments), [in_force(self._changes, moment) for moment in sorted(moments)]

    @functools.cached_property
    def _limits(self) -> dict[tuple[int, UUID | None], Limits]:
        return {}

    def limits(self, at: datetime, project: UUID | None = None) -> Limits:
        """The numbers to hold a moment against: those in force then, or the profile's where they are tighter.

        What was in force counts even where it was loosened: a signed deviation is printed as such, not as a breach.
        """
        place = self._place(at)
        known = self._limits.get((place, project))
        if known is None:
            numbers = self._in_force[1][place]
            limits = numbers.of(project) if project is not None else numbers.platform
            known = self._limits[place, project] = _tightened(limits, self.profile)
        return known

    def bound(self, at: datetime) -> Limits:
        """The numbers that bound everybody at a moment, whatever they are measured by."""
        return self._in_force[1][self._place(at)].platform

    def _place(self, at: datetime) -> int:
        return max(bisect_right(self._in_force[0], at) - 1, 0)

    @functools.cached_property
    def kept(self) -> dict[str, Any]:
        """What several checks work out from these facts once, each under a name of its own."""
        return {}


def _tightened(limits: Limits, profile: Profile) -> Limits:
    return Limits(
        **{
            name: STANDARD[name].tighter(getattr(limits, name), profile.values[name])
            if profile.values[name] != STANDARD[name].value
            else getattr(limits, name)
            for name in NAMES
        }
    )


def rests_on(act: str, at: datetime, period: Period) -> bool:
    """Whether a report on this period rests on such an entry, by its time: wherever it is read from."""
    return act not in OF_THE_DAY or period.start - BEFORE <= at < period.end + AFTER


def order(event: Event) -> tuple[datetime, UUID, int]:
    """By time, then by place."""
    return event.at, event.log, event.number


def facts_of(
    vendor: UUID, period: Period, profile: Profile, events: Iterable[Event], erased: int = 0, k: int = 5
) -> Facts:
    """The facts for a vendor's period: what lies after its end counts too (a payment of its weeks, a decision). Acts of
    the day that lie too far from it are left out, so that the same figures come from whatever somebody has."""
    known = (event for event in events if rests_on(event.act, event.at, period))
    return Facts(vendor, period, profile, sorted(known, key=order), erased, k)
