"""A look at a project's statistics, for both doors: what it shows of groups and of time may be of an earlier day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from labeler.db import reading, repeated
from labeler.projects.models import Project
from labeler.quality import queries, telling
from labeler.quality.summary import Gated, Statistics, gated, statistics


@dataclass(frozen=True, slots=True)
class Look:
    """A project's statistics now; times and groups are those told since the day `as_of`, None where none were yet."""

    project: Project
    statistics: Statistics
    as_of: date | None


def look(find: Callable[[Session], Project], now: datetime, about: str | None = None) -> Look:
    """Count a project's answers, and put in what may be told of groups and of time.

    The counting waits for no writer. Raises what `find` raises, and Missing for an unknown measure.
    """
    with reading() as session:
        project = find(session)
        live = statistics(session, project, now, about, groups=False)
        told = telling.last(session, project.id)
        figures, behind = None, {}
        if telling.is_a_new_day(told, now):
            behind = queries.behind(session, project.id, now)
            if telling.may_renew(session, project.id, behind):
                figures = gated(session, project, now)
    if figures is not None and figures.says_something:
        found = figures
        told = repeated(lambda session: telling.keep(session, project.id, found, behind, now))
    if told is None:  # nothing was ever told: the groups have their names, and no figures
        return Look(project, _with(live, figures) if figures is not None else live, None)
    return Look(project, _with(live, telling.read(told)), told.told_at.astimezone(UTC).date())


def _with(live: Statistics, told: Gated) -> Statistics:
    name = live.about.measure.name if live.about else ""
    return replace(live, times=told.times, groups=told.groups.get(name, ()))
