"""`labeler project`: set a project up from a file, fill it, and move it through its life."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, in_words, opened, say_json
from labeler.db import reading, transaction
from labeler.errors import FieldProblem, Invalid
from labeler.judgments.models import Standing
from labeler.judgments.queries import counts
from labeler.projects import service
from labeler.projects.files import example, read_toml
from labeler.projects.models import Project
from labeler.projects.queries import progress, project_by_slug
from labeler.projects.reading import Refused, read, shape_names
from labeler.projects.rules import ProjectState
from labeler.projects.spooling import ImportSettings
from tasks import KINDS, kind
from tasks.content import Category

AS = click.option("--as", "email", metavar="EMAIL", help="In whose name; the oldest admin without it.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")


@click.group()
def project() -> None:
    """Projects: from a file to live, and how far they are."""


@project.command("example")
@click.argument("name", metavar="KIND", type=click.Choice(sorted(KINDS)))
def project_example(name: str) -> None:
    """Print a complete, valid project file for a kind, with a comment above every field."""
    click.echo(example(name), nl=False)


@project.command()
@click.argument("file", type=FILE)
@AS
def create(file: Path, email: str | None) -> None:
    """Make a draft from a project FILE (TOML) and print its slug."""
    with opened():
        plan = read_toml(_text(file))
        with transaction() as session:
            made = service.create(session, actor(session, email, Permission.PROJECTS_EDIT).id, plan, clock.now())
        click.echo(made.slug)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not written in UTF-8. Save it as UTF-8.") from None


@project.command()
@click.argument("slug")
@AS
@JSON
def check(slug: str, email: str | None, as_json: bool) -> None:
    """Look whether labelers are told all that they are owed; exit code 1 names what lacks."""
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            problems = service.check(session, who, found.id, clock.now())
        if as_json:
            say_json({"slug": slug, "state": found.state, "lacks": [_fact(each) for each in problems]})
        if problems:
            if not as_json:
                _say_lacking(problems)
            sys.exit(1)
        if not as_json:
            click.echo(f"{slug} lacks nothing; it is {found.state.value}.")


def _fact(problem: FieldProblem) -> dict[str, Any]:
    return {"field": problem.field, "message": problem.message, "line": problem.line}


def _say_lacking(problems: list[FieldProblem]) -> None:
    click.echo("Labelers are owed more than this project says:", err=True)
    for problem in problems:
        click.echo(f"  {in_words(problem)}", err=True)


@project.command("import")
@click.argument("slug")
@click.argument("file", type=FILE)
@click.option("--again", is_flag=True, help="Import the file although the project has it already.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="W06=2",
    help="What rows that don't say it hold; may be repeated.",
)
@click.option("--language", help="The language of rows that don't say theirs.")
@click.option("--shape", type=click.Choice(shape_names()), help="The file's shape; recognised without it.")
@click.option("--preview", is_flag=True, help="Show how the file would be read, and import nothing.")
@click.option(
    "--problems",
    "problems_to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every problem here, as JSON Lines.",
)
@AS
@JSON
def import_(
    slug: str, file: Path, again: bool, categories: tuple[str, ...], language: str | None, shape: str | None,
    preview: bool, problems_to: Path | None, email: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Import all rows of FILE as tasks, or none: JSON Lines, JSON, CSV or Parquet, plain, gzip or zstandard."""
    chosen = ImportSettings(categories=_categories(categories), language=language, shape=shape, again=again)
    with opened() as settings:
        with transaction() as session:
            found = project_by_slug(session, slug)
            if preview:
                _preview(found, file, shape, as_json)
                return
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            facts = chosen.model_dump(mode="json", exclude_none=True)
            batch = service.request_import(session, who, found.id, file.name, file.resolve(), facts, clock.now())
        _import(slug, batch.id, file, settings.folder, problems_to, as_json)


def _import(slug: str, batch_id: UUID, file: Path, folder: Path, problems_to: Path | None, as_json: bool) -> None:
    from labeler.jobs.import_batch import import_file, problem_file  # only here: other commands import nothing

    with click.progressbar(
        length=file.stat().st_size, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        spooled = import_file(batch_id, file, folder, lambda done, _: bar.update(max(0, done - bar.pos)))
    if spooled.problems:
        if problems_to is not None:
            shutil.copyfile(problem_file(folder, batch_id), problems_to)
        _say_refused(spooled.problems, spooled.problem_count, as_json)
        sys.exit(1)
    facts = {"slug": slug, "batch": batch_id, "rows": spooled.rows, "tasks": spooled.tasks, **spooled.about}
    facts |= {"matched": dict(spooled.matched), "raised": spooled.raised, "widened": spooled.widened}
    if as_json:
        say_json(facts)
        return
    click.echo(f"Imported {spooled.tasks:,} tasks from {spooled.rows:,} rows ({spooled.about['shape_title']}).")
    if spooled.raised:
        words = ", ".join(f"{word} ({n})" for word, n in spooled.matched.most_common(10))
        click.echo(f"The word list raised {spooled.raised:,} rows: {words}.")
    for code, level in spooled.widened.items():
        click.echo(f"The project now declares {code} ({Category(code).title}) up to severity {level}.")


def _say_refused(problems: list[FieldProblem], count: int, as_json: bool) -> None:
    if as_json:
        say_json({"problem_count": count, "problems": [_fact(each) for each in problems[:1000]]})
        return
    click.echo("Nothing was imported.", err=True)
    for problem in problems[:50]:
        click.echo(f"  {in_words(problem)}", err=True)
    if count > 50:
        click.echo(f"  … and {count - 50:,} more. --problems FILE writes them all.", err=True)


def _categories(given: tuple[str, ...]) -> dict[Category, int] | None:
    if not given:
        return None
    found: dict[Category, int] = {}
    for each in given:
        code, _, level = each.partition("=")
        if code not in set(Category) or level not in ("0", "1", "2", "3", "4"):
            raise click.BadParameter(f"{each} is no category with a severity, such as W06=2.", param_hint="--category")
        found[Category(code)] = int(level)
    return found


def _preview(found: Project, file: Path, shape: str | None, as_json: bool) -> None:
    try:
        with read(file, kind=kind(found.kind), shape=shape) as opened_file:
            facts = {
                "format": opened_file.format,
                "shape": opened_file.shape.name,
                "mapping": opened_file.shape.mapping,
            }
            rows = [row for _, (_, row) in zip(range(3), opened_file, strict=False) if not isinstance(row, list)]
    except Refused as refused:
        raise Invalid(refused.message, [FieldProblem("file", refused.message, refused.line)]) from None
    if as_json:
        say_json(facts | {"rows": [orjson.loads(row.model_dump_json()) for row in rows]})
        return
    click.echo(f"{file.name} is read as {facts['shape']} ({facts['format']}).")
    for column, becomes in opened_file.shape.mapping.items():
        click.echo(f"  {column:28} → {becomes}")
    click.echo("The first rows (their texts are not printed):")
    for row in rows:
        sizes = ", ".join(str(sum(len(m.content) for m in each.messages)) for each in row.completions)
        click.echo(f"  {len(row.prompt)} turns of prompt, completions of {sizes} characters")


@project.command()
@click.argument("slug")
@AS
def publish(slug: str, email: str | None) -> None:
    """Check the project and take it live; exit code 1 names what lacks."""
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            who, now = actor(session, email, Permission.PROJECTS_EDIT).id, clock.now()
            problems = service.check(session, who, found.id, now)
            if not problems and found.state is not ProjectState.LIVE:
                service.publish(session, who, found.id, now)
        if problems:
            _say_lacking(problems)
            sys.exit(1)
        click.echo(f"{slug} is live.")


@project.command()
@click.argument("slug")
@AS
def pause(slug: str, email: str | None) -> None:
    """Hand out no more; what is held may be finished."""
    _move(slug, email, service.pause, "is paused")


@project.command()
@click.argument("slug")
@AS
def close(slug: str, email: str | None) -> None:
    """End the project for good; its judgments and exports stay."""
    _move(slug, email, service.close, "is closed")


def _move(slug: str, email: str | None, move: Any, words: str) -> None:
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            move(session, actor(session, email, Permission.PROJECTS_EDIT).id, found.id, clock.now())
        click.echo(f"{slug} {words}.")


@project.command()
@click.argument("slug")
@JSON
def status(slug: str, as_json: bool) -> None:
    """How far a project is."""
    with opened():
        with reading() as session:
            found = project_by_slug(session, slug)
            facts = _status(session, found, clock.now())
        if as_json:
            say_json(facts)
            return
        click.echo(f"{found.name} ({slug}) is {found.state.value}, guideline version {found.guideline_version}.")
        click.echo(
            f"{facts['judged']:,} of {facts['wanted']:,} judgments for {facts['tasks']:,} tasks; "
            f"{facts['held']:,} held now, {facts['late']:,} late."
        )
        if facts["held_back"]:
            click.echo(f"{facts['held_back']:,} tasks at severity 4 are held back and served to nobody.")


def _status(session: Session, found: Project, now: datetime) -> dict[str, Any]:
    far, judged = progress(session, found.id), counts(session, found.id)
    given = judged.get(Standing.COUNTED, 0)
    return {
        "slug": found.slug, "name": found.name, "state": found.state, "kind": found.kind,
        "guideline_version": found.guideline_version, "tasks": far.tasks, "wanted": far.wanted, "judged": given,
        "late": judged.get(Standing.LATE, 0), "held": max(0, far.claimed - given),
        "held_back": far.held_back, "as_of": now,
    }  # fmt: skip
