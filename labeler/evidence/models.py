"""What people say about a vendor: attestations by its side, confirmations by its labelers. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class Attestation(Entity):
    """A vendor's statement about one control of the standard, with the document it rests on.

    `dated` is the day on which it was signed (its first moment, UTC), `expires_at` the moment from which it holds no
    more. The document lies in the data folder under `digest`, its SHA-256 in hexadecimal; `size` is in bytes, `media`
    what it was found to be by its content. The id is that of the draft it was made from, so it is made once.
    """

    __tablename__ = "attestation"
    __table_args__ = (
        Index(None, "vendor_id", "control"),
        CheckConstraint("dated <= made_at", name="dated"),
        CheckConstraint("expires_at > made_at", name="expires"),
        CheckConstraint("length(digest) = 64", name="digest"),
        CheckConstraint("size > 0", name="size"),
    )

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    control: Mapped[str]
    signer: Mapped[str]
    position: Mapped[str]
    dated: Mapped[datetime]
    expires_at: Mapped[datetime]
    digest: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    media: Mapped[str]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]


class AttestationEnd(Base):
    """That a vendor withdrew an attestation. It is not undone: a new one is made instead."""

    __tablename__ = "attestation_end"

    attestation_id: Mapped[UUID] = mapped_column(ForeignKey("attestation.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class Says(StrEnum):
    """What a labeler says of a line of her vendor's report."""

    CONFIRM = "confirm"
    CONTEST = "contest"


class Confirmation(Entity):
    """What a labeler said of a control in the report on a quarter (`period`, such as `2026 Q3`). Her last word counts.

    Nobody reads it but she: reports are made from the record, in numbers of five people or more.
    """

    __tablename__ = "confirmation"
    __table_args__ = (Index(None, "labeler_id", "period"),)

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    control: Mapped[str]
    period: Mapped[str]
    says: Mapped[Says]
    at: Mapped[datetime]
