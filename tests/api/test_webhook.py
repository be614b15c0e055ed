"""A project's webhook by script: its secret is given once, to whoever made it, and kept in no table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.accounts.permissions import Scope
from labeler.db import transaction
from labeler.egress.fetcher import Egress
from labeler.egress.rules import parse_hosts
from tests.api.calls import Script, is_problem
from tests.support.build import add_project
from tests.web.foreign import everything

if TYPE_CHECKING:
    from flask import Flask

HOOK = "/projects/bread/webhook"
URL = "https://hooks.example.org/labels"


def test_a_webhook_is_set_rotated_and_removed(app: Flask, script: Script) -> None:
    with transaction() as session:
        add_project(session, slug="bread")
    is_problem(script.post(HOOK, json={"url": URL}), 422)
    app.extensions["settings"].__dict__["egress"] = Egress(parse_hosts("hooks.example.org"))
    is_problem(script.get(HOOK), 404)
    is_problem(script.post(HOOK, json={"url": "https://10.0.0.1/"}), 422)
    is_problem(Script(app, [Scope.EXPORTS_READ]).get(HOOK), 403, "scope-missing")
    first = script.post(HOOK, json={"url": URL}, idem="once")
    secret = first.get_json()["secret"]
    assert secret.startswith("whsec_")
    assert script.post(HOOK, json={"url": URL}, idem="once").data == first.data, "a lost reply is given again"
    assert script.post(HOOK, json={"url": URL}).get_json()["secret"] is None
    second = script.post(f"{HOOK}/rotate").get_json()
    assert second["secret"] not in (secret, None) and second["old_until"] is not None
    assert script.post(f"{HOOK}/test").get_json()["attempts"] == []
    assert script.get(HOOK).get_json()["secret"] is None
    assert script.post(f"{HOOK}/switch", json={"on": False}).get_json()["off_at"] is not None
    kept = str(everything())
    assert secret not in kept and second["secret"] not in kept
    assert script.post(f"{HOOK}/remove").get_json() == {"removed": True}
    is_problem(script.post(f"{HOOK}/test"), 404)
