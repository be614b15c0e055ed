"""`labeler export` and `labeler verify`: dataset versions, and the check that a folder is one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# The product is imported inside the commands: `labeler verify` runs where there is no database, and at once.
if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from labeler.exports.models import Export

FOLDER = click.Path(path_type=Path, file_okay=False)
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])


@click.group()
def export() -> None:
    """Dataset versions: made once, never rewritten."""


@export.command("create")
@click.argument("slug")
@click.option("--view", "views", multiple=True,
              help="A view to write; several times for several. The kind's usual ones when not given; "
              "`labeler export views SLUG` lists all it can have.")  # fmt: skip
@click.option("--out", type=FOLDER, required=True, help="A new or empty folder for the finished version.")
@click.option("--late", type=click.Choice(["exclude", "include"]), default="exclude", show_default=True,
              help="Whether late judgments count in views other than judgments.")  # fmt: skip
@click.option("--min-judgments", type=click.IntRange(1, 50), default=1, show_default=True,
              help="Leave tasks with fewer counted judgments out of views other than judgments.")  # fmt: skip
@click.option("--margin-map", default="degrees/1", show_default=True,
              help="What a vote of a degree counts: degrees/1, share/1, llama2-large/1, llama2-small/1.")  # fmt: skip
@click.option("--label-scale", help="The scale that labels of unpaired are made of. The first when not given.")
@click.option("--label-from", type=float, help="The lowest mean on it that is good. Above its middle when not given.")
@click.option("--batch", "batches", multiple=True, type=click.UUID,
              help="Only tasks of this batch; several times for several.")  # fmt: skip
@click.option("--labeler-names", type=click.Choice(["task", "export"]), default="task", show_default=True,
              help="How far a labeler's made-up name reaches.")  # fmt: skip
@click.option("--comments", type=click.Choice(["leave_out", "screened"]), default="leave_out", show_default=True,
              help="Whether free comments are taken in, screened for personal data.")  # fmt: skip
@click.option("--demographics", type=click.Choice(["leave_out", "tables", "rows"]), default="leave_out",
              show_default=True, help="What is told of who judged, from those who agreed.")  # fmt: skip
@click.option("--at", type=MOMENT, help="The state of an earlier moment, such as 2026-03-02T09:00:00Z. Else of now.")
@click.option("--as", "email", help="Who makes it, by address; else the first admin.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def create(
    slug: str, views: tuple[str, ...], out: Path, late: str, min_judgments: int, margin_map: str,
    label_scale: str | None, label_from: float | None, batches: tuple[UUID, ...],
    labeler_names: str, comments: str, demographics: str, at: datetime | None, email: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write the project SLUG's dataset into the folder --out, and wait until it is whole."""
    from datetime import UTC

    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened, say_json
    from labeler.db import transaction
    from labeler.errors import Conflict
    from labeler.exports import queries, service
    from labeler.exports.models import ExportState

    chosen = {
        "views": views, "late": late, "min_judgments": min_judgments, "batches": batches, "margin_map": margin_map,
        "label_scale": label_scale, "label_from": label_from,
        "labeler_names": labeler_names, "comments": comments, "demographics": demographics,
    }  # fmt: skip
    with opened() as settings:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise Conflict(f"{out} is not empty, and nothing in it is overwritten. Name a new folder with --out.")
        with transaction() as session:
            project = queries.project(session, slug)
            who = actor(session, email, Permission.EXPORTS_MAKE)
            asked, job_id = service.request(
                session, who.id, project.id, chosen, clock.now(), at.replace(tzinfo=UTC) if at else None
            )
        made = _wait(asked.id, job_id)
        if made.state is not ExportState.DONE or made.folder is None:
            raise Conflict(f"The export could not be written: {made.problem}")
        _hand_over(settings.folder / made.folder, out)
        facts = {**_facts(made, slug), "out": str(out)}
        if as_json:
            say_json(facts)
            return
        click.echo(f"Export {made.number} of {slug} is in {out}.")
        for name, counts in (made.counts or {})["views"].items():
            click.echo(f"  {name}: {counts['rows']:,} rows")
            for reason, number in counts["dropped"].items():
                click.echo(f"    left out: {number:,} {reason}")
        unpaid = (made.counts or {})["in"]["unpaid"]
        if unpaid:
            click.echo(f"  left out because unpaid: {unpaid:,}; `labeler pay rates` and `labeler pay due` tell why")
        click.echo(f"  manifest SHA-256: {made.manifest_hash}")


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


def _hand_over(folder: Path, out: Path) -> None:
    """Copy a finished version; it is in `out` whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, part)
    if out.exists():
        out.rmdir()
    part.rename(out)


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
        views, usual = queries.views(project), queries.possible(project).usual
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
            stood = f"{each['snapshot_at']:%Y-%m-%d %H:%M}"
            click.echo(f"{each['project']}  {each['number']}  {each['state']}  {stood}  {rows}")
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
        "counts": made.counts,
        "rows": {name: each["rows"] for name, each in counts.items()},
        "problem": made.problem,
    }


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--manifest", "manifest_hash", help="The manifest's SHA-256, as the export's page shows it.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def verify(folder: Path, manifest_hash: str | None, as_json: bool) -> None:
    """Check that every file of the export in FOLDER is there, whole and unchanged. Needs no database and no network."""
    import orjson

    from labeler.exports.verify import Damaged
    from labeler.exports.verify import verify as check

    try:
        sound = check(folder, manifest_hash)
    except Damaged as bad:
        if as_json:
            click.echo(orjson.dumps({"sound": False, "file": bad.file, "problem": bad.problem}).decode())
        click.echo(f"Not as it was made. {bad}", err=True)
        sys.exit(1)
    if as_json:
        facts = {"sound": True, "files": sound.files, "rows": sound.rows, "manifest_sha256": sound.manifest_hash}
        click.echo(orjson.dumps(facts).decode())
        return
    rows = ", ".join(f"{name} {number:,}" for name, number in sound.rows.items())
    click.echo(f"All {sound.files} files are as they were made. Rows: {rows}. Manifest SHA-256: {sound.manifest_hash}")
