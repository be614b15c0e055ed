"""A labeler's own entries of one day, with their places: what protects her, as the record has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.queries import first_id
from labeler.errors import Missing

PROTECTING = (
    "assignment.reveal", "assignment.hide", "assignment.skip", "break.start", "break.end", "comfort.choose",
    "consent.give", "consent.end", "exposure.show", "opt_out.say", "opt_out.undo", "stand_down.start",
    "stand_down.end", "stretch.close", "training.start", "training.finish",
)  # fmt: skip
"""Acts of a labeler's care that have receipts on her page."""
_BESIDE = timedelta(days=1)
"""How far an id's moment may be from its entry's, at most: ids are made when entries are written."""


@dataclass(frozen=True, slots=True)
class Own:
    """One entry; `number` is its place in her vendor's log, None until it is sealed."""

    id: UUID
    at: datetime
    act: str
    number: int | None


def own_day(
    session: Session, account: UUID, vendor: UUID, since: datetime, until: datetime, *, skip: int = 0, most: int
) -> list[Own]:
    """What an account did from `since` until before `until`, oldest first."""
    wanted = (
        select(AuditEntry.id, AuditEntry.at, AuditEntry.act, LogLeaf.number)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id, isouter=True)
        .where(*_hers(account, vendor), *_between(since, until))
        .order_by(AuditEntry.id)
        .offset(skip)
        .limit(most)
    )
    return [Own(*row) for row in session.execute(wanted)]


def counted(session: Session, account: UUID, vendor: UUID, since: datetime, until: datetime) -> tuple[int, int]:
    """How many entries of hers there are, and how many of them are sealed."""
    wanted = (
        select(func.count(), func.count(LogLeaf.number))
        .select_from(AuditEntry)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id, isouter=True)
        .where(*_hers(account, vendor), *_between(since, until))
    )
    entries, sealed = session.execute(wanted).one()
    return entries, sealed


def own_entry(session: Session, account: UUID, vendor: UUID, entry_id: UUID) -> UUID:
    """The id of an entry of hers. Raises Missing for anybody else's, and for one that is no care of hers."""
    found = session.scalar(select(AuditEntry.id).where(AuditEntry.id == entry_id, *_hers(account, vendor)))
    if found is None:
        raise Missing("There is no such entry of yours.")
    return found


def _hers(account: UUID, vendor: UUID) -> Sequence[ColumnElement[bool]]:
    return AuditEntry.vendor_id == vendor, AuditEntry.actor_id == account, AuditEntry.act.in_(PROTECTING)


def _between(since: datetime, until: datetime) -> Sequence[ColumnElement[bool]]:
    return (
        AuditEntry.at >= since,
        AuditEntry.at < until,
        AuditEntry.id >= first_id(since - _BESIDE),  # the vendor's keys are in the order of time, so few are looked at
        AuditEntry.id < first_id(until + _BESIDE),
    )
