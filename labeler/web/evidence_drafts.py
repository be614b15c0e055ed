"""Attestations that are not signed yet: what was typed and the document, waiting in the data folder.

Beside each document lies a small file with whose it is and what was typed. Nothing of it is in the database before
somebody signs; what nobody signs is removed after some days (`jobs.schedule`).
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from flask import current_app
from pydantic import BaseModel, ConfigDict, ValidationError

from labeler.compliance.standards import latest_expiry
from labeler.config import Settings
from labeler.errors import Missing
from labeler.evidence.service import Statement
from labeler.ids import new_id
from labeler.uploads import Upload
from labeler.web.people_forms import day_of

SUFFIX = ".attestation"
GONE = "This draft is not here any more: it was signed, thrown away, or waited too long. Begin a new one."


class Typed(BaseModel):
    """The fields of the form, as they were typed. Days are written like 2026-03-01; no `expires` means the longest."""

    model_config = ConfigDict(frozen=True)

    control: str = ""
    signer: str = ""
    position: str = ""
    dated: str = ""
    expires: str = ""

    def statement(self, months: int, digest: str = "", name: str = "", size: int = 0, media: str = "") -> Statement:
        """What these answers state; without a typed end it holds for as many months as it may."""
        dated = day_of(self.dated)
        longest = latest_expiry(dated, months) if dated and not self.expires else None
        return Statement(
            control=self.control, signer=self.signer, position=self.position, dated=dated,
            expires=longest or day_of(self.expires), digest=digest, name=name, size=size, media=media,
        )  # fmt: skip


class Draft(BaseModel):
    """An attestation that waits to be signed. `sha256` is hexadecimal, `size` in bytes, `media` its type by content."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    by: UUID
    typed: Typed
    file: str
    name: str
    size: int
    sha256: str
    media: str
    sent_at: datetime

    @property
    def path(self) -> Path:
        """Where the document lies."""
        return _folder() / self.file

    def statement(self, months: int) -> Statement:
        """What would be signed."""
        return self.typed.statement(months, self.sha256, self.name, self.size, self.media)


def _folder() -> Path:
    settings: Settings = current_app.extensions["settings"]
    return settings.folder / "imports"


def _place(draft_id: UUID) -> Path:
    return _folder() / f"{draft_id.hex}{SUFFIX}"


def begin(upload: Upload, media: str, typed: Typed, by: UUID, now: datetime) -> Draft:
    """Let a document that has just arrived wait with what was typed."""
    made = Draft(
        id=new_id(), by=by, typed=typed, file=upload.path.name, name=upload.name, size=upload.size,
        sha256=upload.sha256.hex(), media=media, sent_at=now,
    )  # fmt: skip
    _write(made)
    upload.wanted = True
    return made


def change(draft: Draft, typed: Typed, upload: Upload | None = None, media: str = "") -> Draft:
    """The same draft with other answers, and with another document where one came."""
    facts: dict[str, object] = {"typed": typed}
    if upload is not None:
        facts |= {
            "file": upload.path.name, "name": upload.name, "size": upload.size, "sha256": upload.sha256.hex(),
            "media": media,
        }  # fmt: skip
    changed = draft.model_copy(update=facts)
    _write(changed)
    if upload is not None:
        upload.wanted = True
        draft.path.unlink(missing_ok=True)
    return changed


def _write(draft: Draft) -> None:
    path = _place(draft.id)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(draft.model_dump_json())
    fresh.replace(path)


def find(draft_id: UUID, by: UUID) -> Draft:
    """Somebody's own draft. Raises Missing."""
    try:
        found = Draft.model_validate_json(_place(draft_id).read_bytes())
    except (FileNotFoundError, ValidationError):
        raise Missing(GONE) from None
    if found.by != by or not found.path.is_file():
        raise Missing(GONE)
    return found


def throw_away(draft: Draft) -> None:
    """Remove a draft and its document: it was signed, or nobody wants it."""
    _place(draft.id).unlink(missing_ok=True)
    draft.path.unlink(missing_ok=True)
