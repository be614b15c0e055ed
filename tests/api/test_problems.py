"""Bad requests are refused politely: a problem that says what is wrong, never a fault of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from labeler.db import transaction
from tests.api.calls import PLAN, ROOT, Script, is_problem
from tests.support.build import add_project

if TYPE_CHECKING:
    from flask import Flask

NOT_USABLE = {
    "empty braces cut off": b"{",
    "no JSON": b"name=x",
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf{}",
    "an array": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "NaN": b'{"name": NaN}',
    "infinity": b'{"sensitive_share": -Infinity}',
    "a number too large": b'{"sensitive_share": 1e999}',
    "a number of 5,000 digits": b'{"overlap": ' + b"9" * 5000 + b"}",
    "duplicate names": b'{"name": "a", "name": "b", "kind": "comparison"}',
    "duplicate names within": b'{"name": "a", "kind": "comparison", "options": {"x": 1, "x": 2}}',
    "U+0000": b'{"name": "a\\u0000b", "kind": "comparison"}',
    "half a surrogate pair": b'{"name": "a\\ud800b", "kind": "comparison"}',
    "10,000 levels deep": b'{"options":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "100,000 levels deep": b"[" * 100_000,
}

WRITES = ["/projects", "/projects/{slug}/check", "/projects/{slug}/guidelines", "/projects/{slug}/exports"]


@pytest.fixture
def script(app: Flask) -> Script:
    with transaction() as session:
        add_project(session, slug="meadow")
    return Script(app)


def test_an_address_that_is_not(app: Flask) -> None:
    for path in ("/nothing", "", "/", "/projects/", "/projects/a/b/c/d"):
        is_problem(app.test_client().get(ROOT + path), 404)
    assert app.test_client().get("/nothing-here").content_type.startswith("text/html")
    assert app.test_client().get("/api/v10").content_type.startswith("text/html")


def test_a_method_that_is_not(app: Flask) -> None:
    reply = app.test_client().delete(f"{ROOT}/projects")
    is_problem(reply, 405)
    assert {"GET", "POST"} <= {name.strip() for name in reply.headers["Allow"].split(",")}


def test_a_thing_that_is_not(script: Script) -> None:
    nobody = "019a0000-0000-7000-8000-000000000000"
    for path in ("", "/progress", "/guidelines", "/batches", "/exports"):
        is_problem(script.get(f"/projects/none{path}"), 404)
    for path in ("guidelines/9", "guidelines/99999999999999999999", "exports/1", f"batches/{nobody}", "batches/x"):
        is_problem(script.get(f"/projects/meadow/{path}"), 404)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("name", NOT_USABLE)
def test_a_body_that_cannot_be_used(script: Script, path: str, name: str) -> None:
    reply = script.post(path.format(slug="meadow"), data=NOT_USABLE[name], content_type="application/json")
    assert is_problem(reply, 422, "invalid")["problems"]


def test_a_body_of_another_type(script: Script) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        is_problem(script.post("/projects", data=json.dumps(PLAN), content_type=media), 415)


def test_a_body_too_large(script: Script) -> None:
    text = {"text": "x" * 3_000_000}
    is_problem(script.post("/projects/meadow/guidelines", json=text), 413)


VALUES: list[Any] = [
    None,
    True,
    1,
    -1,
    1.5,
    10**18,
    "",
    "x",
    "3",
    [],
    [1],
    [[]],
    {},
    {"a": 1},
    ["en", 3],
    "\u202e",
    "x" * 3000,
]


@pytest.mark.parametrize("field", [*PLAN, "slug", "offered_to", "options", "priority"])
def test_a_field_of_the_wrong_type(script: Script, field: str) -> None:
    for value in VALUES:
        reply = script.post("/projects", json={**PLAN, field: value})
        assert reply.status_code in (201, 409, 422), (field, value, reply.text)
        if reply.status_code == 422:
            named = [each["field"] for each in is_problem(reply, 422, "invalid")["problems"]]
            assert all(each.split(".")[0] == field for each in named), (value, named)
        change = script.patch("/projects/meadow", json={field: value})
        assert change.status_code in (200, 422), (field, value, change.text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("overlap", "3"),
        ("overlap", True),
        ("overlap", [3]),
        ("name", ["x"]),
        ("name", 3),
        ("sensitive_share", "0.5"),
        ("kind", []),
    ],
)
def test_types_are_as_written(script: Script, field: str, value: Any) -> None:
    problems = is_problem(script.post("/projects", json={**PLAN, field: value}), 422, "invalid")["problems"]
    assert [each["field"] for each in problems] == [field]


def test_everything_wrong_is_told_at_once(script: Script) -> None:
    wrong = {"kind": "comparison", "overlap": 0, "colour": "red", "options": {"shade": "blue"}}
    problems = is_problem(script.post("/projects", json=wrong), 422, "invalid")["problems"]
    assert {"name", "overlap", "colour", "options.shade"} <= {each["field"] for each in problems}


def test_unknown_fields_are_refused(script: Script) -> None:
    for method, path, sent in (
        ("PATCH", "/projects/meadow", {"state": "live"}),
        ("PATCH", "/projects/meadow", {"slug": "other"}),
        ("PATCH", "/projects/meadow", {"id": "019a0000-0000-7000-8000-000000000000"}),
        ("POST", "/projects/meadow/publish", {"force": True}),
        ("POST", "/projects/meadow/exports", {"number": 7}),
        ("POST", "/projects/meadow/guidelines", {"text": "x", "version": 9}),
    ):
        is_problem(script.call(method, path, json=sent), 422, "invalid")
    is_problem(script.get("/projects?colour=red"), 422, "invalid")
    is_problem(script.get("/projects?limit=1&limit=2"), 422, "invalid")


@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=201", "limit=x", "limit=", "limit=1e9", "cursor=x", "cursor=", "cursor=%00", "cursor=é"]
)
def test_a_page_that_cannot_be(script: Script, asked: str) -> None:
    is_problem(script.get(f"/projects?{asked}"), 422, "invalid")


def test_a_fault_of_ours_has_a_number(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the text of a fault stays inside")

    monkeypatch.setattr("labeler.projects.queries.project_by_slug", broken)
    script.app.testing = False
    body = is_problem(script.get("/projects/meadow"), 500)
    assert "fault stays inside" not in json.dumps(body)
