"""What the watch over requesters and vendors found, and what people made of it. Never about a labeler."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.anomalies.rules import About, Sign
from labeler.db import Entity


class AnomalyState(StrEnum):
    """How far the look has come."""

    NEW = "new"
    LOOKED_AT = "looked-at"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class Anomaly(Entity):
    """One sign about one project, requester, reviewer or vendor in one week (its Monday). It proves nothing.

    `subject_id` is the id of whom it is about; `vendor_id` the same where that is a vendor. The numbers are those of
    `anomalies.rules.Found`.
    """

    __tablename__ = "anomaly"
    __table_args__ = (
        UniqueConstraint("sign", "subject_id", "week"),
        Index(None, "found_at"),
        CheckConstraint("(about = 'vendor') = (vendor_id IS NOT NULL)", name="vendor"),
        CheckConstraint("hits >= 0 AND made >= 0", name="numbers"),
    )

    sign: Mapped[Sign]
    about: Mapped[About]
    subject_id: Mapped[UUID]
    week: Mapped[date]
    found_at: Mapped[datetime]
    hits: Mapped[int]
    made: Mapped[int]
    others_per_mille: Mapped[int | None] = mapped_column(default=None)
    people: Mapped[int | None] = mapped_column(default=None)
    vendor_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor.id"), default=None)
    state: Mapped[AnomalyState] = mapped_column(default=AnomalyState.NEW)


class AnomalyLook(Entity):
    """One look of a named person at an anomaly, and what she made of it. Looks are only added."""

    __tablename__ = "anomaly_look"
    __table_args__ = (
        Index(None, "anomaly_id"),
        CheckConstraint("state = 'looked-at' OR length(trim(note)) > 0", name="note"),
    )

    anomaly_id: Mapped[UUID] = mapped_column(ForeignKey("anomaly.id"))
    looked_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    state: Mapped[AnomalyState]
    note: Mapped[str] = mapped_column(default="")
