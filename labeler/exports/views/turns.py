"""What several views ask of a conversation: that it is one text, one question, or turns that alternate."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.content import Completion, Conversation, Role

NOT_ONE_TEXT = "tasks whose completions are not one assistant turn each"
NOT_ALTERNATING = "tasks whose turns do not alternate between user and assistant"
NOT_ONE_QUESTION = "tasks whose prompt is not one turn of the user"
TOOL_TURNS = "tasks with turns of tools"
SYSTEM_TURNS = "tasks with system turns, which this form has no place for"

UNKNOWN = "unknown"
"""Stands for a model that the file did not name, in columns that hold texts and never null."""


def one_text(completion: Completion) -> str | None:
    """The text of a completion that is one assistant turn; None for any other."""
    if len(completion.messages) != 1 or completion.messages[0].role is not Role.ASSISTANT:
        return None
    return completion.messages[0].content


def texts(completions: Sequence[Completion]) -> list[str] | None:
    """The text of each completion; None unless every one is one assistant turn."""
    found = [one_text(completion) for completion in completions]
    return None if None in found else [text for text in found if text is not None]


def alternates(prompt: Conversation) -> bool:
    """Whether a prompt is user and assistant in turn, the user first and last, perhaps after one system turn."""
    spoken = prompt[1:] if prompt and prompt[0].role is Role.SYSTEM else prompt
    wanted = (Role.USER, Role.ASSISTANT)
    return len(spoken) % 2 == 1 and all(turn.role is wanted[n % 2] for n, turn in enumerate(spoken))


def one_question(prompt: Conversation) -> bool:
    """Whether a prompt is one turn of the user and nothing else."""
    return len(prompt) == 1 and prompt[0].role is Role.USER


def has_system(prompt: Conversation) -> bool:
    """Whether any turn of a prompt is the system's."""
    return any(turn.role is Role.SYSTEM for turn in prompt)


def has_tools(prompt: Conversation) -> bool:
    """Whether any turn of a prompt is a tool's."""
    return any(turn.role is Role.TOOL for turn in prompt)
