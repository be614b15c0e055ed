"""Deliveries of finished dataset versions to somewhere else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity

_OPEN = text("state IN ('waiting', 'sending')")


class DeliveryState(StrEnum):
    """How a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"


class Way(StrEnum):
    """What a destination is: a folder of the machine, a bucket that speaks S3, a repository on the Hugging Face Hub."""

    FOLDER = "folder"
    S3 = "s3"
    HUB = "hub"


class ExportDelivery(Entity):
    """One finished version, brought to the destination of this name in the operator's file.

    `knowingly`: a withdrawn version is wanted all the same. `done_files` and `done_bytes` are sent or were there
    already; `all_files` is null until the first attempt has counted. `problem` is why it failed, or what holds it up
    while it is tried again. `place` is where the version lies once it is whole: a folder, or an address.
    """

    __tablename__ = "export_delivery"
    __table_args__ = (
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint("(state = 'done') = (place IS NOT NULL)", name="place"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="problem"),
        CheckConstraint(
            "done_files >= 0 AND done_bytes >= 0 AND (all_files IS NULL) = (all_bytes IS NULL)"
            " AND done_files <= coalesce(all_files, 0) AND done_bytes <= coalesce(all_bytes, 0)",
            name="counts",
        ),
        Index("ix_export_delivery_export_id", "export_id"),
        Index(
            "uq_export_delivery_open",
            "export_id",
            "destination",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    export_id: Mapped[UUID] = mapped_column(ForeignKey("export.id"))
    destination: Mapped[str]
    way: Mapped[Way]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    knowingly: Mapped[bool] = mapped_column(default=False)
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.WAITING)
    done_files: Mapped[int] = mapped_column(default=0)
    all_files: Mapped[int | None] = mapped_column(default=None)
    done_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    all_bytes: Mapped[int | None] = mapped_column(BigInteger, default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
