"""Arena battles: two models, one prompt, and who won. Three shapes of it were published."""

from __future__ import annotations

from typing import Any

from labeler.projects.reading.checks import Checker, Conversation, Turn, assistant, user
from labeler.projects.reading.jsontext import Unreadable, parse
from labeler.projects.reading.shapes import Shape, labels, pair
from tasks.content import Row

_WINNERS = ("winner", "winner_model_a", "winner_model_b", "winner_tie")


def _arena(row: dict[str, Any], check: Checker) -> list[Row]:
    if row.get("conversation_a") is not None:
        names = ("conversation_a", "conversation_b")
        whole = [check.conversation(_decoded(row.get(name), check), name) for name in names]
    else:
        names = ("response_a", "response_b")
        whole = [_turns(row, name, check) for name in names]
    models = check.model(row.get("model_a"), "model_a"), check.model(row.get("model_b"), "model_b")
    key = row.get("id", row.get("question_id"))
    return pair(row, ARENA, check, whole, labels(row, *_WINNERS), names=names, models=models, key=key)


def _decoded(value: Any, check: Checker) -> Any:
    """A list that a file holds as text, such as `["…", "…"]`; anything else as it is."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            return parse(value.encode("utf-8", "surrogatepass"), check.limits.depth)
        except Unreadable:
            return value
    return value


def _turns(row: dict[str, Any], name: str, check: Checker) -> Conversation:
    """Prompts and responses, turn by turn: one text each, or a list of texts."""
    prompts, responses = (_each_turn(row.get(column), check) for column in ("prompt", name))
    if len(prompts) != len(responses):
        check.wrong(name, f"This has {len(responses)} turns, the prompt has {len(prompts)}.")
        return ()
    if len(prompts) > check.limits.turns:
        check.wrong(name, f"This conversation has {len(prompts):,} turns; at most {check.limits.turns} are read.")
        return ()
    turns: list[Turn] = []
    for asked, said in zip(prompts, responses, strict=True):
        turns += [user(check.text(asked, "prompt")), assistant(check.text(said, name))]
    return tuple(turns)


def _each_turn(value: Any, check: Checker) -> list[Any]:
    given = _decoded(value, check)
    if given is not value and not all(isinstance(each, str | None) for each in given):
        given = value  # a text that happens to be JSON
    return given if isinstance(given, list) else [given]


ARENA = Shape(
    "arena",
    "arena battles",
    {
        "prompt or conversation_a": "prompt", "response_a or conversation_a": "completion 1",
        "response_b or conversation_b": "completion 2", "model_a and model_b": "model, never shown",
        "winner": "kept aside", "language": "language",
    },
    lambda row: "model_a" in row and ("response_a" in row or "conversation_a" in row),
    _arena,
    frozenset(
        {"prompt", "response_a", "response_b", "conversation_a", "conversation_b", "model_a", "model_b", "id"}
        | {"question_id", "full_conversation", *_WINNERS}
    ),
)  # fmt: skip

SHAPES = (ARENA,)
