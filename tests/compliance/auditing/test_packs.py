"""The pack of a signed audit, made by a job: killed, run twice, overtaken by an erasure, thrown away."""

from __future__ import annotations

import os
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, text

from labeler import clock
from labeler.compliance.auditing import frozen, packs, service
from labeler.compliance.auditing.assessed import quarter
from labeler.compliance.auditing.models import Audit, AuditPack, PackState
from labeler.compliance.auditing.signing_off import sign_off
from labeler.db import reading, transaction
from labeler.errors import Conflict, NotNow
from labeler.jobs import worker, write_pack
from labeler.jobs.models import Job, JobState
from tests.compliance.auditing.world import NOW, Audited, build, work_off
from tests.support.database import Database

PURPOSE = "To see whether breaks are taken."


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> Audited:
    return build(database, monkeypatch)


def opened(world: Audited) -> UUID:
    with transaction() as session:
        made = service.open_audit(session, world.auditor, world.vendor, 2026, 2, PURPOSE, NOW)
    work_off()
    return made


def signed(world: Audited) -> UUID:
    audit = opened(world)
    with reading() as session:
        found = quarter(session, session.get_one(Audit, audit))
    with transaction() as session:
        sign_off(session, world.auditor, audit, found, "Odile", "auditor", "none", "I vouch for nothing here.", NOW)
    return audit


def ask(database: Database, audit: UUID) -> UUID | None:
    with transaction() as session:
        return packs.ask(session, audit, database.settings.folder, clock.now())


def file(database: Database, audit: UUID) -> Path | None:
    with reading() as session:
        found = packs.file_of(session, audit, database.settings.folder)
    return found[0] if found else None


def names(path: Path | None) -> set[str]:
    assert path is not None
    with zipfile.ZipFile(path) as pack:
        return set(pack.namelist())


def inside(database: Database) -> list[str]:
    return sorted(each.name for each in packs.room(database.settings.folder).iterdir())


def test_there_is_no_pack_of_an_open_audit(database: Database, world: Audited) -> None:
    with pytest.raises(Conflict, match="not signed off"):
        ask(database, opened(world))


def test_a_pack_is_made_once_however_often_it_is_asked_for(database: Database, world: Audited) -> None:
    audit = signed(world)
    job = ask(database, audit)
    assert job is not None and ask(database, audit) is None, "it is under way"
    assert file(database, audit) is None
    work_off()
    first = names(file(database, audit))
    assert {"audit.json", "report.json"} <= first and any("leaves" in each for each in first)
    assert ask(database, audit) is None, "it is there"
    with transaction() as session:
        again = session.get_one(Job, job)
        again.state, again.attempt = JobState.RUNNING, 2
    write_pack.run(worker.Taken(job, "write_pack", {"audit": str(audit)}, 2))  # it was thought dead, and comes back
    assert len(inside(database)) == 1


def test_a_killed_attempt_leaves_nothing_and_the_next_one_shows_it(
    database: Database, world: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = signed(world)
    job = ask(database, audit)
    assert job is not None

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    taken = worker.take(job)
    assert taken is not None
    with monkeypatch.context() as killed:
        killed.setattr(frozen, "write", dies)
        with pytest.raises(KeyboardInterrupt):
            write_pack.run(taken)
    assert inside(database) == [] and file(database, audit) is None
    stale = worker.Taken(job, taken.kind, taken.args, taken.attempt - 1)
    with pytest.raises(worker.Lost):
        write_pack.run(stale)
    assert inside(database) == []
    write_pack.run(taken)
    assert file(database, audit) is not None


def test_what_an_erasure_overtook_is_not_handed_out(
    database: Database, world: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = signed(world)
    job = ask(database, audit)
    assert job is not None
    taken = worker.take(job)
    assert taken is not None
    write = frozen.write

    def overtaken(*args: object) -> bool:
        done = write(*args)  # type: ignore[arg-type]
        erase(database, world)
        return done

    with monkeypatch.context() as meanwhile:
        if database.name == "postgresql":  # on SQLite it comes after what is being read
            meanwhile.setattr(frozen, "write", overtaken)
            with pytest.raises(NotNow, match="made again"):
                write_pack.run(taken)
        else:
            write_pack.run(taken)
            erase(database, world)
    assert file(database, audit) is None
    if database.name == "postgresql":
        assert inside(database) == []
        write_pack.run(taken)
    else:
        assert ask(database, audit) is not None
        work_off()
    assert "report.json" in names(file(database, audit))
    assert not [each for each in names(file(database, audit)) if "leaves" in each], "rows can't be shown any more"


def erase(database: Database, world: Audited) -> None:
    """Take one entry of the vendor's log out, as an erasure does."""
    with database.in_hand() as session:
        if database.name == "postgresql":
            session.execute(text("SET session_replication_role = replica"))
        found = session.execute(
            text("SELECT number, entry_id FROM log_leaf WHERE log_id = :log AND salt IS NOT NULL ORDER BY number"),
            {"log": world.vendor if database.name == "postgresql" else world.vendor.hex},
        ).first()
        assert found is not None
        session.execute(text("UPDATE log_leaf SET salt = NULL WHERE entry_id = :entry"), {"entry": found.entry_id})
        session.execute(text("DELETE FROM audit_entry WHERE id = :entry"), {"entry": found.entry_id})


def test_packs_go_after_a_day_and_can_be_had_again(database: Database, world: Audited) -> None:
    audit, folder = signed(world), database.settings.folder
    ask(database, audit)
    work_off()
    path = file(database, audit)
    assert path is not None
    left = packs.room(folder) / "tmpabc"
    left.mkdir()
    old = clock.now() - timedelta(hours=7)
    os.utime(left, (old.timestamp(),) * 2)
    packs.tidy_up(folder, clock.now())
    assert path.exists() and not left.exists()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        packs.tidy_up(folder, clock.now())
    assert not path.exists() and file(database, audit) is None
    assert ask(database, audit) is not None
    work_off()
    assert file(database, audit) is not None
    packs.throw_away(folder)
    assert file(database, audit) is None


def test_a_pack_that_cannot_be_made_says_why_and_is_asked_for_again(database: Database, world: Audited) -> None:
    audit = signed(world)
    ask(database, audit)
    with transaction() as session:
        write_pack.give_up(session, {"audit": str(audit)}, "The disk is full.", NOW)
    with reading() as session:
        pack = session.scalars(select(AuditPack)).one()
    assert (pack.state, pack.problem) == (PackState.FAILED, "The disk is full.")
    assert ask(database, audit) is not None
