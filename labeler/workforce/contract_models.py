"""A vendor's contracts, and what held for a labeler from when on. Rows are only added, and none begins in the past."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity
from labeler.workforce.contract_rules import Payroll


class Contract(Entity):
    """What a vendor's labelers work under. What it says are its versions."""

    __tablename__ = "contract"
    __table_args__ = (UniqueConstraint("vendor_id", "name"),)

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    name: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class ContractVersion(Entity):
    """What a contract says from `from_at` on, until the next version or `until_at`.

    `tier` 1 is a vendor of the platform's operator; higher ones work for the vendor `above_id`. `countries` are ISO
    3166 codes of two letters; notice and leave are in days (leave in days of a year). `confidentiality`: there is such
    a clause; `carve_out`: it leaves health, safety, working conditions and organising out (GRV-4); `other_work_barred`
    (GOV-1) is written down as it is, so that a report can show it. `digest` is the SHA-256 of all of this and of the
    texts, in hexadecimal (`contract_rules.digest_of`).
    """

    __tablename__ = "contract_version"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        UniqueConstraint("contract_id", "from_at"),
        Index(None, "above_id"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("made_at <= from_at", name="not_before_now"),
        CheckConstraint("until_at IS NULL OR until_at > from_at", name="order"),
        CheckConstraint("tier >= 1 AND (tier = 1) = (above_id IS NULL)", name="tier"),
        CheckConstraint("notice_days >= 0 AND paid_leave_days >= 0 AND ill_leave_days >= 0", name="days"),
        CheckConstraint("confidentiality OR NOT carve_out", name="carve_out"),
        CheckConstraint("length(digest) = 64", name="digest"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    number: Mapped[int]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    tier: Mapped[int]
    above_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor.id"))
    countries: Mapped[list[str]]
    notice_days: Mapped[int]
    paid_leave_days: Mapped[int]
    ill_leave_days: Mapped[int]
    confidentiality: Mapped[bool]
    carve_out: Mapped[bool]
    other_work_barred: Mapped[bool]
    payroll: Mapped[Payroll]
    digest: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class ContractText(Base):
    """A version's whole text in one language (BCP 47), with the SHA-256 of its UTF-8 bytes in hexadecimal."""

    __tablename__ = "contract_text"
    __table_args__ = (CheckConstraint("length(digest) = 64", name="digest"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("contract_version.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    digest: Mapped[str]


class ContractSeen(Base):
    """That a labeler said she has seen a version of her contract (GOV-1)."""

    __tablename__ = "contract_seen"

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("contract_version.id"), primary_key=True)
    at: Mapped[datetime]


class LabelerTerms(Base):
    """What held for a labeler from `from_at` on: her languages, time zone and contract's days, and who said so when.

    The newest is what `Labeler` has, which the gate reads.
    """

    __tablename__ = "labeler_terms"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("made_at <= from_at", name="not_before_now"),
        CheckConstraint("contract_until IS NULL OR contract_until >= contract_from", name="contract_dates"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_at: Mapped[datetime]
    languages: Mapped[list[str]]
    time_zone: Mapped[str]
    contract_from: Mapped[date]
    contract_until: Mapped[date | None]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
