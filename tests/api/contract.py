"""Whether a reply keeps to the published description of the API. It reads that description alone, not our models."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import UUID

from labeler.api.openapi import document

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_KNOWN = {
    "$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum", "format", "items", "maxItems",
    "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "properties", "propertyNames", "required",
    "title", "type", "contentMediaType",
}  # fmt: skip
"""The words of JSON Schema that our description uses; a new one has to be learned here first."""


def read_document(app: Flask) -> dict[str, Any]:
    """The description, as a client gets it."""
    if "openapi" not in app.extensions:
        with app.app_context():
            app.extensions["openapi"] = json.loads(json.dumps(document()))
    read: dict[str, Any] = app.extensions["openapi"]
    return read


def resolved(root: dict[str, Any], schema: Schema) -> Schema:
    """What a `$ref` points at. Raises KeyError when it points nowhere."""
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def faults(root: dict[str, Any], schema: Schema, value: Any, at: str = "$") -> list[str]:
    """Everything in which a value differs from its schema; what the schema does not name counts as a difference."""
    schema = resolved(root, schema)
    assert not schema.keys() - _KNOWN, f"{at}: {schema.keys() - _KNOWN}"
    if "anyOf" in schema:
        tried = [faults(root, each, value, at) for each in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    if "const" in schema and value != schema["const"]:
        return [f"{at}: {value!r} is not {schema['const']!r}"]
    if "type" in schema:
        right = isinstance(value, _TYPES[schema["type"]]) and (schema["type"] == "boolean") == isinstance(value, bool)
        if not right:
            return [f"{at}: {value!r} is no {schema['type']}"]
    if isinstance(value, dict):
        return _in_object(root, schema, value, at)
    if isinstance(value, list):
        each_one = schema.get("items", {})
        return [fault for n, each in enumerate(value) for fault in faults(root, each_one, each, f"{at}[{n}]")]
    if isinstance(value, str):
        return _in_text(schema, value, at)
    low, high = schema.get("minimum"), schema.get("maximum")
    outside = (low is not None and value < low) or (high is not None and value > high)
    return [f"{at}: {value} is outside {low} to {high}"] if outside else []


def _in_object(root: dict[str, Any], schema: Schema, value: dict[str, Any], at: str) -> list[str]:
    named: dict[str, Schema] = schema.get("properties", {})
    found = [f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value]
    others = schema.get("additionalProperties", not named)
    for name, each in value.items():
        if "propertyNames" in schema:
            found += faults(root, schema["propertyNames"], name, f"{at} (name {name})")
        if name in named:
            found += faults(root, named[name], each, f"{at}.{name}")
        elif isinstance(others, dict):
            found += faults(root, others, each, f"{at}.{name}")
        elif not others:
            found.append(f"{at}.{name} is not described")
    return found


def _in_text(schema: Schema, value: str, at: str) -> list[str]:
    found = []
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        found.append(f"{at}: a text of {len(value)} characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at}: {value!r} is not like {schema['pattern']}")
    try:
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(value).tzinfo is not None
        elif schema.get("format") == "uuid":
            UUID(value)
    except (ValueError, AssertionError):
        found.append(f"{at}: {value!r} is no {schema['format']}")
    return found


def operation_of(app: Flask, method: str, path: str) -> dict[str, Any] | None:
    """The described operation behind an address; None when there is no such route."""
    from werkzeug.exceptions import HTTPException

    try:
        rule, _ = app.url_map.bind("localhost").match(unquote(path), method=method, return_rule=True)
    except HTTPException:
        return None
    template = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
    found: dict[str, Any] | None = read_document(app)["paths"].get(template, {}).get(method.lower())
    return found


def keeps_to_it(app: Flask, method: str, path: str, reply: TestResponse) -> None:
    """Check a reply: its status is described, its content is of the type described, and its JSON fits the schema."""
    operation = operation_of(app, "GET" if method == "HEAD" else method, path.partition("?")[0])
    if operation is None:
        return
    described = operation["responses"].get(str(reply.status_code))
    assert described is not None, f"{method} {path}: status {reply.status_code} is not described: {reply.text[:300]}"
    content = described.get("content", {})
    if not content or method == "HEAD":
        assert method == "HEAD" or not reply.data, f"{method} {path}: content where none is described"
        return
    assert reply.mimetype in content, f"{method} {path}: {reply.mimetype} is not among {list(content)}"
    schema = content[reply.mimetype].get("schema")
    if schema is not None:
        found = faults(read_document(app), schema, json.loads(reply.data))
        assert not found, f"{method} {path} {reply.status_code}: {found}"
    for name in described.get("headers", {}):
        assert name in reply.headers, f"{method} {path}: no {name}"
