"""*My limits*: each limit that protects a labeler, with what she has used of it today. Reads only, and hers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.exposure import doses, seen
from labeler.assignment.offers import offers
from labeler.wellbeing.clock import Locked, peek, stretches
from labeler.wellbeing.doses import LEAST_RESERVE, Dose, Seen, is_night, room_from
from labeler.wellbeing.hours import DAY, WEEK, Span, flat, minutes, since_rest, worked
from labeler.wellbeing.limits import NAMES, Limits
from labeler.wellbeing.models import Consent, ExposurePool, StandDown
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import Clock, Person, break_by, stretch_of
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE, Category, Severity

FEW = 5
"""People a median must be of before a number made of it is shown."""


class Sort(StrEnum):
    """Which limit it is; the page has words for each."""

    BREAK = "break"
    LONGER_REST = "longer-rest"
    DAY_HOURS = "day-hours"
    WEEK_HOURS = "week-hours"
    DAILY_REST = "daily-rest"
    WEEKLY_REST = "weekly-rest"
    SEVERE_BREAK = "severe-break"
    SEVERE_DAY = "severe-day"
    SEVERE_WEEK = "severe-week"
    HARD_DAY = "hard-day"
    RUN = "run"
    RUN_TASKS = "run-tasks"
    SHARE = "share"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Used:
    """One limit: its rule, what is used of it and what it allows (seconds; `RUN_TASKS`: tasks).

    `at`: until when work can go on at the latest, for rests that must come; for a limit that is full, when there is
    room again. None where nothing of either is to be said.
    """

    sort: Sort
    rule: str
    used: int
    most: int
    at: datetime | None = None

    @property
    def left(self) -> int:
        """What is left of it."""
        return max(0, self.most - self.used)

    @property
    def percent(self) -> float:
        """How much is used, for a drawing: 0 to 100."""
        return round(min(100.0, 100 * self.used / self.most), 1) if self.most else 100.0


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Everything on the page. `tighter`: projects open to her with numbers of their own, by name of project."""

    used: Sequence[Used]
    limits: Limits
    night_now: bool
    night_allowed: bool
    trained_until: datetime | None
    consents: Sequence[tuple[Category, Severity, datetime]]
    tighter: Sequence[tuple[str, Sequence[tuple[str, int]]]]


def own_limits(session: Session, labeler_id: UUID, now: datetime) -> OwnLimits:
    """The limits of this labeler as they stand, over all accounts of the person she is."""
    locked = peek(session, labeler_id) or _unused(session, labeler_id)
    numbers = limits_now(session, now)
    limits, known = numbers.platform, seen(session, locked.person, now)
    spans = _work(session, locked, now)
    given = doses(session, locked.person.person_id, now)
    used = [
        *_hours(spans, locked, limits, now),
        *_content(session, locked, limits, known, given, now),
        _waiting(session, locked.person, limits, now),
    ]
    zone = locked.person.time_zone
    said = session.execute(
        select(Consent.category, Consent.severity, Consent.expires_at)
        .where(Consent.labeler_id == labeler_id, Consent.ended_at.is_(None), Consent.expires_at > now)
        .order_by(Consent.category)
    )
    own = [(offer.name, _differing(numbers.of(offer.id), limits)) for offer in offers(session, labeler_id)]
    return OwnLimits(
        used,
        limits,
        is_night(now, zone, limits),
        known.night,
        known.trained_until,
        [(Category(code), Severity(level), until) for code, level, until in said],
        [(name, differing) for name, differing in own if differing],
    )


def _differing(own: Limits, everybody: Limits) -> list[tuple[str, int]]:
    return [(name, getattr(own, name)) for name in NAMES if getattr(own, name) != getattr(everybody, name)]


def _unused(session: Session, labeler_id: UUID) -> Locked:
    """A labeler who was never handed anything: her clock has not begun."""
    me = session.get_one(Labeler, labeler_id)
    person = Person(
        me.id, me.person_id, me.vendor_id, frozenset(me.languages), me.time_zone, me.contract_from, me.contract_until
    )
    return Locked(person, Clock())


def _work(session: Session, locked: Locked, now: datetime) -> list[Span]:
    """Her work up to its last sign: looking at this page is no work."""
    spans, running = stretches(session, locked.person.person_id, now - WEEK), stretch_of(locked.clock, now)
    return flat([*spans, running] if running is not None else spans)


def _hours(spans: list[Span], locked: Locked, limits: Limits, now: datetime) -> Iterator[Used]:
    began = since_rest(spans, minutes(limits.break_length), now)
    by = None if began is None else began + minutes(limits.break_stop)
    if by is not None:
        by = min(by, break_by(locked.clock, now, limits) or by)  # another rule may ask for one sooner
    yield Used(Sort.BREAK, "BRK-1", _since(began, now), limits.break_stop * 60, by)
    began = since_rest(spans, minutes(limits.day_rest_length), now)
    done = timedelta(0) if began is None else worked(spans, began, now)
    yield Used(Sort.LONGER_REST, "BRK-5", _seconds(done), limits.day_rest_after * 60)
    for sort, rule, window, most in (
        (Sort.DAY_HOURS, "BRK-9", DAY, limits.day_hours),
        (Sort.WEEK_HOURS, "BRK-8", WEEK, limits.week_hours),
    ):
        done = worked(spans, now - window, now)
        yield Used(sort, rule, _seconds(done), most * 60, _room(spans, window, minutes(most), now))
    for sort, rule, window, rest in (
        (Sort.DAILY_REST, "BRK-6", DAY, minutes(limits.daily_rest)),
        (Sort.WEEKLY_REST, "BRK-7", WEEK, minutes(limits.weekly_rest)),
    ):
        began = since_rest(spans, rest, now)
        latest = None if began is None else began + window - rest
        yield Used(sort, rule, _since(began, now), _seconds(window - rest), latest)


def _since(began: datetime | None, now: datetime) -> int:
    return 0 if began is None else _seconds(now - began)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())


def _room(spans: Sequence[Span], window: timedelta, most: timedelta, now: datetime) -> datetime | None:
    """When a full window of work has room again, if she rests; None while it is not full."""
    over = worked(spans, now - window, now) - most
    if over < timedelta(0):
        return None
    for span in spans:
        from_at = max(span.from_at, now - window)
        length = max(timedelta(0), span.until_at - from_at)
        if over < length:
            return from_at + over + window
        over -= length
    return now + window


def _content(
    session: Session, locked: Locked, limits: Limits, known: Seen, given: Sequence[Dose], now: datetime
) -> Iterator[Used]:
    run = locked.clock.run
    running = run.at is not None and now - run.at < minutes(limits.run_quiet)
    yield Used(Sort.SEVERE_BREAK, "BRK-2", locked.clock.severe_seconds, limits.severe_break_after * 60)
    egregious = int(Severity.EGREGIOUS)
    for sort, rule, used, most, least, window in (
        (Sort.SEVERE_DAY, "EXP-1", known.severe_day, limits.severe_day, egregious, DAY),
        (Sort.SEVERE_WEEK, "EXP-2", known.severe_week, limits.severe_week, egregious, WEEK),
        (Sort.HARD_DAY, "EXP-3", known.disturbing_day, limits.disturbing_day, int(SENSITIVE), DAY),
    ):
        full = used + LEAST_RESERVE > most * 60
        again = room_from(given, least, window, most * 60, LEAST_RESERVE, now) if full else None
        yield Used(sort, rule, used, most * 60, again if again is not None and again > now else None)
    quiet = run.at + minutes(limits.run_quiet) if running and run.at is not None else None
    seconds, tasks = (run.seconds, run.tasks) if running else (0, 0)
    yield Used(Sort.RUN, "EXP-5", seconds, limits.run_minutes * 60, quiet if seconds else None)
    yield Used(Sort.RUN_TASKS, "EXP-5", tasks, limits.run_tasks, quiet if tasks else None)
    pool = session.get(ExposurePool, 1)
    if pool is not None and pool.people >= FEW:
        share = max(limits.share_least * 60, pool.median_seconds * limits.share_percent // 100)
        yield Used(Sort.SHARE, "EXP-6", known.severe_week, share)


def _waiting(session: Session, person: Person, limits: Limits, now: datetime) -> Used:
    """Paid waiting at a limit in the last 24 hours; what is still to come of one that runs counts as used."""
    rows = session.execute(
        select(StandDown.from_at, StandDown.until_at, StandDown.ended_at).where(
            StandDown.person_id == person.person_id, StandDown.until_at > now - DAY
        )
    )
    spent = sum(((row.ended_at or row.until_at) - max(row.from_at, now - DAY) for row in rows), timedelta(0))
    return Used(Sort.WAITING, "EXP-11", max(0, _seconds(spent)), limits.stand_down_day * 60)
