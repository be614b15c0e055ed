"""Small parts of Markdown. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def one_line(text: str) -> str:
    """A person's words on one line, so that they cannot pose as the page's own headings, table or markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def quoted(text: str) -> list[str]:
    """A person's words of several lines as a quotation, each line marked as hers."""
    lines = [line.replace("<", "&lt;").rstrip() for line in text.strip().splitlines()]
    return [f"> {line}" if line else ">" for line in lines]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table: the first column to the left, the others to the right."""
    return [_row(heads), _row(["---", *["---:"] * (len(heads) - 1)]), *map(_row, rows)]


def number(value: float) -> str:
    """A figure with three digits behind its point; never a negative zero."""
    return f"{round(value, 3) + 0.0:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
