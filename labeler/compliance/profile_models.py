"""The table of buyers' profiles."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class BuyerProfile(Entity):
    """A buyer's tighter numbers for a version of the standard. Rows are only added; `name` is given once.

    `numbers` is JSON text with the numbers that are tighter than the standard's, by name; `digest` is that of the whole
    profile (`standards.Profile.digest`). It is there from `made_at` on: other numbers are another profile.
    """

    __tablename__ = "buyer_profile"

    name: Mapped[str] = mapped_column(unique=True)
    standard: Mapped[str]
    numbers: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
