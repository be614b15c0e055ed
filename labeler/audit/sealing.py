"""The sequencer: gives written entries their places in the trees, and signs how far they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, exists, func, insert, select, text
from sqlalchemy.orm import Session

from labeler.audit.checking import TIME
from labeler.audit.checkpoint import Checkpoint, signed
from labeler.audit.logs import ROOTS, commitment, entry_leaf, entry_text, log_of, new_salt, root_leaf
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogNode, LogRoot
from labeler.audit.queries import first_id
from labeler.audit.stored import STEP, tree_of
from labeler.audit.tree import Growing, Hash
from labeler.db import table

MOST = 2_000
"""Entries that are sealed in one transaction: SQLite has one writer, and others wait for it."""
BACK = timedelta(minutes=75)
"""How far behind the newest sealed entry others are still looked for each time. An hour, since the ids of acts with
whole hours (`acts.WHOLE_HOURS`) are up to an hour older than their entries; and a quarter, since transactions may have
been long. What comes later still is found by the daily look over everything."""
ONE_AT_A_TIME = 7_342_018
"""The lock that a sequencer holds until its transaction ends, on PostgreSQL. On SQLite there is one writer anyway."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one transaction of the sequencer did."""

    entries: int
    checkpoint: int | None
    lost: str | None = None
    """The checkpoint that was remembered, where the database came back from before it."""


def seal(
    session: Session,
    key: Ed25519PrivateKey,
    key_id: str,
    origin: str,
    now: datetime,
    *,
    everything: bool = False,
    only: UUID | None = None,
) -> Sealed:
    """Give places to the entries that have none, the oldest first, note the new roots, and sign a checkpoint of them.

    `everything` looks through the whole record instead of its end; `only` seals this entry, before all others.
    """
    one_at_a_time(session)
    wanted = _waiting(session, everything) if only is None else select(AuditEntry).where(AuditEntry.id == only)
    waiting = list(session.scalars(wanted.limit(MOST)))
    if not waiting:
        return Sealed(0, None)
    by_log: dict[UUID, list[AuditEntry]] = defaultdict(list)
    for entry in waiting:
        by_log[log_of(entry.vendor_id)].append(entry)
    last = session.scalar(select(func.max(LogRoot.number)))
    roots = tree_of(session, ROOTS, 0 if last is None else last + 1)
    nodes: list[dict[str, Any]] = []
    for log_id in sorted(by_log):
        tree = _place(session, log_id, by_log[log_id], nodes)
        root = tree.root()
        session.execute(
            insert(table(LogRoot)),
            {"number": roots.size, "log_id": log_id, "size": tree.size, "root": root, "at": now},
        )
        _add(roots, ROOTS, root_leaf(log_id, tree.size, root), nodes)
    if nodes:
        session.execute(insert(table(LogNode)), nodes)
    return Sealed(len(waiting), _sign(session, roots, key, key_id, origin, now))


def one_at_a_time(session: Session) -> None:
    """Wait until no other sequencer is at work; what they have kept is seen from here on."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})


def latest(session: Session) -> LogCheckpoint | None:
    """The newest checkpoint; None before the first."""
    return session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.number.desc()).limit(1))


def size_of(session: Session, log_id: UUID) -> int:
    """How many entries of a log are sealed."""
    return session.scalar(select(func.max(LogRoot.size)).where(LogRoot.log_id == log_id)) or 0


def waits(session: Session, *, everything: bool = False) -> bool:
    """Whether any entry has no place yet."""
    return session.scalar(_waiting(session, everything).limit(1)) is not None


def _waiting(session: Session, everything: bool) -> Select[AuditEntry]:
    wanted = select(AuditEntry).where(~exists().where(LogLeaf.entry_id == AuditEntry.id))
    if not everything:
        newest = session.scalar(select(LogLeaf.entry_id).order_by(LogLeaf.entry_id.desc()).limit(1))
        if newest is not None:
            made = datetime.fromtimestamp((newest.int >> 80) / 1000, UTC)
            wanted = wanted.where(AuditEntry.id >= first_id(made - BACK))
    return wanted.order_by(AuditEntry.id)


def _place(session: Session, log_id: UUID, entries: Iterable[AuditEntry], nodes: list[dict[str, Any]]) -> Growing:
    tree = tree_of(session, log_id, size_of(session, log_id))
    leaves = []
    for entry in entries:
        salt = new_salt()
        committed = commitment(salt, text_of(entry))
        leaves.append(
            {"log_id": log_id, "number": tree.size, "entry_id": entry.id, "commitment": committed, "salt": salt}
        )
        _add(tree, log_id, entry_leaf(committed), nodes)
    session.execute(insert(table(LogLeaf)), leaves)
    return tree


def text_of(entry: AuditEntry) -> bytes:
    """An entry of the record as it is sealed."""
    return entry_text(
        entry.id, entry.at, entry.act, entry.actor_id, entry.subject_id, entry.vendor_id, entry.fields
    )  # fmt: skip


def _add(tree: Growing, log_id: UUID, leaf: Hash, nodes: list[dict[str, Any]]) -> None:
    for level, number, found in tree.add(leaf):
        if level and level % STEP == 0:
            nodes.append({"log_id": log_id, "level": level, "number": number, "hash": found})


def _sign(session: Session, roots: Growing, key: Ed25519PrivateKey, key_id: str, origin: str, now: datetime) -> int:
    before = latest(session)
    number = before.number + 1 if before else 0
    told = f"{TIME}{now.astimezone(UTC).isoformat(timespec='seconds').replace('+00:00', 'Z')}"
    body = Checkpoint(origin, roots.size, roots.root(), (told,)).body
    session.execute(
        insert(table(LogCheckpoint)),
        {
            "number": number, "size": roots.size, "note": signed(body, origin, key),
            "key_id": key_id, "at": now,
        },
    )  # fmt: skip
    return number
