"""Running the product: the database, the servers, and whether all is well."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import click
from pydantic import ValidationError

from labeler import schema
from labeler.config import Settings
from labeler.db import connect

LOG_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


def read_settings() -> Settings:
    """The settings of this process; what is wrong with the environment is said in a sentence, with exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise click.UsageError(f"The environment cannot be used. {problems}") from None


def prepare(settings: Settings) -> str | None:
    """Bring the database to the schema this code needs; returns the revision it has now."""
    engine = connect(settings.database)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # what it has to say is said below in plain words
    try:
        schema.upgrade(engine)
        return schema.current(engine)
    finally:
        engine.dispose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def init(as_json: bool) -> None:
    """Make the data folder and bring the database to the newest schema.

    Run it before the first start and after every upgrade. Running it again changes nothing.
    """
    settings = read_settings()
    revision = prepare(settings)
    if as_json:
        click.echo(json.dumps({"home": str(settings.folder), "embedded": settings.embedded, "revision": revision}))
        return
    click.echo(f"The data folder is {settings.folder}.")
    click.echo(f"The database ({'SQLite' if settings.embedded else 'PostgreSQL'}) is ready at revision {revision}.")


@click.command()
def serve() -> None:
    """Start web server, worker and (without REDIS_URL) the embedded broker; Ctrl-C ends them all.

    LABELER_HOST and PORT say where, LABELER_HOME where the data is, DATABASE_URL and REDIS_URL which servers to use.
    """
    settings = read_settings()
    needs_schema(settings)
    run(settings, lambda: click.echo(f"Ready: {address(settings)} (Ctrl-C ends it)"))


def needs_schema(settings: Settings) -> None:
    """Refuse to go on with a database that this code cannot use."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = connect(settings.database)
    try:
        found, needed = schema.current(engine), schema.head()
    finally:
        engine.dispose()
    if found != needed:
        raise click.ClickException(
            f"The database is at revision {found or 'none'}, and this version needs {needed}. Run `labeler init`."
        )


def run(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve until asked to stop."""
    from labeler.jobs import supervisor  # only here: other commands need no queue

    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    try:
        supervisor.serve(settings, ready)
    except (supervisor.NotStarted, PermissionError) as problem:
        raise click.ClickException(str(problem)) from None


def address(settings: Settings) -> str:
    """Where people reach the product."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"


@click.command()
def worker() -> None:
    """Work off the job queue (`labeler serve` starts one; start more on other machines).

    With REDIS_URL it listens there; without, it looks into the database every second.
    """
    from labeler.jobs import shift  # only here: other commands need no queue

    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    settings = read_settings()
    needs_schema(settings)
    shift.work(settings)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def doctor(as_json: bool) -> None:
    """Look whether everything the product needs is there. Exit code 1 when something is wrong."""
    from labeler.cli import checkup  # only here: it looks at every part

    findings = checkup.look(read_settings())
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.state.upper():5} {finding.what:9} {finding.fact}")
    if any(finding.state == "wrong" for finding in findings):
        raise click.exceptions.Exit(1)


@click.command()
def demo() -> None:
    """Start the product with a small made-up world to look around in.

    It wants a data folder of its own (LABELER_HOME, else ./instance) and prints a one-time sign-in link for each role.
    Started again, it goes on with the same demo and prints new links.
    """
    from labeler.cli import demo as world  # only here: it reaches into every room

    settings = read_settings()
    prepare(settings)
    connect(settings.database, pool=2)
    world.prepare(settings)
    run(settings, lambda: world.print_links(settings, address(settings)))
