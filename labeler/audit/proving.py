"""Proofs from the stored trees: that an entry is sealed, and that a log only grew."""

from __future__ import annotations

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
    signed = latest(session)
    if entry is None and leaf is None:
        raise Missing("There is no such entry.")
    if leaf is None or signed is None:
        raise Conflict("This entry is not sealed yet. It is in a minute or two; ask again then.")
    if entry is None or leaf.salt is None:
        raise Conflict("This entry was erased: what it said is gone, and only its place is kept.")
    root = session.scalars(
        select(LogRoot).where(LogRoot.log_id == leaf.log_id).order_by(LogRoot.size.desc()).limit(1)
    ).one()
    return Receipt(
        entry=text_of(entry).decode(),
        salt=leaf.salt.hex(),
        log=leaf.log_id,
        number=leaf.number,
        size=root.size,
        root=root.root.hex(),
        path=_hex(inclusion(leaf.number, root.size, Nodes(session, leaf.log_id))),
        root_number=root.number,
        roots_path=_hex(inclusion(root.number, signed.size, Nodes(session, ROOTS))),
        checkpoint=signed.note,
    )


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
