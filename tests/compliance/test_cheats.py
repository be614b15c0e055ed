"""Each way of docs/cheats.md, tried: it is prevented, or the report, the record or its proof shows it.

The numbers are those of the table. Whoever cheats here is a vendor manager with her rights, or an administrator with
the database open before him.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogNode, LogRoot
from labeler.audit.proving import checkpoint
from labeler.audit.walking import walk
from labeler.compliance import reading as record
from labeler.compliance.assessing import assess
from labeler.compliance.outcome import Assessed, Assessment
from labeler.compliance.standards import as_published, read, tightened
from labeler.db import reading, table, transaction
from labeler.errors import LabelerError
from labeler.ids import new_id
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, record_keys
from labeler.wellbeing.limits import Signer
from labeler.wellbeing.models import Break
from labeler.wellbeing.policies import set_number
from labeler.wellbeing.signatures import Signature
from labeler.workforce.service import add_labeler
from tests.compliance.quarter import PERIOD, Quarter
from tests.support.database import Database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def report(made: Quarter, firm: int = 0) -> Assessment:
    """What a report on a vendor would rest on, with all that is sealed by now."""
    vendor = made.firms[firm].id
    with reading() as session:
        prefix = record.newest(session, vendor)
        return assess(record.facts(session, vendor, PERIOD, as_published(read()), prefix), read())


def cells(assessment: Assessment) -> list[tuple[str, object, int, int]]:
    return [
        (check.rule, each.result, check.population, len(check.exceptions))
        for each in assessment.controls
        for check in each.checks
    ]


def control(assessment: Assessment, name: str) -> Assessed:
    return next(each for each in assessment.controls if each.control == name)


def faults(made: Quarter, held: tuple[str, ...] = ()) -> list[str]:
    """What `labeler audit verify` would say."""
    keys = Keys(made.folder)
    with reading() as session:
        return [each.what for each in walk(session, origin(keys), record_keys(keys), made.now, held).faults]


def an_entry(made: Quarter, act: str) -> AuditEntry:
    with reading() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.act == act, AuditEntry.vendor_id == made.firms[0].id).limit(1)
        ).one()
        session.expunge(found)
        return found


def test_a_quarter_that_nobody_tampered_with_is_clean(quarter: Quarter) -> None:
    assert not faults(quarter)
    assert not report(quarter).gaps
    assert report(quarter).entries > 50


def test_2_and_32_rows_that_are_added_or_mended_by_hand_change_no_figure(database: Database, quarter: Quarter) -> None:
    before = cells(report(quarter))
    who = quarter.firms[0].labelers[0]
    start = PERIOD.start + 10 * DAY
    with database.in_hand() as session:
        session.add(
            Break(
                person_id=who, labeler_id=who, started_at=start, paid_until=start + HOUR, rule="BRK-1",
                until=start + HOUR, ended_at=start + HOUR,
            )
        )  # fmt: skip
        session.execute(update(Break).values(rule=None))
    assert cells(report(quarter)) == before


def test_3_an_entry_with_a_time_in_the_past_is_a_gap_on_page_1(quarter: Quarter) -> None:
    firm = quarter.firms[0]
    with transaction() as session:
        row = {
            "id": new_id(), "at": PERIOD.start + 20 * DAY, "act": "break.end", "actor_id": firm.labelers[0],
            "subject_id": new_id(), "vendor_id": firm.id, "fields": "{}",
        }  # fmt: skip
        session.execute(insert(table(AuditEntry)), row)
    quarter.seal()
    assert not faults(quarter)
    (gap,) = report(quarter).gaps
    assert "long after" in gap.what
    assert gap.log == firm.id


def test_4_a_changed_entry_is_named(database: Database, quarter: Quarter) -> None:
    entry = an_entry(quarter, "judgment.submit")
    with database.in_hand() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == entry.id).values(at=entry.at - HOUR))
        number = session.scalars(select(LogLeaf.number).where(LogLeaf.entry_id == entry.id)).one()
    assert faults(quarter) == [f"entry {number} says something else than when it was sealed"]


@pytest.mark.parametrize("with_leaf", [False, True])
def test_5_a_deleted_entry_is_named(database: Database, quarter: Quarter, with_leaf: bool) -> None:
    entry = an_entry(quarter, "assignment.hand_out")
    with database.in_hand() as session:
        number = session.scalars(select(LogLeaf.number).where(LogLeaf.entry_id == entry.id)).one()
        session.execute(delete(AuditEntry).where(AuditEntry.id == entry.id))
        if with_leaf:
            session.execute(delete(LogLeaf).where(LogLeaf.entry_id == entry.id))
    assert faults(quarter) == [f"entry {number} is {'missing' if with_leaf else 'gone'}"]


def test_6_a_record_that_was_cut_back_does_not_fit_what_others_hold(database: Database, quarter: Quarter) -> None:
    with reading() as session:
        held = checkpoint(session).note
        middle = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.number)).all()[1]
    with database.in_hand() as session:
        cut = select(LogRoot.log_id, LogRoot.size).where(LogRoot.number < middle.size).order_by(LogRoot.number)
        sizes: dict[UUID, int] = {row.log_id: row.size for row in session.execute(cut)}
        for log_id in session.scalars(select(LogLeaf.log_id).distinct()).all():
            kept = sizes.get(log_id, 0)
            gone = select(LogLeaf.entry_id).where(LogLeaf.log_id == log_id, LogLeaf.number >= kept)
            session.execute(delete(AuditEntry).where(AuditEntry.id.in_(gone)))
            session.execute(delete(LogLeaf).where(LogLeaf.log_id == log_id, LogLeaf.number >= kept))
        session.execute(delete(LogRoot).where(LogRoot.number >= middle.size))
        session.execute(delete(LogCheckpoint).where(LogCheckpoint.number > middle.number))
        session.execute(delete(LogNode))
    with transaction() as session:
        add_labeler(session, quarter.admin, "g@example.org", "G", _vendor(session, quarter), ["en"], quarter.now)
    quarter.seal()
    assert not faults(quarter)  # it is whole in itself
    assert faults(quarter, (held,))


def test_8_a_vendors_log_cannot_be_left_out(database: Database, quarter: Quarter) -> None:
    vendor = quarter.firms[1].id
    with database.in_hand() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.vendor_id == vendor))
        session.execute(delete(LogLeaf).where(LogLeaf.log_id == vendor))
    assert [re.sub(r"\d+", "N", each) for each in faults(quarter)] == ["entry N is missing, which root N has"]


def test_13_a_looser_number_needs_a_signature_and_an_end_and_never_begins_in_the_past(quarter: Quarter) -> None:
    now, end = quarter.now, quarter.now + 30 * DAY

    def signed(until_at: datetime, second: UUID = quarter.second) -> dict[str, Any]:
        why = "A reason that is long enough to read."
        return {"signature": Signature(Signer.CLINICIAN, "Dr. C", why, "ab" * 32, until_at), "second": second}

    for value, at, more in (
        (90, now, {}),
        (90, now - DAY, signed(end)),
        (90, now, signed(now + 120 * DAY)),
        (90, now, signed(end, quarter.admin)),
        (90, now, signed(end, quarter.firms[0].manager)),
        (50, now - DAY, {}),
    ):
        with pytest.raises(LabelerError), transaction() as session:
            set_number(session, quarter.admin, "severe_day", value, at, now, **more)
    with reading() as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.act == "policy.set")).all()
    assert not said


def test_15_no_profile_is_looser_than_the_standard(quarter: Quarter) -> None:
    for name, number in read().numbers.items():
        looser = number.value - number.stricter
        with pytest.raises(ValueError, match="tighter"):
            tightened(read(), "Easy", {name: looser})


def test_18_ghosts_on_the_roster_count_nowhere(quarter: Quarter) -> None:
    before = report(quarter)
    with transaction() as session:
        vendor = _vendor(session, quarter)
        for number in range(20):
            add_labeler(
                session, quarter.admin, f"ghost{number}@example.org", "Ghost", vendor, ["en"], quarter.now,
                contract_from=PERIOD.start.date(),
            )  # fmt: skip
    quarter.seal()
    after = report(quarter)
    assert after.people == before.people
    assert len(after.people) == len(quarter.firms[0].labelers)


def test_19_a_contract_that_is_dated_back_is_an_entry_of_today(quarter: Quarter) -> None:
    with transaction() as session:
        who = add_labeler(
            session, quarter.admin, "back@example.org", "Back", _vendor(session, quarter), ["en"], quarter.now,
            contract_from=PERIOD.start.date() - 400 * DAY,
        ).id  # fmt: skip
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "labeler.add", AuditEntry.subject_id == who))
        assert entry.one().at == quarter.now


def _vendor(session: Session, made: Quarter) -> Any:
    from labeler.workforce.models import Vendor

    return session.get_one(Vendor, made.firms[0].id)
