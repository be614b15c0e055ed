"""`CHANGELOG.md`: what differs from the last finished version, in counts and options, not in single rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


IN = (
    ("judgments", "Judgments read"),
    ("tasks", "Tasks"),
    ("late", "Late judgments"),
    ("withdrawn", "Withdrawn by their labelers, left out"),
    ("not_used", "Not used, left out"),
    ("unpaid", "Unpaid, left out"),
)


def facts(
    previous: Previous | None, views: Sequence[str], options: Mapping[str, Any], counts: Mapping[str, Any]
) -> Any:
    """The difference for the manifest; None for a first version."""
    if previous is None:
        return None
    before = {name: each["rows"] for name, each in previous.counts["views"].items()}
    after = {name: each["rows"] for name, each in counts["views"].items()}
    return {
        "against": {"number": previous.number, "manifest_sha256": previous.manifest_hash},
        "compared": "counts and options; a row that was taken out and another that was added are not seen as such",
        "rows": {
            name: {"before": before.get(name), "after": after.get(name)} for name in sorted({*before, *after})
        },
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
    lines += [
        f"Against version {found['against']['number']}, as of {before_moment}. Compared are counts and options: a row "
        "that was taken out and another that was added look like none.",
        "",
        *table(("View", "Rows before", "Rows now", "Difference"), [_row(*each) for each in found["rows"].items()]),
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
