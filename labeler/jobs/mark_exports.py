"""The job that marks versions whose answers were withdrawn or are not used any more. It may run twice."""

from __future__ import annotations

from uuid import UUID

from labeler import clock
from labeler.db import reading, transaction
from labeler.exports import withdrawn
from labeler.jobs.worker import Taken


def run(job: Taken) -> None:
    """Look at the versions of the project `job.args["project"]`."""
    mark(UUID(job.args["project"]))


def mark(project_id: UUID) -> None:
    """Look at the versions that have a project's answers, and mark those that have something.

    Looking takes no lock. What it does not see of a version that is being written, the look when that one is finished
    does: by then its answers are settled, and who withdraws one later makes a job of her own.
    """
    now = clock.now()
    with reading() as session:
        found = withdrawn.look(session, project_id, now)
    if found:
        with transaction() as session:
            withdrawn.note(session, found, now)
