"""A project's webhook, by script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import orjson
from flask import Response, current_app
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body
from labeler.api.door import bp
from labeler.api.exports import TAG
from labeler.api.openapi import documented
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.downloads import storage
from labeler.errors import Missing
from labeler.projects.queries import project_by_slug
from labeler.webhooks import rules, service
from labeler.webhooks.models import Webhook

Change = Callable[[Session, UUID, UUID, datetime], object]


class WebhookAttempted(BaseModel):
    """One attempt to tell something."""

    at: datetime
    event: str
    about: str = Field(description="Such as `export 3`; empty for a test.")
    fine: bool
    words: str


class WebhookFacts(BaseModel):
    """A project's webhook, and how the newest attempts went."""

    id: UUID
    url: str
    secret_number: int
    old_until: datetime | None = Field(description="Until when the secret before the newest signs as well.")
    failures: int = Field(description="Failed attempts since the last that went well.")
    stopped_at: datetime | None = Field(description="Since when nothing is sent, until a test goes well.")
    off_at: datetime | None = Field(description="Since when it is switched off.")
    attempts: list[WebhookAttempted]
    secret: str | None = Field(
        default=None, description="What it signs with (`whsec_…`); only in the reply that made the secret."
    )


class WebhookAddress(Sent):
    """Where it leads."""

    url: str = Field(max_length=2000, description="https, at a host that the operator allows.")


class WebhookSwitch(Sent):
    """Whether it tells anything."""

    on: bool


class WebhookNothing(Sent):
    """No field."""


def facts(session: Session, hook: Webhook) -> WebhookFacts:
    """All of a webhook but its secret."""
    told = [WebhookAttempted.model_validate(each, from_attributes=True) for each in service.attempts(session, hook)]
    names = WebhookFacts.model_fields.keys() - {"attempts", "secret"}
    return WebhookFacts(attempts=told, **{name: getattr(hook, name) for name in names})


@bp.get("/projects/<slug>/webhook")
@documented(TAG, WebhookFacts)
@requires_scope(Scope.EXPORTS_WRITE)
def get_webhook(slug: str) -> Response:
    """Where a project's exports are told of, and how the newest attempts went."""
    with reading() as session:
        hook = service.of_project(session, project_by_slug(session, slug).id)
        if hook is None:
            raise Missing("This project has no webhook.")
        return answer(facts(session, hook))


@bp.post("/projects/<slug>/webhook")
@documented(TAG, WebhookFacts, body=WebhookAddress, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def set_webhook(slug: str) -> Response:
    """Set the address that is told of a project's exports. The reply to the first one has its secret."""
    sent, way = body(WebhookAddress), current_app.extensions["settings"].egress

    def work(session: Session, now: datetime) -> Reply:
        project_id = project_by_slug(session, slug).id
        hook, fresh = service.set_address(session, caller().user_id, project_id, sent.url, way, now)
        return Reply(facts(session, hook), 200, f"{address(slug)}/webhook" if fresh else None)

    reply = once(meaning(sent), work)
    return _with_secret(reply) if "Location" in reply.headers else reply


@bp.post("/projects/<slug>/webhook/rotate")
@documented(TAG, WebhookFacts, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def rotate_webhook(slug: str) -> Response:
    """Let a new secret sign, which the reply has; the one before it signs beside it for 24 hours."""
    return _with_secret(_changed(slug, service.rotate))


def _with_secret(reply: Response) -> Response:
    """The same reply with the secret it is about. It is worked out, here and at a repeat, so that no table keeps it."""
    said = orjson.loads(reply.get_data())
    key = rules.secret(storage().webhook_secret(), UUID(said["id"]), said["secret_number"])
    reply.set_data(orjson.dumps({**said, "secret": rules.shown(key)}))
    reply.headers["Cache-Control"] = "no-store"
    return reply


@bp.post("/projects/<slug>/webhook/test")
@documented(TAG, WebhookFacts, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def test_webhook(slug: str) -> Response:
    """Send a test. When it goes well, what waits for the address is sent; look at `attempts` some seconds later."""
    return _changed(slug, service.send_test)


@bp.post("/projects/<slug>/webhook/switch")
@documented(TAG, WebhookFacts, body=WebhookSwitch, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def switch_webhook(slug: str) -> Response:
    """Tell nothing, or tell again. What happens meanwhile is not told later."""
    sent = body(WebhookSwitch)

    def work(session: Session, now: datetime) -> Reply:
        project_id = project_by_slug(session, slug).id
        return Reply(facts(session, service.switch(session, caller().user_id, project_id, sent.on, now)))

    return once(meaning(sent), work)


class WebhookGone(BaseModel):
    """That there is no webhook any more."""

    removed: bool


@bp.post("/projects/<slug>/webhook/remove")
@documented(TAG, WebhookGone, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def remove_webhook(slug: str) -> Response:
    """Forget the address, its secret, and what it was told."""
    sent = body(WebhookNothing)

    def work(session: Session, now: datetime) -> Reply:
        service.remove(session, caller().user_id, project_by_slug(session, slug).id, now)
        return Reply(WebhookGone(removed=True))

    return once(meaning(sent), work)


def _changed(slug: str, change: Change) -> Response:
    sent = body(WebhookNothing)

    def work(session: Session, now: datetime) -> Reply:
        project_id = project_by_slug(session, slug).id
        change(session, caller().user_id, project_id, now)
        return Reply(facts(session, service.there(session, project_id)))

    return once(meaning(sent), work)
