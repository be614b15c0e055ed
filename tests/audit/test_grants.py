"""Who runs the product may add to the record and read it; only what erases a person takes anything out, and says so.

Every other test on PostgreSQL runs as this role, too: all of the product works with these rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from labeler.assignment.service import Handed, hand_out
from labeler.audit import grants
from labeler.audit.forgetting import forget
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.walking import walk
from labeler.cli import checkup
from labeler.db import reading, transaction
from labeler.erasure.service import erase
from labeler.errors import LabelerError
from labeler.jobs.seal import seal_record
from labeler.judgments.service import submit
from labeler.models import metadata
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, record_keys
from tests.support import database as databases
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

LATER = NOW + timedelta(hours=1)
FORBIDDEN = [
    *(f"DELETE FROM {table}" for table in grants.ADDED_TO),
    *(f"UPDATE {table} SET {column} = {column}" for table, column in (
        ("audit_entry", "fields"), ("audit_entry", "id"), ("log_checkpoint", "note"), ("log_leaf", "salt"),
        ("log_leaf", "commitment"), ("log_leaf", "entry_id"), ("log_node", "hash"), ("log_root", "root"),
        ("policy", "value"),
    )),
]  # fmt: skip
OF_POSTGRESQL = [
    *(f"TRUNCATE {table}" for table in grants.ADDED_TO),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in grants.RECORD),
    *(f"DROP TABLE {table}" for table in grants.RECORD),
    "CREATE OR REPLACE FUNCTION forget_answers(account uuid, most integer, note uuid) RETURNS integer"
    " LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION forget_answers(uuid, integer, uuid) SECURITY INVOKER",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "UPDATE alembic_version SET version_num = '0000'",
    "SELECT 1 FROM audit_entry FOR UPDATE",
]


@pytest.fixture(autouse=True)
def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELER_HOME", str(database.home))


@pytest.fixture
def hers() -> UUID:
    """A labeler who has answered three tasks, all of it sealed."""
    with transaction() as session:
        project, labeler = add_project(session), add_labeler(session)
        add_tasks(session, project, 3)
        for number in range(3):
            at = NOW + timedelta(minutes=number)
            given = hand_out(session, labeler.id, at)
            assert isinstance(given, Handed)
            submit(session, labeler.id, given.assignment_id, {"choice": ["a2"]}, f"0123456789abcde{number}", at)
        found = labeler.id
    seal_record(LATER)
    return found


def refused(engine: Engine, statement: str) -> str:
    with pytest.raises(DatabaseError) as why, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    return str(why.value.orig)


def rows(database: Database) -> list[tuple[object, ...]]:
    with reading() as session:
        return [tuple(row) for row in session.execute(select(LogLeaf.entry_id, LogLeaf.salt).order_by(LogLeaf.number))]


def test_each_statement_that_would_change_the_record_is_refused(hers: UUID, database: Database) -> None:
    before = rows(database)
    engine = database.engine
    if database.name == "postgresql":
        for statement in [*FORBIDDEN, *OF_POSTGRESQL]:
            said = refused(engine, statement)
            assert "denied" in said or "must be owner" in said, (statement, said)
        with engine.begin() as connection:  # PostgreSQL only warns that nothing was granted
            connection.exec_driver_sql("GRANT ALL ON audit_entry TO labeler_app")
            assert grants.may_change(connection) == []
    else:
        with engine.connect() as connection:
            filled = {each for each in grants.RECORD if connection.exec_driver_sql(f"SELECT 1 FROM {each}").first()}
        for statement in FORBIDDEN:
            if filled & set(statement.split()):
                assert "only added to" in refused(engine, statement), statement
    assert rows(database) == before


def test_nobody_is_forgotten_who_was_not_erased(hers: UUID, database: Database) -> None:
    before = rows(database)
    with transaction() as session:
        assert forget(session, hers, None, LATER) == 0
    with database.in_hand() as session:  # it only says so, and no sealed entry does
        session.execute(text("UPDATE labeler SET erased_at = contract_from"))
    with transaction() as session:
        assert forget(session, hers, None, LATER) == 0
    assert rows(database) == before


def test_an_erased_person_is_forgotten_and_the_record_says_so(hers: UUID, database: Database) -> None:
    keys = Keys(database.home)
    with transaction() as session:
        erase(session, hers, LATER)
    with transaction() as session:
        assert forget(session, hers, None, LATER) == 0, "it is not sealed that she was erased"
    seal_record(LATER)
    with transaction() as session:
        vendor = session.scalar(select(AuditEntry.vendor_id).where(AuditEntry.act == "person.erase"))
        assert forget(session, hers, vendor, LATER, most=2) == 2
        assert forget(session, hers, vendor, LATER) == 1
        assert forget(session, hers, vendor, LATER) == 0
    with reading() as session:
        told = session.scalars(
            select(AuditEntry.fields).where(AuditEntry.act == "person.forget").order_by(AuditEntry.id)
        )
        assert list(told) == ['{"entries":2}', '{"entries":1}']
        assert session.scalar(select(func.count()).where(AuditEntry.act == "judgment.submit")) == 0
        found = walk(session, origin(keys), record_keys(keys), LATER)
        assert (found.faults, found.erased) == ([], 3)


def test_what_is_taken_away_by_hand_is_named(hers: UUID, database: Database) -> None:
    keys = Keys(database.home)
    with database.in_hand() as session:
        one = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "judgment.submit").limit(1)).one()
        key = one.hex if database.name == "sqlite" else str(one)
        session.execute(text("UPDATE log_leaf SET salt = NULL WHERE entry_id = :id"), {"id": key})
        session.execute(text("DELETE FROM audit_entry WHERE id = :id"), {"id": key})
    with reading() as session:
        found = walk(session, origin(keys), record_keys(keys), LATER)
    assert [fault.what for fault in found.faults] == ["1 entries are erased, and the record says so of 0 only"]


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    if database.name != "postgresql":
        pytest.skip("SQLite has no roles")
    engine = create_engine(database.owner)
    yield engine
    engine.dispose()


def test_grants_may_be_given_again_and_never_to_the_owner(owner: Engine, database: Database) -> None:
    with owner.begin() as connection:
        made = grants.statements(connection, databases.APP, metadata.tables)
        for statement in made * 2:
            connection.exec_driver_sql(statement)
        with pytest.raises(LabelerError, match="owns the tables"):
            grants.statements(connection, "postgres", metadata.tables)
        with pytest.raises(LabelerError, match="CREATE ROLE"):
            grants.statements(connection, "nobody_here", metadata.tables)
        assert set(grants.may_change(connection)) == set(grants.RECORD)
    with database.engine.connect() as connection:
        assert grants.may_change(connection) == []


def test_the_check_up_says_who_could_change_the_record(database: Database) -> None:
    found = {each.what: each for each in checkup.look(database.settings)}["record"]
    assert found.state == ("note" if database.name == "sqlite" else "ok")
    if database.name == "postgresql":
        url = database.owner.render_as_string(hide_password=False)
        changed = database.settings.model_copy(update={"database_url": url})
        found = {each.what: each for each in checkup.look(changed)}["record"]
        assert found.state == "note" and "labeler db grant" in found.fact


def test_the_triggers_are_on_every_table(database: Database, session: Session) -> None:
    if database.name == "sqlite":
        names = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        assert names >= {f"{table}_{act}" for table in grants.RECORD for act in ("update", "delete")}
