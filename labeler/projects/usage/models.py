"""Asks to hand a project out, and what a second person decided. Rows are added; a decision is written once, and so is
its withdrawal, beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity
from labeler.projects.usage.rules import ApprovalState


class ProjectApproval(Entity):
    """One ask: what the project was then (`facts`), for what its data is to be used, and what became of it.

    `digest` covers facts, use and policy text (`usage.rules.digest_of`). `scrutiny` has codes of the policy's fields.
    `reasons` are written; a refusal has some. So has a withdrawal (`withdrawn_why`), which leaves the yes as it was.
    """

    __tablename__ = "project_approval"
    __table_args__ = (
        Index(
            "uq_project_approval_waiting",
            "project_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "project_id", "asked_at"),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_at IS NOT NULL) = (state IN ('approved', 'refused', 'withdrawn'))",
            name="decided",
        ),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_person"),
        CheckConstraint(
            "state <> 'refused' OR (reasons IS NOT NULL AND length(trim(reasons)) >= 20)", name="written_reasons"
        ),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn')"
            " AND (withdrawn_at IS NULL OR withdrawn_at >= decided_at)",
            name="withdrawn",
        ),
        CheckConstraint(
            "state <> 'withdrawn' OR (withdrawn_why IS NOT NULL AND length(trim(withdrawn_why)) >= 20)",
            name="withdrawn_why",
        ),
        CheckConstraint("length(digest) = 64", name="digest"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    policy: Mapped[int]
    intended_use: Mapped[str]
    scrutiny: Mapped[list[str]]
    safeguards: Mapped[str]
    facts: Mapped[dict[str, Any]]
    digest: Mapped[str]
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.WAITING)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    reasons: Mapped[str | None] = mapped_column(default=None)
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_why: Mapped[str | None] = mapped_column(default=None)
