"""The published description: whole, sound, and of exactly the routes there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from labeler.accounts.permissions import Scope
from labeler.gate import PUBLIC, declared
from tests.api.calls import ROOT
from tests.api.contract import faults, read_document, resolved

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

METHODS = {"get", "post", "patch", "put", "delete"}


@pytest.fixture
def described(app: Flask) -> dict[str, Any]:
    return read_document(app)


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS, (path, method)
            yield path, method, operation


def references(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_anybody_may_read_it(client: FlaskClient) -> None:
    reply = client.get(f"{ROOT}/openapi.json")
    assert (reply.status_code, reply.mimetype) == (200, "application/json")
    read = reply.get_json()
    assert read["openapi"] == "3.1.0"
    assert {"title", "version", "description"} <= read["info"].keys()
    assert read["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    found = list(references(described))
    assert found
    for each in found:
        assert isinstance(resolved(described, each), dict)


def test_no_schema_is_left_over(described: dict[str, Any]) -> None:
    used = {each["$ref"].rpartition("/")[2] for each in references(described)}
    assert set(described["components"]["schemas"]) == used


def test_every_route_is_described_and_nothing_else(app: Flask, described: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"{ROOT}/") and declared(app.view_functions[rule.endpoint]) != PUBLIC
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(described)} == routes


def test_every_operation_says_who_may_what_comes_back_and_why_not(app: Flask, described: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(described)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(described):
        where = f"{method} {path}"
        ((scheme, scopes),) = operation["security"][0].items()
        assert scheme in described["components"]["securitySchemes"]
        assert set(scopes) <= set(Scope), where
        guard = declared(app.view_functions[f"api.{operation['operationId']}"])
        assert [guard] == [f"scope {scope}" for scope in scopes], where
        assert operation["summary"].endswith("."), where
        assert operation["tags"], where
        codes = {int(code) for code in operation["responses"]}
        assert any(200 <= code < 300 for code in codes), where
        assert {401, 403, 404, 422, 429, 500, 503} <= codes, where
        for code, reply in operation["responses"].items():
            assert reply["description"], where
            if int(code) >= 400:
                (media,) = reply["content"]
                assert media == "application/problem+json", where
                assert reply["content"][media]["schema"] == {"$ref": "#/components/schemas/Problem"}, where


def test_every_parameter_is_named_once_and_those_of_the_path_are_all_there(described: dict[str, Any]) -> None:
    for path, _, operation in operations(described):
        parameters = operation["parameters"]
        keys = [(each["in"], each["name"]) for each in parameters]
        assert len(set(keys)) == len(keys)
        assert {name for where, name in keys if where == "path"} == set(re.findall(r"{(\w+)}", path))
        assert all(each["required"] for each in parameters if each["in"] == "path")
        assert all("schema" in each for each in parameters)


def test_every_write_takes_an_idempotency_key_and_no_reading_does(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        asked = any(each["name"] == "Idempotency-Key" and each["required"] for each in operation["parameters"])
        assert asked == (method != "get" and not path.endswith("/preview")), (method, path)


def test_defaults_fit_their_own_schemas(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        for field, each in schema.get("properties", {}).items():
            if "default" in each:
                assert not faults(described, each, each["default"]), (name, field)


def test_the_checker_finds_what_does_not_fit(described: dict[str, Any]) -> None:
    """The helper that all these tests lean on."""
    schema = {"$ref": "#/components/schemas/Problem"}
    good = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "x"}
    assert faults(described, schema, good) == []
    wrong: list[Any] = [
        {**good, "status": "404"}, {**good, "status": True}, {**good, "colour": "red"}, {"title": "x"}, [], "x",
        {**good, "problems": [{"field": "x"}]}, {**good, "problems": {}},
    ]  # fmt: skip
    for each in wrong:
        assert faults(described, schema, each), each
