"""What the product notes of its own looks at itself, and of the canaries that it lets go."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class SelfCheckRun(Base):
    """That a self-check ran on a day, for a vendor's log or the platform's: so that two workers write one entry."""

    __tablename__ = "self_check_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    log_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class CanaryKind(StrEnum):
    """What is tried out: whether a grievance is answered, and whether a task at severity 4 is decided about."""

    GRIEVANCE = "grievance"
    SEVERITY = "severity-4"


class Canary(Entity):
    """Something that the product sends to those who must answer, once a quarter, as if it came from a person.

    It goes out at `due_at`, a moment in the quarter that was drawn by lot. `secret` is told with the answer: the id of
    what was sent is made of it, and its SHA-256 is in the record from the beginning, so that nothing that went well can
    be called a canary afterwards. `quarter` is such as "2026 Q3".
    """

    __tablename__ = "canary"
    __table_args__ = (
        UniqueConstraint("kind", "quarter"),
        CheckConstraint("sent_at >= made_at AND answered_at >= sent_at", name="order"),
        CheckConstraint("length(secret) = 32", name="secret"),
    )

    kind: Mapped[CanaryKind]
    quarter: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
