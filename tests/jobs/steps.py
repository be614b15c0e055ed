"""Handlers for the tests of the worker; `said` is what they did."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeler.db import transaction
from labeler.errors import Invalid
from labeler.jobs import worker
from labeler.jobs.worker import Taken

said: list[str] = []


def run(job: Taken) -> None:
    """Do what `args["do"]` says."""
    match job.args["do"]:
        case "say":
            said.append(job.args["word"])
        case "stumble":
            said.append(f"attempt {job.attempt}")
            if job.attempt < job.args["times"]:
                raise RuntimeError("not yet")
        case "refuse":
            raise Invalid("The file has no rows.")
        case "lose":
            worker.take(job.id)
            with transaction() as session:
                said.append(f"still mine: {job.still_mine(session)}")
        case "stop":
            worker.stopping.set()
            job.heartbeat()
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    said.append(f"given up: {problem}")
