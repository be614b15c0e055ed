"""The job that writes an export. Whoever runs it may be killed at any moment: nothing half shows; it starts anew."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.exports import people, service
from labeler.exports.models import Export, ExportState
from labeler.exports.projects import ids
from labeler.exports.quotas import service as quotas
from labeler.jobs import mark_exports, pay
from labeler.jobs.worker import Lost, Taken
from labeler.pay import settling
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key
from labeler.storage import Storage

TELL_EVERY = 1.0
"""Seconds between two updates of the progress that people see."""


def run(job: Taken) -> None:
    """Write `job.args["export"]` into a folder of this attempt, and show it in the transaction that holds the job."""
    export_id = UUID(job.args["export"])
    storage = Storage(Settings().folder)
    with transaction() as session:
        snapshot_at = service.start(session, export_id)
        project_id = session.get_one(Export, export_id).project_id
    if snapshot_at is None:
        mark_exports.mark(project_id)  # whoever finished it may have been killed before this
        return
    settled = (snapshot_at + service.SETTLE - clock.now()).total_seconds()
    time.sleep(min(max(0.0, settled), service.SETTLE.total_seconds()))
    settle_answers(export_id, job)
    measure_old(storage)
    measure_groups(export_id)
    mark_exports.mark(project_id)  # the manifest names the versions that this one takes the place of
    with transaction() as session:
        key = signing_key(session, Keys(storage.folder), Purpose.EXPORT, clock.now())
    part = storage.part(export_id, job.attempt)
    told = 0.0

    def alive(done: int, of: int) -> None:
        nonlocal told
        job.heartbeat()
        if time.monotonic() - told >= TELL_EVERY:
            with transaction() as session:
                service.progress(session, export_id, done, of)
            told = time.monotonic()

    try:
        with reading() as session:
            made = service.write(
                session, export_id, part, storage.secret(), key, alive, storage.list_of, storage.folder
            )
        with transaction() as session:
            if not job.still_mine(session):
                raise Lost
            quotas.keep(session, export_id, size_of(part))
            service.ready(session, export_id, made)  # before anything is kept: a folder of this attempt is discarded
            service.finish(session, export_id, storage.keep(part, made.manifest_hash), made, clock.now())
    except BaseException:
        storage.discard(part)
        raise
    mark_exports.mark(project_id)  # what went out of it while its answers were not settled yet, nobody else has seen


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure_old(storage: Storage) -> None:
    """Count the bytes of versions from before they were counted; of one whose files are gone, none."""
    with reading() as session:
        old = quotas.unmeasured(session)
    if old:
        sizes = {export_id: size_of(storage.folder / folder) for export_id, folder in old}
        with transaction() as session:
            for export_id, size in sizes.items():
                quotas.measured(session, export_id, size)


def measure_groups(export_id: UUID) -> None:
    """Measure the agreement of groups, where this version is the first to tell a table of people."""
    with reading() as session:
        found = people.to_measure(session, session.get_one(Export, export_id), clock.now())
    for table_id, agreement in found:
        with transaction() as session:
            people.keep_agreement(session, table_id, agreement)


def settle_answers(export_id: UUID, job: Taken) -> None:
    """Settle what the labelers of its projects have ended: only what can't be paid yet is left out (PAY-5)."""
    with reading() as session:
        projects = sorted(ids(session, [session.get_one(Export, export_id)])[export_id])
        waiting = sorted({each for project in projects for each in settling.waiting_for(session, project)})
    for labeler_id in waiting:
        pay.settle_all(labeler_id, job.heartbeat)


def put_off(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """This attempt has failed, and another will come: its page says why, until then."""
    session.execute(
        update(Export)
        .where(Export.id == UUID(args["export"]), Export.state == ExportState.WRITING)
        .values(problem=problem)
        .execution_options(synchronize_session=False)
    )


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """The job has failed for good: so has the export."""
    service.fail(session, UUID(args["export"]), problem, now)
