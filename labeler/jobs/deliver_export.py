"""The job that delivers a version. Whoever runs it may be killed at any moment: nothing half shows, and it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labeler import clock
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import Conflict, NotNow
from labeler.exports.delivery import destinations, sending, service
from labeler.exports.delivery.files import File, files
from labeler.jobs.worker import Lost, Taken
from labeler.storage import Storage

TELL_EVERY = 1.0
"""Seconds between two updates of the progress that people see."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether the lease is to be renewed, or the process to end."""


def run(job: Taken) -> None:
    """Deliver `job.args["delivery"]`, and say so in the transaction that holds the job."""
    delivery_id = UUID(job.args["delivery"])
    storage = Storage(Settings().folder)
    with transaction() as session:
        begun = service.start(session, delivery_id)
    if begun is None:
        return
    place = destinations.one(storage.folder, begun.destination)
    if place.way is not begun.way:
        raise Conflict(f"The destination {begun.destination} has become another one since. Ask for the delivery again.")
    sent = files(storage, begun.export, begun.folder)
    with transaction() as session:
        service.leave(session, delivery_id, len(sent), sum(file.size for file in sent), clock.now())

    def allowed() -> bool:
        with reading() as session:
            return service.allowed(session, delivery_id)

    try:
        with _pulse(job) as pulse:
            where = sending.send(place, begun.name, sent, _Progress(delivery_id, pulse), allowed)
    except NotNow as hindrance:
        with transaction() as session:
            if job.still_mine(session):
                service.hold_up(session, delivery_id, str(hindrance))
        raise
    with transaction() as session:
        if not job.still_mine(session):
            raise Lost
        service.finish(session, delivery_id, where, clock.now())


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """The job has failed for good: so has the delivery."""
    service.fail(session, UUID(args["delivery"]), problem, now)


class _Pulse:
    """Keeps the lease from a thread of its own: a library may be at one large file for longer than a lease lasts."""

    def __init__(self, job: Taken) -> None:
        self._job = job
        self._over = threading.Event()
        self._ended: BaseException | None = None
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def _beat(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            try:
                self._job.heartbeat()
            except BaseException as reason:
                self._ended = reason
                return

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Raises what ended the lease: Lost, Stopping, or the database's own error."""
        if self._ended is not None:
            raise self._ended


@contextmanager
def _pulse(job: Taken) -> Iterator[_Pulse]:
    job.heartbeat()
    pulse = _Pulse(job)
    pulse.begin()
    try:
        yield pulse
    finally:
        pulse.end()


class _Progress:
    """Counts what has arrived, and tells it now and then. A file that was begun and not finished counts with its
    bytes, which a later attempt counts anew."""

    def __init__(self, delivery_id: UUID, pulse: _Pulse) -> None:
        self._delivery_id = delivery_id
        self._pulse = pulse
        self._files = self._whole = self._part = 0
        self._told = time.monotonic()

    def alive(self, more: int = 0) -> None:
        self._part += more
        self._look()

    def file_is_there(self, file: File) -> None:
        self._files += 1
        self._whole += file.size
        self._part = 0
        self._look()

    def _look(self) -> None:
        self._pulse.look()
        if time.monotonic() - self._told >= TELL_EVERY:
            with transaction() as session:
                service.progress(session, self._delivery_id, self._files, self._whole + self._part)
            self._told = time.monotonic()
