"""A list of prompts to keep out of an export, such as those of a public test: from a file or a text field. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from labeler.errors import FieldProblem, Invalid
from labeler.exports.prompts import Turns

MOST_PROMPTS = 20_000
MOST_BYTES = 8 * 1024 * 1024
TOLD = 5
"""So many bad lines are told one by one."""
FIELD = "keep_out"

TOO_LARGE = f"The list is larger than {MOST_BYTES // 2**20} MB. Leave longer prompts out."
EXPECTED = 'a JSON text, or an object whose "prompt" is a text or a list of turns with "role" and "content"'


def read(data: bytes) -> bytes:
    """The list in a file, in the form in which it is kept: plain text with a prompt on each line, or JSON Lines.

    It is JSON Lines when its first line is a JSON object or text. Raises Invalid naming every bad line, up to some.
    """
    if len(data) > MOST_BYTES:
        raise _refused([TOO_LARGE])
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _refused(["The list is not UTF-8 text."]) from None
    filled = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        raise _refused(["The list has no prompt in it. Leave it out, or give it a prompt a line."])
    if _json(filled[0][1]) is None:
        return kept(line for _, line in filled)
    found = [(number, _turns(_json(line))) for number, line in filled]
    bad = [number for number, turns in found if turns is None]
    if bad:
        told = [f"Line {number} of the list is not {EXPECTED}." for number in bad[:TOLD]]
        if len(bad) > TOLD:
            told.append(f"{len(bad) - TOLD:,} more lines are not either.")
        raise _refused(told)
    return _packed([turns for _, turns in found if turns is not None])


def kept(texts: Iterable[str]) -> bytes:
    """Prompts of one user turn each, in the form in which a list is kept. Raises Invalid."""
    given = [text for text in texts if text.strip()]
    if not given:
        raise _refused(["The list has no prompt in it. Leave it out, or give it a prompt."])
    if sum(len(text.encode("utf-8", "replace")) for text in given) > MOST_BYTES:
        raise _refused([TOO_LARGE])
    return _packed([[("user", text)] for text in given])


def name(data: bytes) -> str:
    """What a kept list is called: its SHA-256."""
    return hashlib.sha256(data).hexdigest()


def prompts(data: bytes) -> list[Turns]:
    """The prompts of a kept list."""
    return [[(role, text) for role, text in turns] for turns in orjson.loads(data)]


def _packed(listed: list[Turns]) -> bytes:
    if len(listed) > MOST_PROMPTS:
        said = f"The list has {len(listed):,} prompts, and at most {MOST_PROMPTS:,} can be kept out of one export."
        raise _refused([said])
    return orjson.dumps(listed, option=orjson.OPT_APPEND_NEWLINE)


def _json(line: str) -> Any:
    """A line's JSON object or text; None when it is neither."""
    try:
        value = orjson.loads(line) if line[0] in '{"' else None
    except orjson.JSONDecodeError:
        # a line that begins like an object is meant to be one
        return {} if line[0] == "{" else None
    return value


def _turns(value: Any) -> Turns | None:
    told = value.get("prompt") if isinstance(value, dict) else value
    if isinstance(told, str) and told.strip():
        return [("user", told)]
    if not isinstance(told, list) or not told:
        return None
    turns = [(turn.get("role"), turn.get("content")) for turn in told if isinstance(turn, dict)]
    known = [(role, text) for role, text in turns if isinstance(role, str) and isinstance(text, str)]
    return known if len(known) == len(told) else None


def _refused(told: list[str]) -> Invalid:
    return Invalid("This list of prompts can't be used.", [FieldProblem(FIELD, each) for each in told])
