"""A report as it is asked for and made: on both databases, twice the same, whoever is killed meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from labeler.accounts.permissions import Role
from labeler.audit.acts import ACTS
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.audit.service import Entry, record, record_all
from labeler.compliance import asking, gathering, reports, saying
from labeler.compliance.models import Report, ReportState
from labeler.compliance.profiles import add_profile
from labeler.compliance.report.again import recompute
from labeler.compliance.report.seen import view
from labeler.compliance.report.texts import TextKind
from labeler.compliance.report.verify import Damaged, load, verify
from labeler.compliance.standards import Profile, as_published, read, tightened
from labeler.db import reading, transaction
from labeler.errors import Conflict, Forbidden, Invalid, Missing, OverQuota
from labeler.ids import new_id
from labeler.jobs import seal, worker, write_report
from labeler.signing.keys import Keys, Purpose
from labeler.storage import Storage
from tests.compliance import reported
from tests.support import build
from tests.support.database import Database

LWS = as_published(read())
PERIOD = reported.PERIOD
AFTER = PERIOD.end + timedelta(days=2)


class Quarter:
    """A vendor with six labelers, of whom the record says that they worked and took breaks."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, AFTER
        with transaction() as session:
            vendor = build.add_vendor(session, "Vendor 1")
            self.vendor = vendor.id
            self.manager = build.add_user(session, Role.VENDOR_MANAGER, vendor=vendor).id
            self.auditor = build.add_user(session, Role.AUDITOR).id
            record(session, "vendor.add", None, vendor.id, PERIOD.start, vendor.id, name=vendor.name)
            people = [new_id() for _ in range(6)]
            for number in range(30):
                who, at = people[number % 6], PERIOD.start + timedelta(hours=number, minutes=13 if number == 7 else 20)
                given = {"task": new_id(), "fence": 1, "project": vendor.id, "profile": ""}
                handed = Entry("assignment.hand_out", who, new_id(), vendor.id, given)
                ended = Entry("break.end", who, new_id(), vendor.id, dict.fromkeys(ACTS["break.end"]))
                record_all(session, [handed, ended], at)
        seal.seal_record(AFTER)


@pytest.fixture
def quarter(database: Database, monkeypatch: pytest.MonkeyPatch) -> Quarter:
    monkeypatch.setenv("LABELER_HOME", str(database.home))
    reported.only_these(monkeypatch)
    return Quarter(database.home)


def test_either_database_gives_the_bytes_that_the_record_itself_gives(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported.only_these(monkeypatch)
    sealed = reported.sealed()
    wanted, asked = reported.made_of(sealed), reported.asked(sealed)
    with transaction() as session:
        reported.keep(session, sealed)
    with reading() as session:
        made = gathering.make(session, asked)
        proofs = gathering.proofs(session, asked)
        leaves = list(gathering.leaves(session, asked))
    assert (made.report, made.files, made.rows) == (wanted.report, wanted.files, wanted.rows)
    assert proofs == reported.proofs(sealed)
    assert [each.committed for _, each in leaves] == [
        committed for log in (reported.VENDOR, PLATFORM) for committed, _, _ in sealed.leaves[log]
    ]


def ask(quarter: Quarter, profile: object = LWS) -> Report:
    with time_machine.travel(quarter.now, tick=False):
        seal.seal_record(quarter.now)
        with transaction() as session:
            made, job = reports.request(
                session,
                quarter.auditor,
                quarter.vendor,
                PERIOD,
                profile,
                quarter.now,  # type: ignore[arg-type]
            )
            number = made.id
        if job is not None:
            worker.run_now(job)
        with reading() as session:
            return session.get_one(Report, number)


def acts(vendor: UUID) -> list[str]:
    with reading() as session:
        found = select(AuditEntry.act).where(AuditEntry.vendor_id == vendor, AuditEntry.act.startswith("report."))
        return list(session.scalars(found.order_by(AuditEntry.id)))


def test_a_report_is_made_by_its_job_and_every_check_passes(quarter: Quarter) -> None:
    vendor = quarter.vendor
    made = ask(quarter)
    assert (made.state, made.number, made.problem) == (ReportState.DONE, 1, None)
    assert acts(vendor) == ["report.request", "report.finish"]
    with reading() as session:
        root = quarter.folder / reports.folder(session, made.id)
    sound = verify(load(root))
    assert sound.digest == made.digest
    assert sound.view["facts"]["vendor-name"] == "Vendor 1"
    check = next(each for control in sound.view["controls"] for each in control["checks"] if each["rule"] == "BRK-1")
    assert int(check["population"]) > 0
    pack = quarter.folder / "pack"
    pack.mkdir()
    keys = Keys(quarter.folder)
    with reading() as session:
        reports.write(session, made.id, pack, keys, keys.current(Purpose.REPORT, AFTER), rows=True)
    files = load(pack)
    assert recompute(files, verify(files)).digest == made.digest
    assert files["report.json"] == (root / "report.json").read_bytes()


def test_asked_for_again_it_is_the_same_one_until_more_is_sealed(quarter: Quarter) -> None:
    first = ask(quarter)
    quarter.now += timedelta(hours=1)
    second = ask(quarter)  # that the first was asked for is sealed since
    assert (second.number, second.earlier) == (2, [1])
    with transaction() as session:
        same, job = reports.request(session, quarter.auditor, quarter.vendor, PERIOD, LWS, quarter.now)
        assert (same.id, job) == (second.id, None)
    assert first.vendor_size < second.vendor_size


def test_while_one_is_coming_asking_again_leads_to_it_whoever_asks(quarter: Quarter) -> None:
    with transaction() as session:
        first, job = reports.request(session, quarter.auditor, quarter.vendor, PERIOD, LWS, AFTER)
        first_id = first.id
    seal.seal_record(AFTER + timedelta(hours=1))  # more is sealed: that it was asked for
    with transaction() as session:
        again, none = reports.request(session, quarter.manager, quarter.vendor, PERIOD, LWS, AFTER)
        assert (again.id, none, reports.job_of(session, first_id)) == (first_id, None, job)
        other = tightened(read(), "Buyer 1", {"break_stop": 50})
        assert reports.request(session, quarter.manager, quarter.vendor, PERIOD, other, AFTER)[0].id != first_id
    assert acts(quarter.vendor) == ["report.request", "report.request"]
    with pytest.raises(IntegrityError), transaction() as session:
        row = session.get_one(Report, first_id)
        values = {each.key: getattr(row, each.key) for each in inspect(Report).column_attrs}
        session.add(Report(**{**values, "id": new_id(), "number": 9, "vendor_size": 9_999}))
        session.flush()


def test_a_person_asks_for_so_many_new_reports_a_day_and_is_told_when_again(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "A_DAY", 2)
    profiles = [tightened(read(), f"Buyer {number}", {"break_stop": 50}) for number in range(4)]

    def manager_asks(profile: Profile, now: datetime) -> UUID | None:
        with transaction() as session:
            return reports.request(session, quarter.manager, quarter.vendor, PERIOD, profile, now)[1]

    assert manager_asks(profiles[0], AFTER) and manager_asks(profiles[1], AFTER)
    assert manager_asks(profiles[1], AFTER) is None, "one that is coming does not count"
    with pytest.raises(OverQuota, match=f"again from {AFTER + timedelta(days=1):%Y-%m-%d} 00:00 UTC") as refused:
        manager_asks(profiles[2], AFTER)
    assert AFTER + timedelta(seconds=refused.value.retry_after or 0) == asking.begin_of_day(AFTER + timedelta(days=1))
    assert acts(quarter.vendor).count("report.request") == 2
    with transaction() as session:
        assert reports.request(session, quarter.auditor, quarter.vendor, PERIOD, profiles[3], AFTER)[1], "others may"
    tomorrow = asking.begin_of_day(AFTER + timedelta(days=1))
    assert manager_asks(profiles[2], tomorrow)
    monkeypatch.setattr(asking, "A_QUARTER", 3)
    with pytest.raises(OverQuota, match=f"have asked for 3 reports on {PERIOD.name}"):
        manager_asks(tightened(read(), "Buyer 9", {"break_stop": 40}), tomorrow)


def test_made_twice_it_is_the_same_to_the_byte(quarter: Quarter) -> None:
    made = ask(quarter)
    storage, keys = Storage(quarter.folder), Keys(quarter.folder)
    with reading() as session:
        kept = load(quarter.folder / reports.folder(session, made.id))
        again = storage.part(new_id(), 1, "reports")
        reports.write(session, made.id, again, keys, keys.current(Purpose.REPORT, AFTER))
    assert load(again) == kept


def test_a_killed_attempt_leaves_nothing_and_the_next_one_shows_it_once(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = quarter.vendor
    with transaction() as session:
        made, job = reports.request(session, quarter.auditor, vendor, PERIOD, LWS, AFTER)
        report_id = made.id
    assert job is not None

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(Storage, "keep", dies)
        taken = worker.take(job)
        assert taken is not None
        with pytest.raises(KeyboardInterrupt):
            write_report.run(taken)
    assert list((quarter.folder / "reports").iterdir()) == []
    with reading() as session, pytest.raises(Conflict, match="not finished"):
        reports.folder(session, report_id)
    write_report.run(taken)
    write_report.run(taken)  # it was thought dead, and comes back
    assert acts(vendor).count("report.finish") == 1


def test_an_attempt_that_lost_its_job_publishes_nothing(quarter: Quarter) -> None:
    with transaction() as session:
        made, job = reports.request(session, quarter.auditor, quarter.vendor, PERIOD, LWS, AFTER)
        report_id = made.id
    assert job is not None
    taken = worker.take(job)
    assert taken is not None
    stale = worker.Taken(taken.id, taken.kind, taken.args, taken.attempt - 1)
    with pytest.raises(worker.Lost):
        write_report.run(stale)
    with reading() as session:
        assert session.get_one(Report, report_id).state is ReportState.WRITING
    with transaction() as session:
        write_report.give_up(session, {"report": str(report_id)}, "The disk is full.", AFTER)
    with reading() as session, pytest.raises(Conflict, match="The disk is full"):
        reports.folder(session, report_id)


def test_no_quarter_before_it_ends_and_no_vendor_that_there_is_not(quarter: Quarter) -> None:
    with transaction() as session:
        with pytest.raises(Invalid, match="not ended"):
            early = PERIOD.end - timedelta(hours=1)
            reports.request(session, quarter.auditor, quarter.vendor, PERIOD, LWS, early)
        with pytest.raises(Missing):
            reports.request(session, quarter.auditor, new_id(), PERIOD, LWS, AFTER)


def test_a_report_takes_the_newest_words_that_are_sealed(quarter: Quarter) -> None:
    for text in ("Old words.", "New words."):
        with transaction() as session:
            saying.say(
                session, quarter.manager, quarter.vendor, TextKind.ASSERTION, PERIOD.name, " A.  Manager ", text, AFTER
            )
    made = ask(quarter)
    with transaction() as session:
        saying.say(
            session, quarter.manager, quarter.vendor, TextKind.ASSERTION, PERIOD.name, "A. Manager", "Too late.", AFTER
        )
    with reading() as session:
        seen = view((quarter.folder / reports.folder(session, made.id) / "report.json").read_bytes())
        newest = saying.said(session, quarter.vendor, TextKind.ASSERTION, PERIOD.name)
    assert (seen["texts"]["assertion"]["prose"], seen["texts"]["assertion"]["signer"]) == ("New words.", "A. Manager")
    assert {each.text for each in newest} == {"Old words.", "New words.", "Too late."}
    assert acts(quarter.vendor).count("report.text") == 3


def test_nobody_writes_another_ones_part_of_a_report_whatever_door_she_comes_by(quarter: Quarter) -> None:
    with transaction() as session:
        away = build.add_vendor(session, "Away")
        admin = build.add_user(session, Role.ADMIN).id
        speaker = build.add_user(session, Role.WORKER_REPRESENTATIVE, vendor=away).id
    for who, kind in (
        (quarter.manager, TextKind.STATEMENT), (quarter.manager, TextKind.REPRESENTATIVE),
        (quarter.auditor, TextKind.RESPONSE), (admin, TextKind.STATEMENT), (speaker, TextKind.REPRESENTATIVE),
    ):  # fmt: skip
        with transaction() as session, pytest.raises(Forbidden):
            saying.say(session, who, quarter.vendor, kind, PERIOD.name, "A. Person", "Well done.", AFTER)
    assert "report.text" not in acts(quarter.vendor)


def test_all_that_is_wrong_with_a_text_is_said_at_once(quarter: Quarter) -> None:
    with transaction() as session, pytest.raises(Invalid) as refused:
        saying.say(session, quarter.auditor, quarter.vendor, TextKind.STATEMENT, "soon", " ", "\x00", AFTER)
    assert [each.field for each in refused.value.problems] == ["period", "signer", "text"]


def source_of(quarter: Quarter, report: Report) -> str:
    with reading() as session:
        seen = view((quarter.folder / reports.folder(session, report.id) / "report.json").read_bytes())
    return str(seen["facts"]["profile-source"])


def test_a_report_says_whose_numbers_it_measures_by_and_nobody_borrows_a_name(quarter: Quarter) -> None:
    assert source_of(quarter, ask(quarter)) == "standard"
    assert source_of(quarter, ask(quarter, tightened(read(), "Ours", {"break_stop": 50}))) == "asker"
    with transaction() as session:
        buyers = add_profile(session, quarter.auditor, "Buyer 2026", {"break_stop": 40}, AFTER)
    with transaction() as session:
        with pytest.raises(Conflict, match="not sealed yet"):
            reports.request(session, quarter.manager, quarter.vendor, PERIOD, buyers, AFTER)
        for name, why in (("BUYER 2026", "with other numbers"), ("LWS 1.0", "are the standard's own")):
            with pytest.raises(Invalid) as refused:
                reports.request(
                    session, quarter.manager, quarter.vendor, PERIOD, tightened(read(), name, {"break_stop": 59}), AFTER
                )
            assert [why in each.message for each in refused.value.problems] == [True]
    assert source_of(quarter, ask(quarter, buyers)) == "record"


def test_two_profiles_on_one_quarter_tell_no_more_than_one(quarter: Quarter) -> None:
    ask(quarter)
    quarter.now += timedelta(hours=1)
    second = ask(quarter, tightened(read(), "Buyer 1", {"break_stop": 50}))
    with reading() as session:
        seen = view((quarter.folder / reports.folder(session, second.id) / "report.json").read_bytes())
    assert [each["number"] for each in seen["earlier"]] == [1]
    with pytest.raises(Damaged):
        verify({})
