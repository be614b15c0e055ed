"""How long a person may work, and when she must rest (BRK-1, 2, 5…9). Pure, from server time alone.

Work is spans on one line for a person, whatever account, tab, device or project they came from. All windows roll and
are in UTC, so neither midnight nor another time zone refills anything. The open task may always be finished: these
rules are asked before the next one begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from labeler.wellbeing.limits import THE_STANDARD, Limits

DAY = timedelta(hours=24)
WEEK = timedelta(hours=168)


@dataclass(frozen=True, slots=True)
class Span:
    """Work from a moment to a moment."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """What must come before the next task: under which rule, the number of minutes it has, and until when.

    `is_break`: a break on the desk that is owed and paid; else the day or the week is full, and the person is free.
    """

    rule: str
    minutes: int
    until: datetime
    is_break: bool


def minutes(n: int) -> timedelta:
    """`n` minutes."""
    return timedelta(minutes=n)


def worked(spans: Sequence[Span], since: datetime, until: datetime) -> timedelta:
    """The work of non-overlapping spans that lies between two moments."""
    total = timedelta(0)
    for span in spans:
        total += max(timedelta(0), min(span.until_at, until) - max(span.from_at, since))
    return total


def flat(spans: Sequence[Span]) -> list[Span]:
    """The same time without overlaps, in order: an hour at two accounts at once is an hour of one person's day."""
    ordered = sorted(spans, key=lambda span: (span.from_at, span.until_at))
    made: list[Span] = []
    for span in ordered:
        if made and span.from_at < made[-1].until_at:
            made[-1] = Span(made[-1].from_at, max(made[-1].until_at, span.until_at))
        else:
            made.append(span)
    return made


def since_rest(spans: Sequence[Span], length: timedelta, now: datetime) -> datetime | None:
    """When work began after the last rest of at least `length`; None when `now` lies in or ends such a rest.

    `spans` are in order. What lies before the first is unknown, and taken for no rest beyond a week.
    """
    if not spans or now - spans[-1].until_at >= length:
        return None
    start = spans[0].from_at
    for before, after in pairwise(spans):
        if after.from_at - before.until_at >= length:
            start = after.from_at
    return start


def owed(spans: Sequence[Span], now: datetime, limits: Limits = THE_STANDARD) -> Rest | None:
    """The rest that must come before the next task, the longest first; None when work may go on.

    `spans`: her work of the last 168 hours in order, the running stretch as the last one, up to its last sign. The
    stretch that BRK-1 counts is the last span, if it still runs.
    """
    return _week(spans, now, limits) or _day(spans, now, limits) or _break(spans, now, limits)


def _week(spans: Sequence[Span], now: datetime, limits: Limits) -> Rest | None:
    rest = minutes(limits.weekly_rest)
    began = since_rest(spans, rest, now)
    if began is not None and now - began >= WEEK - rest:
        return Rest("BRK-7", limits.weekly_rest, spans[-1].until_at + rest, is_break=False)
    return _full(spans, now, WEEK, limits.week_hours, "BRK-8")


def _day(spans: Sequence[Span], now: datetime, limits: Limits) -> Rest | None:
    rest = minutes(limits.daily_rest)
    began = since_rest(spans, rest, now)
    if began is not None and now - began >= DAY - rest:
        return Rest("BRK-6", limits.daily_rest, spans[-1].until_at + rest, is_break=False)
    return _full(spans, now, DAY, limits.day_hours, "BRK-9")


def _full(spans: Sequence[Span], now: datetime, window: timedelta, most: int, rule: str) -> Rest | None:
    over = worked(spans, now - window, now) - minutes(most)
    if over < timedelta(0):
        return None
    # The window has room again once more than `over` of its oldest work has left it.
    for span in spans:
        from_at = max(span.from_at, now - window)
        length = max(timedelta(0), span.until_at - from_at)
        if over < length:
            return Rest(rule, most, from_at + over + window + timedelta(seconds=1), is_break=False)
        over -= length
    return Rest(rule, most, now + window, is_break=False)  # no work is allowed at all


def _break(spans: Sequence[Span], now: datetime, limits: Limits) -> Rest | None:
    longer = minutes(limits.day_rest_length)
    began = since_rest(spans, longer, now)
    if began is not None and worked(spans, began, now) >= minutes(limits.day_rest_after):
        return Rest("BRK-5", limits.day_rest_length, now + longer, is_break=True)
    length = minutes(limits.break_length)
    began = since_rest(spans, length, now)
    if began is not None and now - began >= minutes(limits.break_stop):
        return Rest("BRK-1", limits.break_length, now + length, is_break=True)
    return None


def free_until(spans: Sequence[Span], now: datetime, limits: Limits = THE_STANDARD) -> datetime:
    """A moment before which `owed` stays None whatever she does: as if she worked on from `now` without a pause.

    It may be earlier than the moment at which a rule binds, never later. `spans` as for `owed`, which was None then.
    """
    ends = [
        now + minutes(limits.day_hours) - worked(spans, now - DAY, now),
        now + minutes(limits.week_hours) - worked(spans, now - WEEK, now),
    ]
    for rest, window in ((limits.daily_rest, DAY), (limits.weekly_rest, WEEK)):
        began = since_rest(spans, minutes(rest), now)
        ends.append((now if began is None else began) + window - minutes(rest))
    began = since_rest(spans, minutes(limits.day_rest_length), now)
    done = timedelta(0) if began is None else worked(spans, began, now)
    ends.append(now + minutes(limits.day_rest_after) - done)
    began = since_rest(spans, minutes(limits.break_length), now)
    ends.append((now if began is None else began) + minutes(limits.break_stop))
    return min(ends)
