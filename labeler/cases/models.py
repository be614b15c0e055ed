"""Decisions about a labeler that hurt, and how she answers them. Who decided, why, and who looked again.

What a person writes here is read by her and by those who decide, never by her vendor.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.accounts.permissions import Role
from labeler.cases.rules import Cause, Code, Ending, Outcome
from labeler.db import Base, Entity

_OPEN_HOLD = text("kind = 'hold' AND closed_at IS NULL")
_STANDING = text("ended_at IS NULL")
_UNDECIDED = text("decided_at IS NULL")


class CaseKind(StrEnum):
    """What a case is about. A *hold* is a batch's, every other one a labeler's."""

    NOT_USED = "not-used"
    RESTRICTION = "restriction"
    DANGER = "danger"
    HOLD = "hold"


class Case(Entity):
    """One matter: a decision with its named person and written reasons (DEC-1), or what a labeler brought up.

    `about_id` is the judgment, restriction or batch. `first_decider` is null only where nobody decided yet:
    a danger. Until `ask_until` the labeler may ask for a review. `vendor_id` is hers at that time.
    """

    __tablename__ = "case_file"
    __table_args__ = (
        Index(None, "labeler_id", "opened_at"),
        Index(None, "vendor_id", "opened_at"),
        Index("uq_case_file_hold", "batch_id", unique=True, sqlite_where=_OPEN_HOLD, postgresql_where=_OPEN_HOLD),
        CheckConstraint(
            "kind NOT IN ('not-used', 'restriction', 'hold') OR (first_decider IS NOT NULL AND first_role IS NOT NULL)",
            name="decided_by_a_person",
        ),
        CheckConstraint(
            "kind NOT IN ('not-used', 'restriction') OR length(trim(reasons)) >= 20", name="written_reasons"
        ),
        CheckConstraint("(labeler_id IS NULL) = (kind = 'hold')", name="whose"),
        CheckConstraint("(batch_id IS NOT NULL) = (kind IN ('hold', 'not-used'))", name="batch"),
    )

    kind: Mapped[CaseKind]
    opened_at: Mapped[datetime]
    reasons: Mapped[str]
    about_id: Mapped[UUID | None] = mapped_column(default=None)
    labeler_id: Mapped[UUID | None] = mapped_column(ForeignKey("labeler.id"), default=None)
    vendor_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor.id"), default=None)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), default=None)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), default=None)
    first_decider: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    first_role: Mapped[Role | None] = mapped_column(default=None)
    ask_until: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)


class NotUsed(Base):
    """A decision that an answer is not used (REJ-1…4). It counts from `effective_at` on, until `ended_at`.

    Before that the labeler may answer once more, until `retry_until` (REJ-2). When she has, a person looks again:
    `again_by` with `again_reasons` says that it still can't be used. The answer stays paid, whatever becomes of it:
    nothing in this room reads or writes pay.
    """

    __tablename__ = "not_used"
    __table_args__ = (
        Index("uq_not_used_standing", "assignment_id", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
        Index(None, "batch_id", "marked_at"),
        Index(None, "labeler_id", "marked_at"),
        Index(None, "project_id", "effective_at"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
        CheckConstraint("(again_by IS NULL) = (again_reasons IS NULL)", name="again"),
        CheckConstraint("effective_at >= marked_at AND ended_at >= marked_at", name="order"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    judgment_id: Mapped[UUID] = mapped_column(ForeignKey("judgment.id"))
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    code: Mapped[Code]
    guideline_version: Mapped[int]
    marked_at: Mapped[datetime]
    retry_until: Mapped[datetime]
    rule: Mapped[str] = mapped_column(default="")
    left_at: Mapped[datetime | None] = mapped_column(default=None)
    again_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    again_reasons: Mapped[str | None] = mapped_column(default=None)
    effective_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ending: Mapped[Ending | None] = mapped_column(default=None)


class Review(Entity):
    """A second look at a case by somebody who did not decide first (REJ-3, DEC-3); `due_at` is when the reply is due,
    `limit_at` when it is late beyond excuse. `text` is what the labeler wrote, null where a rule asked for the look.
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("case_id", "cause"),
        Index("ix_review_open", "due_at", sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
        CheckConstraint("decided_by <> first_decider", name="somebody_else"),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (outcome IS NULL)"
            " AND (decided_by IS NULL) = (reasons IS NULL)",
            name="decided",
        ),
        CheckConstraint("reasons IS NULL OR length(trim(reasons)) >= 20", name="written_reasons"),
        CheckConstraint("(text IS NOT NULL) = (cause IN ('labeler', 'danger'))", name="words"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"))
    cause: Mapped[Cause]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    limit_at: Mapped[datetime]
    text: Mapped[str | None] = mapped_column(default=None)
    first_decider: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[Outcome | None] = mapped_column(default=None)
    reasons: Mapped[str | None] = mapped_column(default=None)


class CaseMessage(Entity):
    """Words between a labeler and who looks at her case; `author_id` is null for hers."""

    __tablename__ = "case_message"
    __table_args__ = (Index(None, "case_id", "at"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"))
    at: Mapped[datetime]
    text: Mapped[str]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
