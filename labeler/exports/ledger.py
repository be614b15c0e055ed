"""The export ledger: who took which files of which version, when, how many bytes, and which way."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.exports.models import Export
from labeler.projects.models import Project

SHOWN = 200
"""Lines on the page; the CSV has all."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One download. `bytes` is what was asked for: one that broke off counts whole. Older lines lack it and `way`."""

    at: datetime
    project: str
    version: int
    who: str
    file: str
    way: str | None
    bytes: int | None


def lines(session: Session, slug: str | None = None, most: int | None = None) -> list[Taken]:
    """The downloads of a project or of all, the newest first, `most` at most."""
    wanted = (
        select(AuditEntry.at, Project.slug, Export.number, User.name, AuditEntry.fields)
        .join(Export, Export.id == AuditEntry.subject_id)
        .join(Project, Project.id == Export.project_id)
        .join(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.act == "export.download")
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    if slug is not None:
        wanted = wanted.where(Project.slug == slug)
    found = []
    for at, project, version, who, text in session.execute(wanted):
        said = orjson.loads(text)
        found.append(Taken(at, project, version, who, said["file"], said.get("way"), said.get("bytes")))
    return found


def as_csv(taken: Sequence[Taken]) -> str:
    """Lines as CSV. No cell begins like a formula of a spreadsheet: such a text gets an apostrophe before it."""
    out = io.StringIO(newline="")
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(each.name for each in fields(Taken))
    for line in taken:
        written.writerow([_cell(value) for value in astuple(line)])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
