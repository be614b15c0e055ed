"""Files that were sent in and wait in the data folder for a look and a word: import them, or throw them away.

Beside each lies a small file that says whose it is and how it is to be read. Nothing of it is in the database before
somebody asks for the import; what nobody asks for is removed after some days (`jobs.schedule`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from flask import current_app
from pydantic import BaseModel, ConfigDict, ValidationError

from labeler.config import Settings
from labeler.errors import Missing
from labeler.projects.spooling import ImportSettings
from labeler.uploads import Upload

SUFFIX = ".waiting"
TAKEN = ".taken"
_TOKEN = re.compile(r"[0-9a-f]{32}")
GONE = "This file is not here any more: it was imported, thrown away, or waited too long. Send it again."


class Waiting(BaseModel):
    """A file that waits. `sha256` is hexadecimal; `size` is in bytes."""

    model_config = ConfigDict(frozen=True)

    token: str
    project: UUID
    by: UUID
    name: str
    size: int
    sha256: str
    sent_at: datetime
    settings: ImportSettings

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return _folder() / self.token


def _folder() -> Path:
    settings: Settings = current_app.extensions["settings"]
    return settings.folder / "imports"


def keep(upload: Upload, project: UUID, by: UUID, settings: ImportSettings, now: datetime) -> Waiting:
    """Let a file that has just arrived wait."""
    made = Waiting(
        token=upload.path.name,
        project=project,
        by=by,
        name=upload.name,
        size=upload.size,
        sha256=upload.sha256.hex(),
        sent_at=now,
        settings=settings,
    )
    _write(made)
    upload.wanted = True
    return made


def _write(waiting: Waiting) -> None:
    path = _folder() / f"{waiting.token}{SUFFIX}"
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(waiting.model_dump_json())
    fresh.replace(path)


def find(project: UUID, token: str) -> Waiting:
    """The file of this project that waits under this token. Raises Missing."""
    found = _read(_folder() / f"{token}{SUFFIX}") if _TOKEN.fullmatch(token) else None
    if found is None or found.project != project or not found.path.is_file():
        raise Missing(GONE)
    return found


def _read(path: Path) -> Waiting | None:
    try:
        return Waiting.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def waiting_for(project: UUID) -> list[Waiting]:
    """All files of a project that wait, the newest first."""
    found = [_read(path) for path in _folder().glob(f"*{SUFFIX}")]
    ours = [each for each in found if each is not None and each.project == project]
    return sorted(ours, key=lambda each: each.sent_at, reverse=True)


def read_as(waiting: Waiting, settings: ImportSettings) -> Waiting:
    """The same file, to be read in another way from now on."""
    changed = waiting.model_copy(update={"settings": settings})
    _write(changed)
    return changed


@contextmanager
def taken(waiting: Waiting) -> Iterator[None]:
    """Take a file out of the waiting, for one asker alone: of two who press at once the other finds it gone.

    When what is done with it fails, it waits again.
    """
    path = _folder() / f"{waiting.token}{SUFFIX}"
    held = path.with_suffix(TAKEN)
    try:
        path.rename(held)
    except FileNotFoundError:
        raise Missing(GONE) from None
    try:
        yield
    except BaseException:
        held.rename(path)
        raise
    held.unlink(missing_ok=True)


def throw_away(waiting: Waiting) -> None:
    """Remove a file that nobody wants to import."""
    (_folder() / f"{waiting.token}{SUFFIX}").unlink(missing_ok=True)
    waiting.path.unlink(missing_ok=True)
