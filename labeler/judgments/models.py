"""What labelers said. Judgments are never changed: a revision is a new version that names the old one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class Standing(StrEnum):
    """Whether a judgment counts towards its task's overlap. A late one is kept, paid and exported as late."""

    COUNTED = "counted"
    LATE = "late"


class Judgment(Entity):
    """One version of the answer to one assignment. `answer` is the kind's answer as JSON text.

    `order` is the order of completions shown (`tasks.order`).
    `idem_key` was minted with the form: the same key again is the same press, and has no second effect.
    `fingerprint` is the SHA-256 of the answer. `shown_seconds` is from the moment the text was visible to the submit.
    """

    __tablename__ = "judgment"
    __table_args__ = (
        UniqueConstraint("assignment_id", "version"),
        UniqueConstraint("labeler_id", "idem_key"),
        Index(None, "project_id", "submitted_at"),
        Index(None, "task_id"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(replaces_id IS NULL) = (version = 1)", name="replaces"),
    )

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    guideline_version: Mapped[int]
    kind: Mapped[str]
    kind_version: Mapped[int]
    order: Mapped[str]
    answer: Mapped[str] = mapped_column(Text)
    standing: Mapped[Standing]
    idem_key: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    handed_at: Mapped[datetime]
    shown_seconds: Mapped[float]
    submitted_at: Mapped[datetime]
    fence: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("judgment.id"), default=None)


class Withdrawal(Base):
    """An answer, in all its versions, that its labeler took out of the datasets to come (OPT-9). Never undone.

    There is no column for a reason, and there will be none. The key serves the export, which passes each answer once.
    """

    __tablename__ = "withdrawal"
    __table_args__ = (Index(None, "labeler_id"),)

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    at: Mapped[datetime]


class Retry(Entity):
    """Leave to answer once more (REJ-2), paid, beyond the last ten answers: until `until`, or until it was used.

    It is given by the room of cases, which knows why.
    """

    __tablename__ = "retry"
    __table_args__ = (
        Index(None, "assignment_id"),
        CheckConstraint("until >= from_at", name="order"),
    )

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("assignment.id"))
    from_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
