"""That a person's data were erased: when, at whose hand, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base


class Erasure(Base):
    """The erasure of a person, in all her accounts. `person_id` is `Labeler.person_id`; nothing leads to a name.

    `by_id` is the administrator who carried out a request that came otherwise, with her `reason`; both null where the
    person asked herself, on her own pages. `removed_at`: all rows were gone; `finished_at`: they were looked for once
    more, when every request that was under way had ended.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("(by_id IS NULL) = (reason IS NULL)", name="reason"),
        CheckConstraint("removed_at >= asked_at AND finished_at >= removed_at", name="order"),
        CheckConstraint("finished_at IS NULL OR removed_at IS NOT NULL", name="finished"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    asked_at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
