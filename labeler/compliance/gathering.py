"""What a report needs of the record and of people's texts, read from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.checking import Leaf
from labeler.audit.checkpoint import read
from labeler.audit.logs import PLATFORM, ROOTS
from labeler.audit.models import AuditEntry, LogLeaf, LogRoot
from labeler.audit.sealing import text_of
from labeler.audit.stored import Nodes
from labeler.audit.tree import inclusion
from labeler.compliance.models import ReportText
from labeler.compliance.reading import OF_THE_PLATFORM, SLICE, Prefix, facts
from labeler.compliance.report import made
from labeler.compliance.report.asked import Asked
from labeler.compliance.report.made import Made
from labeler.compliance.report.sealed import LogProof, logs_of


def make(session: Session, asked: Asked) -> Made:
    """Make a report from the record as it lies in this database."""
    found = facts(
        session, asked.vendor, asked.period, asked.profile, Prefix(asked.vendor_size, asked.platform_size), asked.k
    )
    return made.make(asked, found, salts(session, asked), texts(session, asked.vendor))


def salts(session: Session, asked: Asked) -> Iterator[bytes]:
    """The salts of the vendor's leaves that are not erased, in their order."""
    wanted = (
        select(LogLeaf.salt)
        .where(LogLeaf.log_id == asked.vendor, LogLeaf.number < asked.vendor_size, LogLeaf.salt.is_not(None))
        .order_by(LogLeaf.number)
    )
    with closing(session.scalars(wanted.execution_options(yield_per=SLICE))) as found:
        for salt in found:
            assert salt is not None
            yield salt


def texts(session: Session, vendor_id: UUID) -> dict[str, tuple[str, str]]:
    """Who signs what, by digest, for all texts on a vendor."""
    wanted = select(ReportText.digest, ReportText.signer, ReportText.text).where(ReportText.vendor_id == vendor_id)
    return {digest: (signer, text) for digest, signer, text in session.execute(wanted)}


def proofs(session: Session, asked: Asked) -> list[LogProof]:
    """That the record had both logs at these sizes under the report's checkpoint. Raises LookupError."""
    size, found = read(asked.checkpoint)[0].size, []
    for log, leaves_ in logs_of(asked.vendor, asked.vendor_size, asked.platform_size).items():
        root = session.scalars(select(LogRoot).where(LogRoot.log_id == log, LogRoot.size == leaves_)).one()
        path = inclusion(root.number, size, Nodes(session, ROOTS))
        found.append(LogProof(log, leaves_, root.root, root.number, tuple(path)))
    return found


def leaves(session: Session, asked: Asked) -> Iterator[tuple[UUID, Leaf]]:
    """Every leaf of both prefixes: the vendor's opened where they are not erased, the platform's where a report may
    rest on them."""
    for log, size in logs_of(asked.vendor, asked.vendor_size, asked.platform_size).items():
        wanted = (
            select(LogLeaf.number, LogLeaf.commitment, LogLeaf.salt, AuditEntry)
            .join(AuditEntry, AuditEntry.id == LogLeaf.entry_id, isouter=True)
            .where(LogLeaf.log_id == log, LogLeaf.number < size)
            .order_by(LogLeaf.number)
        )
        with closing(session.execute(wanted.execution_options(yield_per=SLICE))) as found:
            for number, committed, salt, entry in found:
                shut = salt is None or _gone(entry) or (log == PLATFORM and entry.act not in OF_THE_PLATFORM)
                yield log, Leaf(number, committed, None if shut else salt, None if shut else text_of(entry))


def _gone(entry: AuditEntry | None) -> bool:
    """Whether an entry was erased; the join has None for it."""
    return entry is None
