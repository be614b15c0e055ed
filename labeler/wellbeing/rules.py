"""What protects a labeler, as pure rules: values and `now` in, values out.

The gate asks in two steps. `stops_all` looks at the person: may she be given anything now? `refuses` and `bound` look
at one kind of content: may she be given this? Both are asked in the transaction that claims, and again when a hidden
text is revealed. The numbers are in `limits`, hours and breaks in `hours`, hard content in `doses`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from labeler.wellbeing import doses
from labeler.wellbeing.doses import Bound, Refused, Run, Seen
from labeler.wellbeing.hours import Rest, Span, minutes
from labeler.wellbeing.limits import STANDARD, THE_STANDARD, Limits
from tasks.content import SENSITIVE, Category, Profile, Severity, highest

CONSENT_LASTS = timedelta(days=STANDARD["consent_days"].value)
"""EXP-13: a yes to a category is asked for anew after this long."""
CONSENT_TEXT = 1
"""The version of the words in which consent is asked; a yes to older words is no yes."""
REST = minutes(STANDARD["break_length"].value)
"""A pause as long as a break ends a stretch of work (BRK-1)."""


class Reason(StrEnum):
    """The one honest reason why there is no task now (`ux.md` R13)."""

    NONE_LEFT = "none-left"
    ALREADY_ANSWERED = "already-answered"
    NOT_QUALIFIED = "not-qualified"
    LANGUAGE = "language"
    CONTRACT = "contract"
    RESTRICTED = "restricted"
    CAP_DAY = "cap-day"
    CAP_WEEK = "cap-week"
    REST_DAY = "rest-day"
    REST_WEEK = "rest-week"
    CAP_SENSITIVE = "cap-sensitive"
    CAP_RUN = "cap-run"
    CAP_SHARE = "cap-share"
    NIGHT = "night"
    TRAINING = "training"
    BREAK = "break"
    YOUR_CHOICES = "your-choices"
    PAUSED = "paused"
    IN_REVIEW = "in-review"
    FAULT = "fault"


STANDS_DOWN = frozenset({Reason.CAP_SENSITIVE, Reason.CAP_RUN, Reason.CAP_SHARE})
"""Reasons that are limits on hard content: when there is no other work, waiting is paid (EXP-11)."""


@dataclass(frozen=True, slots=True)
class Person:
    """The facts about a labeler that rules go by: her vendor, what she reads, her zone, her contract's dates.

    `id` is her account, `person_id` the person: two accounts of one person share her hours and what she has seen.
    """

    id: UUID
    person_id: UUID
    vendor_id: UUID
    languages: frozenset[str]
    time_zone: str
    contract_from: date
    contract_until: date | None
    joined: bool = False
    """Whether she has more than one account."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a person has been at the screen, from server time alone, over all her tabs, devices and projects.

    `stretch_from`: start of the current stretch of work; `active_at`: its last sign; `busy_until`: until when a task
    that she holds counts as work without a further sign; `free_until`: before it no rule of hours can bind; `day`,
    `day_seconds`: the work seen in her own calendar day; `severe_seconds`: severe content since the last rest.
    """

    stretch_from: datetime | None = None
    active_at: datetime | None = None
    busy_until: datetime | None = None
    free_until: datetime | None = None
    day: date | None = None
    day_seconds: int = 0
    severe_seconds: int = 0
    run: Run = field(default_factory=Run)


@dataclass(frozen=True, slots=True)
class Pause:
    """A break that has begun and not ended. `rule` asked for it, and then work goes on from `until`."""

    id: UUID
    rule: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Yes:
    """A standing consent to one category, up to a severity, in the words of a version, until a moment."""

    severity: Severity
    text_version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """What a labeler has said yes and no to. Tasks she declined are kept off by the claim itself."""

    consents: Mapping[Category, Yes] = field(default_factory=dict)
    no_projects: frozenset[UUID] = frozenset()
    no_categories: frozenset[Category] = frozenset()
    no_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing, or not this, may be handed out now: the rule, the number it has (minutes, unless the rule says
    otherwise), and when that ends where a rule knows.
    """

    reason: Reason
    until: datetime | None = None
    rule: str | None = None
    number: int | None = None


_RESTS = {"BRK-6": Reason.REST_DAY, "BRK-7": Reason.REST_WEEK, "BRK-8": Reason.CAP_WEEK, "BRK-9": Reason.CAP_DAY}
_BOUNDS = {
    Bound.DAY: Reason.CAP_SENSITIVE, Bound.WEEK: Reason.CAP_SENSITIVE, Bound.RUN: Reason.CAP_RUN,
    Bound.SHARE: Reason.CAP_SHARE, Bound.NIGHT: Reason.NIGHT, Bound.TRAINING: Reason.TRAINING,
}  # fmt: skip


def stop_for(rest: Rest) -> Stop:
    """A rest that is owed, as the gate says it."""
    return Stop(_RESTS.get(rest.rule, Reason.BREAK), rest.until, rest.rule, rest.minutes)


def stop_of(refused: Refused) -> Stop:
    """A limit on hard content, as the gate says it."""
    return Stop(_BOUNDS[refused.bound], None, refused.rule, refused.number)


@dataclass(frozen=True, slots=True)
class Touched:
    """A clock after a sign of work, and the stretch that ended before it, if one did: `at` is when that was noticed."""

    clock: Clock
    closed: Span | None = None
    at: datetime | None = None


KEEP = object()
"""`touch` leaves it as it is what she holds."""


def last_work(clock: Clock, now: datetime) -> datetime | None:
    """The last moment that counts as work: the last sign, or the end of the lease that was open after it."""
    if clock.active_at is None or clock.busy_until is None:
        return clock.active_at
    return max(clock.active_at, min(clock.busy_until, now))


def touch(
    clock: Clock,
    now: datetime,
    zone: str,
    busy_until: datetime | object | None = KEEP,
    limits: Limits = THE_STANDARD,
) -> Touched:
    """The clock after a sign of work at `now`; `busy_until` is the end of the lease that she holds from now on.

    A gap as long as a break was one, if nothing was held meanwhile: a new stretch begins. Time that runs backwards (a
    stepped server clock) takes the stretch's beginning back with it: what has been counted stays as long as it was.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    seconds = clock.day_seconds if clock.day == today else 0
    busy = clock.busy_until if busy_until is KEEP else busy_until
    assert busy is None or isinstance(busy, datetime)
    last = last_work(clock, now)
    if last is None or clock.active_at is None or clock.stretch_from is None or now - last >= REST:
        severe = 0 if last is None else _severe_left(clock, now - last, limits)
        fresh = Clock(now, now, busy, day=today, day_seconds=seconds, severe_seconds=severe, run=clock.run)
        return Touched(fresh, stretch_of(clock, now), now)
    gap = max(now - clock.active_at, timedelta(0))
    back = max(clock.active_at - now, timedelta(0))
    going_on = replace(
        clock,
        stretch_from=clock.stretch_from - back,
        active_at=now,
        busy_until=busy,
        free_until=None if back else clock.free_until,
        day=today,
        day_seconds=seconds + round(gap.total_seconds()),
    )
    return Touched(going_on)


def stretch_of(clock: Clock, now: datetime) -> Span | None:
    """The stretch on the clock, up to what counts as work by `now`."""
    last = last_work(clock, now)
    return None if clock.stretch_from is None or last is None else Span(clock.stretch_from, last)


def _severe_left(clock: Clock, rest: timedelta, limits: Limits) -> int:
    return 0 if rest >= minutes(limits.severe_break_length) else clock.severe_seconds


def rested(clock: Clock, now: datetime, limits: Limits = THE_STANDARD) -> Touched:
    """The clock after a break that ends at `now`: whatever comes next begins a new stretch. One too short for severe
    content leaves that on the clock, with the end of the stretch, from which the break that is owed for it counts.
    """
    stretch = stretch_of(clock, now)
    severe = 0 if stretch is None else _severe_left(clock, now - stretch.until_at, limits)
    last = stretch.until_at if stretch is not None and severe else None
    after = replace(clock, stretch_from=None, active_at=last, busy_until=None, free_until=None, severe_seconds=severe)
    return Touched(after, stretch, now)


def was_rest(clock: Clock, started_at: datetime, now: datetime, limits: Limits = THE_STANDARD) -> bool:
    """Whether a break that began at `started_at` was one: ten minutes without any sign of work, or fewer where a signed
    number makes breaks shorter.
    """
    last = started_at if clock.active_at is None else max(started_at, clock.active_at)
    return now - last >= min(REST, minutes(min(limits.break_length, limits.severe_break_length)))


def severe_rest(clock: Clock, now: datetime, limits: Limits = THE_STANDARD, own: int = 0) -> Rest | None:
    """The break that severe content asks for (BRK-2); `own` seconds are of the task that is still open."""
    last = last_work(clock, now)
    if last is None or now - last >= minutes(limits.severe_break_length):
        return None
    if clock.severe_seconds + own < limits.severe_break_after * 60:
        return None
    return Rest("BRK-2", limits.severe_break_length, now + minutes(limits.severe_break_length), is_break=True)


def break_by(clock: Clock, now: datetime, limits: Limits = THE_STANDARD) -> datetime | None:
    """When work must stop at the latest if it goes on as it does; None when no stretch is running."""
    last = last_work(clock, now)
    if clock.stretch_from is None or last is None or now - last >= REST:
        return None
    latest = clock.stretch_from + minutes(limits.break_stop)
    return latest if clock.free_until is None else min(latest, clock.free_until)


def break_wanted(clock: Clock, now: datetime, limits: Limits = THE_STANDARD) -> bool:
    """Whether the page should say that a good moment for a break has come (BRK-4: the labeler picks it)."""
    due = break_by(clock, now, limits)
    return due is not None and now >= due - minutes(limits.break_stop - limits.break_ask)


def stops_all(pause: Pause | None, rest: Rest | None, now: datetime) -> Stop | None:
    """Why this person may be given nothing now, or None. A break that is over stops nothing; `rest` is what is owed."""
    if pause is not None:
        if pause.until is None or now < pause.until:
            return Stop(Reason.BREAK, pause.until, pause.rule)
        return None
    return None if rest is None else stop_for(rest)


def bound(
    profile: Profile, seconds: int, seen: Seen, run: Run, now: datetime, zone: str, limits: Limits
) -> Stop | None:
    """Why her limits on hard content keep this content from her now, or None. `seconds` is what it would reserve."""
    refused = doses.refused(highest(profile), seconds, seen, run, now, zone, limits)
    return None if refused is None else stop_of(refused)


def refuses(profile: Profile, project_id: UUID, choices: Choices, now: datetime) -> Reason | None:
    """Why content of this profile may not be shown to this person now, or None (EXP-4, EXP-13, OPT-1, OPT-2)."""
    if project_id in choices.no_projects:
        return Reason.YOUR_CHOICES
    severity = highest(profile)
    if severity >= Severity.FORBIDDEN:
        return Reason.IN_REVIEW
    if any(code in choices.no_categories for code, level in profile.items() if level):
        return Reason.YOUR_CHOICES
    if severity < SENSITIVE:
        return None
    if choices.no_sensitive:
        return Reason.YOUR_CHOICES
    for code, level in profile.items():
        if level >= SENSITIVE and not _agreed(choices.consents.get(code), level, now):
            return Reason.YOUR_CHOICES
    return None


def _agreed(yes: Yes | None, level: Severity, now: datetime) -> bool:
    return yes is not None and yes.severity >= level and yes.text_version == CONSENT_TEXT and now < yes.expires_at
