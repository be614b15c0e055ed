"""Grievances, which lead back to nobody (GRV-1), and the retaliation watch, which one role sees (GRV-3)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.cases.rules import EventKind, Sign
from labeler.db import Base, Entity


class GrievanceOutcome(StrEnum):
    """What the officer found."""

    SUBSTANTIATED = "substantiated"
    NOT_SUBSTANTIATED = "not-substantiated"
    PASSED_ON = "passed-on"


class Grievance(Base):
    """A grievance: no account, no address, no browser, no session. Who has the token, of which only the SHA-256 is
    kept, has the grievance.

    The key is random, and `opened_at` a whole hour: a moment could be laid beside the moments of sign-ins.
    """

    __tablename__ = "grievance"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "opened_at"),
        CheckConstraint("(concluded_at IS NULL) = (outcome IS NULL)", name="concluded"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    opened_at: Mapped[datetime]
    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=uuid4)
    vendor_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor.id"), default=None)
    acknowledged_at: Mapped[datetime | None] = mapped_column(default=None)
    concluded_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[GrievanceOutcome | None] = mapped_column(default=None)


class GrievanceMessage(Base):
    """Words under a grievance. `officer_id` is null for those of whoever brought it; theirs have whole hours.

    `number` counts up within a grievance, which gives the order that whole hours can't.
    """

    __tablename__ = "grievance_message"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    grievance_id: Mapped[UUID] = mapped_column(ForeignKey("grievance.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    text: Mapped[str]
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)


class FlagState(StrEnum):
    """How far the independent second look has come."""

    NEW = "new"
    LOOKED_AT = "looked-at"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class WatchFlag(Entity):
    """Something that went down for a labeler after she made use of a right. It proves nothing; a person looks."""

    __tablename__ = "watch_flag"
    __table_args__ = (UniqueConstraint("labeler_id", "sign", "event", "event_at"),)

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    sign: Mapped[Sign]
    event: Mapped[EventKind]
    event_at: Mapped[datetime]
    found_at: Mapped[datetime]
    before: Mapped[int]
    after: Mapped[int]
    state: Mapped[FlagState] = mapped_column(default=FlagState.NEW)


class WatchLook(Entity):
    """One look of the officer at a flag, what she made of it, and her note. Looks are only added."""

    __tablename__ = "watch_look"
    __table_args__ = (Index(None, "flag_id"),)

    flag_id: Mapped[UUID] = mapped_column(ForeignKey("watch_flag.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    state: Mapped[FlagState]
    note: Mapped[str] = mapped_column(default="")
