"""From plain values to messages and completions, by hand: the same answers as the models give, at import speed."""

from __future__ import annotations

import json
from typing import Any

from labeler.errors import FieldProblem
from labeler.projects.reading.limits import Limits
from tasks.content import Completion, Message, Role

_ROLES = {
    "system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER, "human": Role.USER, "prompter": Role.USER,
    "assistant": Role.ASSISTANT, "gpt": Role.ASSISTANT, "model": Role.ASSISTANT, "tool": Role.TOOL,
    "function": Role.TOOL,
}  # fmt: skip


class Checker:
    """Collects what is wrong with one row while its parts are read."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems: list[FieldProblem] = []

    def wrong(self, field: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(FieldProblem(field, message))

    def text(self, value: Any, field: str) -> str:
        """A text within the limits; "" where there is none, and a problem is noted."""
        if not isinstance(value, str):
            self.wrong(field, "This is missing." if value is None else f"This must be text, not {_kind(value)}.")
            return ""
        most = self.limits.cell_bytes
        if len(value) > most or (len(value) * 4 > most and len(value.encode("utf-8", "replace")) > most):
            self.wrong(field, f"This text is longer than {most // 1024} KB.")
            return ""
        if not value.isascii() and _lone_surrogate(value):
            self.wrong(field, "This text holds half a character (a lone surrogate). Repair or drop it.")
            return ""
        return value

    def message(self, value: Any, field: str) -> Message:
        """One turn, in the shapes that chats are written in: role/content or from/value."""
        if not isinstance(value, dict):
            self.wrong(field, f"This must be a message with role and content, not {_kind(value)}.")
            return Message.model_construct(role=Role.USER, content="", name=None, tool_calls=None)
        said = value.get("role", value.get("from"))
        role = _ROLES.get(said) if isinstance(said, str) else None
        if role is None:
            self.wrong(f"{field}.role", "This must be system, user, assistant or tool.")
            role = Role.USER
        content = value.get("content", value.get("value"))
        calls = value.get("tool_calls")
        if isinstance(content, list):
            content = self._parts(content, f"{field}.content")
        if content is None and calls:
            content = ""
        name = value.get("name")
        return Message.model_construct(
            role=role,
            content=self.text(content, f"{field}.content"),
            name=self.text(name, f"{field}.name") if name is not None else None,
            tool_calls=None
            if not calls
            else calls
            if isinstance(calls, str)
            else json.dumps(calls, ensure_ascii=False),
        )

    def _parts(self, parts: list[Any], field: str) -> str:
        given = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type", "text") == "text"]
        texts = [text for text in given if isinstance(text, str)]
        if len(texts) != len(parts):
            self.wrong(field, "Only parts of text are read, no images or files.")
            return ""
        return "\n\n".join(texts)

    def conversation(self, value: Any, field: str) -> tuple[Message, ...]:
        """A list of turns, or a text that is one user turn."""
        if isinstance(value, str):
            return (user(self.text(value, field)),)
        if not isinstance(value, list):
            self.wrong(
                field,
                "This is missing."
                if value is None
                else f"This must be text or a list of messages, not {_kind(value)}.",
            )
            return ()
        if len(value) > self.limits.turns:
            self.wrong(field, f"This conversation has {len(value):,} turns; at most {self.limits.turns} are read.")
            return ()
        return tuple(self.message(each, f"{field}.{index}") for index, each in enumerate(value))

    def completion(self, value: Any, field: str, model: Any = None) -> Completion:
        """A completion: a text, one message, or the turns that a model gave."""
        if isinstance(value, str):
            messages: tuple[Message, ...] = (assistant(self.text(value, field)),)
        elif isinstance(value, dict):
            messages = (self.message(value, field),)
        else:
            messages = self.conversation(value, field)
            if isinstance(value, list) and not messages:
                self.wrong(field, "This completion is empty.")
        if model is not None and not isinstance(model, str):
            self.wrong(f"{field}.model", "This must be text.")
            model = None
        return Completion.model_construct(messages=messages, model=model)


def user(text: str) -> Message:
    """A user's turn."""
    return Message.model_construct(role=Role.USER, content=text, name=None, tool_calls=None)


def assistant(text: str) -> Message:
    """A model's turn."""
    return Message.model_construct(role=Role.ASSISTANT, content=text, name=None, tool_calls=None)


def _lone_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _kind(value: Any) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else "nothing" if value is None else "this")
