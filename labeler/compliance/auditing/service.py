"""What an auditor does: opens an audit, is counted when she looks, draws and marks samples.

Each verb that adds to an audit holds its row, so that nothing is added beside a signature.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.audit.checkpoint import read as read_note
from labeler.audit.models import LogCheckpoint
from labeler.audit.service import record
from labeler.compliance import reports
from labeler.compliance.auditing.assessed import Quarter
from labeler.compliance.auditing.findings import digest_of
from labeler.compliance.auditing.holding import open_to_change
from labeler.compliance.auditing.models import (
    Audit,
    AuditLook,
    AuditMark,
    AuditSample,
    AuditSampleRow,
)
from labeler.compliance.auditing.rules import (
    LARGEST_SAMPLE,
    NOTE,
    PURPOSE,
    SEED,
    LookKind,
    Mark,
    draw,
    length_problem,
    own_seed,
    person_days,
    tidy,
)
from labeler.compliance.events import Period
from labeler.compliance.profiles import get_profile
from labeler.compliance.standards import LATEST, as_published
from labeler.compliance.standards import read as read_standard
from labeler.db import table
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.workforce.models import Labeler, Vendor


def open_audit(
    session: Session,
    auditor: UUID,
    vendor_id: UUID | None,
    year: int,
    number: int,
    purpose: str,
    now: datetime,
    *,
    profile: str | None = None,
) -> UUID:
    """Open an audit of a vendor's quarter over all that is sealed by now, and ask for the report on the same; its id.
    It is measured by the standard as it is published, or by the buyer's `profile` of that name.

    Raises Invalid naming every problem, and Conflict while nothing is sealed.
    """
    purpose, problems = tidy(purpose), []
    if vendor_id is None or session.get(Vendor, vendor_id) is None:
        problems.append(FieldProblem("vendor", "Choose a vendor from the list."))
    if not (1 <= number <= 4 and 2000 <= year <= 9998) or Period.quarter(year, number).end > now:
        problems.append(FieldProblem("period", "Choose a quarter that is over."))
    itself = as_published(read_standard(LATEST))
    measure = itself
    try:
        measure = get_profile(session, profile or itself.name)
    except Missing:
        problems.append(FieldProblem("profile", "Choose the standard or a buyer's profile from the list."))
    problems += length_problem("purpose", purpose, PURPOSE)
    if problems or vendor_id is None:
        raise Invalid("The audit can't be opened yet.", problems)
    period, tighter = Period.quarter(year, number), measure.digest != itself.digest
    report, _ = reports.request(session, auditor, vendor_id, period, measure, now)
    signed = session.scalars(select(LogCheckpoint).where(LogCheckpoint.note == report.checkpoint)).one()
    audit = Audit(
        vendor_id=vendor_id, year=year, quarter=number, standard=LATEST, purpose=purpose, opened_by=auditor,
        opened_at=now, vendor_size=report.vendor_size, platform_size=report.platform_size, checkpoint=signed.number,
        root=read_note(signed.note)[0].root.hex(), profile=measure.name if tighter else None,
        profile_digest=measure.digest if tighter else None,
    )  # fmt: skip
    session.add(audit)
    session.flush()
    record(
        session, "audit.open", auditor, audit.id, now, vendor_id, period=period.name, standard=LATEST,
        profile=measure.name, vendor_size=audit.vendor_size, platform_size=audit.platform_size, root=audit.root,
    )  # fmt: skip
    return audit.id


def look(
    session: Session,
    auditor: UUID,
    audit: Audit,
    view: str,
    now: datetime,
    *,
    rule: str | None = None,
    row: int | None = None,
    people: Collection[UUID] = (),
    kind: LookKind | None = None,
) -> None:
    """Write down that the auditor looked, in the vendor's log, and count it for the labelers (`people`) it is about."""
    record(session, "audit.look", auditor, audit.id, now, audit.vendor_id, view=view, rule=rule, row=row)
    if kind is None or not people:
        return
    there = session.scalars(
        select(Labeler.id).where(Labeler.id.in_(people), Labeler.erased_at.is_(None)).order_by(Labeler.id)
    )
    month = f"{now.astimezone(UTC):%Y-%m}"
    rows: list[dict[str, Any]] = [{"labeler_id": each, "month": month, "kind": kind, "times": 1} for each in there]
    if not rows:
        return
    postgres = session.get_bind().dialect.name == "postgresql"
    counted = (postgresql.insert if postgres else sqlite.insert)(table(AuditLook)).values(rows)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=["labeler_id", "month", "kind"], set_={"times": AuditLook.times + 1}
        )
    )


def sample(
    session: Session,
    auditor: UUID,
    audit_id: UUID,
    found: Quarter,
    rule: str,
    size: int | None,
    now: datetime,
    *,
    days: bool = False,
    seed: str = "",
) -> UUID:
    """Draw rows, or person-days, of a rule's population; the sample's id. Without a typed `seed` it follows from the
    root of the checkpoint that the audit rests on, which nobody could choose. Raises Missing, Conflict, Invalid."""
    audit = open_to_change(session, auditor, audit_id)
    rows, seed = found.rows(rule), tidy(seed)
    among = person_days(rows) if days else list(range(len(rows)))
    problems = []
    if not among:
        problems.append(FieldProblem("size", "There is nothing to draw from."))
    elif size is None or not 1 <= size <= min(len(among), LARGEST_SAMPLE):
        problems.append(FieldProblem("size", f"Write a number from 1 to {min(len(among), LARGEST_SAMPLE)}."))
    if len(seed) > SEED:
        problems.append(FieldProblem("seed", f"Write at most {SEED} letters."))
    if problems or size is None:
        raise Invalid("The sample can't be drawn yet.", problems)
    number = 1 + (session.scalar(select(func.max(AuditSample.number)).where(AuditSample.audit_id == audit_id)) or 0)
    drawn = AuditSample(
        audit_id=audit_id, number=number, rule=rule, days=days, seed=seed or own_seed(audit.root, audit_id, number),
        typed=bool(seed), size=size, population=len(among), drawn_at=now,
    )  # fmt: skip
    session.add(drawn)
    session.flush()
    places = [among[each] for each in draw(drawn.seed, len(among), size)]
    session.execute(
        insert(table(AuditSampleRow)),
        [
            {"sample_id": drawn.id, "place": n, "row_place": each, "log_id": rows[each].log, "leaf": rows[each].number}
            for n, each in enumerate(places)
        ],
    )
    record(
        session, "audit.sample", auditor, audit_id, now, audit.vendor_id, rule=rule, days=days, seed=drawn.seed,
        typed=drawn.typed, size=size, population=len(among),
    )  # fmt: skip
    return drawn.id


def mark(
    session: Session, auditor: UUID, audit_id: UUID, sample_id: UUID, place: int, said: str, note: str, now: datetime
) -> None:
    """Say of one drawn row whether it agrees with what is claimed. Said again, the last word counts.

    Raises Missing, Conflict, Invalid.
    """
    audit = open_to_change(session, auditor, audit_id)
    drawn = session.get(AuditSample, sample_id)
    if drawn is None or drawn.audit_id != audit_id or not 0 <= place < drawn.size:
        raise Missing("There is no such row in this sample.")
    note, problems = tidy(note), []
    if said not in set(Mark):
        problems.append(FieldProblem("mark", "Choose one of the three."))
    if len(note) > NOTE:
        problems.append(FieldProblem("note", f"Write at most {NOTE:,} letters."))
    if problems:
        raise Invalid("This can't be kept yet.", problems)
    session.add(AuditMark(sample_id=sample_id, place=place, mark=Mark(said), note=note, at=now))
    session.flush()
    record(
        session, "audit.mark", auditor, audit_id, now, audit.vendor_id, sample=drawn.number, place=place, mark=said,
        note=digest_of(note),
    )  # fmt: skip
