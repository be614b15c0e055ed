"""Frozen dataset versions: made once, never rewritten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class ExportState(StrEnum):
    """How an export stands."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


class Approval(StrEnum):
    """How the second look at an export stands, where its project asks for one."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class Export(Entity):
    """Version `number` of a project's dataset: what had been submitted at `snapshot_at`, seen through `views`.

    `folder` is relative to the data folder. `manifest_hash` is the SHA-256 of `manifest.json`, `key_id`
    the fingerprint of the key that signed it, null for versions made before there were signatures.
    `counts` holds rows and what was left out by reason, a view at a time. What pseudonyms are keyed with lies in the
    data folder, not here. `done_rows` of `all_rows` stored answers have been read so far. `withdrawn_since` is the
    first `ExportWithdrawal.since`, null while the version may be used. `published_at`: since when it may leave the
    house, because its datasheet lacks nothing. `approval` is null where no second person is asked; `decided_by` has
    looked at it, and is never who asked for it; `decision_note` is what she said, always said when she refused.
    `bytes` is the size of its folder, null for versions from before it was counted.
    """

    __tablename__ = "export"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint(
            "(published_at IS NULL) = (published_by IS NULL) AND (published_at IS NULL OR state = 'done')",
            name="published",
        ),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_at IS NOT NULL) = (coalesce(approval, 'waiting') <> 'waiting')",
            name="decided",
        ),
        CheckConstraint("decided_by IS NULL OR decided_by <> created_by", name="second_person"),
        CheckConstraint("approval IS NULL OR approval <> 'refused' OR decision_note IS NOT NULL", name="refused"),
        CheckConstraint("published_at IS NULL OR coalesce(approval, 'approved') = 'approved'", name="approved_first"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    views: Mapped[list[str]]
    options: Mapped[dict[str, Any]]
    snapshot_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    state: Mapped[ExportState] = mapped_column(default=ExportState.WAITING)
    done_rows: Mapped[int] = mapped_column(default=0)
    all_rows: Mapped[int | None] = mapped_column(default=None)
    counts: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    folder: Mapped[str | None] = mapped_column(default=None)
    manifest_hash: Mapped[str | None] = mapped_column(default=None)
    key_id: Mapped[str | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_since: Mapped[datetime | None] = mapped_column(default=None)
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    approval: Mapped[Approval | None] = mapped_column(default=None)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decision_note: Mapped[str | None] = mapped_column(default=None)
    bytes: Mapped[int | None] = mapped_column(BigInteger, default=None)

    @property
    def withdrawn_on(self) -> date | None:
        """The day, in UTC, since which this version should not be used; None while it may be. A moment would tell more
        of the person behind it than anybody needs."""
        return self.withdrawn_since and self.withdrawn_since.astimezone(UTC).date()


class ExportProject(Base):
    """A project whose answers a version takes in: the version's own, and each other. Versions from before there were
    such rows have none, and take in their own project alone.

    `facts` is what the version's papers say of the project, as it stood when the version was asked for
    (`exports.projects`): what has no history of its own must not be read again when the version is written.
    """

    __tablename__ = "export_project"
    __table_args__ = (Index(None, "project_id"),)

    export_id: Mapped[UUID] = mapped_column(ForeignKey("export.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"), primary_key=True)
    facts: Mapped[dict[str, Any]]


class Cause(StrEnum):
    """Why a finished version is withdrawn: answers in it are in no version made since."""

    WITHDRAWN = "withdrawn"
    """Their labelers withdrew them (OPT-9)."""
    NOT_USED = "not-used"
    """It was decided that they are not used (REJ-2)."""
    ERASED = "erased"
    """They were erased with the data of a person."""


class ExportWithdrawal(Base):
    """A finished version that should not be used any more, because of so many `answers` in it; never undone.

    `since` is the moment of the first act that took one out. A version may have several causes. No row says which
    answers, or whose.
    """

    __tablename__ = "export_withdrawal"
    __table_args__ = (CheckConstraint("answers >= 1", name="answers"),)

    export_id: Mapped[UUID] = mapped_column(ForeignKey("export.id"), primary_key=True)
    cause: Mapped[Cause] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    answers: Mapped[int]
