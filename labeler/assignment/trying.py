"""Trying a number on the last day before it is set: what happened, read for `wellbeing.dry_run`. Only sums leave it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.projects.models import Lane, Task
from labeler.wellbeing.clock import clock_of
from labeler.wellbeing.dry_run import DryRun, Given, dry_run
from labeler.wellbeing.hours import DAY, WEEK, Span, flat
from labeler.wellbeing.models import Exposure, Stretch, WorkClock
from labeler.wellbeing.policies import Asked
from labeler.wellbeing.rules import stretch_of
from labeler.workforce.models import Labeler


def tried(session: Session, asked: Asked, now: datetime) -> DryRun:
    """What the 24 hours until now would have been with a change. For a project: for those who worked for it then."""
    since = now - DAY
    zones = {row.person_id: row.time_zone for row in session.execute(select(Labeler.person_id, Labeler.time_zone))}
    spans, given = _spans(session, since, now), _given(session, since, now)
    if asked.change.project_id is not None:
        only = _people_of(session, asked.change.project_id, since)
        spans = {person: theirs for person, theirs in spans.items() if person in only}
        given = {person: theirs for person, theirs in given.items() if person in only}
    given = {person: theirs for person, theirs in given.items() if person in zones}
    return dry_run(spans, given, asked.before, asked.after, since, now, zones)


def _spans(session: Session, since: datetime, now: datetime) -> dict[UUID, list[Span]]:
    """Everybody's work, as far back as a rule looks, the open stretches up to their last sign."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    rows = session.execute(
        select(Stretch.person_id, Stretch.from_at, Stretch.until_at).where(Stretch.until_at > since - WEEK)
    )
    for person, from_at, until_at in rows:
        found[person].append(Span(from_at, until_at))
    for row in session.execute(select(WorkClock.__table__)):
        span = stretch_of(clock_of(row), now)
        if span is not None and span.from_at < span.until_at:
            found[row.person_id].append(span)
    return {person: flat(spans) for person, spans in found.items()}


def _given(session: Session, since: datetime, now: datetime) -> dict[UUID, list[Given]]:
    found: dict[UUID, list[Given]] = defaultdict(list)
    rows = session.execute(
        select(
            Exposure.person_id, Exposure.from_at, Exposure.ended_at, Exposure.severity, Exposure.seconds,
            Exposure.reserved_seconds,
        ).where(Exposure.from_at > since - WEEK)
    )  # fmt: skip
    for person, from_at, ended_at, severity, seconds, reserved in rows:
        open_now = ended_at is None or ended_at > now
        counted = reserved if open_now else seconds
        if counted:
            found[person].append(Given(from_at, None if open_now else ended_at, severity, counted))
    return found


def _people_of(session: Session, project_id: UUID, since: datetime) -> set[UUID]:
    return set(
        session.scalars(
            select(Labeler.person_id)
            .join(Assignment, Assignment.labeler_id == Labeler.id)
            .join(Task, Task.id == Assignment.task_id)
            .join(Lane, Lane.id == Task.lane_id)
            .where(Lane.project_id == project_id, Assignment.handed_at > since)
        )
    )
