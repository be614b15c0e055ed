"""What a change of a number would have done to the last day, worked out from what really happened. Pure.

The rules themselves are asked again, at each moment of the day at which they could have bound: while she worked, and
after each hard text. What comes out is how many people would have reached a limit, before and after; never who.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from labeler.wellbeing.doses import Bound, Dose, Refused, Run, Seen, after, is_night, refused, summed
from labeler.wellbeing.hours import Span, free_until, minutes, owed, since_rest
from labeler.wellbeing.limits import Limits
from tasks.content import SENSITIVE, Severity

SMALLEST = 5
"""Fewer people than this are told as "fewer than five" (k); nobody is nobody."""

TRIED = frozenset(
    {
        "break_stop", "break_length", "severe_break_after", "severe_break_length", "day_rest_after", "day_rest_length",
        "day_hours", "week_hours", "daily_rest", "weekly_rest", "severe_day", "severe_week", "disturbing_day",
        "run_minutes", "run_tasks", "run_quiet", "night_from", "night_until",
    }
)  # fmt: skip
"""Numbers that can stop a person on the day. The others say, pay or end something later, or need what is not kept."""

_MINUTE = timedelta(minutes=1)
_FAR = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Given:
    """A hard text that was shown: from when to when (None: still open), how hard, and the seconds it counted."""

    from_at: datetime
    ended_at: datetime | None
    severity: int
    seconds: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """People of the day: how many a limit stopped with the old numbers, how many with the new ones, and how many
    there were. `longest`: the longest time between a stop and the moment at which work could go on.
    """

    stopped_before: int
    stopped_after: int
    people: int
    longest: timedelta = timedelta(0)


def dry_run(
    spans_by_person: Mapping[UUID, Sequence[Span]],
    doses_by_person: Mapping[UUID, Sequence[Given]],
    limits_before: Limits,
    limits_after: Limits,
    since: datetime,
    now: datetime,
    zones: Mapping[UUID, str] | None = None,
) -> DryRun:
    """The day from `since` to `now` under two sets of numbers.

    Spans reach 168 hours further back than `since`, in order; so do the texts. Only who worked or was shown something
    since then is counted. Without a zone a person's night is UTC's.
    """
    people = {
        person
        for person in (*spans_by_person, *doses_by_person)
        if any(span.until_at > since for span in spans_by_person.get(person, ()))
        or any((each.ended_at or now) > since for each in doses_by_person.get(person, ()))
    }
    stopped_before = stopped_after = 0
    longest = timedelta(0)
    for person in people:
        spans, given = spans_by_person.get(person, ()), doses_by_person.get(person, ())
        zone = (zones or {}).get(person, "UTC")
        stopped_before += first_stop(spans, given, limits_before, since, now, zone, limits_before) is not None
        stop = first_stop(spans, given, limits_after, since, now, zone, limits_before)
        stopped_after += stop is not None
        longest = max(longest, stop or timedelta(0))
    return DryRun(stopped_before, stopped_after, len(people), longest)


def first_stop(
    spans: Sequence[Span],
    given: Sequence[Given],
    limits: Limits,
    since: datetime,
    now: datetime,
    zone: str,
    knew: Limits,
) -> timedelta | None:
    """How long the first stop of the day lasts under `limits`, or None when there is none; 0 where no rule says.

    `knew` are the numbers the day was really worked under: who was given hard texts at their night has allowed it.
    """
    ordered = sorted(given, key=lambda each: each.ended_at or now)
    stops = [_hours(spans, limits, since, now), _severe_rest(spans, ordered, limits, since, now)]
    stops.append(_doses(ordered, limits, since, now, zone, knew))
    found = [stop for stop in stops if stop is not None]
    return min(found)[1] if found else None


_Stop = tuple[datetime, timedelta]
"""When work stopped, and for how long."""


def _up_to(spans: Sequence[Span], moment: datetime) -> list[Span]:
    return [Span(span.from_at, min(span.until_at, moment)) for span in spans if span.from_at < moment]


def _hours(spans: Sequence[Span], limits: Limits, since: datetime, now: datetime) -> _Stop | None:
    """The first moment of the day at which hours or breaks bound, while she worked."""
    for span in spans:
        moment, end = max(span.from_at + _MINUTE, since), min(span.until_at, now)
        while moment <= end:
            known = _up_to(spans, moment)
            rest = owed(known, moment, limits)
            if rest is not None:
                return moment, rest.until - moment
            moment = max(moment + _MINUTE, free_until(known, moment, limits))  # nothing binds before that
    return None


def _severe_rest(
    spans: Sequence[Span], given: Sequence[Given], limits: Limits, since: datetime, now: datetime
) -> _Stop | None:
    """The first moment at which severe content asked for a break (BRK-2)."""
    for each in given:
        moment = each.ended_at or now
        if moment < since or each.severity < Severity.EGREGIOUS:
            continue
        began = since_rest(_up_to(spans, moment), minutes(limits.severe_break_length), moment)
        seen = sum(
            other.seconds
            for other in given
            if other.severity >= Severity.EGREGIOUS and began is not None and began <= (other.ended_at or now) <= moment
        )
        if seen >= limits.severe_break_after * 60:
            return moment, minutes(limits.severe_break_length)
    return None


def _doses(
    given: Sequence[Given], limits: Limits, since: datetime, now: datetime, zone: str, knew: Limits
) -> _Stop | None:
    """The first moment after a hard text at which another one like it would have been refused (EXP-1, 2, 3, 5, 14)."""
    run, seen_before = Run(), list[Dose]()
    for each in given:
        moment = each.ended_at or now
        run = after(run, each.severity, each.seconds, each.from_at, moment, limits)
        seen_before.append(Dose(each.severity, each.seconds, moment))
        if moment < since or each.severity < SENSITIVE:
            continue
        seen = summed(seen_before, moment)
        known = Seen(
            seen.severe_day, seen.severe_week, seen.disturbing_day,
            pool_median=10**9, trained_until=moment + _FAR, night=is_night(moment, zone, knew),
        )  # fmt: skip
        stop = refused(each.severity, max(each.seconds, 1), known, run, moment, zone, limits)
        if stop is not None:
            return moment, _lasts(stop, limits)
    return None


def _lasts(stop: Refused, limits: Limits) -> timedelta:
    return minutes(limits.run_quiet) if stop.bound is Bound.RUN else timedelta(0)


def told(people: int) -> str:
    """A number of people as everybody may hear it."""
    if not people:
        return "nobody"
    return f"{people:,} people" if people >= SMALLEST else f"fewer than {SMALLEST} people"
