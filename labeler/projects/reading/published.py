"""Shapes of datasets that were published for research, each told by its columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labeler.projects.reading.checks import Checker, assistant, user
from labeler.projects.reading.shapes import Shape, make_row
from tasks.content import Completion, Message, Row


def _ultrafeedback(row: dict[str, Any], check: Checker) -> list[Row]:
    given = row.get("completions")
    prompt = (user(check.text(row.get("instruction"), "instruction")),)
    if not isinstance(given, list) or not given:
        check.wrong("completions", "Give a list of at least one completion.")
        return []
    completions, scores = [], []
    for index, each in enumerate(given):
        if not isinstance(each, dict):
            check.wrong(f"completions.{index}", "This must be an object with response.")
            continue
        completions.append(
            check.completion(check.text(each.get("response"), f"completions.{index}.response"), "", each.get("model"))
        )
        scores.append(
            {
                name: each.get(name)
                for name in ("overall_score", "fine-grained_score", "annotations")
                if each.get(name) is not None
            }
        )
    return [] if check.problems else [make_row(row, ULTRAFEEDBACK, prompt, completions, {"scores": scores})]


_HELPSTEER2 = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")


def _helpsteer2(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = (user(check.text(row.get("prompt"), "prompt")),)
    completion = check.completion(check.text(row.get("response"), "response"), "response")
    label = {name: row[name] for name in _HELPSTEER2 if row.get(name) is not None}
    return [] if check.problems else [make_row(row, HELPSTEER2, prompt, [completion], label)]


def _helpsteer3(row: dict[str, Any], check: Checker) -> list[Row]:
    prompt = check.conversation(row.get("context"), "context")
    completions = [check.completion(check.text(row.get(name), name), name) for name in ("response1", "response2")]
    label = {name: row[name] for name in ("overall_preference", "individual_preference") if row.get(name) is not None}
    language = row.get("language")
    known = language if isinstance(language, str) and 2 <= len(language) <= 3 else None
    return [] if check.problems else [make_row(row, HELPSTEER3, prompt, completions, label, language=known)]


def _nectar(row: dict[str, Any], check: Checker) -> list[Row]:
    from labeler.projects.reading.preference import transcript  # only here: preference.py holds the transcript reader

    text = check.text(row.get("prompt"), "prompt")
    prompt = transcript(text if text.startswith("\n\nHuman:") else f"\n\nHuman: {text}\n\nAssistant:", "prompt", check)
    if prompt and not prompt[-1].content.strip():
        prompt = prompt[:-1]
    answers = row.get("answers")
    if not isinstance(answers, list) or not answers:
        check.wrong("answers", "Give a list of answers, each with answer, model and rank.")
        return []
    if len(answers) > check.limits.completions:
        check.wrong("answers", f"A row may have at most {check.limits.completions} completions.")
        return []
    completions = []
    for index, each in enumerate(answers):
        said = each if isinstance(each, dict) else {}
        completions.append(
            check.completion(check.text(said.get("answer"), f"answers.{index}.answer"), "", said.get("model"))
        )
    label = {"ranks": [each.get("rank") for each in answers if isinstance(each, dict)]}
    return [] if check.problems else [make_row(row, NECTAR, prompt, completions, label)]


_WINNERS = ("winner", "winner_model_a", "winner_model_b", "winner_tie")


def _arena(row: dict[str, Any], check: Checker) -> list[Row]:
    label = {name: row[name] for name in _WINNERS if row.get(name) is not None}
    if "conversation_a" in row:
        whole = [check.conversation(row.get(f"conversation_{side}"), f"conversation_{side}") for side in "ab"]
    else:
        whole = [_turns(row, side, check) for side in "ab"]
    if check.problems:
        return []
    if not all(whole) or any(len(each) < 2 for each in whole):
        check.wrong("conversation_a", "Each side needs a prompt and a completion.")
        return []
    cut = _same_start(*whole)
    completions = [
        Completion.model_construct(messages=each[cut:], model=_model(row, side, check))
        for each, side in zip(whole, "ab", strict=True)
    ]
    if not cut or not all(each.messages for each in completions):
        check.wrong("conversation_a", "The two sides do not begin with the same prompt.")
        return []
    return [make_row(row, ARENA, whole[0][:cut], completions, label, key=row.get("id", row.get("question_id")))]


def _model(row: dict[str, Any], side: str, check: Checker) -> str | None:
    given = row.get(f"model_{side}")
    return given if isinstance(given, str) else None


def _same_start(one: tuple[Message, ...], other: tuple[Message, ...]) -> int:
    from labeler.projects.reading.shapes import split_conversations  # only here: one rule for all conversations

    return split_conversations(one, other)


def _turns(row: dict[str, Any], side: str, check: Checker) -> tuple[Message, ...]:
    """The 55k shape: prompts and responses as JSON lists in texts, turn by turn."""
    prompts = row["prompt"] if isinstance(row.get("prompt"), list) else [row.get("prompt")]
    field = f"response_{side}"
    responses = row[field] if isinstance(row.get(field), list) else [row.get(field)]
    turns: list[Message] = []
    for asked, said in zip(prompts, responses, strict=False):
        turns += [user(check.text(asked, "prompt")), assistant(check.text(said, field))]
    return tuple(turns)


def _oasst(row: dict[str, Any], check: Checker) -> list[Row]:
    tree = row.get("prompt")
    if not isinstance(tree, dict):
        check.wrong("prompt", "This must be a message tree with text and replies.")
        return []
    rows = list(_siblings(row, tree, (), "prompt", check, 0))
    if not rows and not check.problems:
        check.wrong("prompt.replies", "No prompt of this tree has a reply.")
    return [] if check.problems else rows


def _siblings(
    row: dict[str, Any], node: dict[str, Any], before: tuple[Message, ...], at: str, check: Checker, depth: int
) -> Iterator[Row]:
    """One row for each prompter message that has replies: the replies to it are the completions."""
    prompt = (*before, user(check.text(node.get("text"), f"{at}.text")))
    replies = node.get("replies") or []
    if not isinstance(replies, list) or len(replies) > check.limits.completions or depth > check.limits.depth:
        check.wrong(f"{at}.replies", f"At most {check.limits.completions} replies to a message are read.")
        return
    completions, ranks = [], []
    for index, reply in enumerate(replies):
        here = f"{at}.replies.{index}"
        if not isinstance(reply, dict):
            check.wrong(here, "This must be a message with text.")
            return
        text = check.text(reply.get("text"), f"{here}.text")
        completions.append(Completion.model_construct(messages=(assistant(text),), model=None))
        ranks.append(reply.get("rank"))
        for number, follow in enumerate(reply.get("replies") or []):
            if isinstance(follow, dict):
                yield from _siblings(
                    row, follow, (*prompt, assistant(text)), f"{here}.replies.{number}", check, depth + 1
                )
    if completions:
        key = node.get("message_id") or row.get("message_tree_id")
        lang = node.get("lang")
        yield make_row({}, OASST, prompt, completions, {"ranks": ranks}, key=key, language=lang)


def _has(*names: str):  # type: ignore[no-untyped-def]
    return lambda row: all(name in row for name in names)


ULTRAFEEDBACK = Shape(
    "ultrafeedback",
    "UltraFeedback",
    {"instruction": "prompt", "completions.response": "completions", "completions.annotations": "kept aside"},
    lambda row: "instruction" in row and isinstance(row.get("completions"), list),
    _ultrafeedback,
    frozenset({"instruction", "completions"}),
)
HELPSTEER2 = Shape(
    "helpsteer2",
    "HelpSteer2",
    {"prompt": "prompt", "response": "completion", **dict.fromkeys(_HELPSTEER2, "kept aside")},
    _has("prompt", "response", "helpfulness"),
    _helpsteer2,
    frozenset({"prompt", "response", *_HELPSTEER2}),
    joins=True,
)
HELPSTEER3 = Shape(
    "helpsteer3",
    "HelpSteer3",
    {"context": "prompt", "response1": "completion 1", "response2": "completion 2", "overall_preference": "kept aside"},
    _has("context", "response1", "response2"),
    _helpsteer3,
    frozenset({"context", "response1", "response2", "overall_preference", "individual_preference", "language"}),
)
NECTAR = Shape(
    "nectar",
    "Nectar",
    {
        "prompt": "prompt",
        "answers.answer": "completions",
        "answers.model": "model, not shown",
        "answers.rank": "kept aside",
    },
    lambda row: "prompt" in row and isinstance(row.get("answers"), list),
    _nectar,
    frozenset({"prompt", "answers"}),
)
ARENA = Shape(
    "arena",
    "arena battles",
    {
        "prompt or conversation_a": "prompt",
        "response_a": "completion 1",
        "response_b": "completion 2",
        "winner": "kept aside",
    },
    lambda row: "model_a" in row and ("response_a" in row or "conversation_a" in row),
    _arena,
    frozenset(
        {"prompt", "response_a", "response_b", "conversation_a", "conversation_b", "model_a", "model_b", "id"}
        | {"question_id", "full_conversation", "language"}
        | set(_WINNERS)
    ),
)
OASST = Shape(
    "oasst",
    "Open-Assistant trees",
    {"prompt.text": "prompt", "replies.text": "completions", "replies.rank": "kept aside"},
    lambda row: isinstance(row.get("prompt"), dict) and "replies" in row["prompt"],
    _oasst,
    frozenset({"prompt"}),
    tree=True,
)

SHAPES = (OASST, ULTRAFEEDBACK, HELPSTEER2, HELPSTEER3, NECTAR, ARENA)
