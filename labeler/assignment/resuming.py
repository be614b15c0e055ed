"""Going on with a task whose lease has lapsed: its labeler comes back before somebody else has taken its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from labeler.assignment import facts as gate
from labeler.assignment.ending import hold_nothing, sign
from labeler.assignment.exposure import reopen, settle_lapsed
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.assignment.rules import LATE, LEASE, LaneFacts
from labeler.assignment.service import Handed
from labeler.assignment.stopping import open_lanes, stop_now
from labeler.audit.service import record
from labeler.errors import Conflict, Missing
from labeler.projects.models import Lane, Project, Task
from labeler.projects.rules import ProjectState
from labeler.wellbeing.clock import lock
from labeler.wellbeing.rules import Stop
from tasks.content import parse_profile


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A task that went back while its labeler was away; `drafted` says whether something of an answer is kept."""

    assignment_id: UUID
    project_name: str
    handed_at: datetime
    drafted: bool


def lapsed(session: Session, labeler_id: UUID, now: datetime) -> Lapsed | None:
    """The last task of this labeler's that lapsed and can still be gone on with, if it lapsed within a day."""
    row = session.execute(
        select(
            Assignment.id,
            Project.name,
            Assignment.handed_at,
            exists(select(Draft.assignment_id).where(Draft.assignment_id == Assignment.id)),
        )
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .where(
            Assignment.labeler_id == labeler_id,
            Assignment.state == AssignmentState.EXPIRED,
            Assignment.lease_until > now - LATE,
            Task.claims < Task.overlap,
            Project.state == ProjectState.LIVE,
        )
        .order_by(Assignment.handed_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Lapsed(*row)


def resume(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> Handed | Stop:
    """Hold a lapsed task again, under a new fence, if the gate allows it and its place is free.

    The text of a sensitive one is hidden until it is asked for. Raises Missing when it was never this labeler's or has
    ended otherwise, Conflict when its place was given away or another task is held.
    """
    locked = lock(session, labeler_id)
    row = session.execute(
        select(
            Assignment,
            Lane.id,
            Lane.profile,
            Lane.project_id,
            Lane.language,
            Project.state,
            Project.seconds_estimate.label("estimate"),
        )
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .where(Assignment.id == assignment_id, Assignment.labeler_id == labeler_id)
        .with_for_update(of=Assignment)
    ).one_or_none()
    if row is None or row[0].state is not AssignmentState.EXPIRED or now >= row[0].lease_until + LATE:
        raise Missing("This task can't be gone on with any more. Your time on it is kept.")
    if row.state is not ProjectState.LIVE:
        raise Conflict("This project hands out no tasks now. Your time on this one is kept.")
    assignment: Assignment = row[0]
    settle_lapsed(session, locked, now)
    session.refresh(assignment)
    facts = gate.read(session, locked, now)
    if facts.held is not None:
        raise Conflict("You have another task open. Answer or skip that one first.")
    stop = stop_now(session, locked, facts, now)
    if stop is not None:
        return stop
    lane = LaneFacts(row.id, row.project_id, parse_profile(row.profile), row.language, 0, 0, 0, 0, row.estimate)
    _, shut = open_lanes(session, locked, facts, [lane], now)
    if shut:
        hold_nothing(session, locked, now)  # the clock has gone on, and a stretch may have ended
        return shut[0].stop
    fence = session.execute(
        update(Task)
        .where(Task.id == assignment.task_id, Task.claims < Task.overlap)
        .values(claims=Task.claims + 1, handed=Task.handed + 1)
        .returning(Task.handed)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if fence is None:
        raise Conflict(
            "Somebody else has taken this task meanwhile. Nothing is held against you, and your time is kept."
        )
    assignment.state = AssignmentState.HELD
    assignment.ended_at = None
    assignment.revealed_at = None
    assignment.fence = fence
    assignment.lease_until = now + LEASE
    reopen(session, assignment_id)
    sign(session, locked, now, now + LEASE)
    session.flush()
    record(
        session, "assignment.resume", labeler_id, assignment_id, now, locked.person.vendor_id,
        fence=fence, profile=row.profile,
    )  # fmt: skip
    return Handed(assignment_id, new=False)
