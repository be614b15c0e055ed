"""What was time at work, read from the rows that the product writes anyway. Nothing here is on the hot path.

Of an assignment only its moments are read, never how it ended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from labeler.assignment.exposure import seen_in
from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.models import AuditEntry
from labeler.judgments.models import Retry
from labeler.pay.classes import TimeClass
from labeler.pay.due import COMES_BACK, Due, soonest, unsettled
from labeler.pay.models import PayMark, Settlement
from labeler.pay.pauses import beside
from labeler.pay.reading import read_first, reading_seconds
from labeler.pay.reading_models import ReadingTime
from labeler.pay.rules import LEAST, Event, Span
from labeler.projects.models import Guideline, Lane, Task
from labeler.wellbeing.models import Break, Exposure, StandDown, Stretch, Training
from tasks.content import SENSITIVE, Severity

CHUNK = 1_000
"""Rows that become lines in one transaction."""
LATELY = timedelta(days=30)
_OPEN = timedelta(minutes=1)
_MOMENTS = ("assignment.reveal", "assignment.resume", "assignment.expire")


_ENDED = (
    select(
        Assignment.id,
        Assignment.handed_at,
        Assignment.ended_at,
        Assignment.lease_until,
        Lane.severity,
        Lane.project_id,
        Guideline.id.label("guideline_id"),
        Settlement.until_at.label("seen"),
        ReadingTime.seconds.label("read"),
    )
    .join(Task, Task.id == Assignment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .outerjoin(
        Guideline, (Guideline.project_id == Lane.project_id) & (Guideline.version == Assignment.guideline_version)
    )
    .outerjoin(ReadingTime, (ReadingTime.labeler_id == bindparam("me")) & (ReadingTime.guideline_id == Guideline.id))
    .outerjoin(Settlement, Settlement.source_id == Assignment.id)
    .where(
        Assignment.labeler_id == bindparam("me"),
        Assignment.handed_at >= bindparam("since"),
        Assignment.ended_at <= bindparam("upto"),
        unsettled(Assignment.id, Assignment.ended_at),
    )
    .order_by(Assignment.handed_at, Assignment.id)
    .limit(CHUNK)
)
"""Built once, as what follows: building it takes longer than running it."""
_SAID = (
    select(AuditEntry.subject_id, AuditEntry.act, AuditEntry.at)
    .where(AuditEntry.subject_id.in_(bindparam("ids", expanding=True)), AuditEntry.act.in_(_MOMENTS))
    .order_by(AuditEntry.at, AuditEntry.id)
)
_HELD = select(Assignment.handed_at).where(Assignment.labeler_id == bindparam("me"), Assignment.ended_at.is_(None))


def due(session: Session, labeler_id: UUID, since: datetime, upto: datetime, now: datetime) -> Due:
    """What of a labeler's has ended by `upto` and is not settled; nothing that was handed out before `since`."""
    found = Due()
    _assignments(session, labeler_id, since, upto, found)
    found.going_on = list(session.scalars(_HELD, {"me": labeler_id}))
    if not found.more:
        beside(session, labeler_id, upto, now, found)
    return found


def _assignments(session: Session, labeler_id: UUID, since: datetime, upto: datetime, found: Due) -> None:
    rows = session.execute(_ENDED, {"me": labeler_id, "since": since, "upto": upto}).all()
    found.more = len(rows) == CHUNK
    moments = moments_of(session, [row.id for row in rows])
    begun: set[UUID] = set()
    for row in rows:
        assert row.ended_at is not None
        spans = spans_of(
            row.handed_at, row.ended_at, row.lease_until, row.severity >= SENSITIVE, moments.get(row.id, ())
        )
        if row.seen is not None:  # what had been settled stands; only what came after it adds to it
            spans = tuple(
                replace(each, from_at=max(each.from_at, row.seen)) for each in spans if each.until_at > row.seen
            )
            found.again.add(row.id)
        first = row.read is None and row.seen is None and row.guideline_id not in begun
        if first and row.guideline_id is not None:
            seconds = to_read(session, labeler_id, row.guideline_id, begun)
            begun.add(row.guideline_id)
            found.reading[row.id] = (row.guideline_id, seconds)
            found.events.append(with_reading(row.id, spans, seconds))
        else:
            found.events.append(Event(row.id, spans, LEAST if row.seen is None else 0))
        found.ends[row.id] = row.ended_at
        found.projects[row.id] = row.project_id


def with_reading(key: UUID, spans: Sequence[Span], seconds: int) -> Event:
    """An assignment whose first seconds are the reading of its instructions, in full even if it was shorter. Pure."""
    if not seconds or not spans:
        return Event(key, tuple(spans), LEAST)
    start = spans[0].from_at
    whole = Span(TimeClass.INSTRUCTIONS, start, start + timedelta(seconds=seconds))
    return Event(key, read_first(spans, seconds), LEAST, (whole,))


def to_read(session: Session, labeler_id: UUID, guideline_id: UUID, begun: Collection[UUID] = ()) -> int:
    """Seconds for reading a version of instructions that she has not been paid for: what is new to her in it.

    `begun` are versions that will be written as read together with it.
    """
    text = session.get_one(Guideline, guideline_id)
    known = session.scalar(
        select(Guideline.text)
        .where(
            Guideline.id.in_(select(ReadingTime.guideline_id).where(ReadingTime.labeler_id == labeler_id))
            | Guideline.id.in_(begun),
            Guideline.project_id == text.project_id,
            Guideline.version < text.version,
        )
        .order_by(Guideline.version.desc())
        .limit(1)
    )
    return reading_seconds(text.text, known)


def moments_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, datetime]]]:
    """When each of these assignments was shown, lapsed and was gone on with, in order."""
    said: dict[UUID, list[tuple[str, datetime]]] = {}
    if not ids:
        return said
    rows = session.execute(_SAID, {"ids": ids})
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


def severe_seconds(session: Session, assignment_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Seconds with a severe text on the screen (severity 3), by assignment: what the allowance is of (PAY-8).

    A text that stood open when its lease ran out counts to the end of the lease, though its row is closed later, at
    her next act.
    """
    if not assignment_ids:
        return {}
    rows = session.execute(
        select(
            Exposure.assignment_id, Exposure.seconds, Exposure.ended_at,
            Assignment.seen_seconds, Assignment.revealed_at, Assignment.lease_until,
        )
        .join(Assignment, Assignment.id == Exposure.assignment_id)
        .where(Exposure.assignment_id.in_(assignment_ids), Exposure.severity >= Severity.EGREGIOUS)
    )  # fmt: skip
    found = {
        row.assignment_id: row.seconds
        if row.ended_at is not None
        else seen_in(row.seen_seconds, row.revealed_at, row.lease_until, row.lease_until)
        for row in rows
    }
    return {key: seconds for key, seconds in found.items() if seconds > 0}


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
    rest, down = soonest(Break.ended_at, Break.paid_until), soonest(StandDown.ended_at, StandDown.until_at)
    others = (
        select(source.labeler_id).where(begun > lately, end <= upto, unsettled(source.id, end))
        for source, begun, end in (
            (Break, Break.started_at, rest),
            (StandDown, StandDown.from_at, down),
            (Training, Training.started_at, Training.finished_at),
            (Stretch, Stretch.until_at, Stretch.until_at),
        )
    )
    again = (
        select(Assignment.labeler_id)
        .join(Retry, Retry.assignment_id == Assignment.id)
        .where(Retry.used_at > lately, Retry.used_at <= upto, unsettled(Retry.id, Retry.used_at))
    )
    return sorted(set(session.scalars(ended.union(again, *others))))


_OPEN_STILL = select(func.min(Assignment.handed_at)).where(
    Assignment.labeler_id == bindparam("me"),
    Assignment.handed_at >= bindparam("since"),
    or_(
        Assignment.ended_at.is_(None),
        (Assignment.state == AssignmentState.EXPIRED) & (Assignment.lease_until > bindparam("back")),
        unsettled(Assignment.id, Assignment.ended_at),
    ),
)


def first_open(session: Session, labeler_id: UUID, since: datetime, now: datetime) -> datetime:
    """The moment before which every assignment of a labeler's is settled for good."""
    earliest = session.scalar(_OPEN_STILL, {"me": labeler_id, "since": since, "back": now - COMES_BACK})
    just_now = now - timedelta(minutes=10)  # an answer carries the moment at which its request began
    return just_now if earliest is None else min(earliest, just_now)
