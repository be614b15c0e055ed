"""What a wage benchmark must say (PAY-9), and many of them from a CSV file. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from labeler.errors import FieldProblem
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.sums import LONGEST_NAME, is_currency, minor, one_line

COLUMNS = (
    "place", "kind", "household", "measure", "hours_week", "per_hour", "currency", "dated", "source", "licence"
)  # fmt: skip
MOST_ROWS = 2_000
"""Benchmarks in one file."""
MOST_PROBLEMS = 100
"""Problems of a file that are told; more than that is one mistake made often."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A benchmark before it is added; None for what was not written as it should be. See `WageBenchmark`."""

    place: str
    kind: FloorKind | None
    household: str
    measure: Measure | None
    hours_week: int | None
    per_hour: int | None
    currency: str
    dated: date | None
    source: str
    licence: str
    line: int | None = None
    """Where it stands in a file."""

    @property
    def key(self) -> tuple[str, FloorKind | None, str, Measure | None, date | None]:
        """What no two benchmarks have in common."""
        return self.place.strip(), self.kind, self.household.strip(), self.measure, self.dated


def benchmark_problems(asked: Asked, today: date) -> list[FieldProblem]:
    """Everything wrong with a benchmark, each with its field and, from a file, its line."""
    problems = [
        (name, f"Use 1 to {LONGEST_NAME} characters, in one line.")
        for name in ("place", "household", "source", "licence")
        if not one_line(getattr(asked, name))
    ]
    if asked.kind is None:
        problems.append(("kind", f"Write {' or '.join(FloorKind)}."))
    if asked.measure is None:
        problems.append(("measure", f"Write {' or '.join(Measure)}."))
    if asked.hours_week is None or not 1 <= asked.hours_week <= 168:
        problems.append(("hours_week", "Write how many hours a week it is based on, from 1 to 168."))
    if asked.per_hour is None or not 0 < asked.per_hour < 10**12:
        problems.append(("per_hour", "Write the amount of an hour, such as 12.50."))
    if not is_currency(asked.currency):
        problems.append(("currency", "Write the currency's code of three letters, such as EUR."))
    if asked.dated is None or asked.dated > today:
        problems.append(("dated", "Write the day the source gives for it, like 2026-03-01, not in the future."))
    return [FieldProblem(name, words, asked.line) for name, words in problems]


def months_old(dated: date, today: date) -> int:
    """How many whole months ago a day was."""
    return (today.year - dated.year) * 12 + today.month - dated.month - (today.day < dated.day)


def read_csv(data: bytes, today: date) -> tuple[list[Asked], list[FieldProblem]]:
    """The benchmarks of a CSV file, and everything wrong with it, by line and field.

    The first line names `COLUMNS`, in any order; between fields stands a comma or a semicolon.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [FieldProblem("file", "This is no text in UTF-8. Save the table as CSV (UTF-8).")]
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        rows = [(reader.line_num, row) for row in reader if any(each.strip() for each in row)]
    except csv.Error as error:
        return [], [FieldProblem("file", f"This is no CSV: {error}.", reader.line_num)]
    if not rows:
        return [], [FieldProblem("file", "The file is empty.")]
    names = [name.strip().lower() for name in rows[0][1]]
    wrong = [FieldProblem("file", f"The column {name} is missing.", 1) for name in COLUMNS if name not in names]
    wrong += [FieldProblem("file", f"Nothing here is called {name}.", 1) for name in names if name not in COLUMNS]
    wrong += [FieldProblem("file", f"The column {name} is there twice.", 1)
              for name in COLUMNS if names.count(name) > 1]  # fmt: skip
    if not wrong and len(rows) == 1:
        wrong = [FieldProblem("file", "There is no benchmark below the first line.")]
    if len(rows) - 1 > MOST_ROWS:
        wrong.append(FieldProblem("file", f"The file has more than {MOST_ROWS} lines. Cut it in two."))
    if wrong:
        return [], wrong
    found: list[Asked] = []
    for line, row in rows[1:]:
        if len(row) != len(names):
            wrong.append(FieldProblem("file", f"There are {len(row)} fields, not {len(names)}.", line))
        else:
            found.append(_asked(dict(zip(names, (each.strip() for each in row), strict=True)), line))
    wrong += [problem for each in found for problem in benchmark_problems(each, today)]
    return found, sorted(wrong + _twice(found), key=lambda each: each.line or 0)[:MOST_PROBLEMS]


def _asked(told: dict[str, str], line: int) -> Asked:
    hours, currency = told["hours_week"], told["currency"].upper()
    try:
        dated = date.fromisoformat(told["dated"])
    except ValueError:
        dated = None
    return Asked(
        place=told["place"],
        kind=FloorKind(told["kind"]) if told["kind"] in set(FloorKind) else None,
        household=told["household"],
        measure=Measure(told["measure"]) if told["measure"] in set(Measure) else None,
        hours_week=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else None,
        per_hour=minor(told["per_hour"], currency) if is_currency(currency) else None,
        currency=currency,
        dated=dated,
        source=told["source"],
        licence=told["licence"],
        line=line,
    )


def _twice(found: Iterable[Asked]) -> list[FieldProblem]:
    seen: dict[object, int | None] = {}
    problems = []
    for each in found:
        if each.key in seen:
            words = f"It is the same benchmark as in line {seen[each.key]}."
            problems.append(FieldProblem("dated", words, each.line))
        seen.setdefault(each.key, each.line)
    return problems
