"""What protects a labeler, as pure rules: values and `now` in, values out.

The gate asks in two steps. `stops_all` looks at the person: may she be given anything now? `refuses` looks at one
kind of content: may she be given this? Both are asked in the transaction that claims, and again when a hidden text is
revealed. Further limits join as further facts and further lines here; the callers do not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from tasks.content import SENSITIVE, Category, Profile, Severity, highest

CONSENT_LASTS = timedelta(days=90)
"""EXP-13: a yes to a category is asked for anew after this long."""
CONSENT_TEXT = 1
"""The version of the words in which consent is asked; a yes to older words is no yes."""


class Reason(StrEnum):
    """The one honest reason why there is no task now (`ux.md` R13)."""

    NONE_LEFT = "none-left"
    ALREADY_ANSWERED = "already-answered"
    NOT_QUALIFIED = "not-qualified"
    LANGUAGE = "language"
    CONTRACT = "contract"
    CAP_DAY = "cap-day"
    CAP_SENSITIVE = "cap-sensitive"
    BREAK = "break"
    YOUR_CHOICES = "your-choices"
    PAUSED = "paused"
    IN_REVIEW = "in-review"
    FAULT = "fault"


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


@dataclass(frozen=True, slots=True)
class BreakPolicy:
    """When a break is owed (BRK-1): asked for after `ask`, required at `stop` of continuous work, `length` long."""

    ask: timedelta = timedelta(minutes=50)
    stop: timedelta = timedelta(minutes=60)
    length: timedelta = timedelta(minutes=10)


BREAKS = BreakPolicy()


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a labeler has been at the screen, from server time alone, over all her tabs, devices and projects.

    `stretch_from`: start of the current stretch of work; `active_at`: its last sign; `day`, `day_seconds`: the work
    seen in her own calendar day.
    """

    stretch_from: datetime | None = None
    active_at: datetime | None = None
    day: date | None = None
    day_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """A break that has begun and not ended. `until` is set when a rule asked for it: work goes on from then."""

    id: UUID
    due: bool
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
    """Why nothing may be handed out now, and when that ends where a rule knows."""

    reason: Reason
    until: datetime | None = None


def touch(clock: Clock, now: datetime, zone: str, policy: BreakPolicy = BREAKS) -> Clock:
    """The clock after a sign of work at `now`. A gap as long as a break was one: a new stretch begins.

    Time that runs backwards (a stepped server clock) never shortens what has been counted.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    seconds = clock.day_seconds if clock.day == today else 0
    if clock.active_at is None or clock.stretch_from is None or now - clock.active_at >= policy.length:
        return Clock(stretch_from=now, active_at=now, day=today, day_seconds=seconds)
    gap = max(now - clock.active_at, timedelta(0))
    return Clock(
        stretch_from=clock.stretch_from,
        active_at=max(now, clock.active_at),
        day=today,
        day_seconds=seconds + round(gap.total_seconds()),
    )


def rested(clock: Clock) -> Clock:
    """The clock after a break: whatever comes next begins a new stretch."""
    return replace(clock, stretch_from=None, active_at=None)


def break_by(clock: Clock, now: datetime, policy: BreakPolicy = BREAKS) -> datetime | None:
    """When the next break must begin if work goes on; None when no stretch is running."""
    if clock.stretch_from is None or clock.active_at is None or now - clock.active_at >= policy.length:
        return None
    return clock.stretch_from + policy.stop


def break_due(clock: Clock, now: datetime, policy: BreakPolicy = BREAKS) -> bool:
    """Whether a break must come before the next task (BRK-1); the open one may always be finished."""
    due = break_by(clock, now, policy)
    return due is not None and now >= due


def break_wanted(clock: Clock, now: datetime, policy: BreakPolicy = BREAKS) -> bool:
    """Whether the page should say that a good moment for a break has come (BRK-4: the labeler picks it)."""
    due = break_by(clock, now, policy)
    return due is not None and now >= due - policy.stop + policy.ask


def stops_all(clock: Clock, pause: Pause | None, now: datetime, policy: BreakPolicy = BREAKS) -> Stop | None:
    """Why this person may be given nothing now, or None. A break that is over stops nothing."""
    if pause is not None:
        if pause.until is None or now < pause.until:
            return Stop(Reason.BREAK, pause.until)
        return None
    if break_due(clock, now, policy):
        return Stop(Reason.BREAK, now + policy.length)
    return None


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
