"""A script that calls the API with its key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from labeler.accounts.permissions import Role, Scope
from labeler.accounts.service import make_api_key
from labeler.clock import now
from labeler.db import transaction
from tests.support.build import add_user

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

ROOT = "/api/v1"

PLAN: dict[str, Any] = {
    "name": "Which answer helps more",
    "kind": "comparison",
    "purpose": "To learn which answers people find helpful.",
    "client_name": "Meadow Research",
    "languages": ["en"],
    "overlap": 2,
    "categories": {},
    "sensitive_share": 0.0,
    "pay_rate": "12.50 EUR an hour",
    "seconds_estimate": 60,
    "guideline": {"text": "# What we ask\n\nRead both answers to the end."},
}


class Script:
    """One API key, and requests made with it. Each write goes by a fresh idempotency key unless one is given."""

    def __init__(self, app: Flask, scopes: Iterable[Scope] = tuple(Scope), user_id: UUID | None = None) -> None:
        self.app = app
        with transaction() as session:
            self.user_id = user_id or add_user(session, Role.RESEARCHER).id
            names = [scope.value for scope in scopes]
            key, self.secret = make_api_key(session, self.user_id, Role.RESEARCHER, "a script", names, now())
            self.key_id = key.id

    def call(self, method: str, path: str, idem: str | None = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        if method not in ("GET", "HEAD"):
            headers["Idempotency-Key"] = idem or str(uuid4())
        where = path if path.startswith(ROOT) else ROOT + path
        return self.app.test_client().open(where, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        return self.call("PATCH", path, **more)


def is_problem(reply: TestResponse, status: int, word: str | None = None) -> dict[str, Any]:
    """The body of a refusal, after a look at its form."""
    assert reply.status_code == status, (reply.status_code, reply.text)
    assert reply.content_type == "application/problem+json"
    body: dict[str, Any] = reply.get_json(force=True)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"] == (f"urn:labeler:problem:{word}" if word else body["type"])
    return body
