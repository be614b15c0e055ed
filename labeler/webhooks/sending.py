"""What the job that sends a message asks and writes down. It may run twice, and be killed between any two lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.jobs.outbox import enqueue
from labeler.webhooks.models import MessageState, Webhook, WebhookAttempt, WebhookMessage
from labeler.webhooks.rules import KEPT, STOP_AFTER, TEST, numbers_now


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be sent, where to, and which of the webhook's secrets sign it."""

    webhook_id: UUID
    url: str
    event: str
    facts: dict[str, Any]
    made_at: datetime
    numbers: tuple[int, ...]


def due(session: Session, message_id: UUID, now: datetime) -> Due | None:
    """A message that is to be sent now; None when it was sent, removed, or waits for its address."""
    message = session.get(WebhookMessage, message_id)
    if message is None or message.state is not MessageState.QUEUED:
        return None
    hook = session.get_one(Webhook, message.webhook_id)
    if message.event != TEST and (hook.stopped_at is not None or hook.off_at is not None):
        message.state = MessageState.HELD if hook.off_at is None else MessageState.GIVEN_UP
        return None
    numbers = numbers_now(hook.secret_number, hook.old_until, now)
    return Due(hook.id, hook.url, message.event, message.facts, message.made_at, numbers)


def note(
    session: Session, message_id: UUID, status: int | None, words: str, fine: bool, last: bool, now: datetime
) -> bool:
    """Write an attempt down; whether another one is worth while. `last`: there will be none.

    The attempt after which there were too many failures stops the webhook, and a test that goes well lets it go on.
    """
    found = session.get(WebhookMessage, message_id)
    if found is None:
        return False  # it was removed meanwhile
    hook = session.get(Webhook, found.webhook_id, with_for_update=True, populate_existing=True)
    message = session.get(WebhookMessage, message_id, populate_existing=True)
    if hook is None or message is None:
        return False
    session.add(WebhookAttempt(message_id=message_id, at=now, fine=fine, status=status, words=words))
    if fine:
        message.state, hook.failures = MessageState.SENT, 0
        if message.event == TEST:
            if hook.stopped_at is not None:
                hook.stopped_at = None
                record(session, "webhook.resume", None, hook.project_id, now)
            _go_on(session, hook, now)
        session.flush()
        return False
    hook.failures += 1
    if hook.failures >= STOP_AFTER and hook.stopped_at is None:
        hook.stopped_at = now
        record(session, "webhook.stop", None, hook.project_id, now, failures=hook.failures)
    again = not last and message.event != TEST and hook.stopped_at is None
    if not again:
        held = hook.stopped_at is not None and message.event != TEST
        message.state = MessageState.HELD if held else MessageState.GIVEN_UP
    session.flush()
    return again


def give_up(session: Session, message_id: UUID) -> None:
    """That the job of a message was ended for good before it could write down how it went."""
    message = session.get(WebhookMessage, message_id)
    if message is not None and message.state is MessageState.QUEUED:
        message.state = MessageState.GIVEN_UP


def _go_on(session: Session, hook: Webhook, now: datetime) -> None:
    """Send everything that could not be, the oldest first."""
    waiting = session.scalars(
        select(WebhookMessage)
        .where(
            WebhookMessage.webhook_id == hook.id,
            WebhookMessage.state.in_([MessageState.HELD, MessageState.GIVEN_UP]),
            WebhookMessage.event != TEST,
        )
        .order_by(WebhookMessage.id)
    )
    for message in waiting.all():
        message.state = MessageState.QUEUED
        enqueue(session, "send_webhook", now, message=str(message.id))


def forget(session: Session, now: datetime) -> None:
    """Remove messages of long ago, and how their attempts went."""
    old = select(WebhookMessage.id).where(
        WebhookMessage.made_at < now - KEPT, WebhookMessage.state != MessageState.QUEUED
    )
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.message_id.in_(old)))
    session.execute(
        delete(WebhookMessage)
        .where(WebhookMessage.made_at < now - KEPT, WebhookMessage.state != MessageState.QUEUED)
        .execution_options(synchronize_session=False)
    )
