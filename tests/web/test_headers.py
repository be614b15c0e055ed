"""What every reply tells the browser to keep to: on every route, for every status, and for static files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labeler.accounts.permissions import Permission, Role
from labeler.app import create_app
from labeler.config import Settings
from labeler.db import transaction
from labeler.gate import declare
from labeler.headers import HEADERS
from tests.support.build import add_user, sign_in
from tests.support.database import Database
from tests.web.foreign import World, build, routes

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip


def sealed(reply: TestResponse, about: object) -> None:
    """The reply carries each of our headers once, with our value."""
    for name, value in HEADERS.items():
        assert reply.headers.getlist(name) == [value], (about, name)
    assert reply.headers.get("Server", "") == "" or "Python" not in reply.headers["Server"], about


def kept_nowhere(reply: TestResponse, about: object) -> None:
    assert "no-store" in reply.headers.getlist("Cache-Control")[0], about
    assert len(reply.headers.getlist("Cache-Control")) == 1, about


@pytest.fixture
def world(app: Flask) -> World:
    return build(app)


def test_the_policy_lets_nothing_in_from_outside_and_runs_nothing_inline() -> None:
    given = HEADERS["Content-Security-Policy"].split("; ")
    assert dict(part.split(" ", 1) for part in given) == POLICY


def test_pages_are_neither_framed_nor_sniffed_and_tell_no_address() -> None:
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["Referrer-Policy"] == "no-referrer"
    assert HEADERS["Cross-Origin-Opener-Policy"] == HEADERS["Cross-Origin-Resource-Policy"] == "same-origin"
    off = HEADERS["Permissions-Policy"].split(", ")
    for sense in (
        "camera", "microphone", "geolocation", "display-capture", "idle-detection", "clipboard-read", "accelerometer",
        "gyroscope", "magnetometer", "compute-pressure", "keyboard-map", "local-fonts", "window-management", "usb",
    ):  # fmt: skip
        assert f"{sense}=()" in off


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_carries_the_headers_whoever_asks(world: World, role: Role | None) -> None:
    for route in routes(world.app):
        reply = world.ask(role, route.method, route.path(world))
        sealed(reply, route)
        kept_nowhere(reply, route)


@pytest.mark.parametrize("role", [None, Role.RESEARCHER])
def test_a_route_asked_for_in_a_wrong_way_carries_them_too(world: World, role: Role | None) -> None:
    client, token = world.browser(role)
    for route in routes(world.app):
        for method in ("HEAD", "OPTIONS", "DELETE", "TRACE"):
            reply = client.open(route.path(world), method=method, headers={"X-CSRFToken": token})
            sealed(reply, (method, route))


@pytest.mark.parametrize(
    "path", ["/nowhere", "/%00", "/work/nowhere", "/api/v1/nowhere", "/people/x", "/" + "x" * 9000]
)
def test_what_is_not_there_carries_them(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    sealed(reply, path)
    kept_nowhere(reply, path)


def test_a_form_that_needs_another_look_carries_them(world: World) -> None:
    reply = world.ask(Role.ADMIN, "POST", "/people/vendors", name="")
    assert reply.status_code == 422
    sealed(reply, "422")
    kept_nowhere(reply, "422")


def test_a_form_without_its_token_carries_them(client: FlaskClient) -> None:
    reply = client.post("/sign-in")
    assert reply.status_code == 400
    sealed(reply, "400")


def test_a_form_that_is_too_large_carries_them(client: FlaskClient) -> None:
    reply = client.post("/sign-in", data={"email": "x" * 3_000_000})
    assert reply.status_code == 413
    sealed(reply, "413")


@pytest.mark.parametrize("path", ["/broken", "/api/v1/broken"])
def test_a_fault_of_ours_carries_them_and_tells_nothing_of_its_cause(app: Flask, path: str) -> None:
    def broken() -> str:
        raise RuntimeError("what only the log is told")

    declare(broken, "public")
    app.add_url_rule(path, view_func=broken, endpoint="api.broken" if path.startswith("/api") else "broken")
    app.testing = False
    reply = app.test_client().get(path)
    assert reply.status_code == 500 and "what only the log is told" not in reply.text
    sealed(reply, path)
    kept_nowhere(reply, path)


def test_static_files_carry_them_and_may_be_kept(client: FlaskClient) -> None:
    static = Path(client.application.static_folder or "")
    for file in sorted(path for path in static.rglob("*") if path.is_file()):
        with client.get(f"/static/{file.relative_to(static).as_posix()}") as reply:
            assert reply.status_code == 200, file
            sealed(reply, file)
            assert "max-age=31536000" in reply.headers["Cache-Control"], file
            assert "Set-Cookie" not in reply.headers, file


@pytest.mark.parametrize(
    "path", ["../secret_key", "..%2fsecret_key", "%2e%2e/labeler.db", "nowhere.css", "%00", "vendor/"]
)
def test_no_other_file_is_served(client: FlaskClient, path: str) -> None:
    reply = client.get(f"/static/{path}")
    assert reply.status_code == 404
    sealed(reply, path)


@pytest.mark.parametrize("role", list(Role))
def test_pages_of_whoever_is_signed_in_differ_by_cookie(world: World, role: Role) -> None:
    client, _ = world.browser(role)
    for route in routes(world.app):
        if route.method == "GET" and isinstance(route.mark, Permission) and route.opens_to(role):
            reply = client.get(route.path(world))
            assert {"HX-Request", "Cookie"} <= set(reply.vary.as_set(preserve_casing=True)), route


def cookie(settings: Settings, database: Database) -> tuple[str, dict[str, Any]]:
    """The cookie of a sign-in as the browser gets it: its name, and its flags."""
    app = create_app(settings)
    with transaction() as session:
        user = add_user(session)
    client = app.test_client()
    scheme = "https" if settings.secure else "http"
    sign_in(client, user)
    page = client.get("/account", base_url=f"{scheme}://localhost")
    set_cookie = (page.headers.getlist("Set-Cookie") or client.get("/sign-in").headers.getlist("Set-Cookie"))[0]
    app.extensions["engine"].dispose()
    name, _, rest = set_cookie.partition("=")
    flags = [part.strip() for part in rest.split(";")[1:]]
    return name, {flag.partition("=")[0]: flag.partition("=")[2] for flag in flags}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(database: Database) -> None:
    name, flags = cookie(database.settings, database)
    assert name == "labeler"
    assert "HttpOnly" in flags and flags["SameSite"] == "Lax" and flags["Path"] == "/"
    assert "Domain" not in flags and "Secure" not in flags


def test_behind_https_the_cookie_is_bound_to_this_very_host(database: Database) -> None:
    settings = database.settings.model_copy(update={"public_url": "https://labels.example.org"})
    name, flags = cookie(settings, database)
    assert name == "__Host-labeler"
    assert {"Secure", "HttpOnly"} <= flags.keys() and flags["Path"] == "/" and "Domain" not in flags


def test_the_cookie_tells_nothing_but_a_token(world: World) -> None:
    client, _ = world.browser(Role.ADMIN)
    with client.session_transaction() as held:
        assert set(held) <= {"_user_id", "_fresh", "_permanent", "csrf_token"}
        assert str(world.people[Role.ADMIN]) not in held["_user_id"]


def test_a_cookie_that_was_changed_opens_nothing(world: World) -> None:
    client, _ = world.browser(Role.ADMIN)
    held = client.get_cookie("labeler")
    assert held is not None
    thief = world.app.test_client()
    thief.set_cookie("labeler", held.value[:-4] + "AAAA")
    assert thief.get("/account").status_code == 303
