"""Asking for machine work: a row written with the change that wants it, and a bell rung once the change is kept."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

import redis
import rq
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from labeler.jobs.models import Job

log = logging.getLogger(__name__)

QUEUE = "labeler"
"""The one queue. A worker that listens to several loses what it held when it is killed."""
JOB_TIMEOUT = 4 * 60 * 60
"""Seconds after which a job is ended from outside: far more than the longest import or export takes."""
RING_AGAIN = 30
"""Seconds for which a bell rung twice for the same attempt counts as one."""

_queue: rq.Queue | None = None


def ring_through(redis_url: str | None) -> None:
    """Ring the bells of this process at this broker. With None no bell is rung: the worker's sweep finds the rows."""
    global _queue  # noqa: PLW0603 -- one broker a process, as there is one database
    _queue = queue(connect(redis_url)) if redis_url else None


def connect(redis_url: str) -> redis.Redis:
    """A client of the broker that gives up at once rather than keep a person waiting."""
    return redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=2)


def queue(connection: redis.Redis) -> rq.Queue:
    """The queue: JSON, never pickle, so that who can write to the broker cannot run code of theirs."""
    return rq.Queue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT)


def enqueue(session: Session, kind: str, now: datetime, **args: Any) -> Job:
    """Write a job into the caller's transaction, with `args` that fit JSON. Not kept, it was never asked for."""
    job = Job(kind=kind, args=args, run_after=now, created_at=now)
    session.add(job)
    session.flush()
    event.listen(session, "after_commit", lambda _: ring(job.id, 0, now), once=True)
    return job


def ring(job_id: UUID, attempt: int, now: datetime) -> None:
    """Tell the workers that a job is due. A bell nobody hears is a delay, never a loss: the sweep rings again."""
    if _queue is None:
        return
    bell = f"{job_id}-{attempt}-{int(now.timestamp()) // RING_AGAIN}"
    try:
        answer = "labeler.jobs.worker.answer"
        _queue.enqueue(answer, str(job_id), job_id=bell, unique=True, result_ttl=0, failure_ttl=3600)
    except DuplicateJobError:
        pass  # rung already
    except redis.RedisError as error:
        log.warning("The queue cannot be reached (%s); job %s waits for the next sweep.", error, job_id)
