"""From plain values to turns and completions, by hand: every problem is named by its field, at import speed.

Turns and completions stay plain dictionaries until the whole row is made of them: that takes half the time.
"""

from __future__ import annotations

from typing import Any

import orjson

from labeler.errors import FieldProblem
from labeler.projects.reading.limits import Limits, size
from tasks.content import Role

Turn = dict[str, Any]
"""A message: `role`, `content`, and perhaps `name` and `tool_calls`."""
Conversation = tuple[Turn, ...]
Completion = dict[str, Any]
"""A completion: `messages`, and perhaps `model`."""

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
            self.wrong(field, "This is missing." if value is None else f"This must be text, not {kind_of(value)}.")
            return ""
        most = self.limits.cell_bytes
        if value.isascii():
            if len(value) <= most:
                return value
        else:
            try:
                if len(value.encode()) <= most:
                    return value
            except UnicodeEncodeError:
                self.wrong(field, "This text holds half a character (a lone surrogate). Repair or drop it.")
                return ""
        self.wrong(field, f"This text is longer than {size(most)}.")
        return ""

    def message(self, value: Any, field: str) -> Turn:
        """One turn, in the shapes that chats are written in: role/content or from/value."""
        if not isinstance(value, dict):
            self.wrong(field, f"This must be a message with role and content, not {kind_of(value)}.")
            return user("")
        said = value.get("role")
        if said is None:
            said = value.get("from")
        role = _ROLES.get(said) if isinstance(said, str) else None
        if role is None:
            self.wrong(f"{field}.role", "This must be system, user, assistant or tool.")
            role = Role.USER
        content = value.get("content")
        if content is None:
            content = value.get("value")
        calls, name = value.get("tool_calls"), value.get("name")
        if isinstance(content, list):
            content = self._parts(content, f"{field}.content")
        elif content is None and calls:
            content = ""
        if not calls and name is None:
            return {"role": role, "content": self.text(content, f"{field}.content")}
        return {
            "role": role,
            "content": self.text(content, f"{field}.content"),
            "name": None if name is None else self.text(name, f"{field}.name"),
            "tool_calls": self._calls(calls, f"{field}.tool_calls") if calls else None,
        }

    def _calls(self, calls: Any, field: str) -> str:
        """Tool calls as the text that labelers and exports get."""
        if isinstance(calls, str):
            return self.text(calls, field)
        try:
            return self.text(orjson.dumps(calls).decode(), field)
        except TypeError:  # orjson.JSONEncodeError is a TypeError
            self.wrong(field, "These tool calls can't be kept: they hold values that JSON has no word for.")
            return ""

    def _parts(self, parts: list[Any], field: str) -> str:
        """A content of several parts, as one text."""
        texts = [
            part["text"]
            for part in parts
            if isinstance(part, dict) and part.get("type") in ("text", None) and isinstance(part.get("text"), str)
        ]
        if len(texts) != len(parts):
            self.wrong(field, "Only parts of text are read, no images or files.")
            return ""
        return "\n\n".join(texts)

    def conversation(self, value: Any, field: str) -> Conversation:
        """A list of turns, or a text that is one user turn."""
        if isinstance(value, str):
            return (user(self.text(value, field)),)
        if not isinstance(value, list):
            self.wrong(
                field,
                "This is missing."
                if value is None
                else f"This must be text or a list of messages, not {kind_of(value)}.",
            )
            return ()
        if len(value) > self.limits.turns:
            self.wrong(field, f"This conversation has {len(value):,} turns; at most {self.limits.turns} are read.")
            return ()
        return tuple([self.message(each, f"{field}.{index}") for index, each in enumerate(value)])

    def prompt(self, value: Any, field: str) -> Conversation:
        """A conversation in which something is said."""
        known = len(self.problems)
        turns = self.conversation(value, field)
        if len(self.problems) == known and not any(turn["content"] and not turn["content"].isspace() for turn in turns):
            self.wrong(field, "This prompt is empty.")
        return turns

    def completion(self, value: Any, field: str, model: Any = None) -> Completion:
        """A completion: a text, one message, or the turns that a model gave."""
        if isinstance(value, str):
            messages: Conversation = (assistant(self.text(value, field)),)
        elif isinstance(value, dict):
            messages = (self.message(value, field),)
        else:
            messages = self.conversation(value, field)
            if isinstance(value, list) and not value:
                self.wrong(field, "This completion is empty.")
        return {"messages": messages, "model": self.model(model, f"{field}.model")}

    def model(self, value: Any, field: str) -> str | None:
        """Who wrote a completion, where that is known."""
        return None if value is None else self.text(value, field)

    def aside(self, value: dict[str, Any] | None, field: str) -> dict[str, Any] | None:
        """What goes along without being shown: small, and JSON. None where it is neither, and a problem is noted."""
        if not value:
            return None
        try:
            taken = len(orjson.dumps(value))
        except TypeError:  # orjson.JSONEncodeError is a TypeError
            self.wrong(field, "This can't be kept: it holds a number of more than 64 bits, or half a character.")
            return None
        if taken > self.limits.meta_bytes:
            self.wrong(field, f"What goes along without being shown is larger than {size(self.limits.meta_bytes)}.")
            return None
        return value

    def key(self, value: Any, field: str) -> str | None:
        """The researcher's own name for a row: a short text, or a whole number."""
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        key = self.text(value, field)
        if len(key) > self.limits.id_characters:
            self.wrong(field, f"A row's name has at most {self.limits.id_characters} characters.")
        elif "\0" in key:
            self.wrong(field, "A row's name can't hold a zero character.")
        return key


def user(text: str) -> Turn:
    """A user's turn."""
    return {"role": Role.USER, "content": text}


def assistant(text: str) -> Turn:
    """A model's turn."""
    return {"role": Role.ASSISTANT, "content": text}


def said(text: str, model: str | None = None) -> Completion:
    """A completion of one message."""
    return {"messages": (assistant(text),), "model": model}


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    names: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "nothing")
