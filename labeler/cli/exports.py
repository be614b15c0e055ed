"""`labeler export`: dataset versions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labeler.cli.deliveries import deliver
from labeler.cli.export_choices import chosen, how, told, told_each, which
from labeler.cli.export_taking import FOLDER, approve, hand_over, limits, refuse, refuse_unfit, take

# The product is imported inside the commands: `labeler verify` runs where there is no database, and at once.
if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from labeler.config import Settings
    from labeler.exports.models import Export


@click.group()
def export() -> None:
    """Dataset versions: made once, never rewritten."""


export.add_command(deliver)
for each in (take, approve, refuse, limits):
    export.add_command(each)


@export.command("create")
@click.argument("slug")
@click.option("--view", "views", multiple=True,
              help="A view to write; several times for several. The kind's usual ones when not given; "
              "`labeler export views SLUG` lists all it can have.")  # fmt: skip
@click.option("--out", type=FOLDER, required=True, help="A new or empty folder for the finished version.")
@which
@how
@click.option("--as", "email", help="Who makes it, by address; else the first admin.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def create(
    slug: str, views: tuple[str, ...], out: Path, at: datetime | None, email: str | None, as_json: bool, **given: Any
) -> None:
    """Write the project SLUG's dataset into the folder --out, and wait until it is whole."""
    from datetime import UTC

    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened
    from labeler.db import transaction
    from labeler.exports import queries, service
    from labeler.storage import Storage

    with opened() as settings:
        _check_free(out)
        choice, listed = chosen(given)
        with transaction() as session:
            project = queries.project(session, slug)
            who = actor(session, email, Permission.EXPORTS_MAKE)
            asked, job_id = service.request(
                session, who.id, project.id, {"views": views, **choice}, clock.now(),
                at.replace(tzinfo=UTC) if at else None,
            )  # fmt: skip
            if listed is not None:
                Storage(settings.folder).add_list(choice["keep_out"], listed)
        _done(settings, asked.id, job_id, slug, out, as_json)


@export.command("again")
@click.argument("slug")
@click.argument("number", type=click.IntRange(1))
@click.option("--out", type=FOLDER, required=True, help="A new or empty folder for the finished version.")
@click.option("--as", "email", help="Who makes it, by address; else the first admin.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def again(slug: str, number: int, out: Path, email: str | None, as_json: bool) -> None:
    """Make the version NUMBER of the project SLUG again, by the same choices, of the answers there are now.

    It is a new version: what was withdrawn, not used or erased since is not in it.
    """
    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened
    from labeler.db import transaction
    from labeler.exports import again, queries

    with opened() as settings:
        _check_free(out)
        with transaction() as session:
            old = queries.export(session, queries.project(session, slug).id, number)
            who = actor(session, email, Permission.EXPORTS_MAKE)
            asked, job_id = again.again(session, who.id, old, clock.now())
        _done(settings, asked.id, job_id, slug, out, as_json)


def _check_free(out: Path) -> None:
    from labeler.errors import Conflict

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Conflict(f"{out} is not empty, and nothing in it is overwritten. Name a new folder with --out.")


def _done(settings: Settings, export_id: UUID, job_id: UUID, slug: str, out: Path, as_json: bool) -> None:
    """Wait for a version, copy it, and say what is in it. Raises Conflict when it could not be written."""
    from labeler.cli.doors import say_json
    from labeler.errors import Conflict
    from labeler.exports.models import ExportState
    from labeler.exports.steps import read_back, read_back_each

    made = _wait(export_id, job_id)
    if made.state is not ExportState.DONE or made.folder is None:
        raise Conflict(f"The export could not be written: {made.problem}")
    refuse_unfit(made, slug, out)
    hand_over(settings.folder / made.folder, out)
    if as_json:
        say_json({**_facts(made, slug), "out": str(out)})
        return
    click.echo(f"Export {made.number} of {slug} is in {out}.")
    for line in [*told(read_back(made.counts or {})), *told_each(read_back_each(made.counts or {}))]:
        click.echo(f"  {line}")
    for name, counts in (made.counts or {})["views"].items():
        splits = ", ".join(f"{number:,} in {split}" for split, number in counts.get("splits", {}).items())
        click.echo(f"  {name}: {counts['rows']:,} rows{f', {splits}' if splits else ''}")
        for reason, number in counts["dropped"].items():
            click.echo(f"    left out: {number:,} {reason}")
    unpaid = (made.counts or {})["in"]["unpaid"]
    if unpaid:
        click.echo(f"  left out because unpaid: {unpaid:,}; `labeler pay rates` and `labeler pay due` tell why")
    click.echo(f"  manifest SHA-256: {made.manifest_hash}")
    click.echo(f"  signed by: {made.key_id}")


def _wait(export_id: UUID, job_id: UUID) -> Export:
    """Run the job here unless a worker has it, and show how far it is when somebody is looking."""
    from concurrent.futures import ThreadPoolExecutor, wait

    from labeler.db import reading
    from labeler.exports.models import Export
    from labeler.jobs.worker import run_now

    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(run_now, job_id)
        if sys.stderr.isatty():
            with click.progressbar(length=1000, label="Writing", file=sys.stderr) as bar:
                while wait([running], 0.5).not_done:
                    with reading() as session:
                        seen = session.get_one(Export, export_id)
                    bar.update(1000 * seen.done_rows // max(1, seen.all_rows or 0) - bar.pos)
                bar.update(1000 - bar.pos)
        running.result()
    with reading() as session:
        return session.get_one(Export, export_id)


@export.command("look")
@click.argument("slug")
@which
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def look(slug: str, at: datetime | None, as_json: bool, **given: Any) -> None:
    """Show what an export of the project SLUG would take now, step by step. Nothing is made."""
    from dataclasses import asdict
    from datetime import UTC

    from labeler import clock
    from labeler.cli.doors import opened, say_json
    from labeler.db import reading
    from labeler.exports import queries
    from labeler.exports.steps import together

    now = clock.now()
    with opened(), reading() as session:
        choice, _ = chosen(given)
        moment = at.replace(tzinfo=UTC) if at else None
        each = queries.look_each(session, queries.project(session, slug), choice, now, moment)
    steps, several = together(list(each.values())), each if len(each) > 1 else {}
    if as_json:
        facts = {of: [{**asdict(step), "words": step.words} for step in those] for of, those in each.items()}
        whole = [{**asdict(step), "words": step.words} for step in steps]
        say_json({"as_of": now, "steps": whole, **({"projects": facts} if several else {})})
        return
    for line in [*told(steps), *told_each(several)]:
        click.echo(line)
    click.echo(f"Counted at {now:%Y-%m-%d %H:%M} UTC.")


@export.command("views")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def list_views(slug: str, as_json: bool) -> None:
    """Show which views an export of the project SLUG can have, who reads them, and what each leaves out."""
    from labeler.cli.doors import opened, say_json
    from labeler.db import reading
    from labeler.exports import queries

    with opened(), reading() as session:
        project = queries.project(session, slug)
        views, usual = queries.views(project), queries.possible(session, project).usual
    if as_json:
        facts = [{name: getattr(view, name) for name in ("name", "readers", "lossy")} for view in views]
        say_json([{**each, "usual": each["name"] in usual} for each in facts])
        return
    for view in views:
        click.echo(f"{view.name}{' (usual)' if view.name in usual else ''}")
        if view.readers:
            click.echo(f"  for {view.readers}")
        click.echo(f"  {view.lossy}")


@export.command("list")
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def list_exports(slug: str | None, as_json: bool) -> None:
    """Show the exports of the project SLUG, or of all projects."""
    from labeler.cli.doors import opened, say_json
    from labeler.db import reading
    from labeler.exports import queries

    with opened():
        with reading() as session:
            if slug is not None:
                queries.project(session, slug)
            facts = [_facts(each, of) for each, of in queries.all_exports(session, slug)]
        if as_json:
            say_json(facts)
            return
        for each in facts:
            rows = ", ".join(f"{name} {number:,}" for name, number in each["rows"].items()) or ", ".join(each["views"])
            state = f"withdrawn since {each['withdrawn_on']}" if each["withdrawn_on"] else each["state"]
            if each["approval"] in ("waiting", "refused") and each["state"] == "done":
                state = "refused" if each["approval"] == "refused" else "waits for approval"
            stood = f"{each['snapshot_at']:%Y-%m-%d %H:%M}"
            click.echo(f"{each['project']}  {each['number']}  {state}  {stood}  {rows}")
        if not facts:
            click.echo("There is no export yet.")


def _facts(made: Export, slug: str) -> dict[str, Any]:
    counts = (made.counts or {}).get("views", {})
    return {
        "id": made.id,
        "project": slug,
        "number": made.number,
        "state": made.state,
        "views": made.views,
        "options": made.options,
        "snapshot_at": made.snapshot_at,
        "manifest_sha256": made.manifest_hash,
        "signed_by": made.key_id,
        "counts": made.counts,
        "rows": {name: each["rows"] for name, each in counts.items()},
        "problem": made.problem,
        "withdrawn_on": made.withdrawn_on,
        "approval": made.approval,
    }
