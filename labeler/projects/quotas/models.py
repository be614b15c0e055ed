"""How much requesters may import and publish."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity
from labeler.projects.quotas.rules import RequesterQuota


class RequesterLimit(Entity):
    """A limit as it was set; the newest of a name is in force. Rows are only added. `value` null: there is no limit."""

    __tablename__ = "requester_limit"
    __table_args__ = (
        Index(None, "name", "set_at"),
        CheckConstraint("value IS NULL OR value >= 0", name="value"),
    )

    name: Mapped[RequesterQuota]
    value: Mapped[int | None] = mapped_column(BigInteger)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
