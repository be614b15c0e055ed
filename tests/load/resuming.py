"""A worker killed amid a large export: how long until the next one has finished it, and are the bytes the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from labeler import clock, db
from labeler.config import ROOT
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.projects.models import Project
from labeler.signing.keys import Keys, Purpose
from labeler.storage import Storage
from tests.load.exports import judge_all
from tests.load.server import Postgres
from tests.load.world import add_comparisons, add_people

VIEWS = ["judgments", "preference"]


@dataclass(frozen=True, slots=True)
class Resumed:
    """`at` is the share of the answers read when the worker was killed; the seconds count from then."""

    judgments: int
    at: float
    begun_s: float
    done_s: float
    whole_s: float
    same_bytes: bool


def measure(postgres: Postgres, judgments: int) -> Resumed:
    """Kill a worker half-way, start the next one at once, as the supervisor does; then write the version once more."""
    url = postgres.fresh("bench_resume")
    labeler = add_people(1).ids[0]
    project = add_comparisons(judgments, 1)
    judge_all(labeler, project)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with db.transaction() as session:
            actor = session.get_one(Project, project).created_by
            export_id = service.request(session, actor, project, {"views": VIEWS}, clock.now())[0].id
        with _worker(url, home) as first:
            while _seen(export_id).done_rows * 2 < judgments:
                time.sleep(0.05)
            at = _seen(export_id).done_rows / judgments
            first.send_signal(signal.SIGKILL)
            first.wait()
        killed = time.perf_counter()
        with _worker(url, home):
            while _seen(export_id).done_rows * 2 >= judgments:  # it starts anew, from 0
                time.sleep(0.05)
            begun = time.perf_counter() - killed
            while (now := _seen(export_id)).state not in (ExportState.DONE, ExportState.FAILED):
                time.sleep(0.1)
            done = time.perf_counter() - killed
        if now.state is ExportState.FAILED:
            raise RuntimeError(now.problem)
        again = time.perf_counter()
        store = Storage(home)
        key = Keys(home).current(Purpose.EXPORT, clock.now())
        with tempfile.TemporaryDirectory() as other, db.reading() as session:
            made = service.write(session, export_id, Path(other), store.secret(), key, lambda *_: None)
        whole = time.perf_counter() - again
    return Resumed(judgments, at, begun, done, whole, made.manifest_hash == now.manifest_hash)


def _seen(export_id: UUID) -> Export:
    with db.reading() as session:
        return session.get_one(Export, export_id)


@contextmanager
def _worker(url: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "LABELER_HOME": str(home), "DATABASE_URL": url, "SECRET_KEY": "0123456789abcdef" * 4}
    process = subprocess.Popen([sys.executable, "-m", "labeler", "worker"], cwd=ROOT, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
