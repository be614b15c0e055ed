"""What a request says: a JSON body and a query, read strictly. Everything wrong with them is told at once."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from labeler.api.problems import WrongMedia
from labeler.errors import FieldProblem, Invalid

Read = TypeVar("Read", bound=BaseModel)

DEEPEST = 40
"""Levels of nesting in a body; ours need six."""

UNREADABLE = "The body is not JSON that can be used. Nothing was changed."


class Sent(BaseModel):
    """What may be sent: unknown fields are refused, because a misspelt one would otherwise be a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Unusable(ValueError):
    """Well-formed JSON that means two things, or nothing."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unusable(f"The name {twice[:80]!r} appears twice in one object. Keep one.")
    return made


def _constant(word: str) -> float:
    raise _Unusable(f"{word} is not a number in JSON.")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Unusable(f"The number {text[:40]} is too large.")
    return number


def _check_texts(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise _Unusable(f"The body is nested more than {DEEPEST} levels deep.")
    if isinstance(value, str):
        if "\0" in value:
            raise _Unusable("A text contains the character U+0000.")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _Unusable("A text contains half of a surrogate pair.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name, depth + 1)
            _check_texts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner, depth + 1)


def json_object() -> dict[str, Any]:
    """The body: one JSON object in UTF-8, without repeated names, NaN, or texts that no database can hold.

    Raises WrongMedia and Invalid; an absent body counts as `{}`.
    """
    raw = request.get_data(cache=False)
    if not raw:
        return {}
    if request.mimetype != "application/json":
        raise WrongMedia("Send the body as JSON, with the header `Content-Type: application/json`.")
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_number)
        _check_texts(value)
    except _Unusable as error:
        raise Invalid(UNREADABLE, [FieldProblem("", str(error))]) from error
    except json.JSONDecodeError as error:
        raise Invalid(UNREADABLE, [FieldProblem("", f"{error.msg}.", error.lineno)]) from error
    except RecursionError as error:
        raise Invalid(UNREADABLE, [FieldProblem("", f"It is nested more than {DEEPEST} levels deep.")]) from error
    except ValueError as error:  # not UTF-8, or a whole number of thousands of digits
        raise Invalid(UNREADABLE, [FieldProblem("", "It is not UTF-8, or has a number that is too long.")]) from error
    if not isinstance(value, dict):
        raise Invalid(UNREADABLE, [FieldProblem("", "Send one JSON object, in braces.")])
    return value


def body(model: type[Read]) -> Read:
    """The body as a `model`, types as written: `"3"` is no number. Raises WrongMedia and Invalid."""
    sent = json_object()
    try:
        return model.model_validate_json(json.dumps(sent), strict=True)
    except ValidationError as error:
        raise Invalid("Some fields can't be used. Nothing was changed.", field_problems(error)) from error


def query(model: type[Read]) -> Read:
    """The query as a `model`; each name at most once. Raises Invalid."""
    return named(model, request.args.to_dict(flat=False), "query")


def named(model: type[Read], values: dict[str, list[str]], where: str) -> Read:
    """Named texts (a query, the fields of a form) as a `model`. Raises Invalid."""
    twice = [name for name, given in values.items() if len(given) > 1]
    if twice:
        raise Invalid(
            f"Some fields of the {where} can't be used.", [FieldProblem(name[:80], "Give it once.") for name in twice]
        )
    try:
        return model.model_validate({name: given[0] for name, given in values.items()})
    except ValidationError as error:
        raise Invalid(f"Some fields of the {where} can't be used.", field_problems(error)) from error


def field_problems(error: ValidationError) -> list[FieldProblem]:
    """Every error of a validation, each under the name of its field."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return [FieldProblem(".".join(str(part) for part in each["loc"])[:200], _said(each)) for each in found]


def _said(each: ErrorDetails) -> str:
    if each["type"] == "extra_forbidden":
        return "There is no such field here. Remove it, or correct its name."
    if each["type"] == "missing":
        return "This is needed."
    said = each["msg"].removeprefix("Value error, ")
    return said if said.endswith((".", "!", "?")) else f"{said}."
