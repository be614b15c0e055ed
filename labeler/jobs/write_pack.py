"""The job that makes a signed audit's pack. Whoever runs it may be killed at any moment, and it may run twice."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.compliance.auditing import frozen, packs
from labeler.compliance.auditing.models import Audit, AuditPack, AuditSignature, PackState
from labeler.compliance.report.bundle import archive
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import NotNow
from labeler.jobs.worker import Lost, Taken
from labeler.jobs.write_report import beating
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key

ERASED = "Data of a person were erased while it was made, so it is made again without them."


def run(job: Taken) -> None:
    """Write the pack of `job.args["audit"]` aside, and show it in the transaction that holds the job."""
    audit_id, data = UUID(job.args["audit"]), Settings().folder
    with transaction() as session:
        if not packs.start(session, audit_id):
            return
    keys = Keys(data)
    with transaction() as session:
        key = signing_key(session, keys, Purpose.REPORT, clock.now())
    with TemporaryDirectory(dir=packs.room(data)) as aside:
        root, made = Path(aside, "pack"), Path(aside, "pack.zip")
        root.mkdir()
        with beating(job):
            with reading() as session:
                audit, signed = session.get_one(Audit, audit_id), session.get_one(AuditSignature, audit_id)
                gone = packs.erased(session, audit_id)
                frozen.write(session, audit, signed, data, root, keys, key)
            archive(root, made)
            with made.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        _show(job, audit_id, made, digest, gone)


def _show(job: Taken, audit_id: UUID, made: Path, digest: str, gone: int) -> None:
    """The file is in its place before it is asked how many entries are erased: an erasure that comes later finds it."""
    data = Settings().folder
    kept = packs.keep(made, data, f"{audit_id}.{job.id.hex}.{job.attempt}.zip")
    shown = False
    try:
        with transaction() as session:
            if not job.still_mine(session):
                raise Lost
            shown = packs.finish(session, audit_id, kept, digest, gone, clock.now())
        if not shown:
            raise NotNow(ERASED)
    finally:
        if not shown:
            (data / kept).unlink(missing_ok=True)


def put_off(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """This attempt has failed, and another will come: whoever waits is told why, until then."""
    session.execute(
        update(AuditPack)
        .where(AuditPack.audit_id == UUID(args["audit"]), AuditPack.state == PackState.WRITING)
        .values(problem=problem)
        .execution_options(synchronize_session=False)
    )


def give_up(session: Session, args: dict[str, Any], problem: str, now: datetime) -> None:
    """The job has failed for good: so has the pack, until it is asked for again."""
    packs.fail(session, UUID(args["audit"]), problem, now)
