"""Where a project's exports are told of, what was told, and how each attempt went."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class Webhook(Entity):
    """The address that is told when something becomes of a project's versions; a project has one at most.

    `secret_number` says which secret signs (`webhooks.rules.secret`); until `old_until` the one before it signs too.
    `failures` counts failed attempts since the last that went well. `stopped_at`: since when nothing is sent because of
    them, until a person's test goes well. `off_at`: since when a person has switched it off.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("project_id"),
        CheckConstraint("secret_number >= 1", name="secret_number"),
        CheckConstraint("failures >= 0", name="failures"),
    )

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    url: Mapped[str]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    secret_number: Mapped[int] = mapped_column(default=1)
    old_until: Mapped[datetime | None] = mapped_column(default=None)
    failures: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None] = mapped_column(default=None)
    off_at: Mapped[datetime | None] = mapped_column(default=None)


class MessageState(StrEnum):
    """How a message stands; `held` waits until the address answers again."""

    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    GIVEN_UP = "given-up"


class WebhookMessage(Entity):
    """One thing that is told, as it was when it happened. Its id is the receiver's `webhook-id`, at every attempt."""

    __tablename__ = "webhook_message"
    __table_args__ = (Index(None, "webhook_id", "state"),)

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[str]
    facts: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(default=MessageState.QUEUED)


class WebhookAttempt(Entity):
    """One attempt to tell a message. `status` is what the other side answered, null where there was no answer; of the
    answer itself nothing is kept."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index(None, "message_id"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_message.id"))
    at: Mapped[datetime]
    fine: Mapped[bool]
    status: Mapped[int | None]
    words: Mapped[str]
