"""Whether the files of a bundle say the same: pages, tables and rows against `report.json`. Pure."""

from __future__ import annotations

import csv
import gzip
import html
import io
import re
import zlib
from collections.abc import Iterable, Mapping
from uuid import UUID

import orjson

from labeler.compliance.report.evidence import COLUMNS, digest, key_of, safe
from labeler.compliance.report.props import NOT_TOLD, one
from labeler.compliance.report.remedies import PLAN
from labeler.compliance.report.sealed import Opened
from labeler.compliance.report.seen import View, figures
from labeler.compliance.report.system import COLUMNS as OF_SYSTEM
from labeler.compliance.report.system import TABLE
from labeler.compliance.report.words import IDLE, SOURCES

FIGURE = re.compile(r'data-figure="([^"]*)"(?: value="([^"]*)")?>([^<]*)<')
PAGE, WORKER = "report.html", "worker.html"
MEETS = {"yes": "Meets ", "no": "Does not meet "}
ASSURANCE = {"none": "none (self-generated)", "assessor": "as the assessor states in part I"}


class Differs(Exception):
    """Two files of a bundle say different things; `file` is the one that does not follow `report.json`."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file, self.problem = file, problem


def pages_agree(files: Mapping[str, bytes], seen: View, report_digest: str) -> None:
    """The HTML's figures are the report's, each of them, and are shown as what they are. Raises Differs."""
    page = _text(files, PAGE)
    wanted = figures(seen)
    shown = {}
    for place, value, words in FIGURE.findall(page):
        told, read = html.unescape(value or words), html.unescape(words)
        if wanted.get(html.unescape(place)) != told:
            raise Differs(PAGE, f"{html.unescape(place)} is not what report.json says")
        if value and not _means(html.unescape(place), told, read, seen):
            raise Differs(PAGE, f"{html.unescape(place)} is shown as something else")
        shown[html.unescape(place)] = told
    for place in sorted(wanted):
        if place not in shown:
            raise Differs(PAGE, f"{place} is not shown")
    for path in (PAGE, WORKER):
        if f"<code>{report_digest}</code>" not in _text(files, path):
            raise Differs(path, "it is of another report")


def _means(place: str, told: str, read: str, seen: View) -> bool:
    if place == "fact/meets":
        return read == f"{MEETS.get(told)}{seen['facts']['profile']}"
    if place == "fact/profile-source":
        return read == SOURCES.get(told)
    if place == "fact/assurance":
        return read == ASSURANCE.get(told)
    if place.endswith("/idle"):
        return read == IDLE
    return read == told.replace("-", " ")


def tables_agree(files: Mapping[str, bytes], seen: View) -> None:
    """The tables have the report's figures. Raises Differs."""
    for rule in sorted({check["rule"] for control in seen["controls"] for check in control["checks"]}):
        path = f"evidence/{rule}.csv"
        wanted = []
        for control in seen["controls"]:
            for check in control["checks"]:
                if check["rule"] == rule:
                    wanted += [(control["id"], "result", check["result"]),
                               (control["id"], "population", check["population"]),
                               (control["id"], "exceptions", check["exceptions"])]  # fmt: skip
                    wanted += [(control["id"], each["name"], each["value"]) for each in check["figures"]]
        lines = [(each[0], " ".join(each[2].split()), each[3]) for each in _csv(_text(files, path), path)[1:]]
        if lines != [(safe(control), safe(name), safe(value)) for control, name, value in wanted]:
            raise Differs(path, "its numbers are not those of report.json")


def papers_agree(files: Mapping[str, bytes], seen: View) -> None:
    """Section III's table has the report's lines, and the plan of action its risks. Raises Differs."""
    wanted = [[safe(each[name]) for name in OF_SYSTEM] for each in seen["system"]]
    if _csv(_text(files, TABLE), TABLE) != [list(OF_SYSTEM), *wanted]:
        raise Differs(TABLE, "its lines are not those of report.json")
    if seen["plan"] is None:
        if PLAN in seen["files"]:
            raise Differs(PLAN, "report.json names nothing that is to be mended")
        return
    try:
        told = orjson.loads(_text(files, PLAN))["plan-of-action-and-milestones"]
        controls = [one(each, "control") for each in told["poam-items"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Differs(PLAN, f"it is no plan of action ({type(error).__name__})") from None
    if controls != seen["plan"]["controls"] or told.get("risks") != seen["plan"]["risks"]:
        raise Differs(PLAN, "it is not about the risks that report.json names")


def rows_agree(files: Mapping[str, bytes], seen: View, found: Opened) -> None:
    """The rows are those that the report was made of, lead to opened leaves, and are as many as it says. Raises
    Differs."""
    if str(found.erased) != seen["facts"]["erased"]:
        raise Differs("leaves.jsonl.gz", f"{found.erased} leaves of the vendor's log are not opened, and report.json "
                      f"says that {seen['facts']['erased']} are erased")  # fmt: skip
    key = key_of(seen["facts"]["parameters"], found.salts)
    for control in seen["controls"]:
        for check in control["checks"]:
            rule, path = check["rule"], rows_path(check["rule"])
            try:
                data = gzip.decompress(files[path])
            except KeyError:
                raise Differs(path, "it is missing") from None
            except (OSError, EOFError, zlib.error) as error:
                raise Differs(path, f"it cannot be read ({type(error).__name__})") from None
            if digest(key, rule, data) != check["digest"]:
                raise Differs(path, "its rows are not those that report.json was made of")
            lines = _csv(data.decode("utf-8", "replace"), path)
            _rows(path, lines, check["population"], check["exceptions"], found)


def _rows(path: str, lines: list[list[str]], population: str, exceptions: str, found: Opened) -> None:
    if lines[0] != list(COLUMNS):
        raise Differs(path, "its columns are not those of rows")
    for number, each in enumerate(lines[1:]):
        try:
            known = (UUID(each[3]), int(each[4])) in found.entries
        except ValueError:
            known = False
        if each[0] != str(number) or not known:
            raise Differs(path, f"row {number} does not lead to an opened leaf")
    _counted(path, "rows", population, len(lines) - 1)
    _counted(path, "exceptions", exceptions, sum(each[6] == "yes" for each in lines[1:]))


def _counted(path: str, what: str, told: str, counted: int) -> None:
    if told not in (NOT_TOLD, str(counted)):
        raise Differs(path, f"it has {counted} {what}, and report.json says {told}")


def rows_path(rule: str) -> str:
    """Where the rows of a rule lie in an auditor's pack."""
    return f"evidence/rows/{rule}.csv.gz"


def _text(files: Mapping[str, bytes], path: str) -> str:
    if path not in files:
        raise Differs(path, "it is missing")
    try:
        return files[path].decode()
    except UnicodeDecodeError:
        raise Differs(path, "it is no text") from None


def _csv(text: str, path: str) -> list[list[str]]:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise Differs(path, "it is no table") from None
    _even(lines, path)
    return lines


def _even(lines: Iterable[list[str]], path: str) -> None:
    widths = {len(each) for each in lines}
    if widths not in ({3}, {7}, {8}):
        raise Differs(path, "its lines are not as long as its head")
