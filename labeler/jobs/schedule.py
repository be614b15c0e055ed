"""What is done by the clock, in a thread of every worker. All of it may run on several machines at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete

from labeler import clock
from labeler.accounts.models import ApiReply, SignInFailure
from labeler.assignment.ending import expire
from labeler.db import transaction
from labeler.jobs import worker

log = logging.getLogger(__name__)

KEEP_FAILURES = timedelta(days=1)
"""How long failed sign-ins are kept: only to slow the next guess down."""
KEEP_REPLIES = timedelta(days=30)
"""How long a script may repeat a request under its idempotency key."""


def expire_assignments() -> None:
    """Take back tasks whose lease ran out, so that others can have them."""
    with transaction() as session:
        expire(session, clock.now())


def purge() -> None:
    """Remove what was kept only for a while."""
    now = clock.now()
    with transaction() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < now - KEEP_FAILURES))
        session.execute(delete(ApiReply).where(ApiReply.at < now - KEEP_REPLIES))


EVERY: tuple[tuple[float, Callable[[], object]], ...] = (
    (5, worker.sweep),
    (15, expire_assignments),
    (3600, purge),
)
"""Seconds between two runs, and what is run."""


def run(stop: threading.Event) -> None:
    """Do everything in `EVERY` by the clock until `stop` is set. What fails is logged, and tried again next time."""
    due = [(0.0, seconds, work) for seconds, work in EVERY]
    while True:
        moment = time.monotonic()
        for place, (at, seconds, work) in enumerate(due):
            if at <= moment:
                due[place] = (moment + seconds, seconds, work)
                try:
                    work()
                except Exception:
                    log.exception("%s failed, and is tried again in %s s.", work.__name__, seconds)
        if stop.wait(1):
            return
