"""How often tasks with each kind of content were declined in a project, as numbers that lay nobody bare (OPT-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.cells import K_INSIDE, cell
from labeler.projects.models import Lane, Project, Task
from labeler.workforce.models import Labeler
from tasks.content import Category, Profile, parse_profile

_DECLINED = (AssignmentState.SKIPPED, AssignmentState.REVOKED)
_LONGEST_OPEN = timedelta(days=2)
"""Tasks that were in somebody's hands for longer than this are not counted: the index knows when a task began."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of one person's tasks with one profile ended by an answer or by a no, and how many of these by a no."""

    person: UUID
    profile: Profile
    tasks: int
    declined: int


@dataclass(frozen=True, slots=True)
class Declined:
    """One kind of content in a week: the share of its tasks that were declined, 0 to 1; None: it may not be shown."""

    category: Category
    share: float | None


@dataclass(frozen=True, slots=True)
class WeekOfDeclines:
    """What was declined in one week, from Monday to Sunday (UTC). Both days are in it."""

    monday: date
    sunday: date
    kinds: list[Declined]


def last_week(now: datetime) -> date:
    """The Monday of the last ISO week that is over (UTC): a fixed period, whose numbers never move."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday() + 7)


def shares(ended: Iterable[Ended], declared: Iterable[Category], k: int = K_INSIDE) -> list[Declined]:
    """For each kind of content that a project declares, the share that may be shown. Pure.

    A kind that fewer than `k` people declined, or that fewer than `k` (but some) did not, is not shown.
    """
    declined: dict[Category, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    tasks: dict[Category, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for each in ended:
        for code, level in each.profile.items():
            if level:
                declined[code][each.person] += each.declined
                tasks[code][each.person] += each.tasks
    found = []
    for code in sorted(declared):
        shown = cell(declined[code], k, population=len(declined[code]))
        found.append(Declined(code, None if shown is None else shown / sum(tasks[code].values())))
    return found


def declined_last_week(session: Session, project: Project, now: datetime) -> WeekOfDeclines | None:
    """The last whole week of a project; None when it declares no content, or was not live in it.

    Nothing is read of opt-outs: only how tasks ended that had been handed out, answered or declined. Both ends are
    final, so a week that is over always gives the same numbers.
    """
    declared = [Category(code) for code, level in (project.categories or {}).items() if level]
    monday = last_week(now)
    start = datetime.combine(monday, time(), UTC)
    end = start + timedelta(days=7)
    if not declared or project.published_at is None or project.published_at >= end:
        return None
    return WeekOfDeclines(monday, monday + timedelta(days=6), shares(_ended(session, project.id, start, end), declared))


def declined_between(
    session: Session, project_id: UUID, categories: Mapping[str, int], start: datetime, end: datetime, k: int
) -> list[Declined]:
    """What was declined in a fixed span that is over, for each kind of content that a project declared."""
    declared = [Category(code) for code, level in categories.items() if level]
    return shares(_ended(session, project_id, start, end), declared, k) if declared else []


def _ended(session: Session, project_id: UUID, start: datetime, end: datetime) -> list[Ended]:
    number = func.count()
    rows = session.execute(
        select(Labeler.person_id, Lane.profile, Assignment.state, number)
        .join_from(Labeler, Assignment, Assignment.labeler_id == Labeler.id)
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(
            Assignment.handed_at >= start - _LONGEST_OPEN,
            Assignment.handed_at < end,
            Assignment.ended_at >= start,
            Assignment.ended_at < end,
            Assignment.state.in_([AssignmentState.JUDGED, *_DECLINED]),
            Lane.project_id == project_id,
        )
        .group_by(Labeler.person_id, Lane.profile, Assignment.state)
    )
    return [
        Ended(person, parse_profile(profile), count, count if state in _DECLINED else 0)
        for person, profile, state, count in rows
    ]
