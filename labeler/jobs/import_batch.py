"""The job that imports a file. It may be killed at any moment and run again: nothing shows before all is there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.config import Settings
from labeler.db import transaction
from labeler.errors import FieldProblem, LabelerError
from labeler.jobs.worker import Lost, Taken
from labeler.projects import importing
from labeler.projects.models import Batch, ImportState
from labeler.projects.reading import Limits, fingerprint
from labeler.projects.spooling import Alive, Spooled, spool
from labeler.wellbeing.policies import limits_now

TELL_EVERY = 1.0
"""Seconds between two updates of the progress that people see."""


def run(job: Taken) -> None:
    """Import the file of `job.args["batch"]`. One that was sent in is removed once this has ended, no other is."""
    batch_id = UUID(job.args["batch"])
    with transaction() as session:
        batch = session.get_one(Batch, batch_id)
        path, ended = Path(batch.settings["path"]), batch.state in (ImportState.DONE, ImportState.REFUSED)
    told = 0.0

    def alive(done: int, of: int) -> None:
        nonlocal told
        job.heartbeat()
        if time.monotonic() - told >= TELL_EVERY:
            with transaction() as session:
                tell(session, batch_id, done, of)
            told = time.monotonic()

    folder = Settings().folder
    if not ended:
        try:
            import_file(batch_id, path, folder, alive, job.heartbeat, job.still_mine)
        except importing.Ended:
            pass  # an attempt that was thought dead has just done it
    _tidy(folder, batch_id, path)


def tell(session: Session, batch_id: UUID, done: int, of: int) -> None:
    """Show how far the reading is."""
    session.execute(
        update(Batch)
        .where(Batch.id == batch_id, Batch.state == ImportState.READING)
        .values(report={"bytes_done": done, "bytes_all": of})
    )


def import_file(
    batch_id: UUID,
    path: Path,
    folder: Path,
    alive: Alive,
    beat: Callable[..., None] = lambda session=None: None,
    mine: Callable[[Session], bool] = lambda session: True,
    limits: Limits | None = None,
) -> Spooled:
    """Import one file in its steps, each in a transaction of its own. What was wrong is in the result and the batch.

    `mine` is asked in the transaction that shows the tasks, or that they are refused; when it says no, nothing is
    shown. Raises `importing.Ended` when another attempt has done it all before.
    """
    place = folder / "imports"
    place.mkdir(mode=0o700, exist_ok=True)
    _sweep(place, batch_id)
    spooled = Spooled(place / f"{batch_id}.{time.monotonic_ns()}.spool")
    try:
        content_hash = fingerprint(path, alive)
        with transaction() as session:
            asked = importing.begin(session, batch_id, content_hash)
        spooled = spool(asked, path, spooled.path, alive, limits)
        if not spooled.problems:
            with transaction() as session:
                lanes = importing.reserve(session, asked, spooled)
            with transaction() as session:
                importing.load(session, asked, spooled, lanes, lambda: beat(session))
                if not mine(session):
                    raise Lost
                now = clock.now()
                most = limits_now(session, now).of(asked.project_id).severe_overlap
                importing.finish(session, asked, spooled, lanes, now, severe_overlap=most)
            return spooled
    except importing.Ended:
        raise
    except LabelerError as refused:
        problems = getattr(refused, "problems", ()) or (FieldProblem("file", refused.message),)
        spooled.wrong(None, list(problems))
    except FileNotFoundError:
        spooled.wrong(None, [FieldProblem("file", "The file is no longer there. Send it again.")])
    finally:
        shutil.rmtree(spooled.path, ignore_errors=True)
    with transaction() as session:
        if not mine(session):
            raise Lost
        _keep_problems(problem_file(folder, batch_id), spooled.problems)
        importing.refuse(session, batch_id, spooled, clock.now())
    return spooled


def _sweep(place: Path, batch_id: UUID) -> None:
    """Remove what attempts that were killed left behind."""
    for left in place.glob(f"{batch_id}.*.spool"):
        shutil.rmtree(left, ignore_errors=True)


def _tidy(folder: Path, batch_id: UUID, path: Path) -> None:
    """The import has ended: remove its file, if it was sent in, and everything that was made of it."""
    _sweep(folder / "imports", batch_id)
    if path.parent == folder / "imports":  # anywhere else it is somebody's own file: the demo's, for one
        path.unlink(missing_ok=True)


def problem_file(folder: Path, batch_id: UUID) -> Path:
    """Where the whole list of an import's problems lies, one JSON object a line."""
    return folder / "imports" / f"{batch_id}.problems.jsonl"


def _keep_problems(path: Path, problems: list[FieldProblem]) -> None:
    with path.open("wb") as file:
        for each in problems:
            file.write(orjson.dumps({"line": each.line, "field": each.field, "message": each.message}) + b"\n")


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """The job has failed for good: nothing was imported."""
    spooled = Spooled(Path())
    spooled.wrong(
        None, [FieldProblem("file", f"The import broke off: {problem}. Nothing was imported; send it again.")]
    )
    batch_id = UUID(args["batch"])
    importing.refuse(session, batch_id, spooled, now)
    _tidy(Settings().folder, batch_id, Path(session.get_one(Batch, batch_id).settings["path"]))
