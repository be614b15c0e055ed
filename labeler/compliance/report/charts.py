"""Figures as they are drawn, with their table beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labeler.compliance.report.props import NOT_TOLD
from labeler.compliance.report.seen import View


def charted(seen: View) -> Iterator[dict[str, Any]]:
    """Every figure of a report, once a rule, with what is needed to draw it. `share` and `mark` are parts of the width
    in per mille; both None where the figure is not told."""
    for control in seen["controls"]:
        for check in control["checks"]:
            for place, each in enumerate(check["figures"], 1):
                yield {**each, "place": f"{control['id']}/{check['rule']}/{place}", "rule": check["rule"],
                       "control": control["id"], **_drawn(each)}  # fmt: skip


def _drawn(each: dict[str, str]) -> dict[str, Any]:
    if each["value"] == NOT_TOLD:
        return {"share": None, "mark": None, "alt": f"{each['name']}: not told."}
    value = int(each["value"])
    marked = int(each["threshold"]) if each["threshold"] else None
    whole = int(each["of"]) if each["of"].isdigit() else 0
    most = max(value, marked or 0, whole, 1)
    said = f"{each['name']}: {value} {each['unit']}"
    said += f" of {whole}" if whole else ""
    said += f"; the rule asks for {marked} {each['unit']}" if marked is not None else ""
    return {
        "share": max(0, value) * 1000 // most,
        "mark": None if marked is None else max(0, marked) * 1000 // most,
        "alt": f"{said}.",
    }
