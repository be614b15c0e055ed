"""A family of limits: what each counts, its usual value, and how one is typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

Q = TypeVar("Q", bound=StrEnum)

MOST = 2**53
"""The largest number that a limit may say, unless it says so itself."""
DIGITS = 20
"""More than any limit has."""
WHOM = "Ask an administrator when you need more."


@dataclass(frozen=True, slots=True)
class Limited:
    """One limit: in words, the unit it counts, its usual value (None for no limit), and what it may say at least and at
    most. `span`: in which it counts, where that is not always the same."""

    words: str
    unit: str
    usual: int | None
    least: int = 0
    most: int = MOST
    span: timedelta = timedelta(days=1)


def in_force(known: Mapping[Q, Limited], rows: Sequence[tuple[Q, int | None]]) -> dict[Q, int | None]:
    """The limits in force, from all that were set, the oldest first."""
    return {quota: limited.usual for quota, limited in known.items()} | dict(rows)


def read_value(limited: Limited, typed: str) -> int | None:
    """What somebody typed as a limit; empty or `none` for no limit. Raises ValueError with words."""
    text = typed.strip().replace(",", "").replace("_", "").lower()
    if text in ("", "none"):
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else -1
    if not limited.least <= number <= limited.most:
        raise ValueError(f"Write a whole number of {limited.unit} from {limited.least:,}, or nothing for no limit.")
    return number
