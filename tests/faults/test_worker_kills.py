"""The worker is killed with `kill -9` amid a long job: the next attempt does it once, and nothing half shows."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from labeler import clock
from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.models import AuditEntry
from labeler.config import ROOT
from labeler.db import reading, table, transaction
from labeler.errors import Conflict
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.exports.verify import verify
from labeler.ids import new_id
from labeler.jobs import outbox
from labeler.jobs.models import Job, JobState
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Batch, ImportState, Project, Task
from labeler.projects.service import request_import
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key
from labeler.storage import Storage
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

ANSWER = '{"reasons":[],"comment":null,"verdict":"preference","preferred":0,"margin":2}'


@contextmanager
def worker(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own process, which ends with this block."""
    argv = [sys.executable, "-m", "labeler", "worker"]
    process = subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **database.environment}, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing went on"
        time.sleep(0.005)


def job_of(job_id: UUID) -> Job:
    with reading() as session:
        return session.get_one(Job, job_id)


def end_lease(job_id: UUID) -> None:
    """Let the lease of the killed attempt have run out, which takes a minute otherwise."""
    with transaction() as session:
        job = session.get_one(Job, job_id)
        if job.state is JobState.RUNNING:
            job.lease_until = clock.now() - timedelta(seconds=1)


def acts(act: str) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(AuditEntry.act == act)) or 0


def judged(tasks: int) -> Project:
    """A project with one judgment for each task."""
    with transaction() as session:
        project, labeler = add_project(session, overlap=1), add_labeler(session)
        made = add_tasks(session, project, tasks)
        now = clock.now() - timedelta(minutes=1)
        assignments = [
            {
                "id": new_id(), "task_id": task.id, "labeler_id": labeler.id, "guideline_version": 1, "fence": 1,
                "order": task.first_order, "handed_at": now, "lease_until": now, "state": AssignmentState.JUDGED,
                "ended_at": now, "seen_seconds": 0,
            }
            for task in made
        ]  # fmt: skip
        session.execute(insert(table(Assignment)), assignments)
        session.execute(
            insert(table(Judgment)),
            [
                {
                    "id": new_id(), "assignment_id": each["id"], "task_id": each["task_id"], "labeler_id": labeler.id,
                    "project_id": project.id, "guideline_version": 1, "kind": "comparison", "kind_version": 1,
                    "order": each["order"], "answer": ANSWER, "standing": Standing.COUNTED,
                    "idem_key": f"key-{each['id']}", "fingerprint": bytes(32), "handed_at": now, "shown_seconds": 30.0,
                    "submitted_at": now, "fence": 1, "version": 1,
                }
                for each in assignments
            ],
        )  # fmt: skip
        return project


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def undisturbed(export_id: UUID, home: Path) -> dict[str, bytes]:
    """The same version, written again by nobody whom anybody kills."""
    root, storage = home / "again" / str(export_id), Storage(home)
    root.mkdir(parents=True)
    with transaction() as session:
        key = signing_key(session, Keys(home), Purpose.EXPORT, clock.now())
    with reading() as session:
        service.write(session, export_id, root, storage.secret(), key, lambda *_: None)
    return bytes_in(root)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_an_export_is_made_once_and_whole(database: Database, rounds: int) -> None:
    dice, project, exports = random.Random(rounds), judged(3000), database.home / "exports"
    for number in range(1, rounds + 1):
        with transaction() as session:
            made, job_id = service.request(session, project.created_by, project.id, {}, clock.now())

        def begun(name: str = str(made.id)) -> bool:
            return any(path.is_file() for path in exports.glob(f"{name}.*.part/**/*"))

        with worker(database) as process:
            wait_for(begun)
            time.sleep(dice.uniform(0, 0.3))
            process.kill()
            process.wait()
        with reading() as session:
            killed = session.get_one(Export, made.id)
            if killed.state is not ExportState.DONE:
                assert (killed.state, killed.folder) == (ExportState.WRITING, None)
                with pytest.raises(Conflict):
                    service.download(session, project.created_by, killed, "README.md", clock.now(), way="page", size=1)
        end_lease(job_id)
        with worker(database):
            wait_for(lambda job_id=job_id: job_of(job_id).state is JobState.DONE)  # type: ignore[misc]
        with reading() as session:
            done = session.get_one(Export, made.id)
        assert done.state is ExportState.DONE
        folder = exports.parent / str(done.folder)
        checked = verify(folder)
        assert checked.manifest_hash == done.manifest_hash
        assert checked.rows["judgments"] == 3000
        assert [path for path in exports.glob(f"{made.id}.*") if path != folder] == []
        assert undisturbed(made.id, database.home) == bytes_in(folder), "as if nobody had been killed"
        assert acts("export.finish") == number
        assert job_of(job_id).attempt <= 2


def pairs(path: Path, rows: int) -> None:
    """A file of so many comparisons, each of a kilobyte."""
    text = "Bread is baked from flour, water, salt and time. " * 10
    with path.open("w") as file:
        for n in range(rows):
            row = {"prompt": f"How is bread baked? ({n})", "completions": [f"{text}{n}", f"It is bought. {text}"]}
            file.write(json.dumps(row) + "\n")


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_file_is_imported_once_and_whole(database: Database, rounds: int) -> None:
    dice, place = random.Random(rounds + 1), database.home / "imports"
    place.mkdir(mode=0o700)
    with transaction() as session:
        project = add_project(session)
    for number in range(1, rounds + 1):
        path, rows = place / f"sent-{number}", 6000 + number
        pairs(path, rows)
        with transaction() as session:
            batch = request_import(session, project.created_by, project.id, "bread.jsonl", path, {}, clock.now())
            job_id = outbox.enqueue(session, "import_batch", clock.now(), batch=str(batch.id)).id
        before = tasks()
        with worker(database) as process:
            wait_for(lambda batch=batch: state_of(batch) is not ImportState.WAITING)  # type: ignore[misc]
            time.sleep(dice.uniform(0, 0.8))
            process.kill()
            process.wait()
        assert tasks() - before == (rows if state_of(batch) is ImportState.DONE else 0)
        end_lease(job_id)
        with worker(database):
            wait_for(lambda job_id=job_id: job_of(job_id).state is JobState.DONE)  # type: ignore[misc]
        assert state_of(batch) is ImportState.DONE
        assert tasks() - before == rows
        assert acts("batch.import") == number
        assert [each.name for each in place.iterdir()] == [], "neither the file nor what a killed attempt wrote is left"


def state_of(batch: Batch) -> ImportState:
    with reading() as session:
        return session.get_one(Batch, batch.id).state


def tasks() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Task)) or 0
