"""Cutting a JSON document into its rows, with no more of it in memory than one row.

The rows are the entries of an array, `[{…}, {…}]`, or of the one array of rows inside an object, `{"data": [{…}]}`.
Each is cut out as text and read like a line of JSON Lines, so that both keep the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labeler.projects.reading.limits import Refused, size
from labeler.projects.reading.opening import CHUNK, Opened, text_pieces

ROWS = (b"data", b"rows", b"examples", b"instances", b"train")
"""Under which keys an object may hold its rows."""

_PRETTY = re.compile(rb"\{\s*\n|\{[^\n]*[{\[,]\s*\n")
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_WITHIN = re.compile(
    rb"\{\s*+(?:%(text)s\s*+:\s*+(?:%(text)s|[^\"{}\[\],]++)\s*+,\s*+)*\"(?:%(rows)s)\"\s*:\s*\["
    % {b"text": _TEXT, b"rows": b"|".join(ROWS)}
)


def has_rows_within(head: bytes) -> bool:
    """Whether a text that begins with a brace looks like one object with rows inside, and not like JSON Lines."""
    return _WITHIN.match(head) is not None or _PRETTY.match(head) is not None


_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^ \t\r\n,\[\]{}:\"]*+")
_INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The rest of a text, up to its closing quote."""
_FLAT = rb'[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# Before Python 3.11.5 a possessive repeat of alternatives passes over too much; an atomic group does not. Its repeats
# have a limit, because it remembers each until it ends.
_TO_BRACKET = re.compile(rb"(?>(?:%s|[\[{](?>(?:%s){0,999})[\]}]){0,999})" % (_FLAT, _FLAT), re.DOTALL)
"""Much of what comes before the next bracket that stands outside of texts and holds others, or before a text that is
not whole. Where it matches nothing, one of these, or the end, is next."""
_RUN = re.compile(rb"[\[{]++|[\]}]++")
"""Brackets that all open, or all close."""
_KEY = re.compile(rb'"([^"\\]{0,40})"')
PATIENCE = 4
"""How many times larger than a row may be is one whose end is still looked for."""


def entries(opened: Opened) -> Iterator[tuple[int, bytes | None]]:
    """The rows of a JSON document, numbered from 1, as text; None for one that is over the limit.

    Raises Refused where the document breaks off, or is no JSON between its rows.
    """
    text = _Text(text_pieces(opened), opened.limits.row_bytes)
    if text.next() == b"{":
        yield from _within(text)
    else:
        yield from _array(text)
    if text.next():
        raise text.broken("there is more after its end")


def _array(text: _Text) -> Iterator[tuple[int, bytes | None]]:
    text.expect(b"[")
    if text.next() == b"]":
        text.expect(b"]")
        return
    while True:
        text.number += 1
        yield text.number, text.value()
        if text.next() == b"]":
            text.expect(b"]")
            return
        text.expect(b",")


def _within(text: _Text) -> Iterator[tuple[int, bytes | None]]:
    """The rows of the one array under a key that we know; all else in the object is passed over."""
    found = None
    text.expect(b"{")
    more = text.next() != b"}"
    while more:
        sign = text.next()
        if sign != b'"':
            raise text.broken("a key is missing" if sign else None)
        name = _KEY.fullmatch(text.value() or b"")
        key = name.group(1) if name else b""
        text.expect(b":")
        if key in ROWS and text.next() == b"[":
            if found is not None:
                raise Refused(f"This file has rows under {found.decode()} and under {key.decode()}. Send one of them.")
            found = key
            yield from _array(text)
        else:
            text.value()
        more = text.next() != b"}"
        if more:
            text.expect(b",")
    text.expect(b"}")
    if found is None:
        names = ", ".join(name.decode() for name in ROWS)
        raise Refused(
            f"This JSON file holds one object without rows in it. Send JSON Lines, an array of rows, or an object with"
            f" its rows under one of {names}."
        )


class _Text:
    """A JSON text that comes in pieces. `number` is that of the row being read."""

    def __init__(self, pieces: Iterator[bytes], most: int) -> None:
        self.number = 0
        self._pieces = pieces
        self._most = most
        self._buffer = b""
        self._at = 0

    def next(self) -> bytes:
        """The next sign that is no white space, left where it is; empty at the end."""
        while True:
            self._at = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it matches anything
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._more():
                return b""

    def expect(self, sign: bytes) -> None:
        """Pass over a sign. Raises Refused when another one stands there."""
        found = self.next()
        if found != sign:
            raise self.broken(f"{sign.decode()} is missing" if found else None)
        self._at += 1

    def value(self) -> bytes | None:
        """Pass over a value and return its text; None when that is longer than a row may be."""
        first = self.next()
        if first not in (b"{", b"["):
            return self._text() if first == b'"' else self._scalar()
        depth, seen = 1, self._at + 1
        while True:
            start, seen = seen, _TO_BRACKET.match(self._buffer, seen).end()  # type: ignore[union-attr]
            run = _RUN.match(self._buffer, seen)
            if run is None:
                seen = seen if seen > start else self._wait(seen)
            elif run.group()[:1] in (b"{", b"["):
                depth, seen = depth + run.end() - seen, run.end()
            elif run.end() - seen >= depth:
                return self._take(seen + depth)
            else:
                depth, seen = depth - (run.end() - seen), run.end()

    def _text(self) -> bytes | None:
        seen = self._at + 1
        while True:
            seen = _INSIDE.match(self._buffer, seen).end()  # type: ignore[union-attr]
            if self._buffer[seen : seen + 1] == b'"':
                return self._take(seen + 1)
            seen = self._wait(seen)

    def _scalar(self) -> bytes | None:
        seen = self._at
        while True:
            seen = _SCALAR.match(self._buffer, seen).end()  # type: ignore[union-attr]
            if seen < len(self._buffer):
                if seen == self._at:
                    raise self.broken("a value is missing")
                return self._take(seen)
            seen = self._wait(seen)

    def _take(self, end: int) -> bytes | None:
        value = self._buffer[self._at : end] if end - self._at <= self._most else None
        self._at = end
        return value

    def _wait(self, seen: int) -> int:
        """Get more of the value at hand; where `seen` is then. Raises Refused when it never seems to end."""
        if len(self._buffer) - self._at > max(PATIENCE * self._most, 2 * CHUNK):
            raise Refused(
                f"Row {self.number} is larger than {size(self._most)}, and its end is far away.", self.number or None
            )
        seen -= self._at
        if not self._more():
            raise self.broken(None)
        return seen

    def _more(self) -> bool:
        """Add the next piece behind what has not been passed over yet; False at the end."""
        piece = next(self._pieces, b"")
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        return bool(piece)

    def broken(self, why: str | None) -> Refused:
        """The refusal of a document that is no JSON from here on; None says that it ends too early."""
        where = f"After row {self.number - 1}" if self.number > 1 else "At its start"
        if why is None:
            return Refused(f"This JSON file breaks off. {where} its end is missing.", self.number or None)
        return Refused(f"{where} this file is not JSON any more: {why}.", self.number or None)
