"""Shapes of datasets that were published for research, each told by its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labeler.projects.reading.checks import Checker, Completion, Conversation, assistant, said, user
from labeler.projects.reading.preference import is_transcript, open_transcript
from labeler.projects.reading.shapes import Shape, has, labels, language_tag, make_row
from tasks.content import Row


def _listed(
    row: dict[str, Any], column: str, text: str, check: Checker
) -> tuple[list[Completion], list[dict[str, Any]]]:
    """Completions that stand in a list of objects with their text and model, and what else is said about each."""
    given = row.get(column)
    if not isinstance(given, list) or not given:
        check.wrong(column, f"Give a list of objects, each with {text}.")
        return [], []
    if len(given) > check.limits.completions:
        check.wrong(column, f"A row may have at most {check.limits.completions} completions.")
        return [], []
    completions, beside = [], []
    for index, each in enumerate(given):
        at = f"{column}.{index}"
        if not isinstance(each, dict):
            check.wrong(at, f"This must be an object with {text}.")
            continue
        words = check.text(each.get(text), f"{at}.{text}")
        completions.append(said(words, check.model(each.get("model"), f"{at}.model")))
        beside.append(
            {name: value for name, value in each.items() if name not in (text, "model") and value is not None}
        )
    return completions, beside


def _ultrafeedback(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = check.prompt(_text(row.get("instruction")), "instruction")
    completions, beside = _listed(row, "completions", "response", check)
    return make_row(row, ULTRAFEEDBACK, check, prompt, completions, {"scores": beside}, key=row.get("id"))


def _text(value: Any) -> Any:
    """A value that must be text: a list would be read as a conversation."""
    return value if isinstance(value, str) or value is None else {}


_HELPSTEER2 = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
_STRENGTH = ("preference_strength", "preference_statement", "preference_elaboration", "all_preferences_unprocessed")
_SPEAKER = re.compile(r"\n?<extra_id_1>(User|Assistant)\n")


def _folded(text: Any, check: Checker) -> Conversation:
    """HelpSteer2 folds several turns into one text, with a mark before every turn but the first."""
    words = check.text(text, "prompt")
    first, *rest = _SPEAKER.split(words)
    turns = [user(first)] if first or not rest else []
    turns += [(user if who == "User" else assistant)(text) for who, text in zip(rest[::2], rest[1::2], strict=True)]
    if not any(turn["content"].strip() for turn in turns) and not check.problems:
        check.wrong("prompt", "This prompt is empty.")
    return tuple(turns)


def _helpsteer2(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = _folded(row.get("prompt"), check)
    completion = said(check.text(row.get("response"), "response"))
    return make_row(row, HELPSTEER2, check, prompt, [completion], labels(row, *_HELPSTEER2))


def _helpsteer2_pairs(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = _folded(row.get("prompt"), check)
    texts = [check.text(row.get(name), name) for name in ("response_1", "response_2")]
    completions = [said(text) for text in texts]
    return make_row(row, HELPSTEER2_PAIRS, check, prompt, completions, labels(row, *_STRENGTH))


def _helpsteer3(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = check.prompt(row.get("context"), "context")
    texts = [check.text(row.get(name), name) for name in ("response1", "response2")]
    completions = [said(text) for text in texts]
    label = labels(row, "overall_preference", "individual_preference")
    language = row.get("language")
    code = row.get("domain") == "code"  # there, the language is one of programming
    meta = {"language": language} if language is not None and (code or language_tag(language) is None) else None
    return make_row(row, HELPSTEER3, check, prompt, completions, label, language=None if code else language, meta=meta)


def _nectar(row: dict[str, Any], check: Checker) -> list[Row]:
    asked = row.get("prompt")
    prompt = open_transcript(asked, "prompt", check) if is_transcript(asked) else check.prompt(_text(asked), "prompt")
    completions, beside = _listed(row, "answers", "answer", check)
    label = {"ranks": [each.get("rank") for each in beside]}
    return make_row(row, NECTAR, check, prompt, completions, label)


def _oasst(row: dict[str, Any], check: Checker) -> list[Row]:
    known = len(check.problems)
    rows = list(_siblings(row, row.get("prompt"), (), "prompt", check))
    if not rows and len(check.problems) == known:
        check.wrong("prompt.replies", "No prompt of this tree has a reply.")
    return rows


def _siblings(row: dict[str, Any], node: Any, before: Conversation, at: str, check: Checker) -> Iterator[Row]:
    """One row for each prompter message that has replies: the replies to it are the completions."""
    if not isinstance(node, dict):
        check.wrong(at, "This must be a message with text and replies.")
        return
    prompt = (*before, user(check.text(node.get("text"), f"{at}.text")))
    replies = _replies(node, at, check)
    completions, beside = [], []
    for index, reply in enumerate(replies):
        here = f"{at}.replies.{index}"
        if not isinstance(reply, dict):
            check.wrong(here, "This must be a message with text.")
            return
        words = assistant(check.text(reply.get("text"), f"{here}.text"))
        completions.append(
            Completion(messages=(words,), model=check.model(reply.get("model_name"), f"{here}.model_name"))
        )
        beside.append({name: reply[name] for name in ("rank", "labels", "emojis") if reply.get(name) is not None})
        for number, follow in enumerate(_replies(reply, here, check)):
            yield from _siblings(row, follow, (*prompt, words), f"{here}.replies.{number}", check)
    if completions:
        key = node.get("message_id") or row.get("message_tree_id")
        ranks = {"ranks": [each.get("rank") for each in beside]}
        label = {**ranks, "replies": beside} if any(each.keys() - {"rank"} for each in beside) else ranks
        tree = {"message_tree_id": row["message_tree_id"]} if row.get("message_tree_id") else None
        yield from make_row({}, OASST, check, prompt, completions, label, key=key, language=node.get("lang"), meta=tree)


def _replies(node: dict[str, Any], at: str, check: Checker) -> list[Any]:
    replies = node.get("replies") or []
    if not isinstance(replies, list):
        check.wrong(f"{at}.replies", "This must be a list of messages.")
        return []
    if len(replies) > check.limits.completions:
        check.wrong(f"{at}.replies", f"At most {check.limits.completions} replies to one message are read.")
        return []
    return replies


ULTRAFEEDBACK = Shape(
    "ultrafeedback",
    "UltraFeedback",
    {
        "instruction": "prompt", "completions.response": "completions", "completions.model": "model, never shown",
        "completions.annotations": "kept aside", "completions.overall_score": "kept aside",
    },
    lambda row: "instruction" in row and isinstance(row.get("completions"), list),
    _ultrafeedback,
    frozenset({"instruction", "completions", "models", "id"}),
)  # fmt: skip
HELPSTEER2 = Shape(
    "helpsteer2",
    "HelpSteer2 ratings",
    {"prompt": "prompt", "response": "completion", **dict.fromkeys(_HELPSTEER2, "kept aside")},
    has("prompt", "response", "helpfulness"),
    _helpsteer2,
    frozenset({"prompt", "response", *_HELPSTEER2}),
    joins=True,
)
HELPSTEER2_PAIRS = Shape(
    "helpsteer2-preference",
    "HelpSteer2 preferences",
    {
        "prompt": "prompt", "response_1": "completion 1", "response_2": "completion 2",
        "preference_strength": "kept aside",
    },
    has("prompt", "response_1", "response_2"),
    _helpsteer2_pairs,
    frozenset({"prompt", "response_1", "response_2", *_STRENGTH}),
)  # fmt: skip
HELPSTEER3 = Shape(
    "helpsteer3",
    "HelpSteer3 preferences",
    {
        "context": "prompt", "response1": "completion 1", "response2": "completion 2",
        "overall_preference": "kept aside", "individual_preference": "kept aside", "language": "language",
    },
    has("context", "response1", "response2"),
    _helpsteer3,
    frozenset({"context", "response1", "response2", "overall_preference", "individual_preference", "language"}),
)  # fmt: skip
NECTAR = Shape(
    "nectar",
    "Nectar",
    {
        "prompt": "prompt", "answers.answer": "completions", "answers.model": "model, never shown",
        "answers.rank": "kept aside",
    },
    lambda row: "prompt" in row and isinstance(row.get("answers"), list),
    _nectar,
    frozenset({"prompt", "answers"}),
)  # fmt: skip
OASST = Shape(
    "oasst",
    "Open-Assistant trees",
    {
        "prompt.text": "prompt", "replies.text": "completions", "replies.rank": "kept aside",
        "replies.model_name": "model, never shown", "prompt.lang": "language",
    },
    lambda row: isinstance(row.get("prompt"), dict) and "replies" in row["prompt"],
    _oasst,
    frozenset({"prompt"}),
    tree=True,
)  # fmt: skip

SHAPES = (OASST, ULTRAFEEDBACK, HELPSTEER2, HELPSTEER2_PAIRS, HELPSTEER3, NECTAR)
