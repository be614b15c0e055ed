"""The record of every state change; rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity


class AuditEntry(Entity):
    """One act: who did what to which subject, with exactly the fields the act declares (`audit.acts`).

    `fields` is canonical JSON text (sorted keys, no spaces), so that its digest is the same everywhere.
    `vendor_id` is the vendor whose record this belongs to, or null for the platform's own; it is no foreign key,
    because an entry outlives whatever it speaks of.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_id"), Index(None, "vendor_id", "id"))

    at: Mapped[datetime]
    act: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID]
    fields: Mapped[str]
    vendor_id: Mapped[UUID | None] = mapped_column(default=None)


class LogLeaf(Base):
    """The place of one entry in its log, given by the sequencer; never changed.

    `commitment` is the SHA-256 of `salt` and the entry (`audit.logs`); the leaf is made of it alone. `salt` is null
    once the entry was erased: then nothing tells what it said, and the tree still holds.
    """

    __tablename__ = "log_leaf"
    __table_args__ = (CheckConstraint("number >= 0", name="number"),)

    log_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))


class LogNode(Base):
    """The hash over `2**level` leaves of a log from `number * 2**level` on, for every eighth level: what is between is
    reckoned from these and the leaves, so that no row is ever changed."""

    __tablename__ = "log_node"
    __table_args__ = (CheckConstraint("level > 0 AND level % 8 = 0", name="level"),)

    log_id: Mapped[UUID] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogRoot(Base):
    """A leaf of the log of roots: at `at`, log `log_id` had `size` entries and this root."""

    __tablename__ = "log_root"
    __table_args__ = (Index(None, "log_id", "size", unique=True), CheckConstraint("size > 0", name="size"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_id: Mapped[UUID]
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]


class LogCheckpoint(Base):
    """A signed checkpoint of the log of roots, as it went out: `note` is its text, `size` the roots it has."""

    __tablename__ = "log_checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    note: Mapped[str]
    key_id: Mapped[str]
    at: Mapped[datetime]
