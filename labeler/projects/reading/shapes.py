"""What a shape is, and how a row of any shape becomes one of ours.

What a file already says about its completions (chosen, scores, ranks) is kept as `source_label` and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labeler.projects.reading.checks import Checker, Completion, Conversation
from labeler.projects.reading.records import Record
from tasks.content import Category, Profile, Role, Row, Severity

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
    """Columns that the mapping uses; all others become `meta`, but for `language` and our `categories`."""
    tree: bool = False
    """Whether a row is a tree with many prompts; those with too few replies for the kind have nothing to say to it."""
    joins: bool = False
    """Whether rows that follow each other with the same prompt are completions of one, for kinds that compare."""
    together: Callable[[Iterable[Record]], Iterator[Record]] | None = None
    """What makes one record of several that follow each other, where a file has several of one row of ours."""


def make_row(
    row: dict[str, Any],
    shape: Shape,
    check: Checker,
    prompt: Conversation,
    completions: Iterable[Completion],
    label: dict[str, Any],
    *,
    key: Any = None,
    language: Any = None,
    meta: dict[str, Any] | None = None,
) -> list[Row]:
    """A row of ours, or none when anything was wrong; columns that the shape does not use go along as `meta`."""
    extra = {name: value for name, value in row.items() if name not in shape.used and value is not None}
    categories = _own_categories(extra, check)
    tag = language_tag(language if language is not None else extra.get("language"))
    if tag is not None:
        extra.pop("language", None)
    if key is not None and (isinstance(key, bool) or not isinstance(key, str | int)):
        extra["id"], key = key, None
    name = check.key(key, "id")
    label_kept = check.aside(label, "source_label")
    meta_kept = check.aside({**extra, **(meta or {})}, "meta")
    if check.problems:
        return []
    return [finished(prompt, completions, name, tag, categories, label_kept, meta_kept)]


def finished(
    prompt: Conversation,
    completions: Iterable[Completion],
    name: str | None,
    language: str | None,
    categories: Profile | None,
    label: dict[str, Any] | None,
    meta: dict[str, Any] | None,
) -> Row:
    """The row, once nothing was wrong with its parts."""
    return Row.model_validate(
        {
            "prompt": prompt, "completions": tuple(completions), "id": name, "language": language,
            "categories": categories, "source_label": label, "meta": meta,
        }
    )  # fmt: skip


_CODE = re.compile(r"W\d\d")


def _own_categories(extra: dict[str, Any], check: Checker) -> Profile | None:
    """The column `categories` of any shape, where it speaks our codes; `{}` says that there are none."""
    given = extra.get("categories")
    if not isinstance(given, dict | list):
        return None
    if given == {} or any(isinstance(code, str) and _CODE.fullmatch(code) for code in given):
        return profile(extra.pop("categories"), check)
    return None


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
        if not isinstance(code, str) or code not in CODES:
            check.wrong("categories", f"There is no category {str(code)[:20]}. They are W01 to W15.")
        elif isinstance(level, bool) or not isinstance(level, int | float) or level not in SEVERITIES:
            check.wrong(f"categories.{code}", "A severity is a whole number from 0 to 4.")
        else:
            found[CODES[code]] = SEVERITIES[int(level)]  # Parquet writes 2.0 where some rows have none
    return found


CODES = {code.value: code for code in Category}
SEVERITIES = {int(level): level for level in Severity}

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_NAMES = {
    "arabic": "ar", "chinese": "zh", "czech": "cs", "dutch": "nl", "english": "en", "french": "fr", "german": "de",
    "hindi": "hi", "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "russian": "ru", "spanish": "es", "swahili": "sw", "turkish": "tr",
    "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip


def language_tag(value: Any) -> str | None:
    """A language tag, where a column gives one or the English name of a language; else None: it is not said."""
    if not isinstance(value, str):
        return None
    return value if _TAG.fullmatch(value) else _NAMES.get(value.strip().lower())


def labels(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """What a row says about its completions, with the numbers that CSV writes as texts."""
    return {name: _number(row[name]) for name in names if row.get(name) is not None}


def _number(value: Any) -> Any:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


def split_conversations(one: Conversation, other: Conversation) -> int:
    """How many turns two conversations share at their start: the prompt. It ends before an assistant's turn."""
    shared = 0
    for left, right in zip(one[:-1], other[:-1], strict=False):
        if left != right:
            break
        shared += 1
    while shared and one[shared - 1]["role"] is Role.ASSISTANT:
        shared -= 1
    return shared


def pair(
    row: dict[str, Any],
    shape: Shape,
    check: Checker,
    whole: list[Conversation],
    label: dict[str, Any],
    *,
    names: tuple[str, str] = ("chosen", "rejected"),
    models: tuple[str | None, str | None] = (None, None),
    key: Any = None,
) -> list[Row]:
    """A row made of two whole conversations: the prompt is what they share at their start."""
    if check.problems:
        return []
    shared = split_conversations(*whole)
    if not shared:
        check.wrong(names[0], f"{names[0]} and {names[1]} share no prompt at their start.")
        return []
    completions = [{"messages": each[shared:], "model": model} for each, model in zip(whole, models, strict=True)]
    return make_row(row, shape, check, whole[0][:shared], completions, label, key=key)


def has(*names: str, kind: type | tuple[type, ...] = object) -> Callable[[dict[str, Any]], bool]:
    """A test whether a row has all of these columns, each of this type."""
    return lambda row: all(name in row and isinstance(row[name], kind) for name in names)


def known_shapes() -> Iterator[Shape]:
    """Every shape, in the order in which they are tried."""
    from labeler.projects.reading import battles, exported, preference, published  # only here: they are built from this

    yield from preference.SHAPES
    yield from published.SHAPES
    yield from battles.SHAPES
    yield exported.JUDGMENTS
