"""How much may be made, taken and kept of dataset versions; and what each person has taken today."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Json
from labeler.exports.quotas.rules import Quota
from labeler.quotas.models import SetLimit


class ExportLimit(SetLimit):
    """A limit on dataset versions."""

    __tablename__ = "export_limit"

    name: Mapped[Quota]


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
