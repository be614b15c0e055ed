"""Fixtures for every test. With `database`, `session`, `app` or `client` a test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL
from sqlalchemy.orm import Session

from tests.support import database as databases
from tests.support import entries, postgres
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

for name in ("DATABASE_URL", "REDIS_URL", "LABELER_HOME", "SECRET_KEY", "PUBLIC_URL", "LABELER_DEMO"):
    os.environ.pop(name, None)  # a test must never touch the data of the person who runs it

# A property holds or it does not: that a busy machine took long over one example says nothing about it.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

TURNS = (
    "tests/web/", "tests/api/", "tests/cli/", "tests/client/", "tests/pay/test_pages.py", "tests/exports/test_pages.py",
    "tests/jobs/test_supervisor.py", "tests/exports/documents/", "tests/exports/test_superseded.py",
    "tests/exports/test_splits.py", "tests/exports/test_downloads.py", "tests/exports/test_people.py",
    "tests/exports/test_reimport.py",
    "tests/exports/delivery/test_kills.py", "tests/exports/delivery/test_pages.py",
    "tests/exports/test_several.py", "tests/compliance/test_reports.py",
    "tests/erasure/test_pages.py", "tests/erasure/test_outcomes.py", "tests/compliance/test_cheats",
    "tests/erasure/test_proofs.py",
    "tests/house/test_entries.py",
)  # fmt: skip
"""Tests of whole pages, processes and dataset versions: what they rest on is tested on both databases beside it."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many work at once with `-n auto`: one more than there are processors, for a quarter of the time a test waits
    for a browser, a server or a disk."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests take turns: `make test` runs each on one of the databases, `make test-all` on both.

    Which one follows from the test's name, so that half of every file meets each database, the same half every time.
    """
    for item in items:
        spec = getattr(item, "callspec", None)
        on = spec.params.get("database") if spec is not None else None
        if on is not None and item.nodeid.startswith(TURNS):
            name = item.nodeid.replace(on, "")
            if on != ("sqlite", "postgresql")[zlib.crc32(name.encode()) & 1]:
                item.add_marker("slow")


@pytest.fixture(autouse=True)
def _ids_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids never go back within a process: a test that looked into the future must not leave its ids to the next."""
    monkeypatch.setattr("labeler.ids._last", 0)


@pytest.fixture(autouse=True)
def _each_change_has_its_entry() -> Iterator[None]:
    """No request, job or command of a test keeps a change without an entry in the record (P22)."""
    entries.take()
    yield
    without = entries.take()
    assert not without, "\n".join(["Changes without an entry (tests/support/entries.py):", *without])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and no rows, made once and copied for every test."""
    path = tmp_path_factory.mktemp("template") / "labeler.db"
    databases.make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """One PostgreSQL for this test process. Without one, the tests that need it are skipped and counted."""
    try:
        with postgres.server() as url:
            yield url
    except postgres.Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: URL) -> Iterator[str]:
    """The name of this test process's database, which has the schema."""
    name = f"labeler_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    databases.make_template(postgresql_server, name)
    yield name
    databases.drop(postgresql_server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A connected database with the schema and no rows; `labeler.db.transaction` and `reading` work on it."""
    if request.param == "sqlite":
        with databases.sqlite(request.getfixturevalue("sqlite_template"), tmp_path) as made:
            yield made
    else:
        name = request.getfixturevalue("postgresql_database")
        with databases.postgresql(request.getfixturevalue("postgresql_server"), name, tmp_path) as made:
            yield made


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """An open transaction that is thrown away at the end. On SQLite it holds the only pen.

    A test that uses `client`, threads or processes opens `with transaction() as session:` for itself instead.
    """
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    """The whole application over `database`."""
    from labeler.app import create_app  # only tests of pages pay for this import

    database.engine.dispose()
    app = create_app(database.settings)
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, not signed in. Forms need their token, read from the page."""
    return app.test_client()
