"""Writing one version of an answer, with all that ends by it: one round trip on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.assignment.ending import held_elsewhere
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.assignment.rules import LEASE
from labeler.audit.models import AuditEntry
from labeler.audit.service import Entry, entry_values
from labeler.db import Base, Together, table
from labeler.errors import Conflict
from labeler.judgments.models import Judgment
from labeler.wellbeing.clock import SAVE_CLOCK, Locked, clock_values, set_clock
from labeler.wellbeing.rules import touch


def _into(model: type[Base], prefix: str) -> Any:
    """An INSERT of one row whose parameters carry a prefix, so that several statements can share their parameters."""
    columns = table(model).c
    return insert(table(model)).values(
        {column.name: bindparam(f"{prefix}_{column.name}", type_=column.type) for column in columns}
    )


_assignment, _draft = table(Assignment).c, table(Draft).c

_WRITES = (_into(Judgment, "judgment"), _into(AuditEntry, "entry"), SAVE_CLOCK)
_STORE_FIRST = Together(
    *_WRITES,
    update(table(Assignment))
    .where(_assignment.id == bindparam("assignment"))
    .values(state=AssignmentState.JUDGED, ended_at=bindparam("ended")),
    delete(table(Draft)).where(_draft.assignment_id == bindparam("assignment")),
)
_STORE_REVISION = Together(*_WRITES)


def store(
    session: Session, locked: Locked, judgment: dict[str, Any], entry: Entry, now: datetime, *, going_on: bool = False
) -> None:
    """Write a judgment (its columns by name), its audit entry and the labeler's clock; the first version also ends the
    assignment and its draft. Raises Conflict when the form's key was used for another task.

    `going_on`: the next task is handed out in this transaction, and the clock is written as if it were held already.
    """
    first = judgment["version"] == 1
    busy = locked.clock.busy_until
    if first:
        busy = now + LEASE if going_on else held_elsewhere(session, locked)
    touched = touch(locked.clock, now, locked.person.time_zone, busy)
    if touched.clock.stretch_from == now:
        # It comes alone, as from another tab in a break. It was work all the same, of the second before: no rest goes
        # on through it, and none that is counted reaches into that second.
        began = touch(locked.clock, now - timedelta(seconds=1), locked.person.time_zone, busy)
        touched = replace(touch(began.clock, now, locked.person.time_zone, busy), closed=began.closed, at=now)
    set_clock(session, locked, touched)
    values: dict[str, Any] = {f"judgment_{name}": value for name, value in judgment.items()}
    values |= {f"entry_{name}": value for name, value in entry_values(entry, now).items()}
    values |= clock_values(locked, locked.clock)
    if first:
        assignment_id: UUID = judgment["assignment_id"]
        values |= {"assignment": assignment_id, "ended": now}
    try:
        (_STORE_FIRST if first else _STORE_REVISION).execute(session, values)
    except IntegrityError as error:
        if "idem_key" not in str(error.orig):
            raise
        raise Conflict(
            "This form has been sent before, for another task. Open your desk again and answer there."
        ) from error
    locked.dirty = False
