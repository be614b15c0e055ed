"""What was time at work, read from the rows that the product writes anyway. Nothing here is on the hot path.

Of an assignment only its moments are read, never how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.models import AuditEntry
from labeler.pay.classes import TimeClass
from labeler.pay.models import PayMark, Settlement
from labeler.pay.rules import LEAST, Event, Span
from labeler.projects.models import Lane, Task
from labeler.wellbeing.models import Break, Exposure, StandDown, Stretch, Training
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE

CHUNK = 1_000
"""Rows that become lines in one transaction."""
COMES_BACK = timedelta(hours=25)
"""How long after its lease a lapsed task may still be gone on with or answered, and a bit."""
LATELY = timedelta(days=30)
_OPEN = timedelta(minutes=1)
_MOMENTS = ("assignment.reveal", "assignment.resume", "assignment.expire")


@dataclass(slots=True)
class Due:
    """What has ended and has no lines yet, with the end that was seen; and where what has not ended began."""

    events: list[Event] = field(default_factory=list)
    ends: dict[UUID, datetime] = field(default_factory=dict)
    assignments: list[UUID] = field(default_factory=list)
    going_on: list[datetime] = field(default_factory=list)
    more: bool = False
    """Whether there are more than one transaction should take."""


def unsettled(source: Any, ended: Any) -> ColumnElement[bool]:
    """That a row has no settlement, or ended later after all than the one it has."""
    made = aliased(Settlement)  # a name of its own: the statement around it may read the table too
    return ~exists(select(made.source_id).where(made.source_id == source, made.until_at >= ended))


def due(session: Session, labeler_id: UUID, since: datetime, upto: datetime, now: datetime) -> Due:
    """What of a labeler's has ended by `upto` and is not settled; nothing that was handed out before `since`."""
    found = Due()
    _assignments(session, labeler_id, since, upto, found)
    found.going_on = list(
        session.scalars(
            select(Assignment.handed_at).where(Assignment.labeler_id == labeler_id, Assignment.ended_at.is_(None))
        )
    )
    if not found.more:
        _pauses(session, labeler_id, upto, now, found)
        _stretches(session, labeler_id, upto, found)
    return found


def _assignments(session: Session, labeler_id: UUID, since: datetime, upto: datetime, found: Due) -> None:
    rows = session.execute(
        select(
            Assignment.id,
            Assignment.handed_at,
            Assignment.ended_at,
            Assignment.lease_until,
            Lane.severity,
            Settlement.until_at.label("seen"),
        )
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .outerjoin(Settlement, Settlement.source_id == Assignment.id)
        .where(
            Assignment.labeler_id == labeler_id,
            Assignment.handed_at >= since,
            Assignment.ended_at <= upto,
            unsettled(Assignment.id, Assignment.ended_at),
        )
        .order_by(Assignment.handed_at, Assignment.id)
        .limit(CHUNK)
    ).all()
    found.more = len(rows) == CHUNK
    moments = moments_of(session, [row.id for row in rows])
    for row in rows:
        assert row.ended_at is not None
        spans = spans_of(
            row.handed_at, row.ended_at, row.lease_until, row.severity >= SENSITIVE, moments.get(row.id, ())
        )
        if row.seen is not None:  # what had been settled stands; only what came after it adds to it
            spans = tuple(
                replace(each, from_at=max(each.from_at, row.seen)) for each in spans if each.until_at > row.seen
            )
        found.events.append(Event(row.id, spans, LEAST))
        found.ends[row.id] = row.ended_at
        found.assignments.append(row.id)


def moments_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, datetime]]]:
    """When each of these assignments was shown, lapsed and was gone on with, in order."""
    said: dict[UUID, list[tuple[str, datetime]]] = {}
    if not ids:
        return said
    rows = session.execute(
        select(AuditEntry.subject_id, AuditEntry.act, AuditEntry.at)
        .where(AuditEntry.subject_id.in_(ids), AuditEntry.act.in_(_MOMENTS))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    for subject, act, at in rows:
        said.setdefault(subject, []).append((act, at))
    return said


def spans_of(
    handed_at: datetime,
    ended_at: datetime,
    lease_until: datetime,
    sensitive: bool,
    moments: Sequence[tuple[str, datetime]] = (),
) -> tuple[Span, ...]:
    """The spans of an assignment that has ended. Pure.

    It is held from its hand-out, and again from each return to it, until it ends or its lease runs out. Of a sensitive
    one the time before its text was first asked for is time with the warning; a text that was never shown has no other.
    An answer that came late, after the lease, was at least a minute's work.
    """
    held: list[tuple[datetime, datetime]] = []
    begun: datetime | None = handed_at
    for act, at in moments:
        if act == "assignment.expire" and begun is not None:
            held.append((begun, at))
            begun = None
        elif act == "assignment.resume":
            begun = at
    if begun is not None:
        held.append((begun, ended_at))
    else:
        held[-1] = (held[-1][0], min(held[-1][1], max(lease_until, held[-1][0])))
        if ended_at > max(at for _, at in moments):
            held.append((ended_at - _OPEN, ended_at))
    reveal = next((at for act, at in moments if act == "assignment.reveal"), ended_at)
    spans: list[Span] = []
    for start, end in held:
        shown = min(max(start, reveal), end) if sensitive else start
        spans += [Span(TimeClass.WARNING, start, shown), Span(TimeClass.TASK, shown, end)]
    return tuple(span for span in spans if span.from_at < span.until_at) or (
        Span(TimeClass.WARNING if sensitive and reveal >= ended_at else TimeClass.TASK, handed_at, handed_at),
    )


def _pauses(session: Session, labeler_id: UUID, upto: datetime, now: datetime, found: Due) -> None:
    breaks = session.execute(
        select(Break.id, Break.started_at, Break.paid_until, Break.ended_at).where(
            Break.labeler_id == labeler_id, unsettled(Break.id, _soonest(Break.ended_at, Break.paid_until))
        )
    )
    for key, start, most, ended in breaks:
        _paid(found, key, TimeClass.BREAK, start, ended, most, upto)
    downs = session.execute(
        select(StandDown.id, StandDown.from_at, StandDown.until_at, StandDown.ended_at).where(
            StandDown.labeler_id == labeler_id,
            unsettled(StandDown.id, _soonest(StandDown.ended_at, StandDown.until_at)),
        )
    )
    for key, start, most, ended in downs:
        _paid(found, key, TimeClass.STAND_DOWN, start, ended, most, upto)
    trainings = session.execute(
        select(Training.id, Training.started_at, Training.finished_at).where(
            Training.labeler_id == labeler_id,
            or_(
                training_goes_on(now),
                unsettled(Training.id, Training.finished_at) & Training.finished_at.is_not(None),
            ),
        )
    )
    for key, start, ended in trainings:
        if ended is None:
            found.going_on.append(start)
        else:
            _paid(found, key, TimeClass.TRAINING, start, ended, ended, upto)


def training_goes_on(now: datetime) -> ColumnElement[bool]:
    """That a training was begun and may still be finished. One that counts without an end took no time at work."""
    return Training.finished_at.is_(None) & Training.expires_at.is_(None) & (Training.started_at > now - COMES_BACK)


def _soonest(ended: Any, most: Any) -> Any:
    """The earlier of an end, which may not have come, and the end of what is paid."""
    return func.coalesce(ended, most)


def _paid(
    found: Due, key: UUID, kind: TimeClass, start: datetime, ended: datetime | None, most: datetime, upto: datetime
) -> None:
    end = most if ended is None else min(ended, most)
    if end > upto:
        found.going_on.append(start)
        return
    found.events.append(Event(key, (Span(kind, start, end),) if start < end else ()))
    found.ends[key] = most if ended is None else ended


def _stretches(session: Session, labeler_id: UUID, upto: datetime, found: Due) -> None:
    """Closed stretches of work; one in which something still goes on waits for its end."""
    rows = session.execute(
        select(Stretch.id, Stretch.from_at, Stretch.until_at)
        .join(Labeler, Labeler.person_id == Stretch.person_id)
        .where(
            Labeler.id == labeler_id,
            Stretch.labeler_id == labeler_id,
            Stretch.until_at <= upto,
            unsettled(Stretch.id, Stretch.until_at),
        )
    ).all()
    for row in rows:
        if all(start >= row.until_at for start in found.going_on):
            found.events.append(Event(row.id, (Span(TimeClass.WAITING, row.from_at, row.until_at),)))
            found.ends[row.id] = row.until_at


def severe_seconds(session: Session, assignment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Seconds with a severe text on the screen (severity 3), by assignment: what the allowance is of (PAY-8)."""
    if not assignment_ids:
        return {}
    rows = session.execute(
        select(Exposure.assignment_id, Exposure.seconds).where(
            Exposure.assignment_id.in_(assignment_ids), Exposure.severity >= 3, Exposure.seconds > 0
        )
    )
    return {key: seconds for key, seconds in rows if key is not None}


def with_something_due(session: Session, upto: datetime) -> list[UUID]:
    """The labelers who have a mark, and something that ended by `upto` and is not settled.

    Breaks and the like are looked for in the last weeks only: a labeler who has any has had assignments beside them.
    """
    lately = upto - LATELY
    ended = (
        select(PayMark.labeler_id)
        .join(Assignment, (Assignment.labeler_id == PayMark.labeler_id) & (Assignment.handed_at >= PayMark.from_at))
        .where(Assignment.ended_at <= upto, unsettled(Assignment.id, Assignment.ended_at))
    )
    rest, down = _soonest(Break.ended_at, Break.paid_until), _soonest(StandDown.ended_at, StandDown.until_at)
    others = (
        select(source.labeler_id).where(begun > lately, end <= upto, unsettled(source.id, end))
        for source, begun, end in (
            (Break, Break.started_at, rest),
            (StandDown, StandDown.from_at, down),
            (Training, Training.started_at, Training.finished_at),
            (Stretch, Stretch.until_at, Stretch.until_at),
        )
    )
    return sorted(set(session.scalars(ended.union(*others))))


def first_open(session: Session, labeler_id: UUID, since: datetime, now: datetime) -> datetime:
    """The moment before which every assignment of a labeler's is settled for good."""
    earliest = session.scalar(
        select(func.min(Assignment.handed_at)).where(
            Assignment.labeler_id == labeler_id,
            Assignment.handed_at >= since,
            or_(
                Assignment.ended_at.is_(None),
                (Assignment.state == AssignmentState.EXPIRED) & (Assignment.lease_until > now - COMES_BACK),
                unsettled(Assignment.id, Assignment.ended_at),
            ),
        )
    )
    just_now = now - timedelta(minutes=10)  # an answer carries the moment at which its request began
    return just_now if earliest is None else min(earliest, just_now)
