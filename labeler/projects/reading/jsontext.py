"""JSON, read strictly: no key twice, no NaN, no number that would change, nothing nested too deep."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Never

import orjson

from labeler.errors import FieldProblem
from labeler.projects.reading.limits import Limits, size


class Unreadable(ValueError):
    """A text that is no usable JSON, with a sentence."""


class _Doubtful(Exception):
    """Something needs a closer look."""


def parse_row(line: bytes, limits: Limits) -> dict[str, Any] | list[FieldProblem]:
    """One row, or its problem."""
    if len(line) > limits.row_bytes:
        return too_large(limits)
    try:
        row = parse(line, limits.depth)
    except Unreadable as error:
        return wrong(str(error))
    return row if isinstance(row, dict) else wrong("This row is not a JSON object, { … }.")


def parse(text: bytes, depth: int) -> Any:
    """What a JSON text says. Raises Unreadable. Fast for what is plainly right; whatever is not is read again."""
    try:
        value = orjson.loads(text)
        if _keys(value, depth) == len(_KEY.findall(text)):
            return value
    except (orjson.JSONDecodeError, _Doubtful):
        pass
    return _strictly(text, depth)


_KEY = re.compile(rb'"\s*:')
"""Every key of a JSON text ends so; texts within it may hold more of these, but never fewer."""
_EXACT = 2.0**63


def _keys(value: Any, depth: int) -> int:
    """How many different keys all objects in a value have. As many as its text has: then none stood twice."""
    count = 0
    level: list[Any] = [[value]]
    while level:
        if depth < 0:
            raise _Doubtful
        depth -= 1
        below: list[Any] = []
        for each in level:
            if type(each) is dict:
                count += len(each)
            for inner in each.values() if type(each) is dict else each:
                kind = type(inner)
                if kind is dict or kind is list:
                    below.append(inner)
                elif kind is float and not -_EXACT < inner < _EXACT:
                    raise _Doubtful  # a whole number of more than 64 bits is read as a float
        level = below
    return count


def _strictly(line: bytes, depth: int) -> Any:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"This is not UTF-8 (byte {error.start + 1} of the row). Save the file as UTF-8.") from None
    if _deeper(text, depth):
        raise Unreadable(f"This nests deeper than {depth} levels.")
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"This is not JSON: {error.msg} (character {error.pos + 1} of the row).") from None
    except Unreadable:
        raise
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise Unreadable("This holds a number with thousands of digits.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Unreadable(f'The key "{name[:80]}" stands twice. Keep one.')
            seen.add(name)
    return row


def _no_constant(name: str) -> Never:
    raise Unreadable(f"{name} is no number in JSON. Write null or a number.")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Unreadable(f"The number {text[:40]} is too large.")
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)


def _deeper(text: str, most: int) -> bool:
    """Whether brackets outside of texts nest deeper than `most`."""
    depth = 0
    for mark in _MARKS.finditer(text):
        first = mark.group()[0]
        if first in "{[":
            depth += 1
            if depth > most:
                return True
        elif first in "}]":
            depth -= 1
    return False


_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def wrong(message: str) -> list[FieldProblem]:
    """The problem of a row as a whole."""
    return [FieldProblem("row", message)]


def too_large(limits: Limits) -> list[FieldProblem]:
    """The problem of a row that is over the limit."""
    return wrong(f"This row is larger than {size(limits.row_bytes)}.")
