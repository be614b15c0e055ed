"""What labelers chose to say about themselves, apart from all else, and the tables that were made of it.

No other table has a key to these. `tests/house/test_demographics.py` says who may read them: the person herself, and
what makes an export's tables.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class SelfDescription(Base):
    """What one labeler says about herself, and the two uses she allows; withdrawn, the row is gone.

    Each change is a new row: `id` is random, tells no time, and is what a table knows of whom it counted. Each of the
    fields may be null. `words` are her own, where a list has no fitting one.
    """

    __tablename__ = "self_description"
    __table_args__ = (
        CheckConstraint("in_tables OR on_rows", name="some_use"),
        CheckConstraint(
            "coalesce(gender, gender_words, age, region, region_words, education, education_words, origin_words)"
            " IS NOT NULL",
            name="something_said",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), unique=True)
    text_version: Mapped[int]
    agreed_on: Mapped[date]
    in_tables: Mapped[bool]
    on_rows: Mapped[bool]
    gender: Mapped[str | None] = mapped_column(default=None)
    gender_words: Mapped[str | None] = mapped_column(default=None)
    age: Mapped[str | None] = mapped_column(default=None)
    region: Mapped[str | None] = mapped_column(default=None)
    region_words: Mapped[str | None] = mapped_column(default=None)
    education: Mapped[str | None] = mapped_column(default=None)
    education_words: Mapped[str | None] = mapped_column(default=None)
    origin_words: Mapped[str | None] = mapped_column(default=None)


class PeopleTable(Entity):
    """A table of who judged in a project, as it was made at one moment; only added to.

    `counted` are the ids of the rows it was made of. One that was withdrawn or changed since is found nowhere, and then
    the table is shown no more.
    """

    __tablename__ = "people_table"
    __table_args__ = (Index("ix_people_table_project_id_made_at", "project_id", "made_at"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    made_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]
    counted: Mapped[list[str]]
