"""Vendors and the labelers they employ."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class Vendor(Entity):
    """A firm that employs labelers. People employed directly belong to the one vendor that is `in_house`."""

    __tablename__ = "vendor"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    created_at: Mapped[datetime]
    in_house: Mapped[bool] = mapped_column(default=False)


class VendorManager(Base):
    """Which vendor a vendor manager speaks for: exactly one."""

    __tablename__ = "vendor_manager"
    __table_args__ = (Index(None, "vendor_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))


class Labeler(Base):
    """A person who judges; the key is that of her account. `time_zone` is an IANA name, `languages` BCP 47 tags."""

    __tablename__ = "labeler"
    __table_args__ = (
        Index(None, "vendor_id"),
        CheckConstraint("contract_until IS NULL OR contract_until >= contract_from", name="contract_dates"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    languages: Mapped[list[str]]
    time_zone: Mapped[str]
    contract_from: Mapped[date]
    contract_until: Mapped[date | None] = mapped_column(default=None)
