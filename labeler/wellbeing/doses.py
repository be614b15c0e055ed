"""How much hard content a person may be given, and when (EXP-1, 2, 3, 5, 6, 14, WRN-4). Pure.

What counts is the time from reveal to hide, over-counted on doubt: an open row counts at least its reserve, and a row
counts whole while any part of it lies in the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from labeler.wellbeing.hours import DAY, WEEK, minutes
from labeler.wellbeing.limits import THE_STANDARD, Limits
from tasks.content import SENSITIVE, Severity

LEAST_RESERVE = 60
"""Seconds that a sensitive task reserves at least, whatever its project estimates."""


class Bound(StrEnum):
    """What of hard content is bound by a rule now."""

    DAY = "day"
    WEEK = "week"
    RUN = "run"
    SHARE = "share"
    NIGHT = "night"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Run:
    """Severe content since the last quiet time: seconds, tasks, and the end of the last text of severity 2 or more."""

    seconds: int = 0
    tasks: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """Time with one text: `seconds` of `severity`, until `ended_at` (None: still open, and counted as of now)."""

    severity: int
    seconds: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person has seen: seconds of severity 3 in 24 h and 168 h, of severity 2 or more in 24 h, open ones too.

    `pool_median`: seconds of severity 3 in 168 h of the middle one of all who may be given it, None before it is known.
    """

    severe_day: int = 0
    severe_week: int = 0
    disturbing_day: int = 0
    pool_median: int | None = None
    trained_until: datetime | None = None
    night: bool = False
    """Whether she has allowed severe content at night."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why hard content may not be given now: the rule, the number it has, and what is used of it in seconds."""

    bound: Bound
    rule: str
    number: int
    used: int = 0


def reserve(estimate: int | None) -> int:
    """The seconds that a sensitive task reserves when it is leased, from its project's estimate for one task."""
    return LEAST_RESERVE if estimate is None else max(estimate, LEAST_RESERVE)


def summed(doses: Sequence[Dose], now: datetime) -> Seen:
    """What a list of doses comes to at `now`: a dose counts whole while any part of it lies in the window."""

    def total(window: timedelta, least: int) -> int:
        return sum(dose.seconds for dose in doses if dose.severity >= least and _within(dose, window, now))

    return Seen(
        severe_day=total(DAY, Severity.EGREGIOUS),
        severe_week=total(WEEK, Severity.EGREGIOUS),
        disturbing_day=total(DAY, SENSITIVE),
    )


def after(
    run: Run, severity: int, seconds: int, began: datetime, ended: datetime, limits: Limits = THE_STANDARD
) -> Run:
    """The run after a text of `severity` was seen for `seconds`. A text never shown leaves it as it is.

    Quiet time ends a run: `run_quiet` minutes without anything of severity 2 or more. A text that is closed late, after
    another one that ended later, takes nothing of the run back.
    """
    if severity < SENSITIVE or not seconds:
        return run
    if run.at is None or began - run.at >= minutes(limits.run_quiet):
        run = Run()
    last = ended if run.at is None else max(run.at, ended)
    if severity < Severity.EGREGIOUS:
        return replace(run, at=last)
    return Run(run.seconds + seconds, run.tasks + 1, last)


def is_night(now: datetime, zone: str, limits: Limits = THE_STANDARD) -> bool:
    """Whether it is night where she lives (EXP-14)."""
    hour = now.astimezone(ZoneInfo(zone)).hour
    return hour >= limits.night_from or hour < limits.night_until


def refused(
    severity: int, seconds: int, seen: Seen, run: Run, now: datetime, zone: str, limits: Limits = THE_STANDARD
) -> Refused | None:
    """Why a task of `severity` that reserves `seconds` may not be given now, or None. Nothing binds below 2."""
    if severity < SENSITIVE:
        return None
    if run.at is not None and now - run.at < minutes(limits.run_quiet):
        if run.tasks >= limits.run_tasks:
            return Refused(Bound.RUN, "EXP-5", limits.run_tasks, run.seconds)
        most = limits.run_minutes * 60
        longer = severity >= Severity.EGREGIOUS and run.seconds + seconds > most
        if run.seconds and (run.seconds >= most or longer):
            return Refused(Bound.RUN, "EXP-5", limits.run_minutes, run.seconds)
    if severity < Severity.EGREGIOUS:
        return over(severity, seconds, seen, limits)
    if seen.trained_until is None or seen.trained_until <= now:
        return Refused(Bound.TRAINING, "WRN-4", limits.training_days)
    if not seen.night and is_night(now, zone, limits):
        return Refused(Bound.NIGHT, "EXP-14", limits.night_until)
    return over(severity, seconds, seen, limits) or _share(seconds, seen, limits)


def over(severity: int, seconds: int, seen: Seen, limits: Limits = THE_STANDARD) -> Refused | None:
    """Why so many seconds more of `severity` are too much in a day or a week for anybody, labeler or not, or None."""
    if severity >= SENSITIVE and seen.disturbing_day + seconds > limits.disturbing_day * 60:
        return Refused(Bound.DAY, "EXP-3", limits.disturbing_day, seen.disturbing_day)
    if severity >= Severity.EGREGIOUS and seen.severe_day + seconds > limits.severe_day * 60:
        return Refused(Bound.DAY, "EXP-1", limits.severe_day, seen.severe_day)
    if severity >= Severity.EGREGIOUS and seen.severe_week + seconds > limits.severe_week * 60:
        return Refused(Bound.WEEK, "EXP-2", limits.severe_week, seen.severe_week)
    return None


def _share(seconds: int, seen: Seen, limits: Limits) -> Refused | None:
    share = max(limits.share_least * 60, (seen.pool_median or 0) * limits.share_percent // 100)
    if seen.severe_week + seconds > share:
        return Refused(Bound.SHARE, "EXP-6", limits.share_percent, seen.severe_week)
    return None


def used_up(severity: int, seen: Seen, now: datetime, zone: str, limits: Limits = THE_STANDARD) -> Refused | None:
    """Why the text of a held task may not be shown (again) now: what was left has been used, or night has come.

    `seen` includes the task itself. What was reserved with the lease may be used: it was counted before it was given.
    """
    if severity >= Severity.EGREGIOUS and not seen.night and is_night(now, zone, limits):
        return Refused(Bound.NIGHT, "EXP-14", limits.night_until)
    return over(severity, 0, seen, limits)


def room_from(doses: Sequence[Dose], least: int, window: timedelta, most: int, seconds: int, now: datetime) -> datetime:
    """When `seconds` more of severity `least` or higher fit under `most` seconds in a window, if nothing is added."""
    counted = [dose for dose in doses if dose.severity >= least and _within(dose, window, now)]
    total = sum(dose.seconds for dose in counted)
    if total + seconds <= most:
        return now
    for ended, spent in sorted((dose.ended_at or now, dose.seconds) for dose in counted):
        total -= spent
        if total + seconds <= most:
            return ended + window
    return now + window  # nothing of this length ever fits


def _within(dose: Dose, window: timedelta, now: datetime) -> bool:
    return dose.ended_at is None or dose.ended_at > now - window
