"""The export ledger: who took which files of which version, when, how many bytes, and which way."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime

import orjson
from sqlalchemy import Select, select
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


def entries(slug: str | None = None) -> Select[AuditEntry]:
    """What finds the downloads of a project or of all in the record; their order is whoever asks'."""
    wanted = select(AuditEntry).where(AuditEntry.act == "export.download")
    if slug is None:
        return wanted
    versions = select(Export.id).join(Project, Project.id == Export.project_id).where(Project.slug == slug)
    return wanted.where(AuditEntry.subject_id.in_(versions))


def told(session: Session, found: Sequence[AuditEntry]) -> list[Taken]:
    """Downloads in the record as lines of the ledger, in the same order."""
    versions = {
        version_id: (slug, number)
        for version_id, slug, number in session.execute(
            select(Export.id, Project.slug, Export.number)
            .join(Project, Project.id == Export.project_id)
            .where(Export.id.in_({entry.subject_id for entry in found}))
        )
    }
    actors = {entry.actor_id for entry in found}
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(actors))).all())
    lines = []
    for entry in found:
        said = orjson.loads(entry.fields)
        slug, number = versions[entry.subject_id]
        who = names[entry.actor_id] if entry.actor_id else ""
        lines.append(Taken(entry.at, slug, number, who, said["file"], said.get("way"), said.get("bytes")))
    return lines


def lines(session: Session, slug: str | None = None, most: int | None = None) -> list[Taken]:
    """The downloads of a project or of all, the newest first, `most` at most."""
    found = session.scalars(entries(slug).order_by(AuditEntry.id.desc()).limit(most)).all()
    return told(session, found)


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
