"""The standard's numbers, and which of them are in force for whom at a moment. Pure.

A number may be made tighter by a project or for everybody. Made looser it needs a signature, a reason and an end
(`welfare.md` section 3: parameters are ratchets); the service that writes such a row asks `loosens`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

LONGEST_DEVIATION = timedelta(days=90)
"""How long a looser number may last (section 6)."""


class Signer(StrEnum):
    """Who may sign for a looser number."""

    CLINICIAN = "clinician"
    SAFETY_COMMITTEE = "safety-committee"


class Unit(StrEnum):
    """What a number counts."""

    MINUTES = "min"
    DAYS = "days"
    TASKS = "tasks"
    JUDGMENTS = "judgments"
    PERCENT = "%"
    PER_MILLE = "‰"
    HOUR = "o'clock"
    SECONDS = "s"
    WORKING_DAYS = "working days"
    MONTHS = "months"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the standard: its rule, its default, and which way is stricter.

    `least` and `most` bound what a policy may say at all; even a signed deviation stays within them.
    """

    rule: str
    value: int
    unit: Unit
    stricter: int
    """-1: a smaller value protects more; +1: a larger one does."""
    words: str
    least: int
    most: int

    def loosens(self, value: int, than: int | None = None) -> bool:
        """Whether `value` protects less than the standard (or than another value)."""
        than = self.value if than is None else than
        return (value - than) * self.stricter < 0

    def tighter(self, a: int, b: int) -> int:
        """The value of the two that protects more."""
        return b if self.loosens(a, than=b) else a


def _minutes(rule: str, value: int, stricter: int, words: str, least: int = 1, most: int = 10_080) -> Number:
    return Number(rule, value, Unit.MINUTES, stricter, words, least, most)


LESS, MORE = -1, +1

STANDARD: dict[str, Number] = {
    "break_ask": _minutes("BRK-1", 50, LESS, "work without a pause before we say that a break is a good idea"),
    "break_stop": _minutes("BRK-1", 60, LESS, "work without a pause before a break must come", most=120),
    "break_length": _minutes("BRK-1", 10, MORE, "length of that break", least=5, most=60),
    "severe_break_after": _minutes("BRK-2", 30, LESS, "severe content before a break must come", most=60),
    "severe_break_length": _minutes("BRK-2", 10, MORE, "length of that break", least=5, most=60),
    "day_rest_after": _minutes("BRK-5", 360, LESS, "work in a day before a longer rest must come", most=480),
    "day_rest_length": _minutes("BRK-5", 30, MORE, "length of that rest", least=20, most=120),
    "day_hours": _minutes("BRK-9", 480, LESS, "most work in any 24 hours", most=720),
    "week_hours": _minutes("BRK-8", 2_880, LESS, "most work in any 7 days", most=3_600),
    "week_hours_soft": _minutes("BRK-8", 2_400, LESS, "work in 7 days after which we call the week full", most=3_600),
    "daily_rest": _minutes("BRK-6", 660, MORE, "rest without a gap in each day", least=480, most=960),
    "weekly_rest": _minutes("BRK-7", 2_100, MORE, "rest without a gap in each week", least=1_440, most=4_320),
    "severe_day": _minutes("EXP-1", 60, LESS, "most severe content in any 24 hours", least=0, most=240),
    "severe_week": _minutes("EXP-2", 300, LESS, "most severe content in any 7 days", least=0, most=1_200),
    "disturbing_day": _minutes("EXP-3", 120, LESS, "most hard content of any sort in any 24 hours", least=0, most=240),
    "run_minutes": _minutes("EXP-5", 15, LESS, "most severe content in one run", most=60),
    "run_tasks": Number("EXP-5", 20, Unit.TASKS, LESS, "most severe tasks in one run", 1, 100),
    "run_quiet": _minutes("EXP-5", 15, MORE, "time with nothing above mild after a run", least=5, most=120),
    "share_percent": Number(
        "EXP-6", 200, Unit.PERCENT, LESS, "most severe content of one person in 7 days, of the median", 100, 400
    ),
    "share_least": _minutes(
        "EXP-6", 60, LESS, "severe content in 7 days that is never too large a share", least=0, most=300
    ),
    "severe_overlap": Number("EXP-8", 3, Unit.JUDGMENTS, LESS, "most people who judge one severe task", 1, 10),
    "surprise_per_mille": Number(
        "EXP-12", 10, Unit.PER_MILLE, LESS, "tasks worse than they said, from which a project pauses", 0, 50
    ),
    "surprise_least": Number("EXP-12", 50, Unit.TASKS, LESS, "tasks served before that share is looked at", 1, 200),
    "consent_days": Number("EXP-13", 90, Unit.DAYS, LESS, "how long a yes to hard content lasts", 1, 180),
    "night_from": Number("EXP-14", 22, Unit.HOUR, LESS, "night begins, for severe content", 18, 24),
    "night_until": Number("EXP-14", 6, Unit.HOUR, MORE, "night ends, for severe content", 4, 10),
    "training_days": Number("WRN-4", 365, Unit.DAYS, LESS, "how long the training for severe content is good", 30, 365),
    "break_paid": _minutes("BRK-3", 30, MORE, "how long a break that you take yourself is paid", least=10, most=120),
    "stand_down_day": _minutes("EXP-11", 120, MORE, "paid waiting at a limit in any 24 hours", least=0, most=480),
    "severe_allowance": Number(
        "PAY-8", 125, Unit.PERCENT, MORE, "what a second with a severe text is paid, of the hour's rate", 100, 300
    ),
}  # fmt: skip
"""Every number by its name. Sources: `welfare.md` section 4, and `decisions.md` where it differs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers in force for one labeler at one project at one moment; minutes unless `STANDARD` says otherwise."""

    break_ask: int = STANDARD["break_ask"].value
    break_stop: int = STANDARD["break_stop"].value
    break_length: int = STANDARD["break_length"].value
    severe_break_after: int = STANDARD["severe_break_after"].value
    severe_break_length: int = STANDARD["severe_break_length"].value
    day_rest_after: int = STANDARD["day_rest_after"].value
    day_rest_length: int = STANDARD["day_rest_length"].value
    day_hours: int = STANDARD["day_hours"].value
    week_hours: int = STANDARD["week_hours"].value
    week_hours_soft: int = STANDARD["week_hours_soft"].value
    daily_rest: int = STANDARD["daily_rest"].value
    weekly_rest: int = STANDARD["weekly_rest"].value
    severe_day: int = STANDARD["severe_day"].value
    severe_week: int = STANDARD["severe_week"].value
    disturbing_day: int = STANDARD["disturbing_day"].value
    run_minutes: int = STANDARD["run_minutes"].value
    run_tasks: int = STANDARD["run_tasks"].value
    run_quiet: int = STANDARD["run_quiet"].value
    share_percent: int = STANDARD["share_percent"].value
    share_least: int = STANDARD["share_least"].value
    severe_overlap: int = STANDARD["severe_overlap"].value
    surprise_per_mille: int = STANDARD["surprise_per_mille"].value
    surprise_least: int = STANDARD["surprise_least"].value
    consent_days: int = STANDARD["consent_days"].value
    night_from: int = STANDARD["night_from"].value
    night_until: int = STANDARD["night_until"].value
    training_days: int = STANDARD["training_days"].value
    break_paid: int = STANDARD["break_paid"].value
    stand_down_day: int = STANDARD["stand_down_day"].value
    severe_allowance: int = STANDARD["severe_allowance"].value


NAMES = tuple(field.name for field in fields(Limits))
PERSONAL = frozenset(name for name in NAMES if STANDARD[name].rule.startswith("BRK"))
"""Numbers about a person's whole day: a project's own tighter ones bind the day of whoever works for it."""
THE_STANDARD = Limits()


@dataclass(frozen=True, slots=True)
class Change:
    """One row of `policy`: a number from a moment on, for everybody (`project_id` None) or for one project."""

    name: str
    value: int
    from_at: datetime
    project_id: UUID | None = None
    until_at: datetime | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class InForce:
    """The numbers for everybody, and those of the projects that have their own."""

    platform: Limits = THE_STANDARD
    projects: tuple[tuple[UUID, Limits], ...] = ()
    next_change: datetime | None = None
    """When another row begins or ends: what was worked out before must not be used after it."""

    def of(self, project_id: UUID) -> Limits:
        """The numbers for work of one project."""
        for known, limits in self.projects:
            if known == project_id:
                return limits
        return self.platform


AS_SHIPPED = InForce()


def in_force(changes: Iterable[Change], now: datetime) -> InForce:
    """The numbers in force at `now`. For a project, its own unsigned number binds only where it is tighter; a signed
    one replaces the number for everybody until it ends.
    """
    rows = sorted(changes, key=lambda change: change.from_at)
    if not rows:
        return AS_SHIPPED
    moments = [moment for row in rows for moment in (row.from_at, row.until_at) if moment is not None and moment > now]
    platform = dict(_newest((row for row in rows if row.project_id is None), now))
    projects: dict[UUID, dict[str, Change]] = {}
    for project_id in {row.project_id for row in rows if row.project_id is not None}:
        projects[project_id] = dict(_newest((row for row in rows if row.project_id == project_id), now))
    base = {name: change.value for name, change in platform.items()}
    return InForce(
        Limits(**base),
        tuple((key, Limits(**_for_project(base, own))) for key, own in sorted(projects.items()) if own),
        min(moments, default=None),
    )


def _newest(rows: Iterable[Change], now: datetime) -> list[tuple[str, Change]]:
    live = [row for row in rows if row.from_at <= now and (row.until_at is None or now < row.until_at)]
    return [(row.name, row) for row in live]


def _for_project(base: dict[str, int], own: dict[str, Change]) -> dict[str, int]:
    values = dict(base)
    for name, change in own.items():
        number = STANDARD[name]
        values[name] = change.value if change.signed else number.tighter(change.value, base.get(name, number.value))
    return values


def problems(name: str, value: int, numbers: Limits) -> list[str]:
    """What is wrong with a value for a number, beside its being looser; `numbers` are those it would stand among."""
    number = STANDARD[name]
    if not number.least <= value <= number.most:
        return [f"Choose a number from {number.least} to {number.most} ({number.unit})."]
    changed = {field: getattr(numbers, field) for field in NAMES} | {name: value}
    found = []
    if changed["break_ask"] > changed["break_stop"]:
        found.append("The moment at which we mention a break can't lie after the moment at which it must come.")
    if changed["week_hours_soft"] > changed["week_hours"]:
        found.append("The week can't be called full after it has ended.")
    if changed["severe_day"] > changed["severe_week"]:
        found.append("The most for a day can't be over the most for a week.")
    return found
