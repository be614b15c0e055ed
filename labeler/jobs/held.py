"""Which jobs the processes of this machine have in hand, so that nobody waits for one that was killed.

A process that runs a job holds a locked file for it; the system lets go of the lock when the process ends, however it
ends. Another machine's jobs have no file here: their leases run out.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

FOLDER = "running"
"""Where the files lie, in the data folder."""

home: Path | None = None
"""The data folder, once this process has said where it is; without one nothing is marked."""


@contextmanager
def held(job_id: UUID, attempt: int) -> Iterator[None]:
    """Hold the mark of one attempt at a job while the block runs. Without room for it the job is run all the same."""
    if home is None:
        yield
        return
    path = home / FOLDER / f"{job_id}.{attempt}"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent)
    except OSError:
        yield
        return
    with os.fdopen(number, "w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        Path(name).rename(path)  # seen only once it is locked
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def left() -> Iterator[tuple[UUID, int]]:
    """Jobs and attempts whose process ended without ending them; each is told once, to one caller.

    Who tells of one and is killed at that very moment takes the knowledge along: its lease runs out then.
    """
    if home is None:
        return
    for path in sorted((home / FOLDER).glob("*.*")):  # what is not in place yet has no dot
        try:
            mark = path.open("r+")
        except FileNotFoundError:
            continue
        with mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if not path.exists():  # it ended while we opened it
                continue
            path.unlink(missing_ok=True)
        job_id, _, attempt = path.name.partition(".")
        yield UUID(job_id), int(attempt)
