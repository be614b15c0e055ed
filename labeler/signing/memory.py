"""What this installation remembers outside of its database: the newest checkpoint that it signed.

record/last        that checkpoint, as it was signed
record/recovered   those that a database did not have any more when it came back: a line of JSON each

A database that is put back from an older backup agrees with itself. Only what was kept elsewhere shows that it is old.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.checkpoint import Checkpoint, Malformed, read
from labeler.audit.logs import ROOTS
from labeler.audit.models import AuditEntry
from labeler.audit.sealing import latest
from labeler.audit.stored import tree_of
from labeler.errors import Conflict
from labeler.storage import sync

RECOVERY = "record.recovery"


class Memory:
    """The memory of one installation. `folder` is `Settings.folder`, which every machine of it shares."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "record"

    def last(self) -> str | None:
        """The newest checkpoint that was signed; None before the first."""
        try:
            return (self._folder / "last").read_text()
        except FileNotFoundError:
            return None

    def recovered(self) -> list[str]:
        """Checkpoints whose entries are lost since a database came back older, the oldest first."""
        try:
            lines = (self._folder / "recovered").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [str(orjson.loads(line)) for line in lines]

    def keep(self, note: str) -> None:
        """Remember a checkpoint that the database has by now, where it goes further than what is remembered."""
        with self._alone():
            before = self.last()
            if before is None or self._read(before).size < self._read(note).size:
                self._write(note)

    def give_up(self, old: str, note: str) -> None:
        """Remember `note` instead of `old`, which the database has no more. Done twice, it changes nothing."""
        with self._alone():
            if self.last() == old:
                handle = os.open(self._folder / "recovered", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with os.fdopen(handle, "ab") as file:
                    file.write(orjson.dumps(old) + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                self._write(note)

    def lost(self, session: Session) -> str | None:
        """The remembered checkpoint, when this database is not its continuation; None when all is as it should be.
        Raises Conflict when the memory can't be read."""
        note, newest = self.last(), latest(session)
        if note is None or (newest is not None and newest.note == note):
            return None
        told = self._read(note)
        if newest is None or newest.size < told.size:
            return note
        return None if tree_of(session, ROOTS, told.size).root() == told.root else note

    def _read(self, note: str) -> Checkpoint:
        try:
            return read(note)[0]
        except Malformed:
            raise Conflict(
                f"{self._folder / 'last'} is not as it was written. Put it back from a backup; without it nothing here"
                " shows whether the database is an old one."
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, note: str) -> None:
        fresh = self._folder / f".last.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / "last")
        sync(self._folder)


def told_of(session: Session, note: str) -> UUID | None:
    """The entry that says that what `note` signed was lost; None when there is none."""
    return session.scalar(
        select(AuditEntry.id).where(AuditEntry.subject_id == subject(note), AuditEntry.act == RECOVERY).limit(1)
    )


def subject(note: str) -> UUID:
    """What the entry about a lost checkpoint is about: the first half of its SHA-256."""
    return UUID(bytes=hashlib.sha256(note.encode()).digest()[:16])


def facts(note: str, found: int) -> dict[str, Any]:
    """The fields of that entry. `found` is the size that the database had when it came back."""
    told = read(note)[0]
    return {
        "remembered_size": told.size,
        "remembered_root": told.root.hex(),
        "found_size": found,
        "checkpoint": hashlib.sha256(note.encode()).hexdigest(),
    }
