"""The pack of a signed audit as a file: asked for, made beside everybody's work, kept for a day.

Rows and leaves of people are in it. So it is handed out only while no more entries are erased than when it was made, an
erasure throws all packs away, and what is a day old goes. It can be made again at any time: what was signed is the text
(`frozen.py`), and that stays.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.compliance.auditing.assessed import erased_of
from labeler.compliance.auditing.holding import held, one
from labeler.compliance.auditing.models import AuditPack, AuditSignature, PackState
from labeler.compliance.reading import Prefix
from labeler.errors import Conflict
from labeler.jobs.outbox import enqueue

ROOM = "packs"
"""The folder of packs in the data folder."""
KEPT = timedelta(days=1)
LEFT = timedelta(hours=6)
"""After so long a folder was left behind by a process that was killed."""


def ask(session: Session, audit_id: UUID, data: Path, now: datetime) -> UUID | None:
    """Have a signed audit's pack made, unless it is there or is being made; the id of the job, None for those. `data`
    is the data folder. Raises Missing, and Conflict before it is signed."""
    held(session, audit_id)
    if session.get(AuditSignature, audit_id) is None:
        raise Conflict("This audit is not signed off yet. Sign it off first: then there is a pack to download.")
    pack = session.get(AuditPack, audit_id, with_for_update=True)
    if pack is None:
        pack = AuditPack(audit_id=audit_id, state=PackState.WAITING, asked_at=now)
        session.add(pack)
    elif pack.state in (PackState.WAITING, PackState.WRITING) or file_of(session, audit_id, data) is not None:
        return None
    pack.state, pack.asked_at = PackState.WAITING, now
    pack.file = pack.digest = pack.erased = pack.problem = pack.finished_at = None
    session.flush()
    return enqueue(session, "write_pack", now, audit=str(audit_id)).id


def file_of(session: Session, audit_id: UUID, data: Path) -> tuple[Path, str] | None:
    """The finished pack and its SHA-256; None where there is none, or where more entries were erased since."""
    pack = session.get(AuditPack, audit_id)
    if pack is None or pack.file is None or pack.digest is None or pack.erased != erased(session, audit_id):
        return None
    return (data / pack.file, pack.digest) if (data / pack.file).is_file() else None


def erased(session: Session, audit_id: UUID) -> int:
    """How many entries are erased of those of the vendor's log that an audit rests on."""
    audit = one(session, audit_id)
    return erased_of(session, audit.vendor_id, Prefix(audit.vendor_size, audit.platform_size))


def start(session: Session, audit_id: UUID) -> bool:
    """Begin, or begin anew after a broken attempt; False when there is nothing left to do."""
    pack = session.get(AuditPack, audit_id, with_for_update=True)
    if pack is None or pack.state not in (PackState.WAITING, PackState.WRITING):
        return False
    pack.state, pack.problem = PackState.WRITING, None
    return True


def finish(session: Session, audit_id: UUID, file: str, digest: str, gone: int, now: datetime) -> bool:
    """Show the finished pack, which was made while `gone` entries were erased; False when more are by now: then it
    has to be made again. Raises Conflict when it has ended already."""
    pack = session.get(AuditPack, audit_id, with_for_update=True)
    if pack is None or pack.state is not PackState.WRITING:
        raise Conflict("This pack has ended already.")
    if erased(session, audit_id) != gone:
        return False
    pack.state, pack.file, pack.digest, pack.erased, pack.finished_at = PackState.DONE, file, digest, gone, now
    return True


def fail(session: Session, audit_id: UUID, problem: str, now: datetime) -> None:
    """Say that this pack will not come, and why. One that is done stays done."""
    pack = session.get(AuditPack, audit_id, with_for_update=True)
    if pack is not None and pack.state in (PackState.WAITING, PackState.WRITING):
        pack.state, pack.problem, pack.finished_at = PackState.FAILED, problem, now


def room(data: Path) -> Path:
    """The folder of packs, which only this product reads."""
    made = data / ROOM
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def keep(made: Path, data: Path, name: str) -> str:
    """Put a finished archive on the disk under its name, and return the name relative to the data folder."""
    kept = room(data) / name
    made.chmod(0o400)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(kept)
    return kept.relative_to(data).as_posix()


def throw_away(data: Path, before: datetime | None = None) -> None:
    """Throw away packs that were finished before a moment; all for None. What a killed process left goes by age."""
    for each in (data / ROOM).glob("*.zip"):
        if before is None or _older(each, before):
            each.unlink(missing_ok=True)


def tidy_up(data: Path, now: datetime) -> None:
    """Throw away what is a day old, and what a killed process left."""
    throw_away(data, now - KEPT)
    for each in (data / ROOM).glob("*"):
        if each.is_dir() and _older(each, now - LEFT):
            shutil.rmtree(each, ignore_errors=True)


def _older(path: Path, moment: datetime) -> bool:
    """Whether it was last changed before a moment; False for what another process has thrown away meanwhile."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime < moment.timestamp()
    return False
