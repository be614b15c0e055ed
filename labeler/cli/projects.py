"""`labeler project`: set a project up from a file, fill it, and move it through its life."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, in_words, opened, say_json
from labeler.cli.imports import AS, FILE, JSON, fact, import_
from labeler.cli.usage import approve, ask, limits, refuse, withdraw
from labeler.db import reading, transaction
from labeler.errors import FieldProblem, Invalid
from labeler.judgments.models import Standing
from labeler.judgments.queries import counts, held_now
from labeler.projects import service
from labeler.projects.approving import ask_approval
from labeler.projects.files import example, read_toml
from labeler.projects.freezing import announce_freeze
from labeler.projects.models import Project
from labeler.projects.queries import progress, project_by_slug
from labeler.projects.rules import ProjectState
from labeler.projects.usage.queries import standing
from tasks import KINDS


@click.group()
def project() -> None:
    """Projects: from a file to live, and how far they are."""


project.add_command(import_)
for command in (ask, approve, refuse, withdraw, limits):
    project.add_command(command)


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
            say_json({"slug": slug, "state": found.state, "lacks": [fact(each) for each in problems]})
        if problems:
            if not as_json:
                _say_lacking(problems)
            sys.exit(1)
        if not as_json:
            click.echo(f"{slug} lacks nothing; it is {found.state.value}.")


def _say_lacking(problems: list[FieldProblem]) -> None:
    click.echo("Labelers are owed more than this project says:", err=True)
    for problem in problems:
        click.echo(f"  {in_words(problem)}", err=True)


@project.command()
@click.argument("slug")
@AS
def publish(slug: str, email: str | None) -> None:
    """Check the project and take it live, once a second person has approved it; exit code 1 names what lacks."""
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


@project.command()
@click.argument("slug")
@click.argument("moment", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]))
@AS
def freeze(slug: str, moment: datetime, email: str | None) -> None:
    """Announce the MOMENT (UTC; a day ends at 23:59) from which no answer of a project can be withdrawn any more.

    At least 14 days ahead; it may be moved later, never earlier.
    """
    if moment.time() == time():
        moment = moment.replace(hour=23, minute=59)
    freeze_at = moment.replace(tzinfo=UTC)
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            announce_freeze(session, who, found.id, freeze_at, clock.now())
        click.echo(f"Labelers of {slug} may withdraw answers until {freeze_at:%Y-%m-%d %H:%M} UTC.")


@project.command()
@click.argument("slug")
@click.argument("state", type=click.Choice(["on", "off"]))
@AS
def approval(slug: str, state: str, email: str | None) -> None:
    """Let a second person approve each dataset version before anybody takes it: on or off, at any time.

    Versions that wait already go on waiting when it is switched off.
    """
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            ask_approval(session, who, found.id, state == "on", clock.now())
        click.echo(f"Versions of {slug} made from now on wait for {'a second person' if state == 'on' else 'nobody'}.")


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
        click.echo(f"Approval: {facts['approval'].value}.")
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
        "approval": standing(session, found).stands.standing,
        "guideline_version": found.guideline_version, "tasks": far.tasks, "wanted": far.wanted, "judged": given,
        "late": judged.get(Standing.LATE, 0), "held": sum(held_now(session, found.id).values()),
        "held_back": far.held_back, "freeze_at": found.freeze_at, "as_of": now,
    }  # fmt: skip
