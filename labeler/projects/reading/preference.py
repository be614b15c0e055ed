"""Our native shape, and the pairs that trainers read: TRL's preference types, HH transcripts, OpenAI preference."""

from __future__ import annotations

import re
from typing import Any

from labeler.projects.reading.checks import Checker, Completion, Conversation, assistant, said, user
from labeler.projects.reading.shapes import Shape, finished, has, labels, make_row, pair, profile
from tasks.content import Role, Row

_NATIVE = frozenset({"id", "prompt", "completions", "language", "categories", "source_label", "meta"})
_COMPLETION = frozenset({"text", "messages", "model"})


def _native(row: dict[str, Any], check: Checker) -> list[Row]:
    for name in row.keys() - _NATIVE:
        check.wrong(
            name, f"There is no such field. The fields are {', '.join(sorted(_NATIVE))}; others belong in meta."
        )
    prompt = check.prompt(row.get("prompt"), "prompt")
    given = row.get("completions")
    completions: list[Completion] = []
    if not isinstance(given, list) or not given:
        check.wrong("completions", "Give a list of at least one completion.")
    elif len(given) > check.limits.completions:
        check.wrong("completions", f"A row may have at most {check.limits.completions} completions.")
    else:
        completions = [_completion(each, f"completions.{index}", check) for index, each in enumerate(given)]
    kept = {name: _object(row.get(name), name, check) for name in ("source_label", "meta")}
    language = row.get("language")
    if language is not None:
        language = check.text(language, "language") or None
    categories = profile(row.get("categories"), check)
    key = check.key(row.get("id"), "id")
    if check.problems:
        return []
    return [finished(prompt, completions, key, language, categories, kept["source_label"], kept["meta"])]


def _completion(value: Any, at: str, check: Checker) -> Completion:
    """A text, one message, a list of messages, or an object with `text` or `messages`, and perhaps `model`."""
    if not isinstance(value, dict) or not ("text" in value or "messages" in value):
        if isinstance(value, dict) and "role" not in value and "from" not in value:
            check.wrong(at, "A completion has text or messages, and may have model.")
            return said("")
        return check.completion(value, at, value.get("model") if isinstance(value, dict) else None)
    for name in value.keys() - _COMPLETION:
        check.wrong(f"{at}.{name}", "There is no such field. A completion has text or messages, and may have model.")
    text, messages = value.get("text"), value.get("messages")
    if text is not None and messages is not None:
        check.wrong(at, "Give text or messages, not both.")
    if text is not None and not isinstance(text, str):
        check.text(text, f"{at}.text")
        return said("")
    return check.completion(text if text is not None else messages, at, value.get("model"))


def _object(value: Any, name: str, check: Checker) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        check.wrong(name, "This must be an object.")
        return None
    return check.aside(value, name)


NATIVE = Shape(
    "native",
    "our own shape",
    {
        "prompt": "prompt", "completions": "completions", "completions.model": "model, never shown", "id": "id",
        "language": "language", "categories": "categories and severities", "source_label": "kept aside",
        "meta": "goes along, never shown",
    },
    lambda row: "completions" in row and "prompt" in row and not {"task_id", "of_row"} <= row.keys(),
    _native,
    _NATIVE,
)  # fmt: skip

_TURN = re.compile(r"\n\n(Human|Assistant):")


def is_transcript(value: Any) -> bool:
    """Whether a text begins as HH transcripts do."""
    return isinstance(value, str) and value.lstrip("\n").startswith("Human:")


def transcript(text: Any, field: str, check: Checker) -> Conversation:
    """A transcript with `\\n\\nHuman:` and `\\n\\nAssistant:` before each turn, as turns.

    The one space after a marker goes; everything else stays as it is.
    """
    whole = check.text(text, field)
    parts = _TURN.split(whole if whole.startswith("\n\n") else f"\n\n{whole}")
    if len(parts) < 3 or parts[0] or parts[1] != "Human":
        check.wrong(field, 'This must begin with "\\n\\nHuman:".')
        return ()
    speakers = zip(parts[1::2], parts[2::2], strict=True)
    return tuple((user if who == "Human" else assistant)(text.removeprefix(" ")) for who, text in speakers)


def open_transcript(text: Any, field: str, check: Checker) -> Conversation:
    """A transcript that ends where the model is to speak."""
    turns = transcript(text, field, check)
    return turns[:-1] if turns and turns[-1]["role"] is Role.ASSISTANT and not turns[-1]["content"].strip() else turns


def _explicit(row: dict[str, Any], check: Checker) -> list[Row]:
    asked = row.get("prompt")
    prompt = open_transcript(asked, "prompt", check) if is_transcript(asked) else check.prompt(asked, "prompt")
    models = [next((row[n] for n in (f"{side}_model", f"{side}-model") if row.get(n)), None) for side in _BOTH]
    given = [check.completion(row.get(name), name, model) for name, model in zip(_BOTH, models, strict=True)]
    if check.problems:
        return []
    starts = [_start(each, prompt) for each in given]
    for name, start in zip(_BOTH, starts, strict=True):
        if start is None:
            check.wrong(name, "This begins with a turn that the prompt does not have.")
    longest = max((given[0]["messages"][: starts[0] or 0], prompt), key=len)
    completions = [
        {**each, "messages": each["messages"][start or 0 :]} for each, start in zip(given, starts, strict=True)
    ]
    key = row.get("id", row.get("prompt_id"))
    known = row if row.get("messages") != row.get("chosen") else {**row, "messages": None}
    return make_row(known, TRL_EXPLICIT, check, longest, completions, _label(row), key=key)


def _start(given: Completion, prompt: Conversation) -> int | None:
    """How many turns of the prompt a completion repeats before its own; None when it begins with other ones.

    A prompt that is one text may stand there with a system turn before it.
    """
    turns: Conversation = given["messages"]
    if len(turns) > len(prompt) and turns[: len(prompt)] == prompt:
        return len(prompt)
    own = next((n for n, turn in enumerate(turns) if turn["role"] in (Role.ASSISTANT, Role.TOOL)), len(turns))
    if own == 0:
        return 0
    same = len(prompt) == 1 and turns[own - 1]["content"].strip() == prompt[0]["content"].strip()
    return own if same and own < len(turns) else None


def _label(row: dict[str, Any]) -> dict[str, Any]:
    return {"chosen": 0, "rejected": 1} | labels(row, *_SCORES)


def _implicit(row: dict[str, Any], check: Checker) -> list[Row]:
    whole = [check.conversation(row.get(name), name) for name in _BOTH]
    return pair(row, TRL_IMPLICIT, check, whole, _label(row), key=row.get("id"))


def _hh(row: dict[str, Any], check: Checker) -> list[Row]:
    whole = [transcript(row.get(name), name, check) for name in _BOTH]
    return pair(row, HH, check, whole, _label(row), key=row.get("id"))


def _standard(row: dict[str, Any], check: Checker) -> list[Row]:
    chosen, rejected = (check.text(row.get(name), name) for name in _BOTH)
    if check.problems:
        return []
    shared = _shared_text(chosen, rejected)
    if not shared.strip():
        check.wrong("chosen", "The two texts share no prompt at their start. Give the prompt in a column of its own.")
        return []
    completions = [said(text[len(shared) :]) for text in (chosen, rejected)]
    return make_row(row, TRL_STANDARD, check, (user(shared),), completions, _label(row), key=row.get("id"))


def _shared_text(one: str, other: str) -> str:
    """The longest common start that ends with a space or a line, so that no word is cut in two."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # texts are long, and most of them differ late
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return one[: max(one.rfind(" ", 0, low), one.rfind("\n", 0, low)) + 1]


def _openai(row: dict[str, Any], check: Checker) -> list[Row]:
    given = row.get("input")
    if not isinstance(given, dict):
        check.wrong("input", "This must be an object with messages.")
        return []
    prompt = check.prompt(given.get("messages"), "input.messages")
    completions = [check.completion(row.get(name), name) for name in _OUTPUTS]
    beside = {name: value for name, value in given.items() if name != "messages" and value not in (None, [])}
    return make_row(row, OPENAI, check, prompt, completions, {"chosen": 0, "rejected": 1}, meta=beside)


_BOTH = ("chosen", "rejected")
_OUTPUTS = ("preferred_output", "non_preferred_output")
_SCORES = (
    "margin", "score_chosen", "score_rejected", "chosen_score", "rejected_score", "chosen-rating", "rejected-rating",
)  # fmt: skip
_USED = frozenset({"prompt", *_BOTH, "id", "prompt_id", *_SCORES})
_WHOLE = {"chosen": "prompt and completion 1, kept aside as chosen", "rejected": "prompt and completion 2"}

TRL_EXPLICIT = Shape(
    "trl-explicit",
    "TRL preference with a prompt of its own",
    {"prompt": "prompt", "chosen": "completion 1, kept aside as chosen", "rejected": "completion 2"},
    lambda row: "prompt" in row and has(*_BOTH, kind=(list, str, dict))(row),
    _explicit,
    _USED | {"chosen_model", "rejected_model", "chosen-model", "rejected-model"},
)
HH = Shape("hh", "HH transcripts", _WHOLE, lambda row: all(is_transcript(row.get(name)) for name in _BOTH), _hh, _USED)
TRL_IMPLICIT = Shape(
    "trl-implicit", "TRL preference as whole conversations", _WHOLE, has(*_BOTH, kind=list), _implicit, _USED
)
TRL_STANDARD = Shape("trl-standard", "TRL preference as whole texts", _WHOLE, has(*_BOTH, kind=str), _standard, _USED)
OPENAI = Shape(
    "openai",
    "OpenAI preference",
    {
        "input.messages": "prompt", "preferred_output": "completion 1, kept aside as chosen",
        "non_preferred_output": "completion 2", "input.tools": "goes along, never shown",
    },
    has(*_OUTPUTS),
    _openai,
    frozenset({"input", *_OUTPUTS}),
)  # fmt: skip

SHAPES = (NATIVE, TRL_EXPLICIT, HH, TRL_IMPLICIT, TRL_STANDARD, OPENAI)
