"""What is written to the record gets a place that it keeps, on both databases, whoever is at work meanwhile."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from labeler.audit import checking, sealing
from labeler.audit.checking import Fault, Found
from labeler.audit.logs import PLATFORM, ROOTS
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogNode, LogRoot
from labeler.audit.service import Entry, record_all
from labeler.audit.stored import Nodes
from labeler.audit.tree import consistency, consistent, includes, inclusion
from labeler.audit.walking import walk
from labeler.db import reading, transaction
from labeler.ids import new_id
from labeler.jobs import seal
from labeler.signing.keys import Keys, Purpose
from labeler.signing.sealing import origin, record_keys
from tests.support.build import NOW
from tests.support.database import Database

VENDORS = (UUID(int=1 << 100 | 1), UUID(int=1 << 100 | 2))
SOON = NOW + timedelta(seconds=30)


@pytest.fixture(autouse=True)
def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELER_HOME", str(database.home))


def write(entries: int, vendor: UUID | None = None) -> None:
    with transaction() as session:
        record_all(session, [Entry("session.end", new_id(), new_id(), vendor, {}) for _ in range(entries)], NOW)


def walked(database: Database, held: tuple[str, ...] = ()) -> Found:
    keys = Keys(database.home)
    with reading() as session:
        return walk(session, origin(keys), record_keys(keys), NOW + timedelta(hours=1), held)


def test_every_entry_gets_one_place_in_the_log_of_its_vendor(database: Database) -> None:
    for vendor, entries in ((None, 3), (VENDORS[0], 300), (VENDORS[1], 5)):
        write(entries, vendor)
    assert seal.seal_record(SOON) == 309  # the key's own beginning is on the record too
    assert seal.seal_record(SOON) == 0
    write(260, VENDORS[0])
    assert seal.seal_record(SOON + timedelta(minutes=1)) == 260
    found = walked(database)
    assert (found.faults, found.entries, found.checkpoints) == ([], 569, 2)
    with reading() as session:
        sizes = {log_id: sealing.size_of(session, log_id) for log_id in (PLATFORM, *VENDORS)}
    assert sizes == {PLATFORM: 4, VENDORS[0]: 560, VENDORS[1]: 5}


def test_what_is_stored_proves_every_entry_and_every_older_tree(database: Database) -> None:
    write(700, VENDORS[0])
    seal.seal_record(SOON)
    write(100, VENDORS[0])
    seal.seal_record(SOON)
    with reading() as session:
        old, new = session.scalars(select(LogRoot).where(LogRoot.log_id == VENDORS[0]).order_by(LogRoot.size)).all()
        nodes = Nodes(session, VENDORS[0])
        for index in (0, 255, 256, 511, 699, 700, 799):
            committed = session.get_one(LogLeaf, (VENDORS[0], index)).commitment
            path = inclusion(index, 800, nodes)
            assert includes(checking.entry_leaf(committed), index, 800, path, new.root)
        assert consistent(700, 800, old.root, new.root, consistency(700, 800, nodes))
        with pytest.raises(LookupError, match="missing"):
            nodes(0, 800)


def test_eight_sequencers_at_once_give_each_entry_one_place(database: Database) -> None:
    write(200, VENDORS[0])
    seal.seal_record(SOON)
    write(100, VENDORS[0])
    threads = [threading.Thread(target=seal.seal_record, args=(SOON,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = walked(database)
    assert (found.faults, found.entries) == ([], 301)


def test_what_is_not_kept_is_not_sealed(database: Database) -> None:
    write(1)
    seal.seal_record(SOON)
    write(5)
    key = Keys(database.home).current(Purpose.RECORD, SOON)
    with pytest.raises(ZeroDivisionError), transaction() as session:
        sealing.seal(session, key.private, key.public.key_id, "labeler/x", SOON)
        raise ZeroDivisionError
    assert seal.seal_record(SOON) == 5
    assert walked(database).clean


def test_what_was_kept_long_after_it_was_written_is_sealed_in_the_end(database: Database) -> None:
    write(1)
    with database.in_hand() as session:
        first = session.scalars(select(AuditEntry)).one()
        old = UUID(int=first.id.int - ((3_600_000 * 5) << 80))
        session.execute(update(AuditEntry).values(id=old))
    write(1)
    with database.in_hand() as session:
        late = session.get_one(AuditEntry, old)
        values = {name: getattr(late, name) for name in ("at", "act", "actor_id", "subject_id", "fields", "vendor_id")}
        session.execute(delete(AuditEntry).where(AuditEntry.id == old))
    seal.seal_record(SOON)
    with transaction() as session:
        session.add(AuditEntry(id=old, **values))
    assert seal.seal_record(SOON) == 0
    assert [fault.what for fault in walked(database).faults] == [f"entry {old} was never sealed"]
    assert seal.seal_record(SOON, everything=True) == 1
    assert walked(database).clean


def test_an_act_with_a_whole_hour_has_an_id_of_that_hour_and_is_sealed_beside_what_came_up_to_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    monkeypatch.setattr("labeler.ids.time.time_ns", lambda: int((hour + timedelta(minutes=59)).timestamp() * 1e9))
    monkeypatch.setattr("labeler.ids._last", 0)
    write(1)
    assert seal.seal_record(SOON)  # with what is said of its key
    opened = Entry("grievance.open", None, new_id(), None, {})
    exact = Entry("grievance.write", None, opened.subject, None, {"by_officer": True})
    with transaction() as session:
        record_all(session, [opened] * 200, hour)
        record_all(session, [exact], hour + timedelta(seconds=59))
    with database.in_hand() as session:
        ids = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "grievance.open")).all()
        (other,) = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "grievance.write"))
    assert {each.int >> 80 for each in ids} == {int(hour.timestamp()) * 1000} and len(set(ids)) == 200
    assert {each.version for each in ids} == {7} and other.int >> 80 > int(hour.timestamp()) * 1000
    assert seal.seal_record(SOON) == 201, "none waits for the daily look"
    assert walked(database).clean


def test_a_new_key_goes_on_where_the_old_one_stopped(database: Database) -> None:
    write(3)
    seal.seal_record(SOON)
    Keys(database.home).rotate(Purpose.RECORD, SOON + timedelta(minutes=1))
    write(3)
    seal.seal_record(SOON + timedelta(minutes=2))
    found = walked(database)
    assert (found.faults, found.checkpoints) == ([], 2)


def test_whoever_edits_the_database_is_found(database: Database) -> None:
    write(20, VENDORS[0])
    seal.seal_record(SOON)
    with reading() as session:
        place = session.scalars(select(LogLeaf).where(LogLeaf.log_id == VENDORS[0], LogLeaf.number == 7)).one()
        entry, note = place.entry_id, session.scalars(select(LogCheckpoint.note)).all()[-1]

    def edited(*statements: object) -> list[Fault]:
        with database.in_hand() as session:
            for statement in statements:
                session.execute(statement)  # type: ignore[call-overload]
        return walked(database, (note,)).faults

    changed = edited(update(AuditEntry).where(AuditEntry.id == entry).values(act="session.start"))
    assert changed == [Fault(VENDORS[0], 7, "entry 7 says something else than when it was sealed")]
    assert edited(update(AuditEntry).where(AuditEntry.id == entry).values(act="session.end")) == []
    last = delete(LogLeaf).where(LogLeaf.log_id == VENDORS[0], LogLeaf.number == 19)
    cut = edited(last)
    assert cut[0].log_id == VENDORS[0] and cut[0].place == 19
    all_gone = edited(delete(LogLeaf), delete(LogNode), delete(LogRoot), delete(LogCheckpoint))
    assert all_gone[0] == Fault(ROOTS, 0, "root 0 is missing, which a checkpoint has that somebody holds")
