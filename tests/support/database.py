"""A database for a test: SQLite or PostgreSQL, with the schema of the migrations and no rows, ready in milliseconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from labeler import db, schema
from labeler.audit.grants import statements
from labeler.config import Settings
from labeler.models import metadata
from tests.support.postgres import conninfo

APP = "labeler_app"
"""The role that the product runs as on PostgreSQL: not the owner of its tables."""
TABLES = [f'"{table.name}"' for table in metadata.sorted_tables]


@dataclass(frozen=True, slots=True)
class Database:
    """A connected, empty database. `labeler.db.transaction` and `reading` use it until the test ends."""

    name: str
    """`"sqlite"` or `"postgresql"`."""
    url: str
    engine: Engine
    home: Path
    """An empty data folder, for `Settings.home`."""
    owner_url: URL | None = None
    """PostgreSQL: who made the tables; the product runs as `APP`."""

    @property
    def settings(self) -> Settings:
        """Settings as an operator would have them for this database; nothing of the real environment is used."""
        return Settings(home=self.home, database_url=self.url, redis_url=None, secret_key="0123456789abcdef" * 4)

    @contextmanager
    def in_hand(self) -> Iterator[Session]:
        """A transaction of somebody who has the database in hand, and may change what the product may only add to: the
        owner of the tables, or whoever may write the SQLite file and has removed its triggers."""
        if self.name == "sqlite":
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                for trigger in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                    session.execute(text(f"DROP TRIGGER {trigger}"))
                yield session
            return
        owner = create_engine(make_url(self.url).set(username=self.owner.username, password=self.owner.password))
        try:
            with Session(owner, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            owner.dispose()

    @property
    def owner(self) -> URL:
        """The address of the owner of the tables."""
        return self.owner_url or make_url(self.url)

    @property
    def environment(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {"LABELER_HOME": str(self.home), "DATABASE_URL": self.url, "SECRET_KEY": "0123456789abcdef" * 4}


def make_schema(url: str) -> None:
    """Give an empty database the product's schema, the way `labeler init` does."""
    engine = db.connect(url)
    schema.upgrade(engine)
    engine.dispose()


@contextmanager
def sqlite(template: Path, folder: Path) -> Iterator[Database]:
    """A copy of `template` in `folder`."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    path = home / "labeler.db"
    shutil.copyfile(template, path)
    url = f"sqlite:///{path}"
    engine = db.connect(url)
    event.listen(engine, "connect", _without_fsync)
    try:
        yield Database("sqlite", url, engine, home)
    finally:
        engine.dispose()


def _without_fsync(connection: object, _record: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]  # sqlite3.Connection


@contextmanager
def postgresql(server: URL, name: str, folder: Path) -> Iterator[Database]:
    """The database `name` of the server, emptied: some milliseconds, whether the test before kept anything or not."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    empty(server, name)
    url = server.set(database=name, username=APP, password=APP).render_as_string(hide_password=False)
    engine = db.connect(url)
    try:
        yield Database("postgresql", url, engine, home, server.set(database=name))
    finally:
        engine.dispose()


VACUUMED = 500
"""After more rows than this the space they took is freed at once."""


def empty(server: URL, name: str) -> None:
    """Cut off whoever is still connected (a test may leave a killed process behind), and remove every row."""
    with psycopg.connect(conninfo(server, name), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        look = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in TABLES)
        filled = [row[0] for row in connection.execute(look)]
        # Nearly every table leads to a person: TRUNCATE … CASCADE would make all of them anew, with all their indexes.
        large = []
        with connection.transaction():
            connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # no foreign key is looked after meanwhile
            large = [each for each in filled if connection.execute(f"DELETE FROM {each}").rowcount > VACUUMED]
        for each in large:
            connection.execute(f"VACUUM {each}")


def make_template(server: URL, name: str) -> None:
    """Make the database `name` on the server, with the schema. An older one of this name is replaced."""
    make_empty(server, name)
    make_schema(server.set(database=name).render_as_string(hide_password=False))
    let_the_app_in(server.set(database=name))


def let_the_app_in(owner: URL) -> None:
    """Make the role that the product runs as in every test on PostgreSQL, with the rights of `labeler db grant`."""
    there = suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)
    with there, psycopg.connect(conninfo(owner, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {APP} LOGIN PASSWORD '{APP}'")
    engine = create_engine(owner)
    with engine.begin() as connection:
        for statement in statements(connection, APP, metadata.tables):
            connection.exec_driver_sql(statement)
    engine.dispose()


def make_empty(server: URL, name: str) -> None:
    """Make the database `name` on the server, without any table. An older one of this name is replaced."""
    with psycopg.connect(conninfo(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")


def drop(server: URL, name: str) -> None:
    """Remove the database `name`: the server may be one that stays."""
    with psycopg.connect(conninfo(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
