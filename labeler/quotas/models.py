"""What every table of limits has."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from labeler.db import Entity


class SetLimit(Entity):
    """A limit as it was set; the newest of a name is in force. Rows are only added. `value` null: there is no limit."""

    __abstract__ = True

    value: Mapped[int | None] = mapped_column(BigInteger)
    set_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        return Index(None, "name", "set_at"), CheckConstraint("value IS NULL OR value >= 0", name="value")
