"""The word list: readable, versioned, and only ever raising. What it found is shown to the researcher alone."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tasks.content import Category, Profile, Row, Severity

_GAPS = str.maketrans(dict.fromkeys(string.punctuation + "“”‘’…–—", " "))
SOURCE = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A version of the word list: one pattern of all words, and what each word suggests."""

    version: int
    pattern: re.Pattern[str]
    starts: frozenset[str]
    """The first words of all entries: most texts hold none, and are passed at a glance."""
    suggests: dict[str, tuple[Category, Severity]]

    def found(self, texts: Iterable[str]) -> set[str]:
        """The words of the list that stand in these texts, in lower case."""
        words: set[str] = set()
        for text in texts:
            plain = text.casefold()
            if not self.starts.isdisjoint(plain.translate(_GAPS).split()):
                words.update(self.pattern.findall(plain))
        return words

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
    starts = frozenset(word.translate(_GAPS).split()[0] for word in suggests)
    longest_first = sorted(suggests, key=lambda word: (-len(word), word))
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
    return Lexicon(given["version"], pattern, starts, suggests)


def texts_of(row: Row) -> Iterable[str]:
    """Every text of a row that a labeler would read."""
    for message in row.prompt:
        yield message.content
    for completion in row.completions:
        for message in completion.messages:
            yield message.content
