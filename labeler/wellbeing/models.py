"""What protects a labeler: her choices, the breaks she is owed, and the clock they are counted by.

Rows of one person are read by that person and by the gate, and by nobody else (OPT-5, BRK-4).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class OptOutScope(StrEnum):
    """What a no is said to. There is no column for a reason, and there will be none (OPT-1)."""

    TASK = "task"
    PROJECT = "project"
    CATEGORY = "category"
    SENSITIVE = "sensitive"


class OptOut(Entity):
    """A standing no, undone by setting `ended_at`. Exactly the column of its scope is filled."""

    __tablename__ = "opt_out"
    __table_args__ = (
        Index(
            "ix_opt_out_standing",
            "labeler_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint(
            "(task_id IS NOT NULL) = (scope = 'task') AND (project_id IS NOT NULL) = (scope = 'project')"
            " AND (category IS NOT NULL) = (scope = 'category')",
            name="scope_target",
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    scope: Mapped[OptOutScope]
    from_at: Mapped[datetime]
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"), default=None)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), default=None)
    category: Mapped[str | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class Consent(Entity):
    """A standing yes to one category up to a severity, in the words of `text_version`; it expires (EXP-13)."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_standing",
            "labeler_id",
            "category",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("severity BETWEEN 2 AND 3", name="severity"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    category: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    text_version: Mapped[int]
    from_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class WorkClock(Base):
    """One row a labeler: how long she has been at the screen. Locking it puts her requests in a line.

    `stretch_from` is when the current stretch of continuous work began, `active_at` the last sign of it;
    `day` is the labeler's own date and `day_seconds` the work seen in it, for her own page only.
    """

    __tablename__ = "work_clock"

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    stretch_from: Mapped[datetime | None] = mapped_column(default=None)
    active_at: Mapped[datetime | None] = mapped_column(default=None)
    day: Mapped[date | None] = mapped_column(default=None)
    day_seconds: Mapped[int] = mapped_column(default=0)


class Break(Entity):
    """A pause, paid. `due`: a rule asked for it, the labeler did not take it herself; `until`: when it is over."""

    __tablename__ = "break"
    __table_args__ = (
        Index(
            "uq_break_open",
            "labeler_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    due: Mapped[bool]
    started_at: Mapped[datetime]
    until: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
