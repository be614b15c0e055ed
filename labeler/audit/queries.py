"""Reading the record: what is listed by entry, newest first, and how often the rest happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from labeler.audit.acts import ACTS
from labeler.audit.models import AuditEntry
from labeler.audit.rules import VEILED_ROOMS, Tally, listed
from labeler.errors import Missing

LISTED = tuple(sorted(act for act in ACTS if listed(act)))
VEILED = tuple(act for act in LISTED if act.partition(".")[0] in VEILED_ROOMS)
"""Listed, but never found by their subject: its id is not shown."""
COUNTED = tuple(sorted(act for act in ACTS if not listed(act)))

LOOK = "record.read"

PAGE = 50
"""Entries on a page."""
SLICE = 1_000
"""Entries that a download holds in memory at a time."""

_EARLIER = timedelta(days=1)
"""How much older than its entry an id may be, at most: ids are made when entries are written, so they are younger."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; None asks for all. Days are UTC's, both included."""

    act: str | None = None
    since: date | None = None
    until: date | None = None
    vendor: UUID | None = None
    subject: UUID | None = None
    looks: bool = True
    """Whether looks at the record itself are wanted too."""


def entries(session: Session, wanted: Wanted, *, before: UUID | None = None, most: int = PAGE) -> Sequence[AuditEntry]:
    """The newest listed entries that fit, older than the entry `before`."""
    found = select(AuditEntry).where(*_fitting(wanted))
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(most)).all()


def newest(session: Session) -> UUID | None:
    """The id of the last entry written; None for an empty record."""
    return session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))


def slice_of(session: Session, wanted: Wanted, *, after: UUID | None, upto: UUID) -> Sequence[AuditEntry]:
    """The next entries that fit, oldest first: those later than the entry `after`, and none later than `upto`."""
    found = select(AuditEntry).where(*_fitting(wanted), AuditEntry.id <= upto)
    if after is not None:
        found = found.where(AuditEntry.id > after)
    return session.scalars(found.order_by(AuditEntry.id).limit(SLICE)).all()


def _fitting(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.act is None:
        yield AuditEntry.act.in_(LISTED if wanted.looks else [act for act in LISTED if act != LOOK])
    else:
        yield AuditEntry.act == wanted.act if wanted.act in LISTED else false()
    if wanted.vendor is not None:
        yield AuditEntry.vendor_id == wanted.vendor
    if wanted.subject is not None:
        yield AuditEntry.subject_id == wanted.subject
        yield AuditEntry.act.not_in(VEILED)
    yield from _days(wanted.since, wanted.until)


def _days(since: date | None, until: date | None) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield AuditEntry.at >= _midnight(since)
        yield AuditEntry.id >= first_id(_midnight(since) - _EARLIER)  # the keys are in the order of time
    if until is not None:
        yield AuditEntry.at < _midnight(until + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def first_id(moment: datetime) -> UUID:
    """The lowest UUIDv7 of a moment."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def entry(session: Session, entry_id: UUID) -> AuditEntry:
    """One listed entry. Raises Missing, also for an entry that is only counted."""
    found = session.scalar(select(AuditEntry).where(AuditEntry.id == entry_id, AuditEntry.act.in_(LISTED)))
    if found is None:
        raise Missing("There is no such entry.")
    return found


def around(session: Session, here: AuditEntry) -> tuple[AuditEntry | None, AuditEntry | None]:
    """What is listed about the same subject just before an entry, and just after it."""
    same = select(AuditEntry).where(AuditEntry.subject_id == here.subject_id, AuditEntry.act.in_(LISTED)).limit(1)
    earlier = same.where(AuditEntry.id < here.id).order_by(AuditEntry.id.desc())
    later = same.where(AuditEntry.id > here.id).order_by(AuditEntry.id)
    return session.scalar(earlier), session.scalar(later)


def tallies(session: Session, wanted: Wanted) -> list[Tally]:
    """How often each counted act happened on each day at each vendor, and by how many people; for `rules.cells`."""
    acts = COUNTED if wanted.act is None else [act for act in COUNTED if act == wanted.act]
    day = func.date(AuditEntry.at)
    counts = (
        select(day, AuditEntry.act, AuditEntry.vendor_id, func.count(), func.count(AuditEntry.actor_id.distinct()))
        .where(AuditEntry.act.in_(acts), *_days(wanted.since, wanted.until))
        .group_by(day, AuditEntry.act, AuditEntry.vendor_id)
    )
    if wanted.vendor is not None:
        counts = counts.where(AuditEntry.vendor_id == wanted.vendor)
    return [
        Tally(date.fromisoformat(str(when)), act, vendor, times, people)
        for when, act, vendor, times, people in session.execute(counts)
    ]
