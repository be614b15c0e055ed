"""Importing a batch: all of a file, or none of it.

First the file is read into a spool beside it, with no transaction open: every bad row is found before anything is
written. Then places in the lanes are reserved, and the spool is loaded in one transaction. Labelers are never in the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.ids import new_id
from labeler.projects.loading import load_spool
from labeler.projects.models import Batch, ImportState, Lane, Project
from labeler.projects.reading import Limits, Reading, Refused, fingerprint, read
from labeler.projects.reading.lexicon import lexicon, texts_of
from labeler.projects.service import widen
from labeler.workforce.rules import is_tag, tidy_tag
from tasks import kind, order
from tasks.content import SENSITIVE, Category, Profile, Row, Severity, highest, profile_key

Alive = Callable[[int, int], None]
"""Called now and then with the bytes read and the bytes of the file."""

MOST_LANES = 400
"""How many different content profiles and languages one file may bring; more would slow every hand-out."""
PROBLEMS_KEPT = 100_000
"""How many problems the downloadable file holds."""


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
    rows: int = 0
    tasks: int = 0
    sensitive: int = 0
    lanes: dict[tuple[str, str], int] = field(default_factory=dict)
    """Tasks by (language, profile key), in the order of the spool's lane numbers."""
    problems: list[FieldProblem] = field(default_factory=list)
    problem_count: int = 0
    matched: Counter[str] = field(default_factory=Counter)
    raised: int = 0
    widened: dict[str, int] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    def wrong(self, line: int | None, problems: list[FieldProblem]) -> None:
        """Count problems, and keep them up to the limit of the downloadable file."""
        self.problem_count += len(problems)
        room = PROBLEMS_KEPT - len(self.problems)
        self.problems += [FieldProblem(each.field, each.message, each.line or line) for each in problems[:room]]


def begin(session: Session, batch_id: UUID, path: Path) -> Asked:
    """Mark the batch as being read. Raises Conflict when this very file is in the project already, unless asked for."""
    batch = session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise Missing("There is no such import.")
    if batch.state in (ImportState.DONE, ImportState.REFUSED):
        raise Conflict("This import has ended already.")
    project = session.get_one(Project, batch.project_id)
    settings = ImportSettings.model_validate({k: v for k, v in batch.settings.items() if k != "path"})
    batch.content_hash = fingerprint(path)
    copies = session.scalar(
        select(func.max(Batch.copy)).where(
            Batch.project_id == project.id, Batch.content_hash == batch.content_hash, Batch.state == ImportState.DONE
        )
    )
    if copies is not None and not settings.again:
        raise Conflict(_TWICE)
    batch.copy = (copies or 0) + 1
    batch.state = ImportState.READING
    declared = {Category(code): Severity(level) for code, level in (project.categories or {}).items()}
    return Asked(
        batch.id,
        project.id,
        batch.created_by,
        project.kind,
        project.overlap,
        tuple(project.languages),
        declared,
        settings,
    )


_TWICE = "This very file is in the project already. Nothing was imported. Ask for it again if you want its tasks twice."


def spool(asked: Asked, path: Path, to: Path, alive: Alive, limits: Limits | None = None) -> Spooled:
    """Read the whole file into a spool of tasks, collecting every problem. Never raises for what the file holds."""
    limits = limits or Limits()
    spooled = Spooled(to)
    spooled.wrong(None, _settings_problems(asked))
    if spooled.problems:
        return spooled
    try:
        with (
            read(path, kind=kind(asked.kind), limits=limits, shape=asked.settings.shape) as reading,
            to.open("wb") as out,
        ):
            shape = reading.shape
            spooled.about = {
                "format": reading.format, "shape": shape.name, "shape_title": shape.title, "mapping": shape.mapping
            }  # fmt: skip
            _spool_rows(asked, reading, spooled, out.write, alive, limits)
            spooled.about["passed_over"] = reading.passed_over
    except Refused as refused:
        spooled.wrong(refused.line, [FieldProblem("file", refused.message)])
    if not spooled.problems and not spooled.tasks:
        spooled.wrong(None, [FieldProblem("file", "This file has no rows that make a task.")])
    return spooled


def _spool_rows(
    asked: Asked, reading: Reading, spooled: Spooled, write: Callable[[bytes], int], alive: Alive, limits: Limits
) -> None:
    dice = SystemRandom()
    words = lexicon()
    asks = kind(asked.kind)
    numbers: dict[tuple[str, str], int] = {}
    for line, row in reading:
        spooled.rows += 1
        if spooled.rows % 500 == 0:
            alive(reading.bytes_read, reading.bytes_total)
        if isinstance(row, list):
            spooled.wrong(line, row)
            if spooled.problem_count > PROBLEMS_KEPT:
                break
            continue
        language, profile, problems = _place(asked, row)
        try:
            items = asks.items(row)
        except ValueError as error:
            problems.append(FieldProblem("completions", str(error)))
        if problems:
            spooled.wrong(line, problems)
            continue
        found = words.found(texts_of(row))
        if found:
            profile = _raise(asked, spooled, profile, found, words.raised(profile, found))
        place = (language, profile_key(profile))
        number = numbers.setdefault(place, len(numbers))
        if number >= MOST_LANES:
            spooled.wrong(line, [FieldProblem("categories", f"At most {MOST_LANES} different combinations are taken.")])
            break
        spooled.lanes[place] = spooled.lanes.get(place, 0) + len(items)
        spooled.tasks += len(items)
        spooled.sensitive += len(items) * (highest(profile) >= SENSITIVE)
        if spooled.problems:
            continue  # nothing will be imported: the rest is read for its problems alone
        aside = _json(row.source_label), _json(row.meta), _json(sorted(found) or None)
        for item in items:
            drawn = order.draw(len(item.completions), dice)
            write(orjson.dumps((number, new_id().hex, drawn, item.model_dump_json(), row.id, *aside)) + b"\n")
    alive(reading.bytes_total, reading.bytes_total)


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, default=str).decode()


def _place(asked: Asked, row: Row) -> tuple[str, Profile, list[FieldProblem]]:
    """Language and content of a row; unknown content counts as the highest that the project declares."""
    problems: list[FieldProblem] = []
    language = tidy_tag(row.language or asked.settings.language or asked.languages[0])
    if not any(language == known or language.startswith(f"{known}-") for known in asked.languages):
        problems.append(
            FieldProblem("language", f"The project is for {', '.join(asked.languages)}; this is {language[:40]}.")
        )
    if row.categories is not None:
        profile = dict(row.categories)
    elif asked.settings.categories is not None:
        profile = {code: Severity(level) for code, level in asked.settings.categories.items()}
    else:
        profile = dict(asked.declared)
    problems += _undeclared(asked, profile)
    return language, profile, problems


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


def _settings_problems(asked: Asked) -> list[FieldProblem]:
    chosen = asked.settings
    problems = _undeclared(asked, {code: Severity(level) for code, level in (chosen.categories or {}).items()})
    if chosen.language is not None and not is_tag(tidy_tag(chosen.language)):
        problems.append(FieldProblem("language", "Write a language tag such as en, sw or pt-BR."))
    return problems


def _raise(asked: Asked, spooled: Spooled, profile: Profile, found: set[str], higher: Profile) -> Profile:
    """Note what the word list found; a severity beyond the project's declaration will widen it."""
    spooled.matched.update(found)
    spooled.raised += higher != profile
    for code, level in higher.items():
        if level > asked.declared.get(code, Severity.NONE) and level > profile.get(code, Severity.NONE):
            spooled.widened[code.value] = max(int(level), spooled.widened.get(code.value, 0))
    return higher


def reserve(session: Session, asked: Asked, spooled: Spooled) -> list[tuple[UUID, int]]:
    """A lane and the first of its reserved positions for each lane number of the spool, in a short transaction of its own.

    Positions reserved for an import that then fails stay unused, which harms nothing.
    """
    places = []
    for (language, profile), tasks in spooled.lanes.items():
        lane_id = _lane(session, asked.project_id, language, profile)
        raised = update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + tasks).returning(Lane.tail)
        places.append((lane_id, session.execute(raised).scalar_one() - tasks + 1))
    return places


def _lane(session: Session, project_id: UUID, language: str, profile: str) -> UUID:
    wanted = select(Lane.id).where(Lane.project_id == project_id, Lane.language == language, Lane.profile == profile)
    found = session.scalar(wanted)
    if found is not None:
        return found
    from tasks.content import parse_profile  # only where a lane is new

    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    made = {"id": new_id(), "project_id": project_id, "language": language, "profile": profile, "tail": 0}
    made["severity"] = int(highest(parse_profile(profile)))
    session.execute(dialect.insert(Lane.__table__).values(made).on_conflict_do_nothing())
    return session.execute(wanted).scalar_one()


def load(
    session: Session,
    asked: Asked,
    spooled: Spooled,
    places: list[tuple[UUID, int]],
    now: datetime,
    beat: Callable[[], None],
) -> Batch:
    """Load the spool, and show the batch as done. Raises Conflict when the same file was imported at the same time."""
    load_spool(session, spooled.path, asked.batch_id, asked.overlap, places, beat)
    batch = session.get(Batch, asked.batch_id, with_for_update=True, populate_existing=True)
    assert batch is not None
    batch.state = ImportState.DONE
    batch.format = spooled.about["format"]
    batch.rows, batch.tasks, batch.finished_at = spooled.rows, spooled.tasks, now
    batch.report = report(spooled)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_TWICE) from error
    record(
        session, "batch.import", asked.actor, batch.id, now,
        project=asked.project_id, rows=spooled.rows, tasks=spooled.tasks, content_hash=batch.content_hash,
    )  # fmt: skip
    if spooled.widened:
        project = session.get_one(Project, asked.project_id, with_for_update={"key_share": True})
        widen(session, asked.actor, project, spooled.widened, round(spooled.sensitive / spooled.tasks, 4), now)
    # Last: whoever found a lane empty while these rows were invisible must look again.
    for lane_id in sorted(lane_id for lane_id, _ in places):
        session.execute(update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + 1))
    return batch


def refuse(session: Session, batch_id: UUID, spooled: Spooled, now: datetime) -> Batch:
    """Show that nothing of the file was imported, and why."""
    batch = session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
    batch.state = ImportState.REFUSED
    batch.format = spooled.about.get("format")
    batch.rows, batch.finished_at = spooled.rows, now
    batch.report = report(spooled)
    record(
        session,
        "batch.refuse",
        batch.created_by,
        batch.id,
        now,
        project=batch.project_id,
        problems=spooled.problem_count,
    )
    return batch


def report(spooled: Spooled) -> dict[str, Any]:
    """What the researcher is shown of an import: mapping, problems up to the limit, and the words that raised severities."""
    return spooled.about | {
        "problem_count": spooled.problem_count,
        "problems": [
            {"line": each.line, "field": each.field, "message": each.message}
            for each in spooled.problems[: Limits().problems]
        ],
        "lexicon_version": lexicon().version,
        "matched": dict(spooled.matched.most_common(200)),
        "raised": spooled.raised,
        "widened": spooled.widened,
        "sensitive": spooled.sensitive,
    }


def refused_as(problems: Spooled) -> Invalid:
    """A refused import as an error for a door."""
    many = f"{problems.problem_count:,} problems" if problems.problem_count != 1 else "1 problem"
    return Invalid(f"Nothing was imported: the file has {many}.", problems.problems)
