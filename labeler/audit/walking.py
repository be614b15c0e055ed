"""Walking over the sealed record as it lies in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from labeler.audit.checking import Fault, Found, Key, Leaf, Recovery, Root, Signed, check
from labeler.audit.logs import log_of
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogRoot
from labeler.audit.sealing import text_of

SLICE = 5_000
"""Rows that are held in memory at a time."""
LATE = timedelta(minutes=10)
"""After so long an entry that is not sealed was kept back."""


def walk(
    session: Session,
    origin: str,
    keys: Sequence[Key],
    now: datetime,
    held: Sequence[str] = (),
    alive: Callable[[int], None] = lambda done: None,
) -> Found:
    """Check the whole record of this database against its own checkpoints, signed by one of `keys`, and against those
    that somebody has `held` since."""
    roots = [
        Root(each.number, each.log_id, each.size, each.root)
        for each in session.execute(
            select(LogRoot.number, LogRoot.log_id, LogRoot.size, LogRoot.root).order_by(LogRoot.number)
        )
    ]
    found = check(lambda log_id: _leaves(session, log_id), roots, _checkpoints(session), origin, keys, held, alive)
    known = {root.log_id for root in roots}
    strangers = session.scalars(select(LogLeaf.log_id).distinct().order_by(LogLeaf.log_id)).all()
    found.faults += [Fault(log_id, 0, "this log is under no root") for log_id in strangers if log_id not in known]
    found.recoveries += _recoveries(session)
    found.faults += _unsaid(session, found)
    found.faults += [
        Fault(log_of(entry.vendor_id), None, f"entry {entry.id} was never sealed")
        for entry in session.scalars(
            select(AuditEntry)
            .where(AuditEntry.at < now - LATE, ~exists().where(LogLeaf.entry_id == AuditEntry.id))
            .order_by(AuditEntry.id)
            .limit(1)
        )
    ]
    return found


def _recoveries(session: Session) -> Iterator[Recovery]:
    """What the record says of databases that came back older."""
    wanted = select(AuditEntry.at, AuditEntry.fields).where(AuditEntry.act == "record.recovery").order_by(AuditEntry.id)
    for at, fields in session.execute(wanted):
        told = orjson.loads(fields)
        yield Recovery(at, told["remembered_size"], told["found_size"], told["checkpoint"])


def _unsaid(session: Session, found: Found) -> Iterator[Fault]:
    """Entries that were erased, and of which no entry says so: their salts and rows were taken away by hand."""
    said: dict[UUID, int] = {}
    for vendor, fields in session.execute(
        select(AuditEntry.vendor_id, AuditEntry.fields).where(AuditEntry.act == "person.forget")
    ):
        said[log_of(vendor)] = said.get(log_of(vendor), 0) + int(orjson.loads(fields)["entries"])
    for log_id, gone in sorted(found.erased_in.items()):
        if gone > said.get(log_id, 0):
            told = said.get(log_id, 0)
            yield Fault(log_id, None, f"{gone} entries are erased, and the record says so of {told} only")


def _checkpoints(session: Session) -> Iterator[Signed]:
    rows = select(LogCheckpoint.number, LogCheckpoint.size, LogCheckpoint.note).order_by(LogCheckpoint.number)
    with closing(session.execute(rows.execution_options(yield_per=SLICE))) as found:  # it may be left half-way
        for row in found:
            yield Signed(row.number, row.size, row.note)


def _leaves(session: Session, log_id: UUID) -> Iterator[Leaf]:
    rows = (
        select(LogLeaf.number, LogLeaf.commitment, LogLeaf.salt, AuditEntry)
        .join(AuditEntry, AuditEntry.id == LogLeaf.entry_id, isouter=True)
        .where(LogLeaf.log_id == log_id)
        .order_by(LogLeaf.number)
    )
    with closing(session.execute(rows.execution_options(yield_per=SLICE))) as found:
        for number, committed, salt, entry in found:
            yield Leaf(number, committed, salt, _text(entry))


def _text(entry: AuditEntry | None) -> bytes | None:
    return None if entry is None else text_of(entry)
