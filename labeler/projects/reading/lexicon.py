"""The word list: readable, versioned, and only ever raising. What it found is shown to the researcher alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tasks.content import Category, Profile, Row, Severity

SOURCE = Path(__file__).with_name("lexicon.toml")

_PLAIN = bytes(ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalnum() else 32 for byte in range(256))
"""Letters and digits of ASCII in lower case; all else is a gap."""
_ALIKE = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "­": ""})
"""Signs that print like those in the list: apostrophes and hyphens, and the soft hyphen, which does not print."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A version of the word list: one pattern of all words, and what each word suggests."""

    version: int
    pattern: re.Pattern[str]
    signs: frozenset[bytes]
    """The longest word of each entry: most texts hold none of them, and are passed at a glance."""
    suggests: dict[str, tuple[Category, Severity]]

    def found(self, texts: Iterable[str]) -> set[str]:
        """The words of the list that stand in these texts, as the list writes them."""
        text = "\n".join(texts)
        if not text.isascii():
            text = text.translate(_ALIKE)
        if self.signs.isdisjoint(text.encode().translate(_PLAIN).split()):
            return set()
        matches = self.pattern.findall(text.casefold())
        return {" ".join(match.split()) for match in matches}

    def raised(self, profile: Profile, words: Iterable[str]) -> Profile:
        """The profile with whatever the words suggest above it; nothing is lowered."""
        higher = dict(profile)
        for word in words:
            code, level = self.suggests[word]
            if level > higher.get(code, Severity.NONE):
                higher[code] = level
        return higher


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The word list of this version of the product."""
    with SOURCE.open("rb") as file:
        given = tomllib.load(file)
    suggests = {
        word.casefold(): (Category(entry["category"]), Severity(entry["severity"]))
        for entry in given["words"]
        for word in entry["words"]
    }
    signs = frozenset(max(reversed(word.encode().translate(_PLAIN).split()), key=len) for word in suggests)
    longest_first = sorted(suggests, key=lambda word: (-len(word), word))
    words = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    # Not \b: an underscore is a letter to it, and Markdown writes emphasis with underscores.
    return Lexicon(given["version"], re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])"), signs, suggests)


def texts_of(row: Row) -> Iterable[str]:
    """Every text of a row that a labeler would read."""
    for message in row.prompt:
        yield message.content
        if message.tool_calls:
            yield message.tool_calls
    for completion in row.completions:
        for message in completion.messages:
            yield message.content
            if message.tool_calls:
                yield message.tool_calls
