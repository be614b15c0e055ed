"""Doing machine work: take a job by lease and fence, run it, put it back when it fails.

The same job may run twice (a worker was cut off and came back); it takes effect once, because a handler publishes only
while `Taken.still_mine` says so in the transaction that publishes.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.db import reading, transaction
from labeler.errors import LabelerError, NotNow
from labeler.jobs import held, outbox
from labeler.jobs.models import Job, JobState

log = logging.getLogger(__name__)

HANDLERS: dict[str, str] = {
    "import_batch": "labeler.jobs.import_batch:run",
    "write_export": "labeler.jobs.write_export:run",
    "mark_exports": "labeler.jobs.mark_exports:run",
    "deliver_export": "labeler.jobs.deliver_export:run",
    "send_webhook": "labeler.jobs.send_webhook:run",
    "write_report": "labeler.jobs.write_report:run",
    "write_pack": "labeler.jobs.write_pack:run",
    "erase_person": "labeler.jobs.erase_person:run",
}
"""What does each kind of job: `run(job: Taken) -> None`. Its module may have `give_up(session, args, problem, now)`,
called in the transaction that ends a job for good, and `put_off` with the same arguments, called in the one that leaves
it to a later attempt, so that whoever waits for it is told."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk, or a share of one, is full."""
NO_ROOM = "The disk that the data folder lies on is full. Nothing half is kept. Make room on it."

LEASE = timedelta(seconds=60)
"""How long a job is held without a heartbeat."""
ATTEMPTS = 5
"""After so many the job has failed for good."""
BACKOFF = (5, 30, 120, 600)
"""Seconds to wait before the second, third, … attempt."""

stopping = threading.Event()
"""Set when this process has been asked to end; a running job then goes back to the queue at its next heartbeat."""


class Lost(Exception):
    """The job is no longer ours: the lease ran out, and somebody else took it. What was done so far must not show."""


class Stopping(Exception):
    """This process was asked to end; the job goes back to the queue."""


@dataclass(slots=True)
class Taken:
    """A job that this process holds. `attempt` is its fence."""

    id: UUID
    kind: str
    args: dict[str, Any]
    attempt: int
    _renewed: float = field(default_factory=time.monotonic)

    def heartbeat(self, session: Session | None = None) -> None:
        """Keep the lease. Call it at least every 20 s, as often as you like. Raises Lost or Stopping: let them through.

        Pass the session when you hold a transaction open: SQLite has one writer, and it would be waiting for itself.
        """
        if stopping.is_set():
            raise Stopping
        if time.monotonic() - self._renewed < LEASE.total_seconds() / 6:
            return
        if session is not None and session.get_bind().dialect.name == "sqlite":
            self._renew(session)
        else:
            with transaction() as own:
                self._renew(own)
        self._renewed = time.monotonic()

    def still_mine(self, session: Session) -> bool:
        """Whether this process may still publish; in this transaction nobody can take the job away any more."""
        return session.scalar(select(Job.id).where(*self._held()).with_for_update()) is not None

    def _renew(self, session: Session) -> None:
        if not _changed(session, self._held(), lease_until=clock.now() + LEASE):
            raise Lost

    def _held(self) -> tuple[Any, ...]:
        return (Job.id == self.id, Job.attempt == self.attempt, Job.state == JobState.RUNNING)


def answer(job_id: str) -> None:
    """What the queue calls when its bell rings."""
    run(UUID(job_id))


def run(job_id: UUID) -> bool:
    """Take the job and run it here. False when it is done, not due, or another's. Errors are kept, not raised."""
    job = take(job_id)
    if job is None:
        return False
    try:
        with held.held(job.id, job.attempt):
            _handler(job.kind)(job)
    except (Lost, Stopping) as reason:
        _put_back(job, type(reason).__name__)
    except LabelerError as refusal:
        _fail(job, refusal.message, final=True)
    except NotNow as hindrance:
        said = "Job %s (%s) is hindered at attempt %s: %s"
        log.warning(said, job.id, job.kind, job.attempt, hindrance, exc_info=hindrance.__cause__ is not None)
        _fail(job, str(hindrance), final=job.attempt >= ATTEMPTS)
    except Exception as error:
        log.exception("Job %s (%s) failed at attempt %s.", job.id, job.kind, job.attempt)
        _fail(job, _in_words(error), final=job.attempt >= ATTEMPTS)
    else:
        now = clock.now()
        with transaction() as session:
            _changed(session, job._held(), state=JobState.DONE, lease_until=None, finished_at=now, problem=None)
    return True


def run_now(job_id: UUID, poll_seconds: float = 0.25) -> Job:
    """Run the job in this process, or wait for whoever has it; the finished job. This is how the command line waits."""
    while True:
        run(job_id)
        with reading() as session:
            job = session.get_one(Job, job_id)
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
        time.sleep(poll_seconds)


def take(job_id: UUID) -> Taken | None:
    """Hold the job under a new fence, if it is due and nobody holds it."""
    now = clock.now()
    with transaction() as session:
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, _due(now), Job.attempt < ATTEMPTS)
            .values(state=JobState.RUNNING, attempt=Job.attempt + 1, lease_until=now + LEASE)
            .returning(Job.kind, Job.args, Job.attempt)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if taken is None:
            return None
        return Taken(job_id, taken.kind, taken.args, taken.attempt)


def sweep() -> int:
    """Ring again for what is due and nobody does; end what was lost too often. The number of bells rung."""
    now = clock.now()
    for job_id, attempt in held.left():
        with transaction() as session:
            where = (Job.id == job_id, Job.attempt == attempt, Job.state == JobState.RUNNING)
            _changed(session, where, lease_until=now - timedelta(microseconds=1))
    with reading() as session:
        due = session.execute(select(Job.id, Job.attempt).where(_due(now)).order_by(Job.run_after).limit(100)).all()
    for job_id, attempt in due:
        if attempt >= ATTEMPTS:
            _bury(job_id, attempt)
        else:
            outbox.ring(job_id, attempt, now)
    return len(due)


def next_due() -> UUID | None:
    """The job that has waited longest: for a worker without a queue."""
    with reading() as session:
        return session.scalar(
            select(Job.id).where(_due(clock.now()), Job.attempt < ATTEMPTS).order_by(Job.run_after).limit(1)
        )


def _due(now: datetime) -> Any:
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_after <= now),
        and_(Job.state == JobState.RUNNING, Job.lease_until < now),
    )


def _handler(kind: str) -> Callable[[Taken], None]:
    module, _, name = HANDLERS[kind].partition(":")
    handler: Callable[[Taken], None] = getattr(import_module(module), name)
    return handler


def _put_back(job: Taken, why: str) -> None:
    log.info("Job %s (%s) goes back to the queue: %s.", job.id, job.kind, why)
    with transaction() as session:
        # The attempt is kept: it is the fence. A restart uses one up, as a crash does.
        _changed(session, job._held(), state=JobState.QUEUED, lease_until=None, run_after=clock.now())


def _fail(job: Taken, problem: str, *, final: bool) -> None:
    now = clock.now()
    with transaction() as session:
        if not final:
            wait = timedelta(seconds=BACKOFF[job.attempt - 1])
            values: dict[str, Any] = {"state": JobState.QUEUED, "run_after": now + wait}
        else:
            values = {"state": JobState.FAILED, "finished_at": now}
        if _changed(session, job._held(), lease_until=None, problem=problem, **values):
            _tell("give_up" if final else "put_off", session, job.kind, job.args, problem, now)


def _bury(job_id: UUID, attempt: int) -> None:
    """End a job whose last attempt was cut off: it may be the job that ends its worker."""
    now = clock.now()
    problem = "Cut off too often: whoever ran it was ended each time. Look for lack of memory."
    with transaction() as session:
        where = (Job.id == job_id, Job.attempt == attempt, _due(now))
        if _changed(session, where, state=JobState.FAILED, lease_until=None, finished_at=now, problem=problem):
            job = session.get_one(Job, job_id)
            _tell("give_up", session, job.kind, job.args, problem, now)


def _tell(word: str, session: Session, kind: str, args: dict[str, Any], problem: str, now: datetime) -> None:
    module = HANDLERS.get(kind, "").partition(":")[0]
    told = getattr(import_module(module), word, None) if module else None
    if told is not None:
        told(session, args, problem, now)


def _in_words(error: Exception) -> str:
    """What whoever waits is told of an error that nobody foresaw; a full disk is one that somebody can mend."""
    if isinstance(error, OSError) and error.errno in FULL:
        return NO_ROOM
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _changed(session: Session, where: tuple[Any, ...], **values: Any) -> bool:
    done = session.execute(
        update(Job).where(*where).values(**values).returning(Job.id).execution_options(synchronize_session=False)
    )
    return done.one_or_none() is not None
