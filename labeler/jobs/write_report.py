"""The job that makes a report. Whoever runs it may be killed at any moment: nothing half shows; it starts anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.compliance import reports
from labeler.compliance.models import Report, ReportState
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.jobs.worker import Lost, Stopping, Taken
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key
from labeler.storage import Storage

BEAT = 5.0
"""Seconds between two signs of life."""


def run(job: Taken) -> None:
    """Write `job.args["report"]` into a folder of this attempt, and show it in the transaction that holds the job."""
    report_id = UUID(job.args["report"])
    storage = Storage(Settings().folder)
    with transaction() as session:
        if not reports.start(session, report_id):
            return
    keys = Keys(storage.folder)
    with transaction() as session:
        key = signing_key(session, keys, Purpose.REPORT, clock.now())
    part = storage.part(report_id, job.attempt, "reports")
    try:
        with beating(job), reading() as session:
            made = reports.write(session, report_id, part, keys, key)
        with transaction() as session:
            if not job.still_mine(session):
                raise Lost
            kept = storage.keep(part, made.manifest_hash)
            reports.finish(session, report_id, kept, made, clock.now())
    except BaseException:
        storage.discard(part)
        raise


@contextmanager
def beating(job: Taken) -> Iterator[None]:
    """Keep the lease while the block runs: a check over a large quarter says nothing before it has ended."""
    ended = threading.Event()
    failed: list[BaseException] = []

    def beat() -> None:
        while not ended.wait(BEAT):
            try:
                job.heartbeat()
            except (Lost, Stopping) as why:
                failed.append(why)
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failed:
        raise failed[0]


def put_off(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """This attempt has failed, and another will come: whoever asks is told why, until then."""
    session.execute(
        update(Report)
        .where(Report.id == UUID(args["report"]), Report.state == ReportState.WRITING)
        .values(problem=problem)
        .execution_options(synchronize_session=False)
    )


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """The job has failed for good: so has the report."""
    reports.fail(session, UUID(args["report"]), problem, now)
