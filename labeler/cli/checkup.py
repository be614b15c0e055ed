"""What `labeler doctor` looks at."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from labeler import clock, schema
from labeler.audit.grants import may_change
from labeler.config import Settings
from labeler.db import connect
from labeler.jobs import broker

State = Literal["ok", "note", "wrong"]

SQLITE = (3, 35)
"""The first SQLite with RETURNING, which the hand-out needs."""
POSTGRESQL = 15
"""The oldest PostgreSQL that the tests run on."""
ROOM = 1 << 30
"""Bytes the data folder's disk should have left."""
SKEW = 2.0
"""Seconds by which this machine's clock and the database's may differ: leases are counted by both."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    state: State
    fact: str

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def look(settings: Settings) -> list[Finding]:
    """Everything, in the order in which to mend it."""
    findings = [_versions(), _disk(settings)]
    engine = connect(settings.database)
    try:
        for check in (_database, _schema, _rights, _clock):
            findings.append(check(engine))
            if findings[-1].state == "wrong":
                break
    finally:
        engine.dispose()
    return [*findings, _broker(settings)]


def _versions() -> Finding:
    names = ("labeler", "flask", "sqlalchemy", "rq", "gunicorn")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return Finding("versions", "ok", f"Python {platform.python_version()}, {versions}")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.folder).free
    state: State = "ok" if free >= ROOM else "wrong"
    return Finding("disk", state, f"{free / (1 << 30):.1f} GiB free at {settings.folder}")


def _asked(what: str) -> Callable[[Callable[[Engine], Finding]], Callable[[Engine], Finding]]:
    def wrap(check: Callable[[Engine], Finding]) -> Callable[[Engine], Finding]:
        def asked(engine: Engine) -> Finding:
            try:
                return check(engine)
            except SQLAlchemyError as error:
                return Finding(what, "wrong", f"does not answer: {str(error).splitlines()[0]}")

        return asked

    return wrap


@_asked("database")
def _database(engine: Engine) -> Finding:
    if engine.dialect.name == "sqlite":
        state: State = "ok" if sqlite3.sqlite_version_info >= SQLITE else "wrong"
        needs = "" if state == "ok" else f"; {'.'.join(map(str, SQLITE))} or newer is needed"
        return Finding("database", state, f"SQLite {sqlite3.sqlite_version}{needs}")
    with engine.connect() as connection:
        version, number = connection.execute(
            text("SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000")
        ).one()
    known = number >= POSTGRESQL
    return Finding("database", "ok" if known else "wrong", f"PostgreSQL {version}" + ("" if known else "; needs 15"))


@_asked("schema")
def _schema(engine: Engine) -> Finding:
    found, needed = schema.current(engine), schema.head()
    if found == needed:
        return Finding("schema", "ok", f"revision {found}")
    return Finding("schema", "wrong", f"revision {found or 'none'}, needs {needed}: run `labeler init`")


@_asked("record")
def _rights(engine: Engine) -> Finding:
    """Whether who runs this could change what was recorded."""
    if engine.dialect.name == "sqlite":
        return Finding(
            "record", "note", "SQLite: triggers stop mistakes; whoever may write the file may change the record"
        )
    with engine.connect() as connection:
        who, could = connection.execute(text("SELECT current_user")).scalar_one(), may_change(connection)
    if could:
        fact = f"{who} could change the record ({', '.join(could)}): let web and workers connect as another role, after"
        return Finding("record", "note", f"{fact} `labeler db grant ROLE`")
    return Finding("record", "ok", f"{who} may only insert into the record and read it")


@_asked("clock")
def _clock(engine: Engine) -> Finding:
    if engine.dialect.name == "sqlite":
        return Finding("clock", "ok", f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")
    with engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs((theirs.astimezone(UTC) - clock.now()).total_seconds())
    return Finding("clock", "ok" if apart <= SKEW else "wrong", f"{apart:.2f} s from the database's")


def _broker(settings: Settings) -> Finding:
    if settings.redis_url:
        if broker.reachable(settings.redis_url):
            return Finding("broker", "ok", "REDIS_URL answers")
        return Finding("broker", "wrong", "REDIS_URL does not answer: jobs start seconds later than they could")
    binary = broker.server()
    if binary is None:
        return Finding("broker", "note", "none here: the worker looks into the database every second")
    state = "is running" if broker.reachable(broker.url(settings.folder)) else "starts with `labeler serve`"
    return Finding("broker", "ok", f"{binary.name} {state}")
