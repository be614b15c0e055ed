"""The command line's door: it opens the database, and says every refusal in sentences with exit code 1."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, Role, may
from labeler.config import Settings
from labeler.db import connect
from labeler.errors import FieldProblem, LabelerError
from labeler.jobs import held


@contextmanager
def opened() -> Iterator[Settings]:
    """The settings, with the database connected and at this version's schema."""
    from labeler.cli.running import needs_schema, read_settings  # only here: running.py knows the whole product

    settings = read_settings()
    needs_schema(settings)
    engine = connect(settings.database)
    held.home = settings.folder
    try:
        yield settings
    except LabelerError as refused:
        say_refused(refused)
        sys.exit(1)
    finally:
        held.home = None
        engine.dispose()


def say_refused(refused: LabelerError) -> None:
    """Print a refusal and every problem it names, each on a line of its own, to standard error."""
    click.echo(refused.message, err=True)
    for problem in getattr(refused, "problems", ()):
        click.echo(f"  {in_words(problem)}", err=True)


def in_words(problem: FieldProblem) -> str:
    """A problem as one line: where it is, and what to do."""
    line = f"line {problem.line}, " if problem.line else ""
    return f"{line}{problem.field}: {problem.message}" if problem.field else f"{line}{problem.message}"


def actor(session: Session, email: str | None, needs: Permission) -> User:
    """In whose name a command acts: `email`, else the oldest admin or, without one, the oldest person who may do this.

    The operator at the command line may do everything; the record names the person all the same.
    Raises LabelerError when there is nobody.
    """
    people = select(User).where(User.disabled_at.is_(None)).order_by(User.created_at, User.id)
    if email is not None:
        found = session.scalars(people.where(User.email == email.strip().lower())).one_or_none()
        if found is None:
            raise LabelerError(f"Nobody here has the address {email}. `labeler user list` shows who does.")
        return found
    everybody = session.scalars(people).all()
    admins = [user for user in everybody if user.role is Role.ADMIN]
    for user in (*admins, *everybody):
        if user.role is Role.ADMIN or may(user.role, needs):
            return user
    raise LabelerError("Nobody is here yet to act for. Add the first person: labeler user add EMAIL --role admin")


def say_json(facts: Any) -> None:
    """Print facts as JSON for a program to read."""
    click.echo(orjson.dumps(facts, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
