"""How much a file may hold. Every number is checked while reading, before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one import; all are documented in docs/importing.md (C11 in `reliability.md`).

    `ratio` applies once `ratio_from` bytes have come out: small files of repetitive text compress very well.
    """

    file_bytes: int = 8 * 1024 * MIB
    text_bytes: int = 64 * 1024 * MIB
    """After decompression."""
    ratio: int = 100
    ratio_from: int = 16 * MIB
    row_bytes: int = 2 * MIB
    cell_bytes: int = 256 * 1024
    """One text, in UTF-8."""
    depth: int = 32
    columns: int = 200
    turns: int = 200
    completions: int = 16
    problems: int = 1000
    """How many problems are listed; the rest is counted."""
    meta_bytes: int = 64 * 1024


class Refused(Exception):
    """The file as a whole can't be read: what is wrong, in a sentence for the researcher."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
