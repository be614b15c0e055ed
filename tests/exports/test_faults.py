"""What goes wrong beside the writing: a full disk, a key that can't be used. It is told, nothing half shows, and
the next attempt goes on."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.exports import service
from labeler.exports.formats import HashedFile
from labeler.exports.models import Export, ExportState
from labeler.exports.verify import verify
from labeler.jobs import worker
from labeler.jobs.models import Job, JobState
from labeler.projects.models import Project
from labeler.signing.keys import Keys, Purpose
from tests.exports.conftest import LATER
from tests.support.build import add_user, sign_in
from tests.support.database import Database

Full = Callable[[int | None], None]
PAGE = "/projects/bread/exports/1"

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def asked(project: Project) -> tuple[UUID, UUID]:
    with transaction() as session:
        export, job = service.request(session, project.created_by, project.id, {}, LATER)
        return export.id, job


def export(export_id: UUID) -> Export:
    with reading() as session:
        return session.get_one(Export, export_id)


def at_once(job_id: UUID) -> None:
    """Let the time until the next attempt have passed."""
    with transaction() as session:
        job = session.get_one(Job, job_id)
        assert job.state is JobState.QUEUED
        job.run_after = clock.now() - timedelta(seconds=1)


def folders(database: Database) -> list[Path]:
    return [path for path in (database.home / "exports").iterdir() if path.is_dir()]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    """`full(n)`: the disk has room for n bytes more; `full(None)`: for all there are."""
    left: list[int | None] = [None]
    write = HashedFile.write

    def written(file: HashedFile, data: Any) -> int:
        size = memoryview(data).nbytes
        if left[0] is not None:
            left[0] -= size
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    def set_to(room: int | None) -> None:
        left[0] = room

    monkeypatch.setattr(HashedFile, "write", written)
    return set_to


@pytest.mark.parametrize("room", [0, 3_000, 20_000])
def test_a_full_disk_is_told_and_the_next_attempt_goes_on(
    database: Database,
    project: Project,
    settled: None,
    client: FlaskClient,
    full: Full,
    room: int,
) -> None:
    export_id, job = asked(project)
    full(room)
    assert worker.run(job)
    waits = export(export_id)
    assert (waits.state, waits.folder, waits.problem) == (ExportState.WRITING, None, worker.NO_ROOM)
    assert folders(database) == []
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    assert f"another one comes by itself, in some minutes at most. {worker.NO_ROOM}" in client.get(PAGE).text
    full(None)
    at_once(job)
    assert worker.run(job)
    done = export(export_id)
    assert (done.state, done.problem) == (ExportState.DONE, None)
    assert verify(database.home / str(done.folder)).rows == {"judgments": 14, "preference": 2}


def test_a_disk_that_stays_full_ends_the_export_in_plain_words(
    database: Database, project: Project, settled: None, full: Full
) -> None:
    export_id, job = asked(project)
    full(5_000)
    for attempt in range(1, worker.ATTEMPTS + 1):
        assert worker.run(job)
        if attempt < worker.ATTEMPTS:
            at_once(job)
    ended = export(export_id)
    assert (ended.state, ended.problem) == (ExportState.FAILED, worker.NO_ROOM)
    assert folders(database) == []
    full(None)
    again, job = asked(project)
    assert worker.run(job)
    assert export(again).state is ExportState.DONE


@pytest.mark.parametrize("fault", ["gone", "damaged", "unreadable"])
def test_without_its_key_nothing_is_written_and_the_page_says_what_to_do(
    database: Database, project: Project, make: Callable[..., Export], fault: str
) -> None:
    make(project)
    private = database.home / "keys/export/1.private"
    kept, before = private.read_bytes(), folders(database)
    private.unlink()
    if fault == "damaged":
        private.write_bytes(kept[:50])
    elif fault == "unreadable":
        private.mkdir()
    export_id, job = asked(project)
    assert worker.run(job)
    ended = export(export_id)
    words = {"gone": "labeler key rotate export", "damaged": "Put it back", "unreadable": "can't be read"}
    assert ended.state is ExportState.FAILED and words[fault] in str(ended.problem)
    assert folders(database) == before
    if fault == "unreadable":
        private.rmdir()
    private.unlink(missing_ok=True)
    private.write_bytes(kept)
    assert make(project).key_id == Keys(database.home).known(Purpose.EXPORT)[-1].key_id
