"""Audits on both databases: what is signed is not changed by anybody, and a week is worked out once."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.compliance.auditing import as_said, findings, frozen, own_state, service
from labeler.compliance.auditing.assessed import Quarter, quarter
from labeler.compliance.auditing.frozen import report_of
from labeler.compliance.auditing.holding import hand_on, holder
from labeler.compliance.auditing.models import Audit, AuditSample, AuditSampleRow, AuditSignature, Finding
from labeler.compliance.auditing.queries import audits, looks_at, samples
from labeler.compliance.auditing.rules import LookKind, draw, own_seed
from labeler.compliance.auditing.signing_off import sign_off
from labeler.compliance.profile_models import BuyerProfile
from labeler.compliance.profiles import add_profile
from labeler.compliance.standards import read, tightened
from labeler.db import reading, transaction
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.signing.keys import Keys, Purpose
from tests.compliance.auditing.world import NOW, RULE, Audited, build, seal, work_off
from tests.support.build import add_user
from tests.support.database import Database

PURPOSE = "To see whether breaks are taken."


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> Audited:
    return build(database, monkeypatch)


def opened(world: Audited) -> tuple[UUID, Quarter]:
    with transaction() as session:
        made = service.open_audit(session, world.auditor, world.vendor, 2026, 2, PURPOSE, NOW)
    with reading() as session:
        return made, quarter(session, session.get_one(Audit, made))


def test_every_problem_of_an_audit_is_named_at_once(world: Audited) -> None:
    with pytest.raises(Invalid) as wrong, transaction() as session:
        service.open_audit(session, world.auditor, None, 2026, 3, "short", NOW)
    assert [each.field for each in wrong.value.problems] == ["vendor", "period", "purpose"]


def test_a_sample_is_the_one_that_follows_from_the_checkpoint(world: Audited) -> None:
    audit, found = opened(world)
    with transaction() as session:
        service.sample(session, world.auditor, audit, found, RULE, 4, NOW)
        service.sample(session, world.auditor, audit, found, RULE, 2, NOW, days=True, seed="chosen")
    with reading() as session:
        first, second = samples(session, audit)
        root = session.get_one(Audit, audit).root
    assert first.sample.seed == own_seed(root, audit, 1) and not first.sample.typed
    assert [row.row_place for row in first.rows] == draw(first.sample.seed, 18, 4)
    assert second.sample.typed and second.sample.population == 18


def test_what_is_signed_changes_no_more_not_even_by_hand(world: Audited) -> None:
    audit, found = opened(world)
    with transaction() as session:
        sample = service.sample(session, world.auditor, audit, found, RULE, 2, NOW)
        late = NOW.date() + timedelta(days=9)
        wrote = findings.write(session, world.auditor, audit, "LWS-11", "minor", "Breaks are too short.", late, NOW)
    with pytest.raises(Conflict, match="still being made"), transaction() as session:
        sign_off(session, world.auditor, audit, found, "Odile", "auditor", "none", "I vouch for nothing here.", NOW)
    work_off()
    with transaction() as session:
        sign_off(session, world.auditor, audit, found, "Odile", "auditor", "none", "I vouch for nothing here.", NOW)
    with pytest.raises(Conflict), transaction() as session:
        service.mark(session, world.auditor, audit, sample, 0, "agrees", "", NOW)
    with pytest.raises(Conflict), transaction() as session:
        findings.write(session, world.auditor, audit, "LWS-11", "minor", "Breaks are too short.", late, NOW)
    for statement in (
        "UPDATE audit_signature SET statement = 'Something else that is long enough'",
        "DELETE FROM audit_signature",
        "UPDATE audit_finding SET severity = 'critical'",
        "DELETE FROM audit_sample_row",
        "UPDATE audit SET purpose = 'Another purpose that is long enough'",
    ):
        with pytest.raises(DBAPIError, match="stay as they are"), transaction() as session:
            session.execute(text(statement))
    with pytest.raises(DBAPIError, match="signed"), transaction() as session:
        session.add(AuditSampleRow(sample_id=sample, place=7, row_place=0, log_id=world.vendor, leaf=0))
        session.flush()
    with pytest.raises(DBAPIError, match="signed"), transaction() as session:
        session.add(AuditSample(audit_id=audit, number=9, rule=RULE, days=False, seed="x", typed=True, size=1,
                                population=1, drawn_at=NOW))  # fmt: skip
        session.flush()
    with transaction() as session:  # the vendor still answers
        findings.reply(session, world.manager, world.vendor, wrote, "We mend it now.", late, NOW)


def test_a_finding_is_its_vendors_and_its_auditors(world: Audited) -> None:
    audit, _ = opened(world)
    late = NOW.date() + timedelta(days=9)
    with transaction() as session:
        wrote = findings.write(session, world.auditor, audit, "LWS-11", "minor", "Breaks are too short.", late, NOW)
    with pytest.raises(Missing), transaction() as session:
        findings.reply(session, world.manager, UUID(int=5), wrote, "Not about us, surely.", late, NOW)
    with pytest.raises(Forbidden), transaction() as session:
        findings.decide(session, world.other, audit, wrote, "close", "It is somebody else's.", NOW)
    with pytest.raises(Invalid) as wrong, transaction() as session:
        findings.reply(session, world.manager, world.vendor, wrote, "no", None, NOW)
    assert [each.field for each in wrong.value.problems] == ["text", "remedy_on"]
    with transaction() as session:
        findings.decide(session, world.auditor, audit, wrote, "close", "It was mended.", NOW)
    with pytest.raises(Conflict), transaction() as session:
        findings.reply(session, world.manager, world.vendor, wrote, "We mend it now.", late, NOW)


def test_an_audit_by_a_profile_rests_on_its_numbers(database: Database, world: Audited) -> None:
    plain, by_standard = opened(world)
    with transaction() as session:
        add_profile(session, world.auditor, "Acme 2026", {"break_stop": 50}, NOW)
    with pytest.raises(Invalid) as wrong, transaction() as session:
        service.open_audit(session, world.auditor, world.vendor, 2026, 2, PURPOSE, NOW, profile="Nobody's")
    assert [each.field for each in wrong.value.problems] == ["profile"]
    with pytest.raises(Conflict, match="not sealed yet"), transaction() as session:
        service.open_audit(session, world.auditor, world.vendor, 2026, 2, PURPOSE, NOW, profile="Acme 2026")
    seal(database)
    with transaction() as session:
        made = service.open_audit(session, world.auditor, world.vendor, 2026, 2, PURPOSE, NOW, profile="Acme 2026")
    with reading() as session:
        audit = session.get_one(Audit, made)
        found, report = quarter(session, audit), report_of(session, audit)
        assert (found.facts.profile.name, found.facts.profile.values["break_stop"]) == ("Acme 2026", 50)
        assert (report.profile, report.profile_digest) == ("Acme 2026", audit.profile_digest)
        assert found.facts.limits(found.facts.period.start).break_stop == 50
        assert found.facts.bound(found.facts.period.start).break_stop == by_standard.facts.profile.values["break_stop"]
        assert report_of(session, session.get_one(Audit, plain)).profile == "LWS 1.0"
        (_, entry) = session.scalars(select(AuditEntry).where(AuditEntry.act == "audit.open").order_by(AuditEntry.id))
    assert orjson.loads(entry.fields)["profile"] == "Acme 2026"
    with database.in_hand() as session:
        session.execute(update(BuyerProfile).values(numbers='{"break_stop": 55}'))
    with reading() as session, pytest.raises(Conflict, match="its row in the database was changed"):
        quarter(session, session.get_one(Audit, made))
    with database.in_hand() as session:
        other = tightened(read(), "Acme 2026", {"break_stop": 55})
        session.execute(update(BuyerProfile).values(numbers='{"break_stop": 55}', digest=other.digest))
    with reading() as session, pytest.raises(Conflict, match="not those that this audit was opened by"):
        quarter(session, session.get_one(Audit, made))


def test_an_audit_goes_to_another_auditor_who_alone_adds_to_it_then(world: Audited) -> None:
    audit, found = opened(world)
    with pytest.raises(Forbidden, match="hand it on"), transaction() as session:
        hand_on(session, world.other, audit, world.other, NOW)
    for wrong in (None, world.auditor, world.manager):
        with pytest.raises(Invalid), transaction() as session:
            hand_on(session, world.auditor, audit, wrong, NOW)
    with pytest.raises(Forbidden, match="holds this audit"), transaction() as session:
        service.sample(session, world.other, audit, found, RULE, 2, NOW)
    with transaction() as session:
        hand_on(session, world.auditor, audit, world.other, NOW)
    with pytest.raises(Forbidden), transaction() as session:
        service.sample(session, world.auditor, audit, found, RULE, 2, NOW)
    with transaction() as session:
        service.sample(session, world.other, audit, found, RULE, 2, NOW)
    with reading() as session:
        mine, others = audits(session, world.other)
        assert [each.audit.id for each in mine] == [audit] and others == []
        assert [each.audit.id for each in audits(session, world.auditor)[1]] == [audit]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "audit.hand_on")).one()
    assert (entry.actor_id, entry.vendor_id) == (world.auditor, world.vendor)
    assert orjson.loads(entry.fields) == {"from": str(world.auditor), "to": str(world.other)}
    with pytest.raises(DBAPIError, match="stay as they are"), transaction() as session:
        session.execute(text("DELETE FROM audit_handover"))


def test_whoever_comes_after_an_auditor_who_left_takes_the_audit_over(world: Audited) -> None:
    audit, _ = opened(world)
    with transaction() as session:
        third = add_user(session, Role.AUDITOR).id
        session.get_one(User, world.auditor).disabled_at = NOW
    with pytest.raises(Forbidden), transaction() as session:
        hand_on(session, world.other, audit, third, NOW)
    with pytest.raises(Invalid), transaction() as session:
        hand_on(session, world.manager, audit, world.manager, NOW)
    with transaction() as session:
        hand_on(session, world.other, audit, world.other, NOW)
    with reading() as session:
        assert holder(session, audit).id == world.other


def test_words_changed_in_the_database_are_found_and_not_signed(database: Database, world: Audited) -> None:
    audit, found = opened(world)
    late = NOW.date() + timedelta(days=9)
    with transaction() as session:
        wrote = findings.write(session, world.auditor, audit, "LWS-11", "minor", "Breaks are too short.", late, NOW)
        findings.reply(session, world.manager, world.vendor, wrote, "We mend it now.", late, NOW)
        findings.decide(session, world.auditor, audit, wrote, "keep", "Say by whom.", NOW)
        sample = service.sample(session, world.auditor, audit, found, RULE, 2, NOW)
        for said in ("agrees", "differs"):
            service.mark(session, world.auditor, audit, sample, 1, said, "The break was cut short.", NOW)
    work_off()

    def wrong() -> list[str]:
        with reading() as session:
            told = findings.shown(session, Finding.id == wrote, NOW)
            return [*as_said.changed(session, told).values(), *as_said.notes_changed(session, audit)]

    assert wrong() == []
    for statement, problems in (
        ("UPDATE audit_finding SET text = 'Breaks are long enough.'", [as_said.OTHER]),
        ("UPDATE audit_finding SET text = 'Breaks are too short.', severity = 'major'", [as_said.OTHER]),
        ("UPDATE audit_finding SET severity = 'minor'", []),
        ("UPDATE audit_finding_step SET text = 'We do not mend it.' WHERE step = 'reply'", [as_said.OTHER]),
        ("UPDATE audit_finding_step SET text = 'We mend it now.', remedy_on = '2026-08-29' WHERE step = 'reply'",
         [as_said.OTHER]),
        ("UPDATE audit_finding_step SET step = 'close' WHERE step = 'keep'",
         [as_said.OTHER, as_said.NO_ENTRY, as_said.GONE]),
        ("DELETE FROM audit_finding_step WHERE step = 'close'", [as_said.OTHER, as_said.GONE]),
        ("UPDATE audit_mark SET note = 'It was as it should be.'",
         [as_said.OTHER, as_said.GONE, "row 2 of sample 1"]),
    ):  # fmt: skip
        with database.in_hand() as session:
            if database.name == "postgresql":
                session.execute(text("SET session_replication_role = replica"))
            session.execute(text(statement))
        assert sorted(wrong()) == sorted(problems), statement
    with pytest.raises(Conflict, match=r"finding 1, row 2 of sample 1\."), transaction() as session:
        sign_off(session, world.auditor, audit, found, "Odile", "auditor", "none", "I vouch for nothing here.", NOW)


def test_a_pack_that_was_changed_after_it_was_signed_is_not_handed_out(
    database: Database, world: Audited, tmp_path: Path
) -> None:
    audit, found = opened(world)
    work_off()
    with transaction() as session:
        sign_off(session, world.auditor, audit, found, "Odile", "auditor", "none", "I vouch for nothing here.", NOW)
    with database.in_hand() as session:
        if database.name == "postgresql":
            session.execute(text("SET session_replication_role = replica"))
        row = session.get_one(AuditSignature, audit)
        row.pack = row.pack.replace("I vouch for nothing here.", "All of it is right.")
        row.pack_digest = hashlib.sha256(row.pack.encode()).hexdigest()
    keys = Keys(database.settings.folder)
    with reading() as session, pytest.raises(Conflict, match="not what was signed off"):
        frozen.write(
            session, session.get_one(Audit, audit), session.get_one(AuditSignature, audit), database.settings.folder,
            tmp_path, keys, keys.current(Purpose.REPORT, NOW),
        )  # fmt: skip


def test_looks_are_counted_by_month(world: Audited) -> None:
    audit, _ = opened(world)
    one, two = world.labelers[:2]
    for people in ({one}, {one, two}):
        with transaction() as session:
            held = session.get_one(Audit, audit)
            service.look(session, world.auditor, held, "day", NOW, rule=RULE, row=0, people=people, kind=LookKind.DAY)
    with reading() as session:
        assert looks_at(session, one) == [("2026-08", {LookKind.DAY: 2})]
        assert looks_at(session, two) == [("2026-08", {LookKind.DAY: 1})]


def test_the_figures_of_an_audit_stay_when_the_record_grows(database: Database, world: Audited) -> None:
    audit, found = opened(world)
    seal(database)
    with reading() as session:
        assert quarter(session, session.get_one(Audit, audit)) is found


def test_a_week_is_worked_out_once_and_stays(world: Audited) -> None:
    in_may = NOW.replace(month=5, day=4)
    with reading() as session:
        assert world.vendor in own_state.waiting(session, in_may)
        row = own_state.work_out(session, world.vendor, in_may)
    with transaction() as session:
        assert own_state.keep(session, row)
    with transaction() as session:
        assert not own_state.keep(session, row | {"state": "[]"})
    with reading() as session:
        assert world.vendor not in own_state.waiting(session, in_may)
        kept, controls = own_state.newest_of(session, world.vendor) or (None, [])
    assert kept is not None and kept.week == date(2026, 4, 27)
    breaks = next(each for each in controls if each.control == "LWS-11")
    assert (breaks.state, list(breaks.rules), breaks.affected) == ("mend", [RULE], "fewer than 5")
    assert not [each for each in world.labelers if str(each) in kept.state]
