"""What labelers have been paid for reading."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base


class ReadingTime(Base):
    """That a labeler has been paid for reading one version of a project's instructions: once, however often she opens
    it. `seconds` is 0 where there was nothing to read.
    """

    __tablename__ = "reading_time"
    __table_args__ = (CheckConstraint("seconds >= 0", name="seconds"),)

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    guideline_id: Mapped[UUID] = mapped_column(ForeignKey("guideline.id"), primary_key=True)
    seconds: Mapped[int]
    at: Mapped[datetime]
