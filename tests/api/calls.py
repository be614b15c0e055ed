"""A script that calls the API with its key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from labeler.accounts.permissions import Role, Scope
from labeler.accounts.service import make_api_key
from labeler.clock import now
from labeler.db import transaction
from labeler.jobs import worker
from tests.api.contract import keeps_to_it
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
    """One API key, and requests made with it. Each write goes by a fresh idempotency key unless one is given.

    Every reply it gets must keep to the published description of the API.
    """

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
        reply = self.app.test_client().open(where, method=method, headers=headers, buffered=True, **more)
        keeps_to_it(self.app, method, where, reply)
        return reply

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        return self.call("PATCH", path, **more)

    def upload(self, slug: str, content: bytes, name: str = "pairs.jsonl", **more: Any) -> TestResponse:
        """A file as the raw body."""
        path = f"/projects/{slug}/batches?{urlencode({'name': name, **more.pop('query', {})})}"
        return self.post(path, data=content, content_type="application/octet-stream", **more)


def pairs(count: int, start: int = 0) -> bytes:
    """A file of so many comparisons in the native shape."""
    rows = (
        {
            "prompt": f"What is {n} plus one?",
            "completions": [{"text": f"It is {n + 1}."}, {"text": "A number."}],
            "id": f"row-{n}",
        }
        for n in range(start, start + count)
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def run_jobs() -> int:
    """Do all machine work that is due, as the worker would; how much it was."""
    done = 0
    while (job_id := worker.next_due()) is not None:
        assert worker.run(job_id)
        done += 1
    return done


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
