"""`labeler export take|approve|refuse`: who may take a dataset version, and taking one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

# The product is imported inside the commands: `labeler verify`, which shares this group's file, runs without it.
if TYPE_CHECKING:
    from collections.abc import Callable

    from labeler.exports.models import Export

FOLDER = click.Path(path_type=Path, file_okay=False)
AS = click.option("--as", "email", help="In whose name, by address; else the first admin.")


def hand_over(folder: Path, out: Path) -> None:
    """Copy a finished version; it is in `out` whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, part, copy_function=shutil.copyfile)  # the copy is its owner's, to change as they like
    if out.exists():
        out.rmdir()
    part.rename(out)


def refuse_unfit(made: Export, slug: str, out: Path) -> None:
    """Say how a version that was made and waits for a second person is taken later. Raises Conflict."""
    from labeler.errors import Conflict
    from labeler.exports.approving import refuse_unapproved

    try:
        refuse_unapproved(made)
    except Conflict as waits:
        later = f"Once it is approved: labeler export take {slug} {made.number} --out {out}"
        raise Conflict(f"Export {made.number} of {slug} is made. {waits.message}\n{later}") from None


@click.command("take")
@click.argument("slug")
@click.argument("number", type=int)
@click.option("--out", type=FOLDER, required=True, help="A new or empty folder for the version.")
@click.option("--withdrawn", is_flag=True, help="Take it although it is withdrawn. That is on the record.")
@AS
def take(slug: str, number: int, out: Path, withdrawn: bool, email: str | None) -> None:
    """Copy version NUMBER of the project SLUG into the folder --out. That it was taken is on the record."""
    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened
    from labeler.db import transaction
    from labeler.errors import Conflict
    from labeler.exports import queries, service

    with opened() as settings:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise Conflict(f"{out} is not empty, and nothing in it is overwritten. Name a new folder with --out.")
        with transaction() as session:
            found = queries.export(session, queries.project(session, slug).id, number)
            folder = settings.folder / service.folder(session, found, knowingly=withdrawn)
            if not folder.is_dir():
                raise Conflict("The files of this export are not on this machine. Take it where the data folder is.")
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            who = actor(session, email, Permission.EXPORTS_SEE).id
            service.download(
                session, who, found, "all", clock.now(), way="command", size=size, knowingly=withdrawn
            )  # fmt: skip
        hand_over(folder, out)
        click.echo(f"Export {number} of {slug} is in {out}.")


@click.command("approve")
@click.argument("slug")
@click.argument("number", type=int)
@click.option("--note", default="", help="What the second person says of it; may be left out.")
@AS
def approve(slug: str, number: int, note: str, email: str | None) -> None:
    """Approve version NUMBER of the project SLUG, in the name of somebody who did not ask for it."""
    from labeler.exports import approving

    _decide(slug, number, email, note, approving.approve)
    click.echo(f"Export {number} of {slug} is approved and can be taken.")


@click.command("refuse")
@click.argument("slug")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why. Whoever asked for it reads it.")
@AS
def refuse(slug: str, number: int, reason: str, email: str | None) -> None:
    """Refuse version NUMBER of the project SLUG: nobody will take it, and that stands."""
    from labeler.exports import approving

    _decide(slug, number, email, reason, approving.refuse)
    click.echo(f"Export {number} of {slug} is refused. A new version can be asked for.")


def _decide(slug: str, number: int, email: str | None, note: str, decide: Callable[..., Export]) -> None:
    from labeler import clock
    from labeler.accounts.permissions import Permission, may
    from labeler.cli.doors import actor, opened
    from labeler.db import transaction
    from labeler.errors import Forbidden
    from labeler.exports import queries

    with opened(), transaction() as session:
        who = actor(session, email, Permission.EXPORTS_APPROVE)
        if not may(who.role, Permission.EXPORTS_APPROVE):
            raise Forbidden(f"{who.email} is no researcher and no administrator, so no second person for a version.")
        found = queries.export(session, queries.project(session, slug).id, number)
        decide(session, who.id, found.id, note, clock.now())


@click.command("limits")
@click.option("--set", "pairs", type=(str, str), multiple=True, metavar="NAME NUMBER",
              help="Set a limit from now on, or none with `none`; several times for several.")  # fmt: skip
@AS
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def limits(pairs: tuple[tuple[str, str], ...], email: str | None, as_json: bool) -> None:
    """Show how much may be made, taken and kept of dataset versions, or set it."""
    from labeler import clock
    from labeler.accounts.permissions import Permission, may
    from labeler.cli.doors import actor, opened, say_json
    from labeler.db import transaction
    from labeler.errors import Forbidden
    from labeler.exports.quotas import service

    with opened():
        with transaction() as session:
            who, now = actor(session, email, Permission.EXPORTS_LIMIT), clock.now()
            if pairs:
                if not may(who.role, Permission.EXPORTS_LIMIT):
                    raise Forbidden(f"{who.email} is no administrator. Name one with --as.")
                service.set_limits(session, who.id, dict(pairs), now)
            standing = service.standing(session, who.id, now)
        if as_json:
            say_json(
                [{"name": each.name, "limit": each.limit, "usual": each.usual, "unit": each.unit} for each in standing]
            )
            return
        for each in standing:
            limit = "none" if each.limit is None else f"{each.limit:,}"
            click.echo(f"{each.name.value:17} {limit:>12}  {each.words}")
