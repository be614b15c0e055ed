"""A worker's shift: listen at the queue, or look into the outbox where there is none, until asked to stop."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import Any

import redis
import rq
from rq.serializers import JSONSerializer

from labeler.config import Settings
from labeler.db import connect
from labeler.jobs import broker, held, outbox, schedule, worker

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks into the outbox when there is no queue."""
TRY_AGAIN = 30.0
"""Seconds of polling before a queue that could not be reached is tried again."""


class Listener(rq.SimpleWorker):
    """Runs jobs in this process: there is no second process that could outlive it and no connection to inherit."""

    def request_stop(self, signum: Any, frame: Any) -> None:
        """End the shift: at once when idle, else at the job's next heartbeat."""
        worker.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # rq types little


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, or until the supervisor that started us is gone."""
    worker.stopping.clear()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    engine = connect(settings.database, pool=4)
    held.home = settings.folder
    outbox.ring_through(settings.redis_url)
    clock = threading.Thread(target=schedule.run, args=(worker.stopping,), name="schedule", daemon=True)
    clock.start()
    if parent := os.environ.get("LABELER_SUPERVISOR"):
        threading.Thread(target=_watch_parent, args=(int(parent),), name="parent", daemon=True).start()
    try:
        while not worker.stopping.is_set():
            if settings.redis_url and broker.reachable(settings.redis_url):
                listen(settings.redis_url)
            else:
                poll(TRY_AGAIN if settings.redis_url else None)
    finally:
        worker.stopping.set()
        clock.join(10)
        engine.dispose()


def listen(redis_url: str) -> None:
    """Answer bells until asked to stop, or until the queue is gone."""
    # No time-out on reads: the queue is waited at for minutes.
    connection = redis.Redis.from_url(redis_url, socket_connect_timeout=2)
    listener = Listener([outbox.queue(connection)], connection=connection, serializer=JSONSerializer)
    try:
        listener.work(logging_level="WARNING")
    except redis.RedisError as error:
        log.warning("The queue is gone (%s); the outbox is looked into instead.", error)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)


def poll(seconds: float | None) -> None:
    """Run what is due, one after the other, for so many seconds; None: until asked to stop."""
    until = time.monotonic() + seconds if seconds is not None else None
    while not worker.stopping.is_set() and (until is None or time.monotonic() < until):
        job_id = worker.next_due()
        if job_id is None or not worker.run(job_id):
            worker.stopping.wait(POLL)


def _stop(_number: int, _frame: FrameType | None) -> None:
    worker.stopping.set()


def _watch_parent(parent: int) -> None:
    while not worker.stopping.wait(2):
        if os.getppid() != parent:
            log.warning("The supervisor is gone; this worker ends.")
            os.kill(os.getpid(), signal.SIGTERM)
            return
