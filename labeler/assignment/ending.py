"""How an assignment ends without an answer, and how its task comes back to the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from labeler.assignment.exposure import close_row, seen_in
from labeler.assignment.models import IS_HELD, Assignment, AssignmentState
from labeler.audit.service import Entry, record, record_all
from labeler.projects.models import Lane, Task
from labeler.wellbeing.clock import Locked, save_clock, set_clock
from labeler.wellbeing.rules import Touched, touch
from labeler.workforce.models import Labeler


class Ended(StrEnum):
    """Why an assignment ended without an answer."""

    SKIPPED = "skipped"
    REVOKED = "revoked"


_ACTS = {Ended.SKIPPED: "assignment.skip", Ended.REVOKED: "assignment.revoke"}

_UNDER_ANOTHER_ACCOUNT = (
    Labeler.person_id == bindparam("person"),
    Labeler.id != bindparam("me"),
    Assignment.state == IS_HELD,
)
_HELD_ELSEWHERE = (
    select(func.max(Assignment.lease_until))
    .join(Labeler, Labeler.id == Assignment.labeler_id)
    .where(*_UNDER_ANOTHER_ACCOUNT)
)
_SHOWN_ELSEWHERE = (
    select(Assignment)
    .join(Labeler, Labeler.id == Assignment.labeler_id)
    .where(*_UNDER_ANOTHER_ACCOUNT, Assignment.revealed_at.is_not(None))
    .with_for_update(of=Assignment)
    .execution_options(populate_existing=True)
)


def sign(session: Session, locked: Locked, now: datetime, busy_until: datetime | None, *, save: bool = True) -> None:
    """A sign of work; `busy_until` is the end of the lease that she holds from here on. Without `save`, in memory.

    Under another account she may hold a task too.
    """
    busy_until = max(filter(None, (busy_until, held_elsewhere(session, locked))), default=None)
    touched = touch(locked.clock, now, locked.person.time_zone, busy_until)
    (save_clock if save else set_clock)(session, locked, touched)


def hold_nothing(session: Session, locked: Locked, now: datetime) -> None:
    """Write that no task is held from here on under this account. What a lapsed one counted as work stays counted."""
    busy = locked.clock.busy_until
    left = (busy and min(busy, now), held_elsewhere(session, locked))
    save_clock(session, locked, Touched(replace(locked.clock, busy_until=max(filter(None, left), default=None))))


def end(session: Session, locked: Locked, assignment: Assignment, how: Ended, now: datetime) -> None:
    """End an assignment that the labeler holds, and put its task back at the tail of its lane.

    All the time until now was work: she held it. Her clock goes on in memory; the caller writes it.
    """
    if assignment.lease_until < now:
        hide_text(session, locked, assignment, now)  # it was open until its lease ended, not until now
    cover(assignment, now)
    close_row(session, locked, assignment.id, assignment.seen_seconds, now)
    sign(session, locked, now, None, save=False)
    assignment.state = AssignmentState(how)
    assignment.ended_at = now
    session.flush()
    give_back(session, [assignment.task_id])
    record(session, _ACTS[how], locked.person.id, assignment.id, now, locked.person.vendor_id)


def cover(assignment: Assignment, now: datetime) -> None:
    """Take the text off the screen: the time it was visible is added up, to the end of the lease at most."""
    assignment.seen_seconds = seen_in(assignment.seen_seconds, assignment.revealed_at, assignment.lease_until, now)
    assignment.revealed_at = None


def held_elsewhere(session: Session, locked: Locked) -> datetime | None:
    """The end of the lease that the person holds under another account of hers: that is work too (BRK-10)."""
    if not locked.person.joined:
        return None
    return session.scalar(_HELD_ELSEWHERE, {"me": locked.person.id, "person": locked.person.person_id})


def cover_elsewhere(session: Session, locked: Locked, now: datetime) -> None:
    """Take the texts off the screen that the person has open under other accounts: her break is a break there too."""
    if not locked.person.joined:
        return
    shown = session.scalars(_SHOWN_ELSEWHERE, {"me": locked.person.id, "person": locked.person.person_id}).all()
    for each in shown:
        hide_text(session, locked, each, now)


def hide_text(session: Session, locked: Locked, assignment: Assignment, now: datetime) -> bool:
    """Take a text off the screen and say so in the record; False when it was hidden."""
    if assignment.revealed_at is None:
        return False
    before = assignment.seen_seconds
    cover(assignment, now)
    seconds = assignment.seen_seconds - before
    session.flush()
    record(
        session, "assignment.hide", assignment.labeler_id, assignment.id, now, locked.person.vendor_id, seconds=seconds
    )
    return True


def give_back(session: Session, task_ids: list[UUID]) -> None:
    """Free one claim of each task and move it to the tail of its lane, where every cursor still meets it.

    Lanes are locked first and in order, then tasks in order, so that two of these never wait for each other.
    """
    lanes = dict(session.execute(select(Task.id, Task.lane_id).where(Task.id.in_(task_ids))).all())
    tails: dict[UUID, int] = {}
    for lane_id in sorted(set(lanes.values())):
        back = sum(1 for task_id in task_ids if lanes[task_id] == lane_id)
        raised = update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + back).returning(Lane.tail)
        tails[lane_id] = session.execute(raised).scalar_one() - back
    for task_id in sorted(task_ids):
        tails[lanes[task_id]] += 1
        session.execute(
            update(Task).where(Task.id == task_id).values(claims=Task.claims - 1, position=tails[lanes[task_id]])
        )


def expire(session: Session, now: datetime, *, most: int = 500) -> int:
    """End the leases that have lapsed by the clock, and return how many. An answer that still comes is taken as late.

    Assignments that are being answered at this instant are passed by.
    """
    lapsed = (
        select(Assignment.id)
        .where(Assignment.state == AssignmentState.HELD, Assignment.lease_until < now)
        .order_by(Assignment.lease_until)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ended = session.execute(
        update(Assignment)
        .where(Assignment.id.in_(lapsed), Assignment.state == AssignmentState.HELD)
        .values(state=AssignmentState.EXPIRED, ended_at=now)
        .returning(Assignment.id, Assignment.task_id, Assignment.labeler_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ended:
        return 0
    vendors = _vendors(session, {row.labeler_id for row in ended})
    give_back(session, [row.task_id for row in ended])
    record_all(session, [Entry("assignment.expire", None, row.id, vendors[row.labeler_id], {}) for row in ended], now)
    return len(ended)


def _vendors(session: Session, labelers: set[UUID]) -> Mapping[UUID, UUID]:
    return dict(session.execute(select(Labeler.id, Labeler.vendor_id).where(Labeler.id.in_(labelers))).all())
