"""The database: one engine, typed columns, and the only two places where a transaction opens and closes.

SQLite is the embedded default, PostgreSQL is production; every service runs on both.
"""

from __future__ import annotations

import enum
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from select import POLLIN, poll
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    Select,
    Table,
    Text,
    TypeDecorator,
    UpdateBase,
    Uuid,
    create_engine,
    event,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import NullType

from labeler.ids import new_id

READ_ONLY = "read_only"

T = TypeVar("T")


class Utc(TypeDecorator[datetime]):
    """A moment in UTC on both databases; a time without a zone is refused, because it could mean anything."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Small structured facts. Texts of tasks and answers are kept as JSON *text*: PostgreSQL's jsonb refuses U+0000."""


def _values(kind: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in kind]


@event.listens_for(Column, "before_parent_attach")
def _type_of_a_foreign_key(column: Column[Any], _parent: Any) -> None:
    # Every key of ours is a UUID. Left to itself a foreign key has no type until the table it leads to is imported, and
    # a statement that a module builds before that binds its parameters without one.
    if column.foreign_keys and isinstance(column.type, NullType):
        column.type = Uuid()


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False, repr=False):
    """The root of all tables: named constraints, enums as VARCHAR with a CHECK, UTC times."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads this name; it is never changed
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=True,
            validate_strings=True,
            length=24,
            values_callable=_values,
        ),
        str: Text(),
        datetime: Utc(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        dict[str, int]: Json,
        list[str]: Json,
        list[int]: Json,
    }


class Entity(Base):
    """A table whose rows are seen by people and addresses: its key is a UUIDv7."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id, kw_only=True)


def table(model: type[Base]) -> Table:
    """A model's table: for statements that need no object for each row."""
    return cast(Table, model.__table__)


class Together:
    """Writes that do not look at each other's rows: one statement on PostgreSQL, one after another on SQLite."""

    def __init__(self, *writes: UpdateBase) -> None:
        self._writes = writes
        parts = [write.cte(f"w{n}") for n, write in enumerate(writes)]
        self._one: Select[Any] = select(literal_column("1")).add_cte(*parts)
        self._names = [frozenset(write.compile().params) for write in writes]

    def execute(self, session: Session, values: dict[str, Any]) -> None:
        """Do them all; `values` has every parameter of every write."""
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(self._one, values)
            return
        for write, names in zip(self._writes, self._names, strict=True):
            connection.execute(write, {name: values[name] for name in names if name in values})


_sessions = sessionmaker(expire_on_commit=False)


def connect(url: str, *, pool: int = 10) -> Engine:
    """Open the engine that `transaction` and `reading` use from now on in this process, and return it."""
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool, max_overflow=10, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(
            url,
            pool_size=pool,
            max_overflow=10,
            hide_parameters=True,  # what people wrote must not come into a log with an error
            pool_use_lifo=True,  # a connection used a moment ago knows our statements; idle ones stay idle
            connect_args={
                "options": "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
                "prepare_threshold": 2,
            },
        )
        event.listen(engine, "checkout", _refuse_dead)
    _sessions.configure(bind=engine)
    return engine


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: it opens none for a SELECT, and read-then-claim would
    # then hand one task to two people. What is deleted is overwritten: no erased person's words stay in the file.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that turns to writing fails at once, whatever busy_timeout says: writers begin as writers.
    read_only = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _refuse_dead(connection: Any, entry: ConnectionPoolEntry, _lent: object) -> None:
    # A server that ends a connection writes to it before, and an idle one is written to by nobody else. So whether it
    # is dead is told by its socket, without the round trip of a ping: the pool then opens another one. One that was
    # just opened is believed.
    if "lent" in entry.info and (connection.closed or _written_to(connection.fileno())):
        raise DisconnectionError("the server has ended this connection")
    entry.info["lent"] = True


def _written_to(file: int) -> bool:
    looked = poll()
    looked.register(file, POLLIN)
    return bool(looked.poll(0))


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: all of it is kept, or, when anything raises, nothing. Doors open it; services never do."""
    with _sessions() as session:
        yield session
        session.commit()


def repeated(work: Callable[[Session], T], *, tries: int = 4) -> T:
    """Do `work` in a transaction; once more when the database gave way to another one (a deadlock, a lock held long),
    or cut the connection before anything was kept.

    Whatever a broken-off try did is undone, so the work must have no effect outside the session.
    """
    for left in reversed(range(tries)):
        kept = False
        try:
            with transaction() as session:
                result = work(session)
                kept = True  # from here on it is being kept: a connection lost now leaves that unknown
            return result
        except OperationalError as error:
            if not left or not (_gave_way(error) or (error.connection_invalidated and not kept)):
                raise
            time.sleep(random.uniform(0.01, 0.05) * (tries - left))  # noqa: S311 -- only spreads the tries
    raise AssertionError("unreachable")


def _gave_way(error: OperationalError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in ("40001", "40P01", "55P03") or "database is locked" in str(error.orig)


def empty_journal() -> None:
    """SQLite: bring everything into the file and empty its journal, so that no old page is left there. PostgreSQL
    removes old rows and its log by itself. Nobody waits: where somebody reads, a later one does it."""
    engine = _sessions.kw["bind"]
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:  # outside of any transaction
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def reading() -> Iterator[Session]:
    """A snapshot for looking only: on SQLite it waits for no writer, on PostgreSQL a write in it is refused.

    It ends by a commit, because a rollback makes the driver forget every statement it has prepared; what was changed
    in objects is forgotten first.
    """
    with _sessions() as session:
        session.connection(execution_options={READ_ONLY: True, "postgresql_readonly": True})
        yield session
        session.expunge_all()
        session.commit()


@contextmanager
def glancing() -> Iterator[Session]:
    """For one statement that looks: no transaction is opened around it, which spares the hot path two round trips."""
    with _sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield session
