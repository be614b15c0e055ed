"""Vendors and the labelers they employ."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
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


class WorkerRepresentative(Base):
    """For which vendor's labelers a worker representative speaks: exactly one (GOV-3)."""

    __tablename__ = "worker_representative"
    __table_args__ = (Index(None, "vendor_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))


class Labeler(Base):
    """A person who judges; the key is that of her account. `time_zone` is an IANA name, `languages` BCP 47 tags.

    `payroll_hash` is a keyed hash of her payroll id, read by nothing but the rule that joins the accounts of one person
    (BRK-10): `person_id` is the first of them, else the account itself. From `erased_at` on her data are being removed,
    or are gone: nobody acts for her any more, and no answer of hers goes into a dataset.
    """

    __tablename__ = "labeler"
    __table_args__ = (
        Index(None, "vendor_id"),
        Index(None, "person_id"),
        Index(None, "payroll_hash"),
        Index(
            "ix_labeler_erased",
            "id",
            sqlite_where=text("erased_at IS NOT NULL"),
            postgresql_where=text("erased_at IS NOT NULL"),
        ),
        CheckConstraint("contract_until IS NULL OR contract_until >= contract_from", name="contract_dates"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    languages: Mapped[list[str]]
    time_zone: Mapped[str]
    contract_from: Mapped[date]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    contract_until: Mapped[date | None] = mapped_column(default=None)
    payroll_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class Restriction(Entity):
    """What a labeler may not be given by a person's decision (DEC-1): one project, or, without one, any task.

    It is written by the room of cases, which knows who decided and why; the gate reads only that it stands.
    """

    __tablename__ = "restriction"
    __table_args__ = (
        Index(None, "labeler_id"),
        CheckConstraint("until_at IS NULL OR until_at >= from_at", name="order"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    from_at: Mapped[datetime]
    project_id: Mapped[UUID | None] = mapped_column(default=None)
    until_at: Mapped[datetime | None] = mapped_column(default=None)
