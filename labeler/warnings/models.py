"""What labelers said of a warning that was too weak, what reviewers made of it, and what is served to nobody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class Decision(StrEnum):
    """What a reviewer made of a task's severity: it stands, or it was said too high."""

    CONFIRMED = "confirmed"
    LOWERED = "lowered"


class ContentReview(Entity):
    """A named person's look at a task's severity (EXP-12). Only such a row lowers one, and it says why."""

    __tablename__ = "content_review"
    __table_args__ = (
        Index(None, "task_id"),
        CheckConstraint("decision = 'confirmed' OR length(reason) >= 20", name="reason"),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    decision: Mapped[Decision]
    old_profile: Mapped[str]
    new_profile: Mapped[str]
    reason: Mapped[str | None] = mapped_column(default=None)


class ContentReport(Entity):
    """A labeler said that a text is worse than its warning. There is no column for words of hers.

    `severity` is what she said; the profiles are written as `tasks.content.profile_key` does, and are the same where
    the warning said as much already. `review_id` is the look that was taken at it.
    """

    __tablename__ = "content_report"
    __table_args__ = (
        Index(
            "uq_content_report_open",
            "task_id",
            "labeler_id",
            "category",
            "severity",
            unique=True,
            sqlite_where=text("review_id IS NULL"),
            postgresql_where=text("review_id IS NULL"),
        ),
        Index(None, "task_id"),
        Index(None, "project_id", "at"),
        CheckConstraint("severity BETWEEN 1 AND 4", name="severity"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    category: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    old_profile: Mapped[str]
    new_profile: Mapped[str]
    at: Mapped[datetime]
    review_id: Mapped[UUID | None] = mapped_column(ForeignKey("content_review.id"), default=None)


class EscalationSource(StrEnum):
    """How a task came to severity 4: the import said so, or a labeler did."""

    IMPORT = "import"
    REPORT = "report"


class EscalationDecision(StrEnum):
    """What was decided about a task that is served to nobody: it stays away, or it is not forbidden."""

    STAYS = "stays"
    ALLOWED = "allowed"


class Escalation(Entity):
    """A decision about a task at severity 4 (EXP-4), by the person named for it, with her reason.

    A task at severity 4 without a row `stays` is an open escalation: no import and no report can forget to make one.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        Index(None, "task_id"),
        Index(
            "uq_escalation_stays",
            "task_id",
            unique=True,
            sqlite_where=text("decision = 'stays'"),
            postgresql_where=text("decision = 'stays'"),
        ),
        CheckConstraint("(severity IS NULL) = (decision = 'stays')", name="decision_severity"),
        CheckConstraint("severity BETWEEN 0 AND 3", name="severity"),
        CheckConstraint("length(reason) >= 20", name="reason"),
    )

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    source: Mapped[EscalationSource]
    from_at: Mapped[datetime]
    decision: Mapped[EscalationDecision]
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    severity: Mapped[int | None] = mapped_column(SmallInteger, default=None)


class EscalationContact(Entity):
    """Who decides about tasks at severity 4, from a moment on. Rows are only added; the newest is in force."""

    __tablename__ = "escalation_contact"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    from_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
