"""What differs between two texts, word by word: for pairs that are nearly the same, where reading twice hides it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tasks.content import Conversation

ALIKE = 0.6
"""The share of words that two texts must have in common before their differences say more than the texts (`ux.md`)."""
MOST_WORDS = 3000
"""Words of one text that are compared one by one; longer texts are compared line by line."""

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of text that stands in both, or only in the first or the second one shown."""

    where: Literal["both", "first", "second"]
    text: str


def text_of(messages: Conversation) -> str:
    """A completion as one text."""
    return "\n\n".join(message.content for message in messages)


def alike(one: str, other: str) -> bool:
    """Whether two texts share so many words that showing what differs helps. Cheap: it counts, it does not compare."""
    mine, theirs = set(one.split()), set(other.split())
    return bool(mine and theirs) and len(mine & theirs) >= ALIKE * max(len(mine), len(theirs))


def differences(one: str, other: str) -> Iterator[Stretch]:
    """Both texts as one, in stretches: what only the first has stands before what only the second has."""
    first, second = _parts(one), _parts(other)
    if max(len(first), len(second)) > 2 * MOST_WORDS:
        first, second = one.splitlines(keepends=True), other.splitlines(keepends=True)
    matcher = SequenceMatcher(None, first, second, autojunk=len(first) > MOST_WORDS)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield Stretch("both", "".join(first[i:j]))
            continue
        if i < j:
            yield Stretch("first", "".join(first[i:j]))
        if k < m:
            yield Stretch("second", "".join(second[k:m]))


def _parts(text: str) -> list[str]:
    return _WORDS.findall(text)
