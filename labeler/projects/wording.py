"""What is wrong with a value, in plain words: pydantic says it for programmers, and researchers read it here. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from labeler.errors import FieldProblem

NUMBER = "Write a number."
WHOLE = "Write a whole number."

_SAID: dict[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "string_type": "Write a text.",
    "string_too_long": "Use at most {max_length:,} characters.",
    "string_pattern_mismatch": "This is not in the form that is asked for: {pattern}",
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_type": WHOLE,
    "int_from_float": WHOLE,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "finite_number": NUMBER,
    "bool_parsing": "Say true or false.",
    "bool_type": "Say true or false.",
    "greater_than_equal": "Use {ge} or more.",
    "greater_than": "Use more than {gt}.",
    "less_than_equal": "Use at most {le}.",
    "less_than": "Use less than {lt}.",
    "literal_error": "Choose one of {expected}.",
    "enum": "Choose one of {expected}.",
    "too_short": "Give at least {min_length}.",
    "too_long": "Give at most {max_length}.",
    "list_type": "Give a list.",
    "tuple_type": "Give a list.",
    "dict_type": "Give a table of names and values.",
    "model_type": "Give a table of names and values.",
}


def in_words(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors (`ValidationError.errors()`), as a sentence that says what to do."""
    sort, facts = error["type"], error.get("ctx") or {}
    if sort == "string_too_short":
        least = facts["min_length"]
        return "Write something here." if least == 1 else f"Use at least {least} characters."
    if sort in _SAID:
        return _SAID[sort].format(**facts)
    said = str(error["msg"]).removeprefix("Value error, ").strip()
    said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "?", "…")) else f"{said}."


def problems_of(error: ValidationError, under: Sequence[str] = ()) -> list[FieldProblem]:
    """Everything pydantic found, each with its field as a dotted path below `under`."""
    return [
        FieldProblem(".".join((*under, *map(str, each["loc"]))) or "project", in_words(each))
        for each in error.errors(include_url=False, include_input=False)
    ]


def with_nul(given: Any, at: str = "") -> list[FieldProblem]:
    """Every text with a NUL character in it, which the database keeps nowhere."""
    if isinstance(given, str):
        words = "This text has a character in it (NUL) that can't be kept. Type it anew."
        return [FieldProblem(at or "project", words)] if "\0" in given else []
    if isinstance(given, Mapping):
        return [each for name, value in given.items() for each in with_nul(value, f"{at}.{name}" if at else str(name))]
    if isinstance(given, list | tuple):
        return [each for n, value in enumerate(given) for each in with_nul(value, f"{at}.{n}" if at else str(n))]
    return []
