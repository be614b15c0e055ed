"""What owners said of their datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class DatasheetAnswers(Entity):
    """All answers of an owner as they stood from `said_at` on: the `number`-th writing of a project's datasheet.

    Rows are only added: a version has the answers of the moment in which it was asked for, whatever is said later.
    `answers` maps a field of `questions.FIELDS` to its text.
    """

    __tablename__ = "datasheet_answers"
    __table_args__ = (UniqueConstraint("project_id", "number"), CheckConstraint("number >= 1", name="number"))

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    answers: Mapped[dict[str, Any]]
    said_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]
