"""What is told outside of breaks and hard content: numbers of many people and of whole months, never of one person.

A number is None where fewer than k people stand behind it, or behind what would be left over (`labeler.cells`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from labeler.cells import cell
from labeler.projects.models import Lane, Task
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.models import Break, Exposure, ExposurePath, Policy
from tasks.content import SENSITIVE, Category, parse_profile


def breaks_kept(session: Session, people: Collection[UUID], start: datetime, end: datetime, k: int) -> float | None:
    """The share, 0 to 1, of the breaks that a rule asked of these labelers, ended in a span, which lasted their time.

    None where too few people had one; and where one was cut short, but of too few people to say so.
    """
    rows = session.execute(
        select(Break.labeler_id, Break.until, Break.ended_at).where(
            Break.rule.is_not(None), Break.until.is_not(None), Break.ended_at >= start, Break.ended_at < end
        )
    )
    due: Counter[UUID] = Counter()
    short: Counter[UUID] = Counter()
    for who, until, ended in rows:
        if who in people and until is not None and ended is not None:
            due[who] += 1
            short[who] += ended < until
    whole = cell(due, k, len(people))
    cut = cell(short, k, len(people)) if any(short.values()) else 0
    return None if whole is None or cut is None else (whole - cut) / whole


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long people had texts of a category and severity before them on the desk, in minutes; None: not told."""

    category: Category
    severity: int
    minutes: int | None


def exposure(
    session: Session, project_id: UUID, start: datetime, end: datetime, population: int, k: int
) -> list[Minutes]:
    """The hard content of a project that was on somebody's screen and put away in a span, by category and severity.

    A text with two categories counts for each, so the numbers are not to be added up. `population` worked there then.
    """
    rows = session.execute(
        select(Exposure.person_id, Exposure.profile, func.sum(Exposure.seconds))
        .join(Task, Task.id == Exposure.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(
            Lane.project_id == project_id,
            Exposure.path == ExposurePath.DESK,
            Exposure.ended_at >= start,
            Exposure.ended_at < end,
        )
        .group_by(Exposure.person_id, Exposure.profile)
    )
    seconds: defaultdict[tuple[Category, int], Counter[UUID]] = defaultdict(Counter)
    for who, profile, number in rows:
        for category, level in parse_profile(profile).items():
            if level >= SENSITIVE:
                seconds[category, int(level)][who] += int(number)
    found = []
    for (category, severity), by in sorted(seconds.items()):
        shown = cell(by, k, max(population, sum(value > 0 for value in by.values())))
        found.append(Minutes(category, severity, None if shown is None else round(shown / 60)))
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """A number of the standard that was changed: `looser` ones are signed deviations, and end."""

    name: str
    rule: str
    unit: str
    says: str
    value: int
    standard: int
    from_at: datetime
    until_at: datetime | None
    this_project: bool
    looser: bool


def changed_numbers(session: Session, project_id: UUID, start: datetime, at: datetime) -> Sequence[Changed]:
    """Every change of a number that bound in a project at some time from `start` to `at`, the oldest first."""
    rows = session.scalars(
        select(Policy)
        .where(
            or_(Policy.project_id.is_(None), Policy.project_id == project_id),
            Policy.from_at <= at,
            Policy.made_at <= at,
            or_(Policy.until_at.is_(None), Policy.until_at > start),
        )
        .order_by(Policy.from_at, Policy.name, Policy.made_at, Policy.id)
    )
    return [
        Changed(
            name=row.name,
            rule=STANDARD[row.name].rule,
            unit=STANDARD[row.name].unit.value,
            says=STANDARD[row.name].words,
            value=row.value,
            standard=STANDARD[row.name].value,
            from_at=row.from_at,
            until_at=row.until_at,
            this_project=row.project_id is not None,
            looser=row.signed_by is not None,
        )
        for row in rows
        if row.name in STANDARD
    ]
