"""How much may be made, taken and kept of dataset versions; and what each person has taken today."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity, Json
from labeler.exports.quotas.rules import Quota


class ExportLimit(Entity):
    """A limit as it was set; the newest of a name is in force. Rows are only added. `value` null: there is no limit."""

    __tablename__ = "export_limit"
    __table_args__ = (
        Index(None, "name", "set_at"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
    )

    name: Mapped[Quota]
    value: Mapped[int | None] = mapped_column(BigInteger)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class ExportTaking(Base):
    """What somebody has taken of one file on one day (UTC): `spans` of bytes, `[from, until]` each, in order and apart
    from each other; `bytes` is their sum. A byte that was asked for twice is there once. Kept for two days."""

    __tablename__ = "export_taking"
    __table_args__ = (CheckConstraint("bytes >= 0", name="bytes"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    export_id: Mapped[UUID] = mapped_column(ForeignKey("export.id"), primary_key=True)
    file: Mapped[str] = mapped_column(primary_key=True)
    spans: Mapped[list[list[int]]] = mapped_column(Json)
    bytes: Mapped[int] = mapped_column(BigInteger)
