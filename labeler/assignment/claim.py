"""The claim: one task of one lane becomes this labeler's, or there is none.

The CHECK on `claims` and the unique (task, labeler) are the proof that nobody is given too much; the lock only makes it
fast. The cost does not grow with the tasks the labeler may not see or has already done: the claim is an index range in
one lane, from her cursor on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from labeler.assignment.rules import LEASE, LaneFacts
from labeler.audit.service import canonical, record
from labeler.db import Utc
from labeler.ids import new_id
from labeler.wellbeing.rules import Person
from tasks.content import SENSITIVE, profile_key


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim wrote: the assignment and its fence, and the task it is about."""

    assignment_id: UUID
    task_id: UUID
    fence: int


# `tasks.order.rotated`, in SQL: {0} is the task after its `handed` was raised.
_STEP = "({0}.handed - 1) % length({0}.first_order)"
_ORDER = f"substr({{0}}.first_order, 1 + {_STEP}) || substr({{0}}.first_order, 1, {_STEP})"

# `audit.service.canonical` of the fields that the act declares, in SQL: `c` is the task as claimed, `:told` the fields
# between the two that are known only then.
_FIELDS = """'{"fence":' || c.handed || :told || ',"task":"' || c.id || '"}'"""

_NOT_HAD = "NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task_id = t.id AND a.labeler_id = :me)"
# EXP-7: hard content comes to one person once, under whichever of her accounts.
_NOT_SEEN = "NOT EXISTS (SELECT 1 FROM exposure e WHERE e.task_id = t.id AND e.person_id = :person)"


def _candidate(*, hard: bool) -> str:
    return f"""
    SELECT t.id FROM task t
    WHERE t.lane_id = :lane AND t.claims < t.overlap AND t.position > :after
      AND {_NOT_HAD}{f" AND {_NOT_SEEN}" if hard else ""}
    ORDER BY t.position LIMIT 1
"""


def _postgresql(*, skip_locked: bool, hard: bool) -> TextClause:
    # One statement: the candidate is locked, raised, the cursor moved and the assignment written. With SKIP LOCKED a
    # row that another claim holds for the instant is passed by; without it the claim waits for it and looks again.
    lock = "FOR UPDATE SKIP LOCKED" if skip_locked else "FOR UPDATE"
    return _typed(
        text(f"""
WITH candidate AS ({_candidate(hard=hard)} {lock}), claimed AS (
    UPDATE task t SET claims = t.claims + 1, handed = t.handed + 1 FROM candidate c
    WHERE t.id = c.id AND t.claims < t.overlap
    RETURNING t.id, t.position, t.handed, {_ORDER.format("t")} AS shown
), moved AS (
    INSERT INTO lane_cursor (labeler_id, lane_id, position)
    SELECT :me, :lane, c.position FROM claimed c
    ON CONFLICT (labeler_id, lane_id) DO UPDATE SET position = excluded.position, empty_at = NULL
), said AS (
    INSERT INTO audit_entry (id, at, act, actor_id, subject_id, vendor_id, fields)
    SELECT :entry, :now, 'assignment.hand_out', :me, :assignment, :vendor, {_FIELDS} FROM claimed c
), given AS (
    INSERT INTO assignment
        (id, task_id, labeler_id, guideline_version, fence, "order", handed_at, lease_until, state, seen_seconds)
    SELECT :assignment, c.id, :me, :guideline, c.handed, c.shown, :now, :lease_until, 'held', 0 FROM claimed c
)
SELECT id, handed FROM claimed
""")
    )


def _typed(statement: TextClause) -> TextClause:
    known = {parameter: _TYPES[parameter] for parameter in statement.compile().params}
    return statement.bindparams(*(bindparam(name, type_=kind) for name, kind in known.items()))


_TYPES: dict[str, TypeEngine[Any]] = {
    "lane": Uuid(),
    "me": Uuid(),
    "person": Uuid(),
    "assignment": Uuid(),
    "task": Uuid(),
    "entry": Uuid(),
    "vendor": Uuid(),
    "after": BigInteger(),
    "position": BigInteger(),
    "tail": BigInteger(),
    "guideline": Integer(),
    "fence": Integer(),
    "shown": Text(),
    "told": Text(),
    "now": Utc(),
    "lease_until": Utc(),
}

_CLAIMS = {
    (wait, hard): _postgresql(skip_locked=not wait, hard=hard).columns(id=Uuid(), handed=Integer())
    for wait in (False, True)
    for hard in (False, True)
}

# On SQLite the caller's BEGIN IMMEDIATE keeps every other writer out; the condition on `claims` is kept all the same.
_RAISE = {
    hard: _typed(
        text(f"""
UPDATE task SET claims = claims + 1, handed = handed + 1
WHERE id = ({_candidate(hard=hard)}) AND claims < overlap
RETURNING id, position, handed, {_ORDER.format("task")} AS shown
""")
    ).columns(id=Uuid(), position=BigInteger(), handed=Integer(), shown=Text())
    for hard in (False, True)
}
_MOVE = _typed(
    text("""
INSERT INTO lane_cursor (labeler_id, lane_id, position) VALUES (:me, :lane, :position)
ON CONFLICT (labeler_id, lane_id) DO UPDATE SET position = excluded.position, empty_at = NULL
""")
)
_GIVE = _typed(
    text("""
INSERT INTO assignment
    (id, task_id, labeler_id, guideline_version, fence, "order", handed_at, lease_until, state, seen_seconds)
VALUES (:assignment, :task, :me, :guideline, :fence, :shown, :now, :lease_until, 'held', 0)
""")
)

_REMEMBER = _typed(
    text("""
INSERT INTO lane_cursor (labeler_id, lane_id, position, empty_at) VALUES (:me, :lane, 0, :tail)
ON CONFLICT (labeler_id, lane_id) DO UPDATE SET empty_at = excluded.empty_at
""")
)


def claim(
    session: Session, person: Person, lane: LaneFacts, after: int, now: datetime, *, wait: bool
) -> Claimed | None:
    """Take the first task of the lane past `after` that is open and was never this labeler's, and record that.

    None when there is none.

    Without `wait`, a task that another transaction is claiming at this instant is passed by, so None may be wrong.
    With `wait` it is right; the transaction must then hold no other task, or two of them could wait for each other.
    """
    me, assignment = person.id, new_id()
    hard = lane.severity >= SENSITIVE
    where: dict[str, Any] = {"lane": lane.id, "after": after} | ({"person": person.person_id} if hard else {})
    given: dict[str, Any] = {
        "me": me,
        "assignment": assignment,
        "guideline": lane.guideline_version,
        "now": now,
        "lease_until": now + LEASE,
    }
    lane_told = {"profile": profile_key(lane.profile), "project": lane.project_id}
    if session.get_bind().dialect.name == "postgresql":
        told = f",{canonical(lane_told)[1:-1]}"
        where |= {"entry": new_id(), "vendor": person.vendor_id, "told": told}
        row = session.connection().execute(_CLAIMS[wait, hard], given | where).one_or_none()
        return Claimed(assignment, row.id, row.handed) if row else None
    row = session.execute(_RAISE[hard], where | {"me": me}).one_or_none()
    if row is None:
        return None
    session.execute(_MOVE, {"me": me, "lane": lane.id, "position": row.position})
    session.execute(_GIVE, given | {"task": row.id, "fence": row.handed, "shown": row.shown})
    record(
        session, "assignment.hand_out", me, assignment, now, person.vendor_id,
        task=row.id, fence=row.handed, **lane_told,
    )  # fmt: skip
    return Claimed(assignment, row.id, row.handed)


def remember_empty(session: Session, me: UUID, lane: LaneFacts) -> None:
    """Note that the lane had nothing for this labeler at the tail the facts were read with.

    She is not sent to look again until the tail has moved; whatever makes a task available moves it last.
    """
    session.execute(_REMEMBER, {"me": me, "lane": lane.id, "tail": lane.tail})
