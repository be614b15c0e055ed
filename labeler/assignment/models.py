"""A task given to one labeler, and how far she has come."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity

_HELD = text("state = 'held'")


class AssignmentState(StrEnum):
    """How an assignment stands. Everything but `held` is an end; `expired` may still become `judged` (late)."""

    HELD = "held"
    JUDGED = "judged"
    SKIPPED = "skipped"
    RELEASED = "released"
    REVOKED = "revoked"
    EXPIRED = "expired"


IS_HELD: ColumnElement[str] = literal_column("'held'")
"""`AssignmentState.HELD` as a literal: a prepared statement uses a partial index only when it says so itself."""


class Assignment(Entity):
    """One task handed to one labeler, once: whatever becomes of it, the same person never gets the task again.

    A labeler holds at most one assignment at a time, on all her tabs and devices. `fence` is the task's hand-out
    number: a newer hand-out has a higher one. `order` is the order of completions shown (`tasks.order`).
    `revealed_at` is when a sensitive text was asked for, null while it is hidden; `seen_seconds` sums closed reveals.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("task_id", "labeler_id"),
        Index("uq_assignment_held", "labeler_id", unique=True, sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_assignment_lease", "lease_until", sqlite_where=_HELD, postgresql_where=_HELD),
        Index(None, "labeler_id", "handed_at"),
        CheckConstraint("(ended_at IS NULL) = (state = 'held')", name="ended"),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    guideline_version: Mapped[int]
    fence: Mapped[int]
    order: Mapped[str]
    handed_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    state: Mapped[AssignmentState] = mapped_column(default=AssignmentState.HELD)
    revealed_at: Mapped[datetime | None] = mapped_column(default=None)
    seen_seconds: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class LaneCursor(Base):
    """How far a labeler has come in a lane. `empty_at` is the lane's tail when a full look found nothing for her."""

    __tablename__ = "lane_cursor"

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    lane_id: Mapped[UUID] = mapped_column(ForeignKey("lane.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    empty_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class Draft(Base):
    """An answer on its way: the form as last seen, as JSON text. It outlives a sign-out, a lapse and a break."""

    __tablename__ = "draft"

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    form: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
