"""Who gets in: keys, their scopes, and the role of their person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from labeler.accounts.keys import WRONG_KEYS
from labeler.accounts.models import ApiKey, User
from labeler.accounts.permissions import Role, Scope
from labeler.accounts.service import disable, revoke_api_key
from labeler.clock import now
from labeler.db import transaction
from labeler.gate import PUBLIC, declared
from tests.api.calls import ROOT, Script, is_problem
from tests.support.build import add_user, sign_in

if TYPE_CHECKING:
    from flask import Flask


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Method, an address with every variable filled in, and the scope, for each guarded route of the API."""
    found = []
    for rule in app.url_map.iter_rules():
        mark = declared(app.view_functions[rule.endpoint])
        if not rule.rule.startswith(ROOT) or mark == PUBLIC:
            continue
        assert isinstance(mark, str)
        assert mark.startswith("scope "), rule
        address = re.sub(r"<uuid:[^>]+>", "019a0000-0000-7000-8000-000000000000", rule.rule)
        address = re.sub(r"<[^>]+>", "1", address)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found += [(method, address, mark.removeprefix("scope ")) for method in methods]
    return found


def test_without_a_key_nothing_opens(app: Flask) -> None:
    for method, address, _ in routes(app):
        reply = app.test_client().open(address, method=method)
        is_problem(reply, 401)
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Basic bGFiZWxlcg==", "Bearer \u00e9", "Bearer " + "x" * 5000, "lbl_x"]
)
def test_an_odd_header_is_refused(app: Flask, value: str) -> None:
    is_problem(app.test_client().get(f"{ROOT}/projects", headers={"Authorization": value}), 401)


def test_each_route_opens_to_its_scope_alone(app: Flask) -> None:
    """Every route with every key of a single scope, and with a key of all."""
    listed = routes(app)
    assert {scope for *_, scope in listed} == set(Scope), "a scope that opens nothing, or a route with another"
    for given in Scope:
        script = Script(app, [given])
        for method, address, needed in listed:
            reply = script.call(method, address)
            if needed == given:
                assert reply.status_code not in (401, 403), (method, address, given)
            else:
                is_problem(reply, 403, "scope-missing")
    every = Script(app)
    for method, address, _ in listed:
        assert every.call(method, address).status_code not in (401, 403), (method, address)


def test_a_revoked_key_is_refused_at_once(app: Flask) -> None:
    script = Script(app)
    assert script.get("/projects").status_code == 200
    with transaction() as session:
        revoke_api_key(session, script.user_id, script.key_id, now())
    is_problem(script.get("/projects"), 401)


def test_a_disabled_person_takes_her_keys_along(app: Flask) -> None:
    script, other = Script(app), Script(app)
    with transaction() as session:
        disable(session, None, script.user_id, now())
    is_problem(script.get("/projects"), 401)
    assert other.get("/projects").status_code == 200


def test_a_key_ends_when_it_says(app: Flask) -> None:
    script = Script(app)
    with transaction() as session:
        session.get_one(ApiKey, script.key_id).expires_at = now() - timedelta(seconds=1)
    is_problem(script.get("/projects"), 401)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RESEARCHER])
def test_a_key_gives_no_more_than_the_role_has_now(app: Flask, role: Role) -> None:
    script = Script(app)
    with transaction() as session:
        session.get_one(User, script.user_id).role = role
    sees = role is Role.ADMIN
    assert script.get("/projects").status_code == (200 if sees else 403)
    is_problem(script.post("/projects", json={"name": "x", "kind": "rating"}), 403, "scope-missing")


def test_wrong_keys_must_wait_and_right_ones_need_not(app: Flask) -> None:
    script = Script(app)
    wrong = {"Authorization": "Bearer lbl_wrong"}
    client = app.test_client()
    for _ in range(WRONG_KEYS):
        is_problem(client.get(f"{ROOT}/projects", headers=wrong), 401)
    reply = client.get(f"{ROOT}/projects", headers=wrong)
    is_problem(reply, 429, "too-many-wrong-keys")
    assert reply.headers["Retry-After"]
    assert script.get("/projects").status_code == 200


def pages(app: Flask) -> list[tuple[str, str]]:
    """Method and an address with every variable filled in, for each route that is no part of the API."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(ROOT) or rule.endpoint == "static":
            continue
        address = re.sub(r"<uuid:[^>]+>", "019a0000-0000-7000-8000-000000000000", rule.rule)
        address = re.sub(r"<[^>]+>", "1", address)
        found += [(method, address) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_a_key_opens_no_page(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # so that it is the key that is refused, not the form
    script = Script(app)
    key = {"Authorization": f"Bearer {script.secret}"}
    for method, address in pages(app):
        without = app.test_client().open(address, method=method)
        shown = app.test_client().open(address, method=method, headers=key)
        assert shown.status_code == without.status_code, (method, address)
        assert shown.headers.get("Location") == without.headers.get("Location"), (method, address)


def test_no_cookie_opens_the_api(app: Flask) -> None:
    with transaction() as session:
        user = add_user(session)
    client = app.test_client()
    sign_in(client, user)
    assert client.get("/account").status_code == 200
    for method, address, _ in routes(app):
        is_problem(client.open(address, method=method), 401)


def test_the_api_sets_no_cookie_and_is_kept_in_no_cache(app: Flask) -> None:
    reply = Script(app).get("/projects")
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_key_that_is_revoked_cannot_repeat_what_it_did(app: Flask) -> None:
    script = Script(app)
    sent = {"name": "x", "kind": "rating"}
    assert script.post("/projects", idem="k", json=sent).status_code == 201
    with transaction() as session:
        revoke_api_key(session, script.user_id, script.key_id, now())
    is_problem(script.post("/projects", idem="k", json=sent), 401)
