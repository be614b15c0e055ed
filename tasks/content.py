"""What a labeler reads: messages, conversations, completions, and how hard they are to read.

Texts are kept exactly as they were given; nothing here trims, normalises or renders them.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value: immutable, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """Who speaks in a conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Message(Frozen):
    """One turn. `tool_calls` is JSON text, because argument shapes differ from call to call."""

    role: Role
    content: str
    name: str | None = None
    tool_calls: str | None = None


Conversation = tuple[Message, ...]


class Completion(Frozen):
    """What a model gave to the prompt: usually one assistant message, more where tools were used.

    `model` is who wrote it; it is exported and never shown to a labeler.
    """

    messages: Annotated[Conversation, Field(min_length=1)]
    model: str | None = None


class Severity(IntEnum):
    """How hard content is to read (`welfare.md` section 5). 4 is never served."""

    NONE = 0
    MILD = 1
    DISTURBING = 2
    EGREGIOUS = 3
    FORBIDDEN = 4


SENSITIVE = Severity.DISTURBING
"""From here on a labeler must have said yes to the category, and is told before the text is shown."""


class Category(StrEnum):
    """What content is about, as the person who must read it would sort it (`welfare.md` section 5)."""

    W01 = "W01"
    W02 = "W02"
    W03 = "W03"
    W04 = "W04"
    W05 = "W05"
    W06 = "W06"
    W07 = "W07"
    W08 = "W08"
    W09 = "W09"
    W10 = "W10"
    W11 = "W11"
    W12 = "W12"
    W13 = "W13"
    W14 = "W14"
    W15 = "W15"

    @property
    def title(self) -> str:  # type: ignore[override]  # a category's title is a fact, not str's way of capitals
        """The category in plain words, as notices and choices print it."""
        return CATEGORY_TITLES[self]


CATEGORY_TITLES: dict[Category, str] = {
    Category.W01: "graphic violence",
    Category.W02: "torture, war crimes or terror propaganda",
    Category.W03: "sexual violence",
    Category.W04: "harm to children",
    Category.W05: "suicide, self-harm or eating disorders",
    Category.W06: "hate and slurs",
    Category.W07: "harassment, threats or abuse",
    Category.W08: "sexually explicit content",
    Category.W09: "cruelty to animals",
    Category.W10: "death, grief or injuries",
    Category.W11: "domestic abuse or trafficking",
    Category.W12: "weapons, drugs or instructions for crimes",
    Category.W13: "insults to a faith or culture, or a conflict close to home",
    Category.W14: "crude or shocking content",
    Category.W15: "private data of real people",
}

Profile = dict[Category, Severity]
"""Which categories occur, each with its highest severity; empty means none above `NONE`."""


def profile_key(profile: Profile) -> str:
    """A profile as one comparable text, e.g. `"W05:2,W06:3"`; `""` when nothing above 0 occurs."""
    return ",".join(f"{code.value}:{int(profile[code])}" for code in sorted(profile) if profile[code])


def parse_profile(key: str) -> Profile:
    """The profile that `profile_key` wrote. Raises ValueError on anything else."""
    pairs = (part.split(":") for part in key.split(",") if part)
    return {Category(code): Severity(int(level)) for code, level in pairs}


def highest(profile: Profile) -> Severity:
    """The highest severity in a profile, `NONE` for an empty one."""
    return max(profile.values(), default=Severity.NONE)


class Item(Frozen):
    """One question's content: a prompt and the completions to be judged, in the order of the file.

    The order in which a labeler sees the completions is drawn for each assignment (`tasks.order`).
    `of_row` says which of the row's completions these are (from 0), so that a `source_label` about a row of several
    can still be read; it is empty when the item has all of them.
    """

    prompt: Conversation
    completions: tuple[Completion, ...]
    of_row: tuple[int, ...] = ()


class Row(Frozen):
    """One row of the native import shape; every other format is mapped onto it.

    `id` is the researcher's own name for the row. `source_label` keeps what the file already said about
    the completions (chosen, scores, ranks); it is exported, and never shown to a labeler.
    `categories` absent means "unknown", which counts as the highest the project declares.
    """

    prompt: Conversation
    completions: Annotated[tuple[Completion, ...], Field(min_length=1)]
    id: str | None = None
    language: str | None = None
    categories: Profile | None = None
    source_label: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None
