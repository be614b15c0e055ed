"""How much a file may hold. Every number is checked while reading, before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one import; docs/importing.md tells them all, and a test compares the two."""

    file_bytes: int = 8 * GIB
    """The file as it is sent."""
    text_bytes: int = 64 * GIB
    """The file once it is unpacked."""
    ratio: int = 100
    """How many times larger unpacking may make it."""
    ratio_from: int = 8 * MIB
    """The ratio counts from here on: small files of repetitive text pack very well."""
    row_bytes: int = 2 * MIB
    """One row."""
    cell_bytes: int = 256 * KIB
    """One text, in UTF-8."""
    meta_bytes: int = 64 * KIB
    """What a row carries along without being shown: `source_label`, and `meta`."""
    depth: int = 32
    """How deep lists and objects may nest."""
    columns: int = 200
    turns: int = 200
    """Messages in one conversation."""
    completions: int = 16
    """Completions of one prompt."""
    id_characters: int = 200
    lanes: int = 400
    """How many different combinations of language and content one file may bring; each costs every hand-out."""
    problems: int = 1000
    """How many problems a page and the API list; the rest is counted."""
    problems_kept: int = 100_000
    """How many problems the downloadable file holds. Reading ends when there are more."""
    footer_bytes: int = 4 * MIB
    """The footer of a Parquet file."""


class Refused(Exception):
    """The file as a whole can't be read: what is wrong, in a sentence for the researcher."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.message = printable(message, 800)
        super().__init__(self.message)
        self.line = line


def size(count: int) -> str:
    """A number of bytes in words, such as "2 MB": whole units of 1024."""
    for unit, name in ((GIB, "GB"), (MIB, "MB"), (KIB, "KB")):
        if count >= unit:
            return f"{count // unit:,} {name}"
    return f"{count:,} bytes"


def printable(text: str, most: int) -> str:
    """A text of ours that quotes a file: short, on one line, and without what a database or a page can't hold."""
    short = text if len(text) <= most else f"{text[:most]}…"
    return short if short.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in short)
