"""The product under measurement: a durable PostgreSQL, and the web server as `labeler serve` starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL

from labeler import schema
from labeler.config import ROOT, Settings
from labeler.db import connect
from labeler.jobs.supervisor import web
from tests.support import postgres
from tests.support.database import make_empty

DURABLE = ("shared_buffers=1GB", "max_wal_size=4GB")
"""fsync and synchronous_commit stay on, as an operator has them."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server and the process that leads it."""

    url: URL
    pid: int

    def use(self, name: str) -> str:
        """Connect this process to a database made by `fresh`. Returns its URL."""
        url = self.url.set(database=name).render_as_string(hide_password=False)
        connect(url, pool=4)
        return url

    def fresh(self, name: str) -> str:
        """A new database with the schema; this process is connected to it. Returns its URL."""
        make_empty(self.url, name)
        url = self.url.set(database=name).render_as_string(hide_password=False)
        schema.upgrade(connect(url, pool=4))
        return url


@contextmanager
def database() -> Iterator[Postgres]:
    """A PostgreSQL for the whole run."""
    with postgres.server(DURABLE) as url:
        with psycopg.connect(postgres.conninfo(url, "postgres")) as connection:
            found = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
        assert found is not None
        yield Postgres(url, int((Path(found[0]) / "postmaster.pid").read_text().split()[0]))


@dataclass(frozen=True, slots=True)
class Web:
    """A running web server."""

    host: str
    port: int
    pid: int


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(database_url: str, home: Path, command: list[str] | None = None) -> Iterator[Web]:
    """gunicorn with the product's own options, over this database; `command` starts another application instead."""
    port = free_port()
    settings = Settings(home=home, database_url=database_url, port=port, secret_key="0123456789abcdef" * 4)
    env = {
        **os.environ, "LABELER_HOME": str(home), "DATABASE_URL": database_url, "SECRET_KEY": "0123456789abcdef" * 4,
        "PORT": str(port),
    }  # fmt: skip
    argv = [part.replace("wsgi:app", command[0]) if command else part for part in web(settings)]
    process = subprocess.Popen(argv, env=env, cwd=ROOT)
    try:
        _wait(port, process)
        yield Web("127.0.0.1", port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the web server did not start")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"GET /static/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if probe.recv(1):
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not answer within a minute")
