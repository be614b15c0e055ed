"""Projects, their guidelines, and the tasks imported into them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity
from labeler.projects.rules import ProjectState


class Project(Entity):
    """One research question: what is asked, of whom, under which conditions.

    `options` are the kind's own; `categories` maps a category code to the highest severity that may occur
    (WRN-1); `sensitive_share` is the expected share of tasks at severity 2 or more, 0 to 1; `pay_rate` is shown as
    written, e.g. "12.50 EUR an hour"; `seconds_estimate` is the expected time for one task. `freeze_at` is the
    announced moment from which no answer can be withdrawn any more (OPT-9), null while none is announced.
    `export_approval`: whether a second person must approve each dataset version before anybody takes it.
    `published_by`: who took it live first, null for what was live before that was kept. `found`: what labelers' reports
    raised, by category code and for `share`, as [declared, found] (`usage.rules.declared`).
    """

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("overlap BETWEEN 1 AND 50", name="overlap"),
        CheckConstraint("priority BETWEEN 0 AND 100", name="priority"),
        CheckConstraint("sensitive_share BETWEEN 0 AND 1", name="sensitive_share"),
        CheckConstraint("seconds_estimate > 0", name="seconds_estimate"),
    )

    slug: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    options: Mapped[dict[str, Any]]
    overlap: Mapped[int] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger)
    languages: Mapped[list[str]]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    state: Mapped[ProjectState] = mapped_column(default=ProjectState.DRAFT)
    purpose: Mapped[str | None] = mapped_column(default=None)
    client_name: Mapped[str | None] = mapped_column(default=None)
    categories: Mapped[dict[str, int] | None] = mapped_column(default=None)
    sensitive_share: Mapped[float | None] = mapped_column(default=None)
    pay_rate: Mapped[str | None] = mapped_column(default=None)
    seconds_estimate: Mapped[int | None] = mapped_column(default=None)
    guideline_version: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    freeze_at: Mapped[datetime | None] = mapped_column(default=None)
    export_approval: Mapped[bool] = mapped_column(default=False)
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    found: Mapped[dict[str, Any] | None] = mapped_column(default=None)


class ProjectStop(Entity):
    """A rule paused this project by itself (EXP-12): which one, and the numbers it went by.

    It is ended by a person who has looked at what was wrong; until then the project can't go on. The rate of the next
    one is counted from there.
    """

    __tablename__ = "project_stop"
    __table_args__ = (
        Index(
            "uq_project_stop_open",
            "project_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "project_id", "at"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    rule: Mapped[str]
    at: Mapped[datetime]
    reports: Mapped[int]
    served: Mapped[int]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)


class ProjectOffer(Base):
    """A vendor whose labelers may work on a project. A project with no offers is open to every vendor."""

    __tablename__ = "project_offer"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"), primary_key=True)


class Guideline(Entity):
    """One version of a project's instructions (Markdown). Versions are never changed; a judgment names its own."""

    __tablename__ = "guideline"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    version: Mapped[int]
    text: Mapped[str]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]


class ImportState(StrEnum):
    """How an import ended, or that it has not."""

    WAITING = "waiting"
    READING = "reading"
    REFUSED = "refused"
    DONE = "done"


class Batch(Entity):
    """Tasks imported together: all of a file, or none of it.

    `content_hash` is the SHA-256 of the file; the same file twice in a project needs a higher `copy`, which only an
    explicit request gives. `report` is what the researcher sees: mapping, problems, matched words.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index(
            "uq_batch_content",
            "project_id",
            "content_hash",
            "copy",
            unique=True,
            sqlite_where=text("state = 'done'"),
            postgresql_where=text("state = 'done'"),
        ),
        Index(None, "project_id"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    content_hash: Mapped[str]
    copy: Mapped[int]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    settings: Mapped[dict[str, Any]]
    state: Mapped[ImportState] = mapped_column(default=ImportState.WAITING)
    format: Mapped[str | None] = mapped_column(default=None)
    rows: Mapped[int] = mapped_column(default=0)
    tasks: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class Lane(Entity):
    """Tasks of one project that are alike to the gate: same content profile, language and priority.

    `tail` is the highest position ever given out in the lane. It rises whenever a task becomes available anew, so a
    labeler who found the lane empty at this tail need not look again until it has moved.
    """

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("project_id", "language", "profile"),
        CheckConstraint("severity BETWEEN 0 AND 4", name="severity"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    language: Mapped[str]
    profile: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    tail: Mapped[int] = mapped_column(BigInteger, default=0)


class Task(Entity):
    """One item to be judged. `claims` counts how many judgments are given or held; it never passes `overlap`.

    `handed` counts every hand-out ever made of this task: it is the fence of each assignment. `first_order` is the
    order of completions for the first hand-out, drawn at import; each further one rotates it (`tasks.order`).
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("claims BETWEEN 0 AND overlap", name="claims"),
        Index(
            "ix_task_open",
            "lane_id",
            "position",
            sqlite_where=text("claims < overlap"),
            postgresql_where=text("claims < overlap"),
        ),
        Index(None, "batch_id"),
    )

    lane_id: Mapped[UUID] = mapped_column(ForeignKey("lane.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    overlap: Mapped[int] = mapped_column(SmallInteger)
    first_order: Mapped[str]
    claims: Mapped[int] = mapped_column(SmallInteger, default=0)
    handed: Mapped[int] = mapped_column(default=0)


class TaskContent(Base):
    """What a task says, apart from the claim's narrow table. `item`, `source_label` and `meta` are JSON text.

    `matched` lists the words of the word list that raised the severity, for the researcher alone.
    """

    __tablename__ = "task_content"
    # Rows are 2 to 8 KB: kept as they are they cost half as much to load as packed ones, and are read one at a time.
    __table_args__ = {"postgresql_with": {"toast_tuple_target": 8160}}  # noqa: RUF012 -- SQLAlchemy reads this name

    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    item: Mapped[str] = mapped_column(Text)
    row_id: Mapped[str | None] = mapped_column(default=None)
    source_label: Mapped[str | None] = mapped_column(default=None)
    meta: Mapped[str | None] = mapped_column(default=None)
    matched: Mapped[str | None] = mapped_column(default=None)
