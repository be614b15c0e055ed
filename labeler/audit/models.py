"""The record of every state change; rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class AuditEntry(Entity):
    """One act: who did what to which subject, with exactly the fields the act declares (`audit.acts`).

    `fields` is canonical JSON text (sorted keys, no spaces), so that its digest is the same everywhere.
    `vendor_id` is the vendor whose record this belongs to, or null for the platform's own; it is no foreign key,
    because an entry outlives whatever it speaks of.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_id"), Index(None, "vendor_id", "id"))

    at: Mapped[datetime]
    act: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID]
    fields: Mapped[str]
    vendor_id: Mapped[UUID | None] = mapped_column(default=None)
