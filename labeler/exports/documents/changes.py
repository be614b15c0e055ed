"""`CHANGELOG.md`: what differs from the last finished version, in options, counts and, where it can be, rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labeler.exports.documents.differences import Rows
from labeler.exports.documents.words import table


@dataclass(frozen=True, slots=True)
class Previous:
    """The version before this one that was finished when this one was asked for; `counts` as its manifest has them."""

    number: int
    snapshot_at: datetime
    views: Sequence[str]
    options: Mapping[str, Any]
    counts: Mapping[str, Any]
    manifest_hash: str | None
    folder: Path | None = None
    """Where its files were put; None where that is not known."""


COUNTS_ONLY = "counts and options; a row that was taken out and another that was added are not seen as such"
BY_ROWS = (
    "rows by their ids, with their verdicts; not their texts, comments, splits and made-up names. A revised answer has "
    "another id in `judgments`: it is one row removed and one added"
)

IN = (
    ("judgments", "Judgments read"),
    ("tasks", "Tasks"),
    ("late", "Late judgments"),
    ("withdrawn", "Withdrawn by their labelers, left out"),
    ("not_used", "Not used, left out"),
    ("unpaid", "Unpaid, left out"),
)


def facts(
    previous: Previous | None,
    views: Sequence[str],
    options: Mapping[str, Any],
    counts: Mapping[str, Any],
    rows: Mapping[str, Rows | str] | None = None,
) -> Any:
    """The difference for the manifest; None for a first version. `rows` is what the rows of each view say, or why they
    say nothing (`differences.compared`)."""
    if previous is None:
        return None
    rows = rows or {}
    by_rows = {name: asdict(each) for name, each in rows.items() if isinstance(each, Rows)}
    before = {name: each["rows"] for name, each in previous.counts["views"].items()}
    after = {name: each["rows"] for name, each in counts["views"].items()}
    return {
        "against": {"number": previous.number, "manifest_sha256": previous.manifest_hash},
        "compared": BY_ROWS if by_rows else COUNTS_ONLY,
        "rows": {
            name: {"before": before.get(name), "after": after.get(name), **by_rows.get(name, {})}
            for name in sorted({*before, *after})
        },
        "rows_not_compared": {name: why for name, why in sorted(rows.items()) if isinstance(why, str)},
        "read": {
            name: {"before": previous.counts["in"].get(name), "after": counts["in"].get(name)} for name, _ in IN
        },
        "options": {
            name: {"before": previous.options.get(name), "after": options.get(name)}
            for name in sorted({*previous.options, *options} - {"views"})
            if previous.options.get(name) != options.get(name)
        },
    }  # fmt: skip


def page(number: int, moment: str, found: Any, before_moment: str | None) -> str:
    """The file."""
    lines = ["# Changes", "", f"## Version {number}, as of {moment}", ""]
    if found is None:
        return "\n".join([*lines, "The first finished version of this dataset.", ""])
    by_rows = any("added" in of for of in found["rows"].values())
    heads = ("View", "Rows before", "Rows now", "Difference", *(MOVED if by_rows else ()))
    how = (
        f"Compared are {BY_ROWS}."
        if by_rows
        else "Compared are counts and options: a row that was taken out and another that was added look like none."
    )
    lines += [
        f"Against version {found['against']['number']}, as of {before_moment}. {how}",
        "",
        *table(heads, [(*_row(*each), *(_moved(each[1]) if by_rows else ())) for each in found["rows"].items()]),
        *_not_compared(found.get("rows_not_compared", {})),
        "",
        *table(
            ("Read", "Before", "Now", "Difference"),
            [_row(words, found["read"][name]) for name, words in IN],
        ),
        "",
    ]  # fmt: skip
    if found["options"]:
        lines += ["Made with other options:", ""]
        lines += [f"- `{name}`: {_said(of['before'])} before, {_said(of['after'])} now." for name, of in
                  found["options"].items()]  # fmt: skip
    else:
        lines.append("Made with the same options.")
    return "\n".join([*lines, ""])


MOVED = ("Added", "Removed", "Another verdict")


def _moved(of: Mapping[str, int | None]) -> tuple[str, ...]:
    return tuple(_number(of.get(name)) for name in ("added", "removed", "changed"))


def _not_compared(why: Mapping[str, str]) -> list[str]:
    told = [f"- `{name}`: only counted, since {reason}." for name, reason in why.items()]
    return ["", *told] if told else []


def _row(name: str, of: Mapping[str, int | None]) -> tuple[str, str, str, str]:
    before, after = of["before"], of["after"]
    if before is None or after is None:
        return name, _number(before), _number(after), "new" if before is None else "no longer made"
    return name, _number(before), _number(after), f"{after - before:+,}" if after != before else "0"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} chosen" if value else "all"
    return "not chosen" if value is None else f"`{value}`"
