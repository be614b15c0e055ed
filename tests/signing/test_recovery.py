"""A database that comes back from an older backup is said to be one: by the record, by `verify`, and by a witness."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psycopg
import pytest
from sqlalchemy import Engine, select

from labeler import clock, db
from labeler.audit.checking import Found
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogRoot
from labeler.audit.sealing import latest
from labeler.audit.service import record
from labeler.audit.walking import walk
from labeler.client.witness import Look, Refused, Witness
from labeler.db import reading, transaction
from labeler.errors import Conflict
from labeler.ids import new_id
from labeler.jobs.seal import seal_record
from labeler.signing.keys import Keys
from labeler.signing.memory import Memory
from labeler.signing.sealing import origin, record_keys
from tests.client.serving import serving
from tests.support.database import Database
from tests.support.postgres import conninfo

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def backup(database: Database, tmp_path: Path) -> Iterator[Callable[[], Callable[[], None]]]:
    """Makes a copy of the database as it is; what that returns puts the copy in the database's place."""
    made: list[Engine] = []
    names: list[str] = []
    here = [str(database.home / "labeler.db") if database.name == "sqlite" else str(database.owner.database)]

    def put_back(name: str) -> None:
        here.append(name)
        url = f"sqlite:///{name}" if database.name == "sqlite" else database.engine.url.set(database=name)
        made.append(db.connect(url if isinstance(url, str) else url.render_as_string(hide_password=False)))

    def copy() -> Callable[[], None]:
        database.engine.dispose()
        for engine in made:
            engine.dispose()
        if database.name == "sqlite":
            path = tmp_path / f"copy{len(names)}.db"
            db.empty_journal()  # all of it is in the file
            shutil.copyfile(here[-1], path)
            names.append(str(path))
            return lambda: put_back(str(path))
        name = f"{database.owner.database}_copy{len(names)}"
        with psycopg.connect(conninfo(database.owner, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(  # the web server's connections, which come again
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [here[-1]]
            )
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {here[-1]}")
        names.append(name)
        return lambda: put_back(name)

    yield copy
    for engine in made:
        engine.dispose()
    if database.name == "postgresql":
        with psycopg.connect(conninfo(database.owner, "postgres"), autocommit=True) as connection:
            for name in names:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


Backup = Callable[[], Callable[[], None]]


def go_on(times: int = 3) -> None:
    for _ in range(times):
        with transaction() as session:
            record(session, "session.end", new_id(), new_id(), clock.now())
        seal_record(clock.now())


def walked(database: Database, *held: str) -> Found:
    keys = Keys(database.home)
    with reading() as session:
        return walk(session, origin(keys), record_keys(keys), clock.now(), held)


def note() -> LogCheckpoint:
    with reading() as session:
        found = latest(session)
    assert found is not None
    return found


def said() -> list[dict[str, object]]:
    with reading() as session:
        wanted = select(AuditEntry.fields).where(AuditEntry.act == "record.recovery").order_by(AuditEntry.id)
        return [orjson.loads(each) for each in session.scalars(wanted)]


def test_what_was_sealed_last_is_remembered_and_nothing_is_said_while_all_goes_on(database: Database) -> None:
    memory = Memory(database.home)
    assert memory.last() is None
    go_on()
    assert memory.last() == note().note
    before = memory.last()
    go_on(1)
    assert before is not None
    memory.keep(before)  # by one who was slower
    assert memory.last() == note().note
    assert said() == [] and memory.recovered() == []


def test_an_older_database_is_named_before_anything_else_is_sealed(database: Database, backup: Backup) -> None:
    go_on(4)
    put_back = backup()
    old = note()
    go_on(5)
    lost = note()
    put_back()
    assert note().size == old.size
    found = walked(database, str(Memory(database.home).last()))
    assert "which a checkpoint has that somebody holds" in found.faults[0].what, "verify sees it before a worker does"
    with transaction() as session:
        for _ in range(3):
            record(session, "session.end", new_id(), new_id(), clock.now())
    assert seal_record(clock.now()) == 4
    (told,) = said()
    assert (told["remembered_size"], told["found_size"]) == (lost.size, old.size)
    with reading() as session:
        first = session.scalars(select(LogRoot).where(LogRoot.number == old.size)).one()
        leaf = session.scalars(
            select(LogLeaf).where(LogLeaf.log_id == PLATFORM, LogLeaf.number == first.size - 1)
        ).one()
        assert session.get_one(AuditEntry, leaf.entry_id).act == "record.recovery", "the first entry after the backup"
        assert first.log_id == PLATFORM
    memory = Memory(database.home)
    assert (memory.last(), memory.recovered()) == (note().note, [lost.note])
    go_on(2)
    found = walked(database, str(memory.last()))
    assert found.faults == []
    assert [(each.remembered, each.found) for each in found.recoveries] == [(lost.size, old.size)]
    assert not walked(database, lost.note).clean, "who holds the lost one still sees that something was taken away"
    assert len(said()) == 1


def test_a_database_that_went_on_by_itself_is_named_too(database: Database, backup: Backup) -> None:
    go_on(3)
    put_back = backup()
    go_on(2)
    lost = note()
    put_back()
    last = (database.home / "record" / "last").read_bytes()
    (database.home / "record" / "last").unlink()  # sealed by somebody who put the memory away
    go_on(6)
    (database.home / "record" / "last").write_bytes(last)
    go_on(1)
    assert [told["remembered_size"] for told in said()] == [lost.size]
    assert walked(database).clean


def test_a_process_that_ends_before_it_remembers_says_it_once(
    database: Database, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on(3)
    put_back = backup()
    go_on(3)
    put_back()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(Memory, "give_up", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_record(clock.now())
    go_on(2)
    seal_record(clock.now())
    assert len(said()) == 1
    assert Memory(database.home).last() == note().note
    assert walked(database).clean


def test_a_memory_that_cannot_be_read_is_no_silence(database: Database) -> None:
    go_on(1)
    (database.home / "record" / "last").write_text("nothing of ours")
    with pytest.raises(Conflict, match="is not as it was written"):
        go_on(1)


def test_a_witness_refuses_names_it_and_goes_on_when_it_is_accepted(
    app: Flask, database: Database, backup: Backup, tmp_path: Path
) -> None:
    app.extensions["engine"].dispose()
    with serving(app) as url:
        witness, state = Witness(url, tmp_path / "w"), tmp_path / "w"
        go_on(2)
        witness.look()
        put_back = backup()
        app.extensions["engine"].dispose()  # a copy cuts off whoever was connected
        with pytest.raises(Refused, match="nothing to accept"):
            witness.accept_recovery()
        go_on(4)
        witness.look()
        lost = (state / "last").read_text()
        put_back()
        app.extensions["engine"].dispose()
        with pytest.raises(Refused, match="taken away") as why:
            witness.look()
        assert "says itself" not in str(why.value)
        with pytest.raises(Refused, match="names no recovery"):
            witness.accept_recovery()
        go_on(1)
        with pytest.raises(Refused, match=r"came back from a backup: with 2 roots, where 6 had been signed"):
            witness.look()
        assert (state / "last").read_text() == lost, "it remembers until somebody decides"
        assert witness.accept_recovery() == Look(6, 4)
        told = json.loads((state / "accepted").read_text())
        assert told["given up"] == lost and told["recoveries"][0]["found_size"] == 2
        assert witness.look() == Look(4, 4)
        go_on(7)
        assert witness.look() == Look(4, 11)


def test_a_record_that_was_emptied_is_named_with_nothing_left(app: Flask, database: Database, tmp_path: Path) -> None:
    app.extensions["engine"].dispose()
    with serving(app) as url:
        witness = Witness(url, tmp_path / "w")
        go_on(5)
        witness.look()
        with database.in_hand() as session:
            for table in ("log_leaf", "log_node", "log_root", "log_checkpoint"):
                session.connection().exec_driver_sql(f"DELETE FROM {table}")
        go_on(3)
        assert len(said()) == 1, "the memory of the installation sees it, and says that no root was left"
        with pytest.raises(Refused, match="came back from a backup: with 0 roots"):
            witness.look()
        assert witness.accept_recovery().before == 5, "an auditor may accept even that; it is written down"


def test_a_recovery_that_was_accepted_once_explains_nothing_taken_away_since(
    app: Flask, database: Database, backup: Backup, tmp_path: Path
) -> None:
    def cut_off() -> None:
        app.extensions["engine"].dispose()

    cut_off()
    with serving(app) as url:
        witness, state = Witness(url, tmp_path / "w"), tmp_path / "w"
        go_on(2)
        witness.look()
        put_back = backup()
        cut_off()
        go_on(4)
        witness.look()
        put_back()
        cut_off()
        go_on(1)
        assert witness.accept_recovery() == Look(6, 4)
        put_back = backup()
        cut_off()
        go_on(3)
        witness.look()
        put_back()
        cut_off()
        (database.home / "record" / "last").unlink()  # so that the installation sees nothing, and says nothing
        go_on(1)
        with pytest.raises(Refused, match="taken away"):
            witness.look()
        with pytest.raises(Refused, match="names no recovery"):
            witness.accept_recovery()
        assert (state / "accepted").read_text().count("\n") == 1


def test_a_second_recovery_is_held_against_what_was_seen_since_the_first(
    app: Flask, backup: Backup, tmp_path: Path
) -> None:
    app.extensions["engine"].dispose()
    with serving(app) as url:
        witness = Witness(url, tmp_path / "w")
        go_on(2)
        for more, size in ((4, 6), (5, 11)):
            put_back = backup()
            app.extensions["engine"].dispose()
            for _ in range(more):  # of all these nothing will be left
                go_on(1)
                witness.look()
            put_back()
            app.extensions["engine"].dispose()
            go_on(1)
            found = witness.accept_recovery()
            assert found.before == size
            go_on(2)  # as many roots as were seen of what was given up
