"""Our native shape, and the pairs that trainers read: TRL's preference types, HH transcripts, OpenAI preference."""

from __future__ import annotations

import re
from typing import Any

from labeler.projects.reading.checks import Checker, assistant, user
from labeler.projects.reading.shapes import Shape, make_row, pair, profile
from tasks.content import Message, Role, Row

_NATIVE = frozenset({"id", "prompt", "completions", "language", "categories", "source_label", "meta"})


def _native(row: dict[str, Any], check: Checker) -> list[Row]:
    for name in row.keys() - _NATIVE:
        check.wrong(
            name, f"There is no such field. The fields are {', '.join(sorted(_NATIVE))}; others belong in meta."
        )
    prompt = check.conversation(row.get("prompt"), "prompt")
    given = row.get("completions")
    completions = []
    if not isinstance(given, list) or not given:
        check.wrong("completions", "Give a list of at least one completion.")
    elif len(given) > check.limits.completions:
        check.wrong("completions", f"A row may have at most {check.limits.completions} completions.")
    else:
        for index, each in enumerate(given):
            at = f"completions.{index}"
            if isinstance(each, dict) and ("text" in each or "messages" in each):
                for name in each.keys() - {"text", "messages", "model"}:
                    check.wrong(f"{at}.{name}", "A completion has text or messages, and may have model.")
                value = each["text"] if each.get("text") is not None else each.get("messages")
                completions.append(check.completion(value, at, each.get("model")))
            else:
                completions.append(check.completion(each, at))
    for name, kind in (("source_label", dict), ("meta", dict), ("id", str | int), ("language", str)):
        if row.get(name) is not None and not isinstance(row[name], kind):
            check.wrong(name, "This must be an object." if kind is dict else "This must be text.")
    categories = profile(row.get("categories"), check)
    if check.problems:
        return []
    return [
        make_row(
            row, NATIVE, prompt, completions, row.get("source_label") or {}, key=row.get("id"),
            language=row.get("language"), categories=categories, meta=row.get("meta"),
        )
    ]  # fmt: skip


NATIVE = Shape(
    "native",
    "our own shape",
    {"prompt": "prompt", "completions": "completions", "id": "id", "language": "language", "categories": "categories"},
    lambda row: "completions" in row and "prompt" in row and not _ultra(row),
    _native,
    _NATIVE,
)


def _ultra(row: dict[str, Any]) -> bool:
    return "instruction" in row and "models" in row


def _margin(row: dict[str, Any]) -> dict[str, Any]:
    return {"chosen": 0, "rejected": 1} | {
        name: row[name] for name in ("margin", "score_chosen", "score_rejected") if row.get(name) is not None
    }


def _explicit(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = check.conversation(row.get("prompt"), "prompt")
    completions = [_last(check, row.get(name), name, prompt) for name in ("chosen", "rejected")]
    if check.problems:
        return []
    return [make_row(row, TRL_EXPLICIT, prompt, completions, _margin(row), key=row.get("id", row.get("prompt_id")))]


def _last(check: Checker, value: Any, name: str, prompt: tuple[Message, ...]):  # type: ignore[no-untyped-def]
    """A completion; where it repeats the prompt before it, as some files do, the prompt is taken off."""
    given = check.completion(value, name)
    turns = given.messages
    if isinstance(value, list) and len(turns) > len(prompt) > 0 and turns[: len(prompt)] == prompt:
        return given.model_copy(update={"messages": turns[len(prompt) :]})
    return given


def _implicit(row: dict[str, Any], check: Checker) -> list[Row]:
    whole = [check.conversation(row.get(name), name) for name in ("chosen", "rejected")]
    return [] if check.problems else pair(row, TRL_IMPLICIT, check, whole, row.get("id"))


_TURN = re.compile(r"\n\n(Human|Assistant):")


def transcript(text: str, field: str, check: Checker) -> tuple[Message, ...]:
    """A transcript with `\\n\\nHuman:` and `\\n\\nAssistant:` before each turn, as turns. Texts are stripped of the one
    space after the marker and of nothing else but the blank end.
    """
    whole = check.text(text, field)
    parts = _TURN.split(whole)
    if len(parts) < 3 or parts[0].strip():
        check.wrong(field, 'This must begin with "\\n\\nHuman:" and have an "\\n\\nAssistant:" turn.')
        return ()
    speakers = zip(parts[1::2], parts[2::2], strict=True)
    return tuple((user if who == "Human" else assistant)(said.removeprefix(" ")) for who, said in speakers)


def _hh(row: dict[str, Any], check: Checker) -> list[Row]:
    whole = [transcript(row.get(name, ""), name, check) for name in ("chosen", "rejected")]
    return [] if check.problems else pair(row, HH, check, whole)


def _standard_implicit(row: dict[str, Any], check: Checker) -> list[Row]:
    chosen, rejected = (check.text(row.get(name), name) for name in ("chosen", "rejected"))
    shared = _shared_text(chosen, rejected)
    if not shared.strip():
        check.wrong("chosen", "The two texts share no prompt at their start. Give the prompt in a column of its own.")
    if check.problems:
        return []
    completions = [
        check.completion(text[len(shared) :], name) for text, name in ((chosen, "chosen"), (rejected, "rejected"))
    ]
    return [make_row(row, TRL_STANDARD, (user(shared),), completions, _margin(row), key=row.get("id"))]


def _shared_text(one: str, other: str) -> str:
    """The longest common start that ends with white space or a line, so that no word is cut in two."""
    end = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    cut = max(one.rfind(" ", 0, end), one.rfind("\n", 0, end))
    return one[: cut + 1]


def _openai(row: dict[str, Any], check: Checker) -> list[Row]:
    given = row.get("input")
    if not isinstance(given, dict):
        check.wrong("input", "This must be an object with messages.")
        return []
    prompt = check.conversation(given.get("messages"), "input.messages")
    completions = [check.completion(row.get(name), name) for name in ("preferred_output", "non_preferred_output")]
    if check.problems:
        return []
    label = {"chosen": 0, "rejected": 1}
    tools = given.get("tools")
    return [make_row(row, OPENAI, prompt, completions, label, meta={"tools": tools} if tools else None)]


def _of(kind: type, *names: str):  # type: ignore[no-untyped-def]
    return lambda row: all(isinstance(row.get(name), kind) for name in names)


_BOTH = ("chosen", "rejected")
_USED = frozenset({"prompt", "chosen", "rejected", "id", "prompt_id", "margin", "score_chosen", "score_rejected"})
_LABEL = {"chosen": "completion 1, kept aside as chosen", "rejected": "completion 2, kept aside as rejected"}

TRL_EXPLICIT = Shape(
    "trl-explicit",
    "TRL preference with a prompt of its own",
    {"prompt": "prompt", **_LABEL},
    lambda row: "prompt" in row and all(isinstance(row.get(name), list | str | dict) for name in _BOTH),
    _explicit,
    _USED,
)
HH = Shape(
    "hh",
    "HH transcripts",
    {"chosen": "prompt and completion 1", "rejected": "prompt and completion 2"},
    lambda row: _of(str, *_BOTH)(row) and all(row[name].lstrip("\n").startswith("Human:") for name in _BOTH),
    _hh,
    frozenset(_BOTH),
)
TRL_IMPLICIT = Shape(
    "trl-implicit",
    "TRL preference as whole conversations",
    {"chosen": "prompt and completion 1", "rejected": "prompt and completion 2"},
    _of(list, *_BOTH),
    _implicit,
    _USED,
)
TRL_STANDARD = Shape(
    "trl-standard",
    "TRL preference as whole texts",
    {"chosen": "prompt and completion 1", "rejected": "prompt and completion 2"},
    _of(str, *_BOTH),
    _standard_implicit,
    _USED,
)
OPENAI = Shape(
    "openai",
    "OpenAI preference",
    {"input.messages": "prompt", "preferred_output": "completion 1", "non_preferred_output": "completion 2"},
    lambda row: "preferred_output" in row and "non_preferred_output" in row,
    _openai,
    frozenset({"input", "preferred_output", "non_preferred_output"}),
)

SHAPES = (NATIVE, TRL_EXPLICIT, HH, TRL_IMPLICIT, TRL_STANDARD, OPENAI)

__all__ = ["HH", "NATIVE", "OPENAI", "SHAPES", "TRL_EXPLICIT", "TRL_IMPLICIT", "TRL_STANDARD", "Role", "transcript"]
