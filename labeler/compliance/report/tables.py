"""The numbers of a report as CSV: a file for each rule, with what is told and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from labeler.compliance.disclosing import Shown, ShownCheck
from labeler.compliance.report.evidence import as_csv
from labeler.compliance.report.props import NOT_TOLD

COLUMNS = ("control", "rule", "name", "value", "of", "unit", "threshold", "people")


def tables(shown: Shown) -> dict[str, bytes]:
    """The files by their paths."""
    lines: dict[str, list[tuple[str, ...]]] = {}
    for control in shown.controls:
        for each in control.checks:
            lines.setdefault(each.rule, []).extend(_lines(control.control, each))
    return {f"evidence/{rule}.csv": as_csv(COLUMNS, told) for rule, told in lines.items()}


def _lines(control: str, check: ShownCheck) -> Iterable[tuple[str, ...]]:
    start = (control, check.rule)
    yield (*start, "result", check.result.value, "", "", "", "")
    yield (*start, "population", _told(check.population), "", "rows", "", check.people)
    yield (*start, "exceptions", _told(check.exceptions), "", "rows", "0", check.affected)
    for each in check.figures:
        of = "" if each.of is None and each.value is not None else _told(each.of)
        threshold = "" if each.threshold is None else str(each.threshold)
        yield (*start, each.name, _told(each.value), of, each.unit, threshold, each.people)


def _told(value: int | None) -> str:
    return NOT_TOLD if value is None else str(value)
