"""`labeler export deliver` and `labeler destinations`: where finished versions go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

# The product is imported inside the commands: `labeler verify`, which shares its module with exports, starts at once.
if TYPE_CHECKING:
    from uuid import UUID

    from labeler.exports.delivery.models import ExportDelivery
    from labeler.jobs.models import Job


@click.command()
@click.argument("slug")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.argument("destination")
@click.option("--withdrawn", is_flag=True, help="Take it although it was withdrawn; that is on the record.")
@click.option("--as", "email", help="In whose name, by address; else the first admin.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def deliver(slug: str, number: int, destination: str, withdrawn: bool, email: str | None, as_json: bool) -> None:
    """Deliver version NUMBER of the project SLUG to DESTINATION, and wait until all of it is there.

    What is there already is not sent again, so the same command goes on where an earlier one was cut off.
    """
    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened, say_json
    from labeler.db import transaction
    from labeler.errors import Conflict
    from labeler.exports import queries
    from labeler.exports.delivery import destinations as places
    from labeler.exports.delivery import service
    from labeler.exports.delivery.models import DeliveryState

    with opened() as settings:
        known = places.read(settings.folder)
        with transaction() as session:
            export = queries.export(session, queries.project(session, slug).id, number)
            who = actor(session, email, Permission.EXPORTS_MAKE)
            asked, job_id = service.request(
                session, who.id, export.id, destination, known, clock.now(), knowingly=withdrawn
            )
        ended = _wait(asked.id, job_id)
        if as_json:
            say_json(_facts(ended))
        if ended.state is not DeliveryState.DONE:
            raise Conflict(f"Not delivered. {ended.problem}")
        if not as_json:
            click.echo(f"Export {number} of {slug} is at {ended.place}")
            click.echo(f"  {ended.all_files:,} files, {ended.all_bytes:,} bytes, compared with SHA256SUMS")


def _wait(delivery_id: UUID, job_id: UUID) -> ExportDelivery:
    """Run the job here unless a worker has it; tell how far it is, and what it meets."""
    from concurrent.futures import Future, wait
    from threading import Thread

    from labeler.db import reading
    from labeler.exports.delivery.models import ExportDelivery
    from labeler.jobs.worker import run_now

    running: Future[Job] = Future()

    def work() -> None:
        try:
            running.set_result(run_now(job_id))
        except BaseException as error:
            running.set_exception(error)

    Thread(target=work, daemon=True).start()  # Ctrl-C ends at once: the job's lease then runs out, and a worker goes on
    said = None
    with click.progressbar(length=1000, label="Delivering", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        while wait([running], 0.5).not_done:
            with reading() as session:
                seen = session.get_one(ExportDelivery, delivery_id)
            bar.update(1000 * seen.done_bytes // max(1, seen.all_bytes or 0) - bar.pos)
            if seen.problem and seen.problem != said:
                said = seen.problem
                click.echo(f"{said} It is tried again by itself; Ctrl-C leaves that to a worker.", err=True)
    running.result()
    with reading() as session:
        return session.get_one(ExportDelivery, delivery_id)


def _facts(made: ExportDelivery) -> dict[str, Any]:
    names = (
        "id", "destination", "way", "state", "asked_at", "finished_at", "done_files", "all_files", "done_bytes",
        "all_bytes", "problem", "place",
    )  # fmt: skip
    return {name: getattr(made, name) for name in names}


@click.group()
def destinations() -> None:
    """Where finished versions may be delivered to: destinations.toml in the data folder."""


@destinations.command("check")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def check(name: str | None, as_json: bool) -> None:
    """Say of every destination, or of NAME, whether it can be reached and written to. A small file is written there and
    removed again; to a repository nothing is written."""
    from labeler.cli.doors import say_json, say_refused
    from labeler.cli.running import read_settings
    from labeler.errors import LabelerError, NotNow
    from labeler.exports.delivery import destinations as places
    from labeler.exports.delivery import sending

    folder = read_settings().folder
    facts = []
    try:
        known = places.read(folder)
        if name is not None:
            known = {name: places.one(folder, name)}
    except LabelerError as refused:
        say_refused(refused)
        sys.exit(1)
    for place in known.values():
        try:
            said, good = sending.check(place), True
        except (LabelerError, NotNow) as refused:
            said, good = str(refused), False
        facts.append({"name": place.name, "way": place.way, "good": good, "said": said})
        if not as_json:
            click.echo(f"{place.name} ({place.way}): {'' if good else 'NOT READY. '}{said}")
    if as_json:
        say_json(facts)
    elif not facts:
        click.echo(f"No destination is set up. Write {folder / places.FILE}; docs/operators.md shows how.")
    sys.exit(0 if all(each["good"] for each in facts) else 1)
