"""The job that marks finished versions whose answers were withdrawn or are not used any more. It may run twice."""

from __future__ import annotations

from uuid import UUID

from labeler import clock
from labeler.db import transaction
from labeler.exports import withdrawn
from labeler.jobs.worker import Taken


def run(job: Taken) -> None:
    """Look at the finished versions of the project `job.args["project"]`."""
    with transaction() as session:
        withdrawn.mark(session, UUID(job.args["project"]), clock.now())
