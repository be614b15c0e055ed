"""What protects a labeler: her choices, her breaks and hours, what she has seen, and the numbers that bind them all.

Rows of one person are read by that person and by the gate, and by nobody else (OPT-5, BRK-4).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class OptOutScope(StrEnum):
    """What a no is said to. There is no column for a reason, and there will be none (OPT-1)."""

    TASK = "task"
    PROJECT = "project"
    CATEGORY = "category"
    SENSITIVE = "sensitive"


class OptOut(Entity):
    """A standing no, undone by setting `ended_at`. Exactly the column of its scope is filled."""

    __tablename__ = "opt_out"
    __table_args__ = (
        Index(
            "ix_opt_out_standing",
            "labeler_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint(
            "(task_id IS NOT NULL) = (scope = 'task') AND (project_id IS NOT NULL) = (scope = 'project')"
            " AND (category IS NOT NULL) = (scope = 'category')",
            name="scope_target",
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    scope: Mapped[OptOutScope]
    from_at: Mapped[datetime]
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"), default=None)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), default=None)
    category: Mapped[str | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class Consent(Entity):
    """A standing yes to one category up to a severity, in the words of `text_version`; it expires (EXP-13)."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "uq_consent_standing",
            "labeler_id",
            "category",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("severity BETWEEN 2 AND 3", name="severity"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    category: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    text_version: Mapped[int]
    from_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class WorkClock(Base):
    """One row a person: how long she has been at the screen. Locking it puts her requests in a line.

    Two accounts of one person share it (BRK-10). `stretch_from` is when the current stretch of continuous work began,
    `active_at` the last sign of it, `busy_until` until when an open lease counts as work without a further sign;
    `day` is her own date and `day_seconds` the work seen in it, for her own page only.
    `free_until`: before this moment no rule of hours can bind, whatever she does (`wellbeing.hours`); null: look.
    `severe_seconds` of severity 3 since the last rest (BRK-2); `run_seconds` and `run_tasks` of severity 3 since the
    last quiet time, which counts from `run_at`, the end of the last text of severity 2 or more (EXP-5).
    """

    __tablename__ = "work_clock"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    stretch_from: Mapped[datetime | None] = mapped_column(default=None)
    active_at: Mapped[datetime | None] = mapped_column(default=None)
    busy_until: Mapped[datetime | None] = mapped_column(default=None)
    free_until: Mapped[datetime | None] = mapped_column(default=None)
    day: Mapped[date | None] = mapped_column(default=None)
    day_seconds: Mapped[int] = mapped_column(default=0)
    severe_seconds: Mapped[int] = mapped_column(default=0)
    run_seconds: Mapped[int] = mapped_column(default=0)
    run_tasks: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime | None] = mapped_column(default=None)


class Stretch(Entity):
    """A closed stretch of continuous work: from its first sign to its last. The open one is on the clock.

    Between two stretches of one person lie at least ten minutes, or a break that was long enough.
    """

    __tablename__ = "stretch"
    __table_args__ = (
        Index(None, "person_id", "until_at"),
        CheckConstraint("until_at >= from_at", name="order"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]


class Break(Entity):
    """A pause, paid. `rule` is the one that asked for it, null when the labeler took it herself; `until`: when a
    required one is over. `paid_until`: until when it is paid at most.
    """

    __tablename__ = "break"
    __table_args__ = (
        Index(
            "uq_break_open",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "labeler_id", "started_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    started_at: Mapped[datetime]
    paid_until: Mapped[datetime]
    rule: Mapped[str | None] = mapped_column(default=None)
    until: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def due(self) -> bool:
        """Whether a rule asked for it."""
        return self.rule is not None


class StandDown(Entity):
    """Paid time at a cap when there is no other work (EXP-11): from the refusal until `until_at`, or until other work
    came (`ended_at`). `rule` is the cap.
    """

    __tablename__ = "stand_down"
    __table_args__ = (Index(None, "labeler_id", "from_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    rule: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class ExposurePath(StrEnum):
    """On which page a sensitive text was shown: every one counts (EXP-9)."""

    DESK = "desk"
    ANSWER = "answer"
    PREVIEW = "preview"
    REVIEW = "review"


class Exposure(Entity):
    """Time one person spent with one sensitive text (EXP-1…9), whatever page showed it.

    On the desk the row is made with the lease: while it is open, `reserved_seconds` count at least, so that a cap can't
    be overshot; the seconds seen so far are on the assignment. `seconds` is what was seen from reveal to hide, written
    when the row ends; `shown_at` is when the text was first asked for. `profile`: see `tasks.content.profile_key`.
    """

    __tablename__ = "exposure"
    __table_args__ = (
        Index(None, "person_id", "ended_at"),
        Index(None, "task_id", "person_id"),
        Index(
            "ix_exposure_open",
            "person_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_exposure_assignment",
            "assignment_id",
            unique=True,
            sqlite_where=text("path = 'desk'"),
            postgresql_where=text("path = 'desk'"),
        ),
        CheckConstraint("severity BETWEEN 2 AND 3", name="severity"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    """The person: `Labeler.person_id` for a labeler, else the account."""
    path: Mapped[ExposurePath]
    profile: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    from_at: Mapped[datetime]
    reserved_seconds: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    assignment_id: Mapped[UUID | None] = mapped_column(default=None)
    task_id: Mapped[UUID | None] = mapped_column(default=None)
    shown_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class ExposurePool(Base):
    """How the severe minutes of the last 168 h are spread over those who may be given severe work (EXP-6).

    One row, refreshed by a job each minute: `median_seconds` and how many people the pool has.
    """

    __tablename__ = "exposure_pool"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    median_seconds: Mapped[int]
    people: Mapped[int]
    at: Mapped[datetime]
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)


class Comfort(Base):
    """How a labeler wants hard content shown to her; no row: as the organisation has it. Never in any figure (EXP-10).

    `night` allows severity 3 between 22 and 6 in her own zone (EXP-14); null is as the standard has it: no.
    """

    __tablename__ = "comfort"

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    collapsed: Mapped[bool | None] = mapped_column(default=None)
    blurred: Mapped[bool | None] = mapped_column(default=None)
    grey: Mapped[bool | None] = mapped_column(default=None)
    night: Mapped[bool | None] = mapped_column(default=None)


class Training(Entity):
    """Training on hard content, done in paid time before the first severe task and each year (WRN-4)."""

    __tablename__ = "training"
    __table_args__ = (Index(None, "labeler_id"),)

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    version: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)


class Policy(Entity):
    """A number of the standard that was changed, from a moment on, for everybody or for one project.

    `name` is one of `wellbeing.limits`. Rows are only added: the newest that has begun is in force. A looser number
    than the standard's names who signed for it, why, and when it ends (at most 90 days): every report prints it.
    """

    __tablename__ = "policy"
    __table_args__ = (
        Index(None, "name", "from_at"),
        Index(
            "uq_policy_everybody",
            "name",
            "from_at",
            unique=True,
            sqlite_where=text("project_id IS NULL"),
            postgresql_where=text("project_id IS NULL"),
        ),
        Index("uq_policy_project", "project_id", "name", "from_at", unique=True),
        CheckConstraint(
            "(signed_by IS NULL) = (until_at IS NULL) AND (signed_by IS NULL) = (reason IS NULL)", name="deviation"
        ),
        CheckConstraint("until_at IS NULL OR until_at > from_at", name="order"),
        CheckConstraint("made_at <= from_at", name="not_before_now"),
    )

    name: Mapped[str]
    value: Mapped[int]
    from_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), default=None)
    signed_by: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    until_at: Mapped[datetime | None] = mapped_column(default=None)
