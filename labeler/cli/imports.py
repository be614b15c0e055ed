"""`labeler project import`: a file of tasks, looked at or brought in."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import orjson

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, in_words, opened, say_json
from labeler.db import reading, transaction
from labeler.errors import FieldProblem
from labeler.projects import service
from labeler.projects.glance import Glance, glance
from labeler.projects.importing import asked_of
from labeler.projects.queries import project_by_slug
from labeler.projects.reading import shape_names
from labeler.projects.spooling import ImportSettings
from tasks.content import Category

AS = click.option("--as", "email", metavar="EMAIL", help="In whose name; the oldest admin without it.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")


def fact(problem: FieldProblem) -> dict[str, Any]:
    """A problem for a program to read."""
    return {"field": problem.field, "message": problem.message, "line": problem.line}


@click.command("import")
@click.argument("slug")
@click.argument("file", type=FILE)
@click.option("--again", is_flag=True, help="Import the file although the project has it already.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="W06=2",
    help="What rows that don't say it hold; may be repeated. `none` says that they hold nothing sensitive.",
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
        if preview:
            _preview(slug, file, chosen, as_json)
            return
        with transaction() as session:
            found = project_by_slug(session, slug)
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            facts = chosen.model_dump(mode="json", exclude_none=True)
            batch = service.request_import(
                session, who, found.id, _shown(file.name), file.resolve(), facts, clock.now()
            )
        _import(slug, batch.id, file, settings.folder, problems_to, as_json)


def _import(slug: str, batch_id: UUID, file: Path, folder: Path, problems_to: Path | None, as_json: bool) -> None:
    from labeler.jobs.import_batch import give_up, import_file, problem_file  # only here: other commands import nothing

    try:
        with click.progressbar(
            length=file.stat().st_size, label="Reading", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            spooled = import_file(batch_id, file, folder, lambda done, _: bar.update(max(0, done - bar.pos)))
    except BaseException as error:
        with transaction() as session:
            give_up(session, {"batch": str(batch_id)}, type(error).__name__, clock.now())
        raise
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
        say_json({"problem_count": count, "problems": [fact(each) for each in problems[:1000]]})
        return
    click.echo("Nothing was imported.", err=True)
    _say_problems(problems, count)


def _say_problems(problems: list[FieldProblem], count: int) -> None:
    for problem in problems[:50]:
        click.echo(f"  {in_words(problem)}", err=True)
    if count > 50:
        click.echo(f"  … and {count - 50:,} more. --problems FILE writes them all.", err=True)


def _categories(given: tuple[str, ...]) -> dict[Category, int] | None:
    if not given:
        return None
    if given == ("none",):
        return {}
    found: dict[Category, int] = {}
    for each in given:
        code, _, level = each.partition("=")
        if code not in set(Category) or level not in ("0", "1", "2", "3", "4"):
            raise click.BadParameter(f"{each} is no category with a severity, such as W06=2.", param_hint="--category")
        found[Category(code)] = int(level)
    return found


def _shown(name: str) -> str:
    """A file's name as text; a disk may hold names that are none."""
    return name.encode("utf-8", "replace").decode()


def _preview(slug: str, file: Path, chosen: ImportSettings, as_json: bool) -> None:
    with reading() as session:
        found = project_by_slug(session, slug)
        asked = asked_of(found, chosen, found.id, found.created_by)
    seen = glance(asked, file)
    if as_json:
        rows = [orjson.loads(made.row.model_dump_json()) for _, made in seen.rows]
        facts = {"format": seen.format, "shape": seen.shape, "mapping": seen.mapping, "looked_at": seen.looked}
        say_json({**facts, "rows": rows, "problems": [fact(each) for each in seen.problems]})
    elif seen.shape:
        _say_preview(_shown(file.name), seen)
    if seen.problems:
        if not as_json:
            _say_problems(seen.problems, len(seen.problems))
        sys.exit(1)


def _say_preview(name: str, seen: Glance) -> None:
    click.echo(f"{name} is read as {seen.shape} ({seen.format}).")
    for column, becomes in seen.mapping.items():
        click.echo(f"  {column:34} → {becomes}")
    for column in seen.aside:
        click.echo(f"  {column:34} → goes along, never shown")
    click.echo(f"The first {seen.looked:,} rows make {seen.tasks:,} tasks. Of the first (texts are not printed):")
    for line, made in seen.rows:
        sizes = ", ".join(f"{sum(len(m.content) for m in each.messages):,}" for each in made.row.completions)
        click.echo(f"  line {line}: {len(made.row.prompt)} turns of prompt, completions of {sizes} characters")
