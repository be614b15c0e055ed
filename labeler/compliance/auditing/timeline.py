"""One person's day as an audit shows it: conditions alone, no content and no name. Pure.

Lanes are drawn on a line of 24 hours (UTC): what lasted as bars, what happened at a moment as marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from labeler.compliance.events import Event, Facts

DAY = timedelta(days=1)

WORDS = {
    "assignment.hand_out": "given a task",
    "assignment.resume": "took a task up again",
    "assignment.reveal": "a sensitive text was shown",
    "assignment.hide": "a sensitive text was hidden",
    "assignment.skip": "gave a task back",
    "assignment.revoke": "a task was taken back at once",
    "assignment.expire": "a task's lease ran out",
    "judgment.submit": "answered",
    "break.start": "a break began",
    "break.end": "a break ended",
    "stretch.close": "a stretch of work ended",
    "stand_down.start": "paid waiting began",
    "stand_down.end": "paid waiting ended",
    "exposure.show": "a sensitive text was shown outside the desk",
    "opt_out.say": "said no",
    "opt_out.undo": "took a no back",
    "consent.give": "agreed to a kind of content",
    "consent.end": "ended an agreement",
    "comfort.choose": "chose how hard content is shown",
    "pay.settle": "time became lines of pay",
    "withdrawal.make": "withdrew an answer",
    "training.start": "training began",
    "training.finish": "training ended",
}
"""What an act of a labeler's day is called. Other acts are not on the line."""

LANES: tuple[tuple[str, str, str | None], ...] = (
    ("Task", "assignment.hand_out", "judgment.submit"),
    ("Sensitive text", "assignment.reveal", "assignment.hide"),
    ("Break", "break.start", "break.end"),
    ("Paid waiting", "stand_down.start", "stand_down.end"),
)
"""Lanes of what lasts: their name, the act that begins, the act that ends."""
ENDS = {
    "assignment.hand_out": {"judgment.submit", "assignment.skip", "assignment.revoke", "assignment.expire"},
    "assignment.reveal": {"assignment.hide", "judgment.submit", "assignment.skip", "assignment.revoke"},
}
"""Other acts that end what began, too."""
CHOICES = frozenset({"opt_out.say", "opt_out.undo", "consent.give", "consent.end", "comfort.choose"})
MOMENTS = "Choices"
"""The lane of what she chose, as marks."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted from `start` to `end`, in thousandths of the day; `open`: it had no end that day."""

    start: int
    end: int
    words: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: its name, its bars, and its marks in thousandths of the day."""

    name: str
    bars: Sequence[Bar]
    marks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A person's day: its lanes, and every event of it in order."""

    day: date
    lanes: Sequence[Lane]
    events: Sequence[Event]


def day_of(facts: Facts, person: UUID, moment: datetime) -> Day:
    """The day (UTC) in which a moment lies, of one person, from the vendor's log."""
    day = moment.astimezone(UTC).date()
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    events = [event for event in facts.of(*WORDS) if start <= event.at < start + DAY and _whose(facts, event) == person]
    lanes = [_lane(name, begin, {end, *ENDS.get(begin, ())}, events, start) for name, begin, end in LANES]
    chosen = tuple(_part(event.at, start) for event in events if event.act in CHOICES)
    return Day(day, [*lanes, Lane(MOMENTS, (), chosen)], events)


def _whose(facts: Facts, event: Event) -> UUID | None:
    """Whose day an event belongs to: of whoever acted, or for the clock's act of the labeler it names."""
    if event.actor is not None:
        return facts.person(event.actor)
    named = event.fields.get("labeler")
    return facts.person(UUID(named)) if isinstance(named, str) else None


def _lane(name: str, begin: str, ends: set[str | None], events: Sequence[Event], start: datetime) -> Lane:
    bars: list[Bar] = []
    began: datetime | None = None
    for event in events:
        if event.act == begin:
            if began is not None:
                bars.append(_bar(began, event.at, start))
            began = event.at
        elif event.act in ends and began is not None:
            bars.append(_bar(began, event.at, start))
            began = None
    if began is not None:
        bars.append(Bar(_part(began, start), 1000, f"from {began:%H:%M:%S}, no end on this day", open=True))
    return Lane(name, bars)


def _bar(began: datetime, ended: datetime, start: datetime) -> Bar:
    return Bar(_part(began, start), _part(ended, start), f"{began:%H:%M:%S} to {ended:%H:%M:%S}")


def _part(moment: datetime, start: datetime) -> int:
    return round((moment - start) / DAY * 1000)
