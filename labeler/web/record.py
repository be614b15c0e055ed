"""How entries of the record are shown: staff by name, labelers by names that lead nowhere, and ids that tell nothing.

Whoever reads the record may not learn who a labeler is from how she works, nor her pace from the ids of her answers:
ours hold the moment they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.audit.rules import VEILED_ROOMS, nickname
from labeler.projects.models import Project
from labeler.workforce.models import Vendor
from labeler.workforce.queries import called

SYSTEM = "the system"
"""Who did what has no actor: the clock, a job, or the operator at the command line."""

LABELER, ACCOUNT = "labeler", "account"
"""The two sorts of a labeler's made-up names: where she works, and where her account is looked after."""

VEILED_FIELDS = {"assignment"}
"""Fields that hold the id of something in a veiled room; the room has the same name."""
HIDDEN_FIELDS = {"person"}
"""Fields that are not shown at all: which accounts are one person's is the platform's to know alone (BRK-10)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown. `about` is what the filter takes to find the same subject again, where it can."""

    id: UUID
    at: datetime
    act: str
    by: str
    by_kind: str
    """`staff`, `labeler` or `system`."""
    by_id: UUID | None
    about: str
    about_name: str
    findable: bool
    vendor_id: UUID | None
    vendor: str
    fields: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        """The entry as a line of a download."""
        return {
            "id": self.id,
            "at": self.at,
            "act": self.act,
            "by": {"kind": self.by_kind, "name": self.by, "id": self.by_id},
            "about": self.about,
            "about_name": self.about_name,
            "vendor": {"id": self.vendor_id, "name": self.vendor} if self.vendor_id else None,
            "fields": self.fields,
        }


def lines(session: Session, entries: Sequence[AuditEntry], secret: bytes) -> list[Line]:
    """Entries as they are shown. `secret` keys the made-up names."""
    ids = {entry.subject_id for entry in entries}
    people = called(session, ids | {entry.actor_id for entry in entries if entry.actor_id})
    vendor_ids = {entry.vendor_id for entry in entries if entry.vendor_id} | ids
    vendors = dict(session.execute(select(Vendor.id, Vendor.name).where(Vendor.id.in_(vendor_ids))).all())
    projects = dict(session.execute(select(Project.id, Project.slug).where(Project.id.in_(ids))).all())
    things = {**projects, **vendors}
    return [_line(entry, people, vendors, things, secret) for entry in entries]


def _line(
    entry: AuditEntry,
    people: Mapping[UUID, tuple[str, Role]],
    vendors: Mapping[UUID, str],
    things: Mapping[UUID, str],
    secret: bytes,
) -> Line:
    room = entry.act.partition(".")[0]
    by, kind, by_id = _who(entry.actor_id, people, secret, LABELER if room in VEILED_ROOMS else ACCOUNT)
    about, about_name = str(entry.subject_id), things.get(entry.subject_id, "")
    if room in VEILED_ROOMS:
        about = nickname(secret, room, entry.subject_id)
    elif entry.subject_id in people:
        name, role = people[entry.subject_id]
        if role is Role.LABELER:
            about = nickname(secret, ACCOUNT, entry.subject_id)
        else:
            about_name = name
    return Line(
        id=entry.id,
        at=entry.at,
        act=entry.act,
        by=by,
        by_kind=kind,
        by_id=by_id,
        about=about,
        about_name=about_name,
        findable=room not in VEILED_ROOMS,
        vendor_id=entry.vendor_id,
        vendor=vendors.get(entry.vendor_id, "") if entry.vendor_id else "",
        fields=_fields(entry.fields, secret),
    )


def _who(
    actor: UUID | None, people: Mapping[UUID, tuple[str, Role]], secret: bytes, sort: str
) -> tuple[str, str, UUID | None]:
    if actor is None:
        return SYSTEM, "system", None
    name, role = people.get(actor, (str(actor), Role.LABELER))  # whoever is not known is not named
    if role is Role.LABELER:
        return nickname(secret, sort, actor), "labeler", None
    return name, "staff", actor


def _fields(text: str, secret: bytes) -> Mapping[str, Any]:
    fields: dict[str, Any] = orjson.loads(text)
    return {
        name: nickname(secret, name, UUID(value)) if name in VEILED_FIELDS and value else value
        for name, value in fields.items()
        if name not in HIDDEN_FIELDS
    }
