"""Looks at audits: whose there are, their samples, and for a labeler how often auditors looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from labeler.accounts.models import User
from labeler.audit.models import LogLeaf
from labeler.compliance.auditing.holding import holding
from labeler.compliance.auditing.models import (
    Audit,
    AuditLook,
    AuditMark,
    AuditSample,
    AuditSampleRow,
    AuditSignature,
)
from labeler.compliance.auditing.rules import LookKind, Mark, counted
from labeler.compliance.outcome import Row
from labeler.errors import Missing
from labeler.workforce.models import Labeler, Vendor


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample with what was drawn, and the last mark of each place."""

    sample: AuditSample
    rows: Sequence[AuditSampleRow]
    marks: Mapping[int, AuditMark]

    @property
    def counts(self) -> Mapping[Mark, int]:
        """How many rows were marked how."""
        return counted(each.mark for each in self.marks.values())

    @property
    def unmarked(self) -> int:
        """Rows that were not looked at yet."""
        return self.sample.size - len(self.marks)


@dataclass(frozen=True, slots=True)
class Listed:
    """An audit on a list: its vendor's name, who holds it, and its signature once it is signed."""

    audit: Audit
    vendor: str
    holder: User
    signature: AuditSignature | None


LISTED = 100
"""Audits of others on the list."""


def audits(session: Session, auditor: UUID) -> tuple[list[Listed], list[Listed]]:
    """The audits that an auditor holds, and the newest of the others', the newest first."""
    wanted = (
        select(Audit, Vendor.name, User, AuditSignature)
        .join(Vendor, Vendor.id == Audit.vendor_id)
        .join(User, User.id == holding())
        .outerjoin(AuditSignature, AuditSignature.audit_id == Audit.id)
        .options(defer(AuditSignature.pack))
        .order_by(Audit.opened_at.desc(), Audit.id.desc())
    )
    hers = session.execute(wanted.where(User.id == auditor)).all()
    others = session.execute(wanted.where(User.id != auditor).limit(LISTED)).all()
    return [Listed(*row) for row in hers], [Listed(*row) for row in others]


def samples(session: Session, audit_id: UUID) -> list[Drawn]:
    """The samples of an audit, in the order in which they were drawn."""
    found = session.scalars(
        select(AuditSample).where(AuditSample.audit_id == audit_id).order_by(AuditSample.number)
    ).all()
    ids = [each.id for each in found]
    rows: defaultdict[UUID, list[AuditSampleRow]] = defaultdict(list)
    wanted = select(AuditSampleRow).where(AuditSampleRow.sample_id.in_(ids)).order_by(AuditSampleRow.place)
    for row in session.scalars(wanted):
        rows[row.sample_id].append(row)
    marks: defaultdict[UUID, dict[int, AuditMark]] = defaultdict(dict)
    said = select(AuditMark).where(AuditMark.sample_id.in_(ids)).order_by(AuditMark.at, AuditMark.id)
    for mark in session.scalars(said):
        marks[mark.sample_id][mark.place] = mark
    return [Drawn(each, rows[each.id], marks[each.id]) for each in found]


def sample(session: Session, audit_id: UUID, sample_id: UUID) -> Drawn:
    """One sample of an audit. Raises Missing."""
    found = next((each for each in samples(session, audit_id) if each.sample.id == sample_id), None)
    if found is None:
        raise Missing("There is no such sample in this audit.")
    return found


def now_at(drawn: Sequence[AuditSampleRow], rows: Sequence[Row]) -> list[int | None]:
    """Where each drawn row stands among a figure's rows now; None once what it rests on was erased. Where an entry was
    erased, those after it have moved up."""
    known: dict[tuple[UUID, int], int] = {}
    found: list[int | None] = []
    for each in drawn:
        there, leaf = each.row_place, (each.log_id, each.leaf)
        if there < len(rows) and (rows[there].log, rows[there].number) == leaf:
            found.append(there)
            continue
        if not known:  # from behind, so that the first of several rows on one leaf counts
            known = {(rows[n].log, rows[n].number): n for n in range(len(rows) - 1, -1, -1)}
        found.append(known.get(leaf))
    return found


def signature(session: Session, audit_id: UUID) -> AuditSignature | None:
    """The signature of an audit; None while it is open."""
    return session.get(AuditSignature, audit_id)


def entry_at(session: Session, log: UUID, number: int) -> UUID:
    """The id of the entry at a place of a log. Raises Missing."""
    found = session.scalar(select(LogLeaf.entry_id).where(LogLeaf.log_id == log, LogLeaf.number == number))
    if found is None:
        raise Missing("There is no such entry.")
    return found


def looks_at(session: Session, person_id: UUID) -> list[tuple[str, Mapping[LookKind, int]]]:
    """How often auditors looked at what is about a labeler, by month, the newest first."""
    found: defaultdict[str, dict[LookKind, int]] = defaultdict(dict)
    rows = session.scalars(select(AuditLook).where(AuditLook.labeler_id == person_id).order_by(AuditLook.month.desc()))
    for row in rows:
        found[row.month][row.kind] = row.times
    return list(found.items())


def first_account(session: Session, labeler_id: UUID) -> UUID:
    """The first account of a labeler's person: looks are counted for it."""
    return session.scalar(select(Labeler.person_id).where(Labeler.id == labeler_id)) or labeler_id
