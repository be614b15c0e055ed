"""From what happened to paid spans: each second once, each with a class and a rate. Pure.

A rule here is told when something began and ended, never how: a task that was declined and one that was answered are
the same thing to it (OPT-3, OPT-4, house rule 13).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from uuid import UUID

from labeler.pay.classes import TimeClass

LEAST = 60
"""OPT-3: seconds that each task brings at least. What neither it nor the unpaid time right after it fills is paid as a
length without a place on the clock, so that n tasks declined in one minute bring n minutes, and no span overlaps."""
WEEK = timedelta(days=7)
"""PAY-4: a pay period, from Monday, 0:00 UTC."""
DUE = timedelta(days=7)
"""PAY-4: how long after its end a period is to be paid."""
CLOSE_AFTER = timedelta(days=1)
"""How long after its end a period's statement is made: what ended late is in it."""

_WEEK = 7 * 24 * 3600
_MONDAY = 4 * 24 * 3600  # 5 January 1970 was a Monday

_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            TimeClass.BREAK, TimeClass.STAND_DOWN, TimeClass.TRAINING, TimeClass.QUALIFICATION, TimeClass.INSTRUCTIONS,
            TimeClass.REWORK, TimeClass.APPEAL, TimeClass.FAULT, TimeClass.WARNING, TimeClass.TASK,
        )
    )
}  # fmt: skip
"""Which class a second has when two things went on: a break in an open task is a break."""
_LEAST_RANK = len(_RANK)
_WAITING_RANK = _LEAST_RANK + 1


@dataclass(frozen=True, slots=True)
class Span:
    """Time of one class, from a moment until another."""

    kind: TimeClass
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A row that was time at work, and its spans.

    `least` seconds are paid for it at least, counted from its beginning. `promised` spans are paid in their full
    length, but take only seconds that nothing else pays. What lacks of either becomes a `Length`.
    """

    source_id: UUID
    spans: tuple[Span, ...]
    least: int = 0
    promised: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class RateFrom:
    """An hour's pay in minor units, from a moment on."""

    id: UUID
    from_at: datetime
    per_hour: int
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """A span that is to be written: whole seconds, in one week, at one rate."""

    source_id: UUID
    kind: TimeClass
    from_at: datetime
    until_at: datetime
    rate: RateFrom

    @property
    def seconds(self) -> int:
        """How long it is."""
        return round((self.until_at - self.from_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds that are paid beside the spans: they belong to a moment, but fill no place on the clock."""

    source_id: UUID
    kind: TimeClass
    from_at: datetime
    seconds: int
    rate: RateFrom

    @property
    def until_at(self) -> None:
        """It has no end, as it has no place."""
        return None


@dataclass(frozen=True, slots=True)
class Cut:
    """The lines to be written, and the events that can't be yet because some of their time has no rate."""

    lines: list[Line]
    unrated: frozenset[UUID]
    lengths: list[Length] = field(default_factory=list)

    @property
    def all(self) -> list[Line | Length]:
        """Everything that is to be written."""
        return [*self.lines, *self.lengths]


class Covered:
    """Seconds that are paid, as disjoint spans in order."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._from: list[int] = []
        self._until: list[int] = []
        for start, end in spans:
            self.take(start, end)

    def free(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of a span that nobody has taken."""
        found: list[tuple[int, int]] = []
        place = bisect_right(self._until, start)
        while start < end:
            if place == len(self._from) or self._from[place] >= end:
                found.append((start, end))
                break
            if self._from[place] > start:
                found.append((start, self._from[place]))
            start = self._until[place]
            place += 1
        return found

    def take(self, start: int, end: int) -> list[tuple[int, int]]:
        """Take what is free of a span, and say which parts that were."""
        found = self.free(start, end)
        if found:
            low, high = bisect_left(self._until, start), bisect_right(self._from, end)
            if low < high:
                start, end = min(start, self._from[low]), max(end, self._until[high - 1])
            self._from[low:high], self._until[low:high] = [start], [end]
        return found


def week_of(moment: datetime) -> datetime:
    """The Monday, 0:00 UTC, on or before a moment."""
    seconds = floor(moment.timestamp())
    return _at(seconds - (seconds - _MONDAY) % _WEEK)


def closable(now: datetime) -> datetime:
    """Weeks that began before this moment are over for good: their statements are due to be made."""
    return week_of(now - CLOSE_AFTER)


def lines_of(
    events: Iterable[Event],
    rates: Sequence[RateFrom],
    now: datetime,
    written: Iterable[tuple[datetime, datetime]] = (),
    going_on: Iterable[datetime] = (),
) -> Cut:
    """The lines that events make beside those `written` already: never over one another.

    A begun second counts whole. `rates` are hers, by `from_at`. `going_on` are the beginnings of what has not ended:
    what only fills gaps (waiting, what is promised, the least that a task brings, which never reaches beyond `now`)
    leaves it that time.
    """
    events = list(events)
    covered = Covered((_down(start), _up(end)) for start, end in written)
    open_from = min((_down(start) for start in going_on), default=None)
    found: list[tuple[UUID, TimeClass, int, int]] = []
    for rank, kind, start, end, source in sorted(_claims(events, _up(now)), key=lambda claim: (claim[0], claim[2])):
        last = end if rank < _LEAST_RANK or open_from is None else min(end, open_from)
        found += [(source, kind, first, until) for first, until in covered.take(start, last)]
    starts = [_down(rate.from_at) for rate in rates]
    lacking = _lacking(events, found)
    moments = [(source, start) for source, _, start, _ in [*found, *lacking]]
    unrated = frozenset(source for source, start in moments if not starts or start < starts[0])
    lines = [
        Line(source, kind, _at(first), _at(until), rates[bisect_right(starts, first) - 1])
        for source, kind, start, end in found
        if source not in unrated
        for first, until in _pieces(start, end, starts)
    ]
    lengths = [
        Length(source, kind, _at(start), seconds, rates[bisect_right(starts, start) - 1])
        for source, kind, start, seconds in lacking
        if source not in unrated
    ]
    return Cut(sorted(lines, key=lambda line: line.from_at), unrated, lengths)


def _lacking(
    events: Iterable[Event], found: Iterable[tuple[UUID, TimeClass, int, int]]
) -> list[tuple[UUID, TimeClass, int, int]]:
    """What the spans that were found leave of what events bring at least: source, class, its moment, seconds."""
    filled: dict[UUID, int] = {}
    for source, _, start, end in found:
        filled[source] = filled.get(source, 0) + end - start
    lacking: list[tuple[UUID, TimeClass, int, int]] = []
    for event in events:
        so_far = filled.get(event.source_id, 0)
        owed = [(span.kind, span.from_at, _whole(span)) for span in event.promised]
        if event.least and event.spans:
            owed.append((event.spans[-1].kind, event.spans[0].from_at, event.least))
        for kind, moment, seconds in owed:
            if seconds > so_far:
                lacking.append((event.source_id, kind, _down(moment), seconds - so_far))
                so_far = seconds
    return lacking


def _claims(events: Iterable[Event], now: int) -> Iterable[tuple[int, TimeClass, int, int, UUID]]:
    """What events ask for: rank, class, from, until, source. A claim that ends before it begins takes nothing."""
    for event in events:
        for span in event.spans:
            start, end = _down(span.from_at), _up(span.until_at)
            yield _RANK.get(span.kind, _WAITING_RANK), span.kind, start, end, event.source_id
        for span in event.promised:
            start, end = _down(span.from_at), min(_down(span.from_at) + _whole(span), now)
            yield _LEAST_RANK, span.kind, start, end, event.source_id
        if event.least and event.spans:
            first = event.spans[0]
            start, end = _down(first.from_at), min(_down(first.from_at) + event.least, now)
            yield _LEAST_RANK, event.spans[-1].kind, start, end, event.source_id


def _pieces(start: int, end: int, rates: Sequence[int]) -> Iterable[tuple[int, int]]:
    """A span cut where a week or a rate begins."""
    while start < end:
        until = min(end, start + _WEEK - (start - _MONDAY) % _WEEK)
        place = bisect_right(rates, start)
        if place < len(rates):
            until = min(until, rates[place])
        yield start, until
        start = until


def _whole(span: Span) -> int:
    return ceil((span.until_at - span.from_at).total_seconds())


def _down(moment: datetime) -> int:
    return floor(moment.timestamp())


def _up(moment: datetime) -> int:
    return ceil(moment.timestamp())


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
