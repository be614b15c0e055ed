"""A quarter of one vendor with a check that finds something, sealed: for audits of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.service import Entry, record_all
from labeler.compliance import checks
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked, Figure, Row
from labeler.db import reading, transaction
from labeler.jobs import worker
from labeler.jobs.models import Job, JobState
from labeler.jobs.seal import seal_record
from tests.support.build import add_labeler, add_user, add_vendor
from tests.support.database import Database

START = datetime(2026, 4, 1, tzinfo=UTC)
NOW = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
RULE = "BRK-1"


def breaks(facts: Facts) -> Checked:
    """Every break of the quarter; an exception is one that was not due."""
    rows = [
        Row(e.at, facts.person(e.actor) if e.actor else None, e.log, e.number, "a break", e.fields["rule"] is None)
        for e in facts.within("break.start")
    ]
    people = frozenset(row.person for row in rows if row.person)
    due = sum(not row.exception for row in rows)
    return Checked(RULE, rows, [Figure("breaks that were due", due, "breaks", people, len(rows), 3)])


@dataclass
class Audited:
    """A vendor, its manager, six labelers, and two auditors."""

    vendor: UUID
    manager: UUID
    labelers: list[UUID]
    auditor: UUID
    other: UUID


def build(database: Database, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """Six labelers, each with three breaks of which the first labeler's last was not due; sealed."""
    for rule in [*checks.CHECKS]:
        monkeypatch.delitem(checks.CHECKS, rule)
    monkeypatch.setitem(checks.CHECKS, RULE, breaks)
    monkeypatch.setenv("LABELER_HOME", str(database.home))
    with transaction() as session:
        vendor = add_vendor(session, "Lakeside Work", now=START - timedelta(days=30))
        manager = add_user(session, Role.VENDOR_MANAGER, vendor=vendor).id
        labelers = [add_labeler(session, vendor, name=f"Lena {n}", email=f"lena{n}@example.org").id for n in range(6)]
        auditor, other = (add_user(session, Role.AUDITOR).id for _ in range(2))
        record_all(session, [Entry("vendor.add", None, vendor.id, vendor.id, {"name": "Lakeside Work"})], START)
        for n, labeler in enumerate(labelers):
            for day in range(3):
                at = START + timedelta(days=day, hours=9 + n)
                due = not (n == 0 and day == 2)
                given = {"task": uuid4(), "fence": 1, "project": uuid4(), "profile": ""}
                hand = Entry("assignment.hand_out", labeler, uuid4(), vendor.id, given)
                no = Entry("opt_out.say", labeler, uuid4(), vendor.id, {"scope": "task", "target": uuid4()})
                rest = {"rule": "BRK-1" if due else None, "until": at + timedelta(minutes=60), "paid_until": at}
                start = Entry("break.start", labeler, uuid4(), vendor.id, rest)
                record_all(session, [hand, no], at)
                record_all(session, [start], at + timedelta(minutes=50))
                record_all(session, [Entry("break.end", labeler, uuid4(), vendor.id, {})], at + timedelta(minutes=61))
        made = Audited(vendor.id, manager, labelers, auditor, other)
    seal(database)
    return made


def work_off() -> None:
    """Let the reports and packs of audits be made, as a worker does."""
    kinds = ("write_report", "write_pack")
    with reading() as session:
        waiting = session.scalars(select(Job.id).where(Job.kind.in_(kinds), Job.state == JobState.QUEUED)).all()
    for each in waiting:
        worker.run_now(each)


def seal(database: Database) -> None:
    """Seal what waits."""
    seal_record(NOW - timedelta(days=1), everything=True, folder=database.settings.folder)
