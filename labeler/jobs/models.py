"""Machine work that is due. This table is the truth; the queue only rings the bell."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity

_OPEN = text("state IN ('queued', 'running')")


class JobState(StrEnum):
    """How a job stands; `failed` has used up its attempts."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Entity):
    """One piece of machine work, written with the change that asked for it.

    `attempt` is the fence: a worker may publish only while the row still carries the attempt it took.
    """

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_open", "run_after", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    kind: Mapped[str]
    args: Mapped[dict[str, Any]]
    run_after: Mapped[datetime]
    created_at: Mapped[datetime]
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
