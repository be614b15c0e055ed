"""The shapes we know: how each is recognised by its columns, and how a row of it becomes ours.

What a file already says about its completions (chosen, scores, ranks) is kept as `source_label` and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labeler.projects.reading.checks import Checker
from tasks.content import Category, Completion, Message, Profile, Role, Row, Severity

Give = Callable[[dict[str, Any], Checker], "list[Row]"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: its name, what it maps to what, how it is recognised, and how a row is read."""

    name: str
    title: str
    mapping: dict[str, str]
    fits: Callable[[dict[str, Any]], bool]
    rows: Give
    used: frozenset[str] = field(default_factory=frozenset)
    """Columns that the mapping uses; all others become `meta`."""
    tree: bool = False
    """Whether a row is a tree with many prompts; those with too few replies for the kind have nothing to say to it."""
    joins: bool = False
    """Whether rows that follow each other with the same prompt are completions of one, for kinds that compare."""


def make_row(
    row: dict[str, Any],
    shape: Shape,
    prompt: tuple[Message, ...],
    completions: list[Completion],
    label: dict[str, Any],
    *,
    key: Any = None,
    language: Any = None,
    categories: Profile | None = None,
    meta: dict[str, Any] | None = None,
) -> Row:
    """A row of ours; columns that the shape does not use go along as `meta`."""
    extra = {name: value for name, value in row.items() if name not in shape.used and value is not None}
    return Row.model_construct(
        prompt=prompt,
        completions=tuple(completions),
        id=str(key)[:200] if key is not None else None,
        language=language if isinstance(language, str) and language else None,
        categories=categories,
        source_label=label or None,
        meta={**extra, **(meta or {})} or None,
    )


def profile(value: Any, check: Checker) -> Profile | None:
    """The categories of a row: `{"W06": 2}`, or a list of codes at severity 2; None says that they are unknown."""
    if value is None:
        return None
    pairs = (
        value.items() if isinstance(value, dict) else [(code, 2) for code in value] if isinstance(value, list) else None
    )
    if pairs is None:
        check.wrong("categories", 'Write categories as an object such as {"W06": 2}; {} says that there are none.')
        return None
    found: Profile = {}
    for code, level in pairs:
        if level is None:  # Parquet gives every row the fields of all rows
            continue
        if code not in set(Category):
            check.wrong("categories", f"There is no category {str(code)[:20]}. They are W01 to W15.")
        elif isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 4:
            check.wrong(f"categories.{code}", "A severity is a whole number from 0 to 4.")
        else:
            found[Category(code)] = Severity(level)
    return found


def split_conversations(one: tuple[Message, ...], other: tuple[Message, ...]) -> int:
    """How many turns two conversations share at their start: the prompt. It ends before an assistant's turn."""
    shared = 0
    for left, right in zip(one[:-1], other[:-1], strict=False):
        if left.role != right.role or left.content != right.content:
            break
        shared += 1
    while shared and one[shared - 1].role is Role.ASSISTANT:
        shared -= 1
    return shared


def pair(
    row: dict[str, Any], shape: Shape, check: Checker, whole: list[tuple[Message, ...]], key: Any = None
) -> list[Row]:
    """A row made of two whole conversations, chosen first: the prompt is what they share."""
    shared = split_conversations(*whole)
    if not shared:
        check.wrong("chosen", "The two conversations share no prompt at their start.")
        return []
    completions = [Completion.model_construct(messages=each[shared:], model=None) for each in whole]
    if not all(each.messages for each in completions):
        check.wrong("chosen", "One of the two conversations has no completion after the prompt.")
        return []
    return [make_row(row, shape, whole[0][:shared], completions, {"chosen": 0, "rejected": 1}, key=key)]


def known_shapes() -> Iterator[Shape]:
    """Every shape, in the order in which they are tried."""
    from labeler.projects.reading import preference, published  # only here: they are built from this module

    yield from preference.SHAPES
    yield from published.SHAPES
