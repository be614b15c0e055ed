"""Proofs from the stored trees: that an entry is sealed, and that a log only grew."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.logs import ROOTS
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogRoot
from labeler.audit.receipts import Receipt
from labeler.audit.sealing import latest, size_of, text_of
from labeler.audit.stored import Nodes
from labeler.audit.tree import Hash, consistency, inclusion
from labeler.errors import Conflict, Missing


def receipt(session: Session, entry_id: UUID) -> Receipt:
    """The receipt of an entry under the newest checkpoint. Raises Missing, and Conflict until the entry is sealed or
    when it was erased."""
    entry, leaf = session.get(AuditEntry, entry_id), session.scalar(
        select(LogLeaf).where(LogLeaf.entry_id == entry_id)
    )  # fmt: skip
    if entry is None and leaf is None:
        raise Missing("There is no such entry.")
    if entry is not None and leaf is None:
        raise Conflict("This entry is not sealed yet. It is in a minute or two; ask again then.")
    if entry is None or leaf is None or leaf.salt is None:
        raise Conflict("This entry was erased: what it said is gone, and only its place is kept.")
    return _proven(session, [(entry, leaf)])[0]


def receipts(session: Session, entry_ids: Sequence[UUID]) -> list[Receipt]:
    """The receipts of those of the entries that are sealed and not erased, in the order of the ids; all under the same
    checkpoint. Neighbours share what is read for their proofs."""
    rows = session.execute(
        select(AuditEntry, LogLeaf)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.id.in_(entry_ids), LogLeaf.salt.is_not(None))
    )
    found = {entry.id: (entry, leaf) for entry, leaf in rows}
    return _proven(session, [found[each] for each in entry_ids if each in found])


def _proven(session: Session, found: Sequence[tuple[AuditEntry, LogLeaf]]) -> list[Receipt]:
    """Receipts of sealed entries, whose places were read before the checkpoint is, so that it has them all. Raises
    Conflict where the stored tree has a hole."""
    try:
        return _paths(session, found) if found else []
    except LookupError:
        raise Conflict(
            "The record is not as it was sealed: a place near this entry is missing, so nothing can be proven here."
            " Keep the receipts you have, and tell an auditor."
        ) from None


def _paths(session: Session, found: Sequence[tuple[AuditEntry, LogLeaf]]) -> list[Receipt]:
    signed, roots = checkpoint(session), Nodes(session, ROOTS)
    logs = {leaf.log_id: Nodes(session, leaf.log_id) for _, leaf in found}
    newest = {
        log_id: session.scalars(
            select(LogRoot)
            .where(LogRoot.log_id == log_id, LogRoot.number < signed.size)
            .order_by(LogRoot.size.desc())
            .limit(1)
        ).one()
        for log_id in logs
    }
    above = {log_id: _hex(inclusion(root.number, signed.size, roots)) for log_id, root in newest.items()}
    return [
        Receipt(
            entry=text_of(entry).decode(),
            salt=(leaf.salt or b"").hex(),
            log=leaf.log_id,
            number=leaf.number,
            size=(root := newest[leaf.log_id]).size,
            root=root.root.hex(),
            path=_hex(inclusion(leaf.number, root.size, logs[leaf.log_id])),
            root_number=root.number,
            roots_path=above[leaf.log_id],
            checkpoint=signed.note,
        )
        for entry, leaf in found
    ]


def grew(session: Session, log_id: UUID, old: int, new: int) -> list[str]:
    """The proof that a log of `new` leaves begins as the one of `old` did, in hexadecimal. Raises Missing."""
    size = (last.size if (last := latest(session)) else 0) if log_id == ROOTS else size_of(session, log_id)
    if not 0 <= old <= new <= size:
        raise Missing(f"This log has {size} leaves. Ask for sizes up to that, the smaller one first.")
    return _hex(consistency(old, new, Nodes(session, log_id)))


def checkpoint(session: Session) -> LogCheckpoint:
    """The newest checkpoint. Raises Missing while there is none."""
    found = latest(session)
    if found is None:
        raise Missing("Nothing of this record is sealed yet. A worker seals it each minute: is one running?")
    return found


def _hex(path: list[Hash]) -> list[str]:
    return [each.hex() for each in path]
