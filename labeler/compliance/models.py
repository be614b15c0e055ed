"""Compliance reports, and what people say in them: made once, never rewritten."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.compliance.report.texts import TextKind
from labeler.db import Base, Entity


class ReportState(StrEnum):
    """How a report stands."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


COMING = (ReportState.WAITING, ReportState.WRITING)
"""Asked for, and not there yet."""
_COMING = text("state IN ('waiting', 'writing')")


class Report(Entity):
    """Report `number` on a vendor's quarter, by a profile of a version of the standard.

    It is a function of these columns and of the record: of the first `vendor_size` leaves of the vendor's log and
    `platform_size` of the platform's, both under `checkpoint` (a signed note). `earlier` are the numbers of those that
    were asked for before on the same quarter, so that no two of them tell more together. `digest` is the SHA-256 of
    `report.json`; `folder` is relative to the data folder. Of a vendor, quarter and profile one is made at a time.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("vendor_id", "number"),
        UniqueConstraint(
            "vendor_id", "period", "profile_digest", "standard_digest", "vendor_size", "platform_size",
            name="uq_report_parameters",
        ),
        Index(
            "uq_report_coming", "vendor_id", "period", "profile_digest",
            unique=True, sqlite_where=_COMING, postgresql_where=_COMING,
        ),
        Index(None, "made_by", "made_at"),
        CheckConstraint("number >= 1 AND vendor_size >= 1 AND platform_size >= 1 AND k >= 2", name="sizes"),
        CheckConstraint(
            "(state = 'done') = (digest IS NOT NULL) AND (digest IS NULL) = (folder IS NULL)"
            " AND (digest IS NULL) = (manifest_hash IS NULL) AND (digest IS NULL) = (key_id IS NULL)",
            name="done",
        ),
    )  # fmt: skip

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    number: Mapped[int]
    period: Mapped[str]
    profile: Mapped[str]
    profile_values: Mapped[dict[str, int]]
    profile_digest: Mapped[str]
    standard_version: Mapped[str]
    standard_digest: Mapped[str]
    vendor_size: Mapped[int]
    platform_size: Mapped[int]
    checkpoint: Mapped[str]
    k: Mapped[int]
    earlier: Mapped[list[int]]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    state: Mapped[ReportState] = mapped_column(default=ReportState.WAITING)
    digest: Mapped[str | None] = mapped_column(default=None)
    manifest_hash: Mapped[str | None] = mapped_column(default=None)
    key_id: Mapped[str | None] = mapped_column(default=None)
    folder: Mapped[str | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class ReportText(Base):
    """What somebody says in the reports on a quarter, in her own words; a new text is a new row. The key is the digest
    that the record has of it (`report.texts.digest`)."""

    __tablename__ = "report_text"
    __table_args__ = (Index(None, "vendor_id", "period"),)

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[TextKind]
    period: Mapped[str]
    signer: Mapped[str]
    text: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
