"""How long instructions take to read, and which seconds of a task that is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from labeler.pay.classes import TimeClass
from labeler.pay.rules import Span

WORDS_A_MINUTE = 200
LEAST_READING = 60
"""Seconds that a first version brings at least."""
LEAST_CHANGE = 30
"""Seconds that a changed version brings at least."""


def reading_seconds(text: str, known: str | None = None) -> int:
    """What reading a version of instructions is paid; of one that replaces a `known` one, its new lines only.

    0 for a text without a word.
    """
    if not text.split():
        return 0
    if known is None:
        return max(LEAST_READING, _seconds(text.splitlines()))
    old = Counter(line.strip() for line in known.splitlines())
    new = Counter(line.strip() for line in text.splitlines())
    return max(LEAST_CHANGE, _seconds((new - old).elements()))


def _seconds(lines: Iterable[str]) -> int:
    words = sum(len(line.split()) for line in lines)
    return -(-words * 60 // WORDS_A_MINUTE)


def read_first(spans: Sequence[Span], seconds: int) -> tuple[Span, ...]:
    """An assignment's spans with the first `seconds` of them spent on reading: she holds the task meanwhile."""
    left = timedelta(seconds=seconds)
    found: list[Span] = []
    for span in spans:
        until = min(span.from_at + left, span.until_at)
        left -= until - span.from_at
        found += [Span(TimeClass.INSTRUCTIONS, span.from_at, until), Span(span.kind, until, span.until_at)]
    kept = tuple(span for span in found if span.from_at < span.until_at)
    return kept or tuple(spans)
