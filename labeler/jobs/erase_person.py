"""The job that takes the rows of an erased person away. It may be killed at any moment, and run again."""

from __future__ import annotations

from uuid import UUID

from labeler import clock
from labeler.compliance.auditing import packs
from labeler.config import Settings
from labeler.db import empty_journal, repeated
from labeler.erasure import removing
from labeler.jobs.outbox import enqueue
from labeler.jobs.seal import seal_record
from labeler.jobs.worker import Taken


def run(job: Taken) -> None:
    """Remove all rows of the person `job.args["person"]`; once more five minutes after the act, then it is finished."""
    person = UUID(job.args["person"])
    while repeated(lambda session: removing.remove_answers(session, person)):
        job.heartbeat()
    now = clock.now()
    repeated(lambda session: removing.remove_rest(session, person, now))
    with_next = repeated(lambda session: removing.note_removed(session, person, now))
    if with_next is not None:
        repeated(lambda session: enqueue(session, job.kind, with_next, person=str(person)))
    else:
        seal_record(now)
        while repeated(lambda session: removing.forget_answers(session, person, now)):
            job.heartbeat()
        packs.throw_away(Settings().folder)  # rows and entries of hers are in them; whoever asks has them made again
    empty_journal()
