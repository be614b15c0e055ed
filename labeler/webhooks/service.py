"""Setting a project's webhook, and telling it: what is told is written with the change, and sent by a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.egress.fetcher import Egress
from labeler.egress.rules import Closed
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.jobs.outbox import enqueue
from labeler.projects.models import Project
from labeler.webhooks.models import MessageState, Webhook, WebhookAttempt, WebhookMessage
from labeler.webhooks.rules import OVERLAP, TEST

SHOWN = 20
"""Attempts that the page shows."""


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt, and what it told."""

    at: datetime
    event: str
    about: str
    fine: bool
    words: str


def of_project(session: Session, project_id: UUID) -> Webhook | None:
    """A project's webhook; None when it has none."""
    return session.scalar(select(Webhook).where(Webhook.project_id == project_id))


def attempts(session: Session, hook: Webhook, most: int = SHOWN) -> Sequence[Told]:
    """The newest attempts, the newest first."""
    rows = session.execute(
        select(WebhookAttempt, WebhookMessage.event, WebhookMessage.facts)
        .join(WebhookMessage, WebhookMessage.id == WebhookAttempt.message_id)
        .where(WebhookMessage.webhook_id == hook.id)
        .order_by(WebhookAttempt.id.desc())
        .limit(most)
    ).all()
    return [
        Told(attempt.at, event, f"export {facts['number']}" if "number" in facts else "", attempt.fine, attempt.words)
        for attempt, event, facts in rows
    ]


def set_address(
    session: Session, actor: UUID, project_id: UUID, url: str, way: Egress, now: datetime
) -> tuple[Webhook, bool]:
    """Let a project tell this address; whether it is its first, and so has a secret that nobody has seen yet.

    Another address keeps the secret, and begins anew with its failures. Raises Missing, and Invalid for an address that
    may not be asked.
    """
    _project(session, project_id)
    try:
        host = way.target(url.strip()).authority
    except Closed as closed:
        raise Invalid("This address can't be told.", [FieldProblem("url", str(closed))]) from None
    hook = _locked(session, project_id)
    fresh = hook is None
    if hook is None:
        hook = Webhook(project_id=project_id, url=url.strip(), made_by=actor, made_at=now)
        session.add(hook)
    elif hook.url != url.strip():
        hook.url, hook.failures, hook.stopped_at, hook.off_at = url.strip(), 0, None, None
    else:
        return hook, False
    session.flush()
    record(session, "webhook.set", actor, project_id, now, host=host)
    return hook, fresh


def rotate(session: Session, actor: UUID, project_id: UUID, now: datetime) -> Webhook:
    """Let a new secret sign; the one before it signs beside it for a day. Raises Missing."""
    hook = there(session, project_id)
    hook.secret_number += 1
    hook.old_until = now + OVERLAP
    session.flush()
    record(session, "webhook.rotate", actor, project_id, now)
    return hook


def switch(session: Session, actor: UUID, project_id: UUID, on: bool, now: datetime) -> Webhook:
    """Tell nothing from now on, or tell again; what happened meanwhile is not told later. Raises Missing."""
    hook = there(session, project_id)
    if (hook.off_at is None) is not on:
        hook.off_at = None if on else now
        session.flush()
        record(session, "webhook.switch", actor, project_id, now, on=on)
    return hook


def remove(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Tell nothing any more, and forget the address, its secret, and what was told. Raises Missing."""
    hook = there(session, project_id)
    messages = select(WebhookMessage.id).where(WebhookMessage.webhook_id == hook.id)
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.message_id.in_(messages)))
    session.execute(delete(WebhookMessage).where(WebhookMessage.webhook_id == hook.id))
    session.delete(hook)
    session.flush()
    record(session, "webhook.remove", actor, project_id, now)


def send_test(session: Session, actor: UUID, project_id: UUID, now: datetime) -> UUID:
    """Send a test, also to an address that was stopped: when it goes well, what waits for it is sent. The job's id.

    Raises Missing, Conflict while it is switched off.
    """
    hook = there(session, project_id)
    if hook.off_at is not None:
        raise Conflict("This webhook is switched off. Switch it on, then test it.")
    record(session, "webhook.test", actor, project_id, now)
    slug = session.get_one(Project, project_id).slug
    return _queue(session, hook, TEST, {"project": slug}, now)


def tell(session: Session, project_id: UUID, event: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Tell a project's address, if it has one that is on, of something that happens in this transaction.

    To be called by whatever makes it happen: kept, it is told, at least once; not kept, never.
    """
    hook = of_project(session, project_id)
    if hook is None or hook.off_at is not None:
        return
    if hook.stopped_at is not None:
        held = WebhookMessage(
            webhook_id=hook.id, event=event, facts=dict(facts), made_at=now, state=MessageState.HELD
        )  # fmt: skip
        session.add(held)
        session.flush()
        return
    _queue(session, hook, event, facts, now)


def _queue(session: Session, hook: Webhook, event: str, facts: Mapping[str, Any], now: datetime) -> UUID:
    message = WebhookMessage(webhook_id=hook.id, event=event, facts=dict(facts), made_at=now)
    session.add(message)
    session.flush()
    return enqueue(session, "send_webhook", now, message=str(message.id)).id


def there(session: Session, project_id: UUID) -> Webhook:
    """A project's webhook, to be changed. Raises Missing."""
    hook = _locked(session, project_id)
    if hook is None:
        raise Missing("This project has no webhook.")
    return hook


def _project(session: Session, project_id: UUID) -> None:
    # Locked, so that two who set the first address at once find each other.
    if session.get(Project, project_id, with_for_update={"key_share": True}) is None:
        raise Missing("There is no such project.")


def _locked(session: Session, project_id: UUID) -> Webhook | None:
    wanted = select(Webhook).where(Webhook.project_id == project_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))
