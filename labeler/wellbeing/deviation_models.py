"""The table of looser numbers that were asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity
from labeler.wellbeing.limits import Signer


class LooserRequest(Entity):
    """A looser number that waits for a second person, or was confirmed (`policy_id`) or declined.

    While it waits it changes nothing: numbers in force are rows of `policy` alone. `document` is the SHA-256 of what
    was signed.
    """

    __tablename__ = "looser_request"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="order"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decided_by <> asked_by", name="second_person"),
        CheckConstraint("policy_id IS NULL OR decided_by IS NOT NULL", name="confirmed"),
    )

    name: Mapped[str]
    value: Mapped[int]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    signer: Mapped[Signer]
    signed_by: Mapped[str]
    reason: Mapped[str]
    document: Mapped[str]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), default=None)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy.id"), default=None)
