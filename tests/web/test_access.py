"""Who may open what, for every route there is: these tests are made from the URL map, so a new route is in them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import ModuleType
from uuid import uuid4

import pytest
import time_machine
from flask import Blueprint, Flask

from labeler import app as application
from labeler.accounts.permissions import SCOPE_NEEDS, Permission, Role, Scope, may
from labeler.app import create_app
from labeler.db import transaction
from labeler.gate import PUBLIC, Undeclared
from tests.api.calls import Script
from tests.support.build import NOW, add_labeler, add_user
from tests.support.database import Database
from tests.web.foreign import FORM, SECRET, VARIABLE, VARIABLES, Route, World, build, everything, routes

OPEN_TO_ALL = {
    "/", "/sign-in", "/invitation/<token>", "/link/<token>", "/me/help", "/me/what-we-record", "/api/v1/openapi.json",
    "/healthz", "/api/v1/docs", "/grievance", "/grievance/<any(read,reply):what>", "/cases/<token>",
    "/cases/<token>/<any(review,write):what>",
    "/policies", "/policies/history", "/api/v1/policies",
    "/automated-systems",  # whom machines decide about may know how, before and after she works here
    "/usage-policy",  # what data may be used for is published
    "/standard", "/standard/<file>",  # what vendors are held to is published
    "/transparency", "/transparency.json", "/transparency.csv", "/transparency/texts/<digest>",
    "/.well-known/labeler-checkpoint", "/.well-known/labeler-recoveries.json",  # a witness is a stranger, too
    "/.well-known/labeler-keys.json", "/verify_dataset.py",  # who checks a dataset version may be a stranger
}  # fmt: skip
"""What anybody may open without signing in. A new line here is a decision, not a formality."""


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):  # no session is seen anew meanwhile: what changes, a request changed
        yield build(app)


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    assert not [str(route) for route in routes(app) if route.mark is None]


def test_every_route_says_it_in_words_the_gate_knows(app: Flask) -> None:
    scopes = {f"scope {scope.value}" for scope in Scope}
    for route in routes(app):
        assert isinstance(route.mark, Permission) or route.mark == PUBLIC or (route.api and route.mark in scopes), route


def test_no_route_is_open_to_all_unless_it_is_meant_to_be(app: Flask) -> None:
    assert {route.rule.rule for route in routes(app) if route.mark == PUBLIC} <= OPEN_TO_ALL


def test_the_application_does_not_start_with_a_route_that_says_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = ModuleType("made_up_pages")
    made_up.bp = Blueprint("made_up", __name__)  # type: ignore[attr-defined]
    made_up.bp.add_url_rule("/open-door", view_func=lambda: "come in", endpoint="door")
    monkeypatch.setitem(sys.modules, "made_up_pages", made_up)
    monkeypatch.setattr(application, "BLUEPRINTS", (*application.BLUEPRINTS, "made_up_pages:bp"))
    with pytest.raises(Undeclared, match="/open-door"):
        create_app(database.settings)


def test_a_route_that_says_nothing_and_comes_later_is_shut(app: Flask) -> None:
    with transaction() as session:
        people = {role: add_user(session, role).id for role in Role if role is not Role.LABELER}
        people[Role.LABELER] = add_labeler(session).id
    app.add_url_rule("/open-door", view_func=lambda: "come in", endpoint="door")
    world = World(app, people)
    for role in (None, *Role):
        reply = world.ask(role, "GET", "/open-door")
        assert reply.status_code == 404 and "come in" not in reply.text


def test_every_variable_of_an_address_has_something_that_stands_for_it(app: Flask) -> None:
    names = {name for route in routes(app) for name in route.variables}
    missing = sorted(names - VARIABLES.keys())
    assert not missing, "say in tests/web/foreign.py what stands there, and to whom it is foreign"


def test_nobody_gets_in_signed_out(world: World) -> None:
    before = everything()
    for route in routes(world.app):
        if route.mark == PUBLIC:
            continue
        reply = world.ask(None, route.method, route.path(world))
        if route.api:
            assert reply.status_code == 401, route
            assert reply.content_type == "application/problem+json", route
        else:
            assert reply.status_code == 303 and reply.location.startswith("/sign-in"), route
        assert SECRET not in reply.text
    assert _but_failures(everything()) == _but_failures(before)


def _but_failures(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: each for name, each in rows.items() if name != "sign_in_failure"}  # a wrong key is counted


def test_a_part_of_a_page_asks_for_the_sign_in_over_it(world: World) -> None:
    client, token = world.browser(None)
    for route in routes(world.app):
        if isinstance(route.mark, Permission):
            data = None if route.method == "GET" else {"csrf_token": token}
            reply = client.open(route.path(world), method=route.method, headers={"HX-Request": "true"}, data=data)
            assert reply.status_code == 401 and "Sign in to go on" in reply.text, route


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_no_page_that_it_is_not_granted(world: World, role: Role) -> None:
    world.browser(role)
    before = everything()
    shut = [route for route in routes(world.app) if isinstance(route.mark, Permission) and not route.opens_to(role)]
    assert shut
    for route in shut:
        reply = world.ask(role, route.method, route.path(world))
        assert reply.status_code == 403, route
        assert SECRET not in reply.text and "Hilda" not in reply.text, route
    assert everything() == before


@pytest.mark.parametrize("role", list(Role))
def test_no_browser_opens_the_api_whoever_is_signed_in(world: World, role: Role) -> None:
    for route in routes(world.app):
        if route.api and route.mark != PUBLIC:
            assert world.ask(role, route.method, route.path(world)).status_code == 401, route


@pytest.mark.parametrize("role", [Role.VENDOR_MANAGER, Role.LABELER, Role.AUDITOR])
def test_a_key_opens_nothing_once_its_person_has_a_role_without_it(world: World, role: Role) -> None:
    script = Script(world.app, user_id=world.people[role])
    before = everything()
    kept = {f"scope {scope.value}" for scope, needs in SCOPE_NEEDS.items() if may(role, needs)}
    assert kept == ({"scope ledger:read"} if role is Role.AUDITOR else set())
    for route in routes(world.app):
        if route.api and route.mark != PUBLIC and route.mark not in kept:
            reply = script.call(route.method, route.path(world))
            assert reply.status_code == 403, route
            assert reply.get_json(force=True)["type"] == "urn:labeler:problem:scope-missing", route
    assert everything() == before


def foreign(app: Flask) -> list[tuple[Route, Role, str]]:
    """Every route whose address names something that is foreign to a role which may open it."""
    return [
        (route, role, name)
        for route in routes(app)
        for role in Role
        for name in route.variables
        if route.opens_to(role) and name in VARIABLES and role in VARIABLES[name].foreign_to
    ]


def test_what_is_somebody_elses_looks_as_if_it_were_not_there(world: World) -> None:
    found = foreign(world.app)
    assert {role for _, role, _ in found} >= {Role.LABELER, Role.VENDOR_MANAGER, Role.RESEARCHER}
    for route, role, name in found:
        nobodys = str(uuid4())
        absent = world.ask(role, route.method, route.path(world, **{name: nobodys}))
        before = everything()
        reply = world.ask(role, route.method, route.path(world))
        assert reply.status_code in (404, 410), (route, role)
        assert _plain(reply.text) == _plain(absent.text) and reply.status_code == absent.status_code, (route, role)
        for words in (VARIABLES[name].make(world), *VARIABLES[name].telling):
            assert words not in reply.text.replace(route.path(world), ""), (route, role)
        assert everything() == before, (route, role)


def _plain(text: str) -> str:
    """A page without its token, and without its own address in it."""
    return re.sub(r'name="csrf_token" value="[^"]+"|[0-9a-f-]{36}', "", text)


@pytest.mark.parametrize("form", ["with token", "as a part"])
def test_no_form_takes_somebody_elses_task(world: World, form: str) -> None:
    client, token = world.browser(Role.LABELER)
    headers = {"HX-Request": "true"} if form == "as a part" else {}
    for scope in ("task", "project", "category", "sensitive"):
        data = {"csrf_token": token, "scope": scope, "category": "W05"}
        absent = client.post("/choices", data={**data, "assignment_id": str(uuid4())}, headers=headers)
        before = everything()
        reply = client.post("/choices", data={**data, "assignment_id": world.values["assignment"]}, headers=headers)
        assert reply.status_code == absent.status_code == 404, scope
        assert _plain(reply.text) == _plain(absent.text) and SECRET not in reply.text, scope
        assert everything() == before
    reply = client.get(f"/choices/new?assignment={world.values['assignment']}", headers=headers)
    assert reply.status_code == 404 and SECRET not in reply.text


@pytest.mark.parametrize("name", ["saved", "said"])
def test_no_address_of_the_desk_tells_of_somebody_elses(world: World, name: str) -> None:
    client, _ = world.browser(Role.LABELER)
    value = world.values["judgment" if name == "saved" else "opt_out"]
    reply = client.get(f"/work?{name}={value}")
    assert SECRET not in reply.text and "W03" not in reply.text


def changing(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.method != "GET" and not route.api]


def someone_for(route: Route) -> Role | None:
    """A role that may open the route; None for one that is open to all."""
    return next((role for role in Role if route.opens_to(role)), None)


@pytest.mark.parametrize("sent", ["no token", "a wrong token", "another browser's token"])
def test_no_form_is_taken_without_its_token(world: World, sent: str) -> None:
    for role in (None, *Role):
        world.browser(role)
    strangers = {role: world.browser(Role.ADMIN if role is Role.AUDITOR else Role.AUDITOR)[1] for role in (None, *Role)}
    before = everything()
    listed = changing(world.app)
    assert len(listed) > 15
    for route in listed:
        role = someone_for(route)
        client, _ = world.browser(role)
        tokens = {
            "no token": {},
            "a wrong token": {"csrf_token": "x" * 40},
            "another browser's token": {"csrf_token": strangers[role]},
        }
        reply = client.open(route.path(world), method=route.method, data={**FORM, **tokens[sent]})
        assert reply.status_code == 400, route
        assert "Nothing was changed" in reply.text, route
    assert everything() == before


ODD = {
    "uuid": ["00000000-0000-0000-0000-000000000000"],
    "int": ["0", "2147483647", "9223372036854775808", "9" * 40],
    "path": ["%00", "../../secret_key", "..%2f..%2fsecret_key", "a//b", "%ff", "x" * 3000],
    "": ["%00", "x" * 3000, "..", "%ff", "'", "ä%20ö", "%2e%2e%2fsecret_key"],
}
"""What somebody may type into an address, by the kind of its variable."""


def odd_paths(world: World, route: Route) -> Iterator[str]:
    for kind, name in re.findall(VARIABLE, route.rule.rule):
        for value in ODD.get(kind.partition("(")[0], ODD[""]):
            yield route.path(world, **{name: value})


@pytest.mark.parametrize("role", list(Role))
def test_no_address_breaks_a_page(world: World, role: Role) -> None:
    world.app.testing = False  # a fault is then a page with status 500
    for route in routes(world.app):
        if route.opens_to(role) or route.mark == PUBLIC:
            for path in odd_paths(world, route):
                reply = world.ask(role, route.method, path)
                assert reply.status_code < 500, (route, path[:80])


def test_no_address_breaks_the_api(world: World) -> None:
    world.app.testing = False
    script = Script(world.app)
    for route in routes(world.app):
        if route.api:
            for path in odd_paths(world, route):
                assert script.call(route.method, path).status_code < 500, (route, path[:80])


@dataclass
class Forms(HTMLParser):
    """The forms of a page that change something: where each goes, and the names of its fields."""

    found: list[tuple[str, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            posts = (given.get("method") or "get").lower() == "post"
            self.found.append((given.get("action") or "" if posts else "", []))
        elif tag in ("input", "select", "textarea", "button") and given.get("name") and self.found:
            self.found[-1][1].append(given["name"] or "")


def forms(world: World, role: Role) -> dict[str, set[str]]:
    """Every form on every page that the role can open, by its address, with the names of all its fields."""
    found: dict[str, set[str]] = {}
    for route in routes(world.app):
        if route.method == "GET" and route.opens_to(role):
            page = Forms()
            page.feed(world.ask(role, "GET", route.path(world)).get_data(as_text=True))
            for action, names in page.found:
                if action and not action.startswith("/sign-"):
                    found.setdefault(action, set()).update(names)
    return found


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("nul\0", id="nul"),
        pytest.param("x" * 3000, id="long"),
        pytest.param("9" * 40, id="large"),
        pytest.param("-1", id="negative"),
        pytest.param("\ud7ff\ufffe ä", id="odd letters"),
        pytest.param("", id="nothing"),
    ],
)
@pytest.mark.parametrize("role", list(Role))
def test_nothing_that_is_typed_breaks_a_page(world: World, role: Role, typed: str) -> None:
    world.app.testing = False  # a fault is then a page with status 500
    for action, names in forms(world, role).items():
        fields = dict.fromkeys(names - {"csrf_token"}, typed)
        client, token = world.browser(role)
        reply = client.post(action, data={**fields, "csrf_token": token})
        assert reply.status_code < 500, (action, sorted(names))
