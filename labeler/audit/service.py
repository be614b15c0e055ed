"""Writing the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from labeler.audit.acts import ACTS, WHOLE_HOURS
from labeler.audit.models import AuditEntry
from labeler.db import table
from labeler.ids import id_at, new_id

_WRITE = insert(table(AuditEntry))


@dataclass(frozen=True, slots=True)
class Entry:
    """One act before it is written; `fields` must be exactly those that `ACTS` declares for it."""

    act: str
    actor: UUID | None
    subject: UUID
    vendor: UUID | None
    fields: dict[str, Any]


def record(
    session: Session,
    act: str,
    actor: UUID | None,
    subject: UUID,
    now: datetime,
    vendor: UUID | None = None,
    **fields: Any,
) -> None:
    """Write one entry in the caller's transaction. Raises ValueError when the fields are not those the act declares."""
    record_all(session, [Entry(act, actor, subject, vendor, fields)], now)


def record_all(session: Session, entries: Iterable[Entry], now: datetime) -> None:
    """Write several entries in one statement, in the caller's transaction."""
    rows = [entry_values(entry, now) for entry in entries]
    if rows:
        session.execute(_WRITE, rows)


def entry_values(entry: Entry, now: datetime) -> dict[str, Any]:
    """The columns of an entry's row. Raises ValueError when its fields are not those that the act declares."""
    declared = ACTS.get(entry.act)
    if declared is None:
        raise ValueError(f"no such act: {entry.act}")
    if declared != entry.fields.keys():
        raise ValueError(f"{entry.act} carries {sorted(entry.fields)}, but declares {sorted(declared)}")
    return {
        "id": id_at(now) if entry.act in WHOLE_HOURS and _whole(now) else new_id(),
        "at": now,
        "act": entry.act,
        "actor_id": entry.actor,
        "subject_id": entry.subject,
        "vendor_id": entry.vendor,
        "fields": canonical(entry.fields),
    }


def _whole(moment: datetime) -> bool:
    """Whether a moment is a whole hour; who wrote it so wants no more of it known, and an id's own time is exact."""
    return moment.timestamp() % 3600 == 0


def canonical(fields: dict[str, Any]) -> str:
    """Fields as JSON text that is the same everywhere: sorted keys, no spaces, UTC times ending in Z."""
    return orjson.dumps(fields, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"an audit field cannot hold {type(value).__name__}")
