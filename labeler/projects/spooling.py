"""Reading a file into a spool of tasks, without a database: every problem is found before anything is written."""

from __future__ import annotations

import math
import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from labeler.errors import FieldProblem
from labeler.ids import new_id
from labeler.projects.reading import Limits, Reading, Refused, read
from labeler.projects.reading.lexicon import lexicon, texts_of
from labeler.projects.reading.limits import printable, size
from labeler.projects.reading.opening import Alive
from labeler.projects.spools import SpoolWriter, fields
from labeler.workforce.rules import is_tag, tidy_tag
from tasks import kind, order
from tasks.content import SENSITIVE, Category, Item, Profile, Row, Severity, highest, profile_key

__all__ = ["Alive", "Asked", "ImportSettings", "Spooled", "spool"]

SAMPLES = 5
"""How many tasks with matched words a report names."""


class ImportSettings(BaseModel):
    """How a file is to be read. `categories` holds for rows that don't say their own; absent means unknown."""

    model_config = ConfigDict(extra="forbid")

    categories: dict[Category, Annotated[int, Field(ge=0, le=4)]] | None = None
    language: str | None = None
    shape: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What an import must know of its batch and project, so that reading needs no database."""

    batch_id: UUID
    project_id: UUID
    actor: UUID
    kind: str
    overlap: int
    languages: tuple[str, ...]
    declared: Profile
    settings: ImportSettings


@dataclass(slots=True)
class Spooled:
    """What reading found: the spool, how many tasks go into which lane, and every problem."""

    path: Path
    limits: Limits = field(default_factory=Limits)
    rows: int = 0
    tasks: int = 0
    sensitive: int = 0
    lanes: dict[tuple[str, str], int] = field(default_factory=dict)
    """Tasks by (language, profile key), in the order of the spool's lane numbers."""
    problems: list[FieldProblem] = field(default_factory=list)
    problem_count: int = 0
    matched: Counter[str] = field(default_factory=Counter)
    raised: int = 0
    doubles: int = 0
    """Severe tasks that nobody is asked to read, because another one says the same (EXP-8)."""
    widened: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    """Some of the tasks whose severity the word list raised, by their ids, for the researcher to look at."""
    about: dict[str, Any] = field(default_factory=dict)

    def wrong(self, line: int | None, problems: list[FieldProblem]) -> None:
        """Count problems, and keep them up to the limit of the downloadable file."""
        self.problem_count += len(problems)
        room = self.limits.problems_kept - len(self.problems)
        self.problems += [
            FieldProblem(printable(each.field, 120), printable(each.message, 600), each.line or line)
            for each in problems[:room]
        ]

    @property
    def share(self) -> float:
        """The share of sensitive tasks, 0 to 1, rounded up: one in a million is not none."""
        return math.ceil(self.sensitive / self.tasks * 10_000) / 10_000 if self.tasks else 0.0


def spool(asked: Asked, path: Path, to: Path, alive: Alive, limits: Limits | None = None) -> Spooled:
    """Read the whole file into a spool of tasks, collecting every problem. Never raises for what the file holds."""
    spooled = Spooled(to, limits or Limits())
    spooled.wrong(None, settings_problems(asked))
    if spooled.problems:
        return spooled
    shape_name = asked.settings.shape
    try:
        with (
            read(path, kind=kind(asked.kind), limits=spooled.limits, shape=shape_name, alive=alive) as reading,
            SpoolWriter(to) as out,
        ):
            shape = reading.shape
            spooled.about = {
                "format": reading.format, "shape": shape.name, "shape_title": shape.title, "mapping": shape.mapping
            }  # fmt: skip
            _spool_rows(asked, reading, spooled, out)
            spooled.about["passed_over"] = reading.passed_over
    except Refused as refused:
        spooled.wrong(refused.line, [FieldProblem("file", refused.message)])
    if not spooled.problems and not spooled.tasks:
        spooled.wrong(None, [FieldProblem("file", "This file has no rows that make a task.")])
    return spooled


def _spool_rows(asked: Asked, reading: Reading, spooled: Spooled, out: SpoolWriter) -> None:
    limits = spooled.limits
    dice = random.Random(secrets.randbits(128))  # noqa: S311 -- nobody gains by foreseeing an order
    numbers: dict[tuple[str, str], int] = {}
    for line, row in reading:
        spooled.rows += 1
        made = row if isinstance(row, list) else make(asked, row)
        if isinstance(made, list):
            spooled.wrong(line, made)
            if spooled.problem_count > limits.problems_kept:
                break
            continue
        if made.found:
            _note(asked, spooled, made)
        place = (made.language, profile_key(made.profile) if made.profile else "")
        number = numbers.setdefault(place, len(numbers))
        if number >= limits.lanes:
            many = f"At most {limits.lanes} different combinations of language and content are taken."
            spooled.wrong(line, [FieldProblem("categories", many)])
            break
        spooled.lanes[place] = spooled.lanes.get(place, 0) + len(made.items)
        spooled.tasks += len(made.items)
        spooled.sensitive += len(made.items) * (highest(made.profile) >= SENSITIVE)
        if spooled.problems:
            continue  # nothing will be imported: the rest is read for its problems alone
        given = made.row
        aside = fields((given.id, _json(given.source_label), _json(given.meta), _json(sorted(made.found) or None)))
        for item in made.items:
            task_id = new_id()
            if made.raised and len(spooled.samples) < SAMPLES:
                spooled.samples.append(task_id.hex)
            drawn = order.draw(len(item.completions), dice)
            # As `model_dump_json` writes it, in a sixth of the time.
            out.add(number, task_id.bytes, drawn, orjson.dumps(item, default=vars), aside)
        if out.bytes > limits.text_bytes:
            raise Refused(f"The tasks of this file take more than {size(limits.text_bytes)}. Send it in parts.", line)


def _json(value: Any) -> bytes | None:
    return None if value is None else orjson.dumps(value)


@dataclass(slots=True)
class Made:
    """What a row becomes: its items, their language and content, and the words of the list that stand in it.

    `said` is the content as the row, the settings or the project say it; `profile` is what the words made of that.
    """

    row: Row
    items: list[Item]
    language: str
    said: Profile
    profile: Profile
    found: set[str]

    @property
    def raised(self) -> bool:
        """Whether the words say that it is harder to read than was said."""
        return bool(self.found) and self.profile != self.said


def make(asked: Asked, row: Row) -> Made | list[FieldProblem]:
    """What a row becomes in this project, or everything that is wrong with it."""
    language, said, problems = _place(asked, row)
    try:
        items = kind(asked.kind).items(row)
    except ValueError as error:
        problems.append(FieldProblem("completions", str(error)))
    if problems:
        return problems
    words = lexicon()
    found = words.found(texts_of(row))
    return Made(row, items, language, said, words.raised(said, found) if found else said, found)


def _place(asked: Asked, row: Row) -> tuple[str, Profile, list[FieldProblem]]:
    """Language and content of a row; unknown content counts as the highest that the project declares."""
    problems: list[FieldProblem] = []
    language = _tidy((row.language or asked.settings.language or asked.languages[0])[:40])
    if not any(language == known or language.startswith(f"{known}-") for known in asked.languages):
        problems.append(
            FieldProblem("language", f"The project is for {', '.join(asked.languages)}; this is {language}.")
        )
    elif not is_tag(language):
        problems.append(FieldProblem("language", "Write a language tag such as en, sw or pt-BR."))
    if row.categories is not None:
        profile = row.categories
    elif asked.settings.categories is not None:
        profile = {code: Severity(level) for code, level in asked.settings.categories.items()}
    else:
        profile = asked.declared
    if profile:
        problems += _undeclared(asked, profile)
    return language, profile, problems


_tidy = lru_cache(maxsize=1000)(tidy_tag)


def _undeclared(asked: Asked, profile: Profile) -> list[FieldProblem]:
    return [
        FieldProblem(
            f"categories.{code}",
            f"The project declares {code} up to {int(asked.declared.get(code, 0))}, not {int(level)}. "
            "Declare it in the project first: labelers are told what may occur.",
        )
        for code, level in profile.items()
        if level > asked.declared.get(code, Severity.NONE)
    ]


def settings_problems(asked: Asked) -> list[FieldProblem]:
    """What is wrong with how a file is to be read, before a byte of it is."""
    chosen = asked.settings
    problems = _undeclared(asked, {code: Severity(level) for code, level in (chosen.categories or {}).items()})
    if chosen.language is not None and not is_tag(tidy_tag(chosen.language)):
        problems.append(FieldProblem("language", "Write a language tag such as en, sw or pt-BR."))
    return problems


def _note(asked: Asked, spooled: Spooled, made: Made) -> None:
    """Note what the word list found; a severity beyond the project's declaration will widen it."""
    spooled.matched.update(made.found)
    spooled.raised += made.raised
    for code, level in made.profile.items():
        if level > asked.declared.get(code, Severity.NONE) and level > made.said.get(code, Severity.NONE):
            spooled.widened[code.value] = max(int(level), spooled.widened.get(code.value, 0))
