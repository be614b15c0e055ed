"""`labeler key`: what this installation signs with, seen and changed for a new one."""

from __future__ import annotations

import click

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.db import transaction
from labeler.signing.keys import Keys, PublicKey, Purpose
from labeler.signing.service import distrust, rotate

PURPOSE = click.Choice([purpose.value for purpose in Purpose])


@click.group()
def key() -> None:
    """Keys that sign: which there are, and a new one in place of the old."""


@key.command("list")
@JSON
def key_list(as_json: bool) -> None:
    """Every key there ever was, by purpose, with its fingerprint and from when until when it signed."""
    with opened() as settings:
        found = [each for purpose in Purpose for each in Keys(settings.folder).known(purpose)]
        if as_json:
            say_json([facts(each) for each in found])
            return
        for each in found:
            until = f"until {each.until:%Y-%m-%d %H:%M}, retired" if each.until else "signs now"
            until += f", not to be believed since {each.distrusted:%Y-%m-%d %H:%M}" if each.distrusted else ""
            click.echo(f"{each.purpose}  {each.key_id}  from {each.since:%Y-%m-%d %H:%M} UTC, {until}")
        if not found:
            click.echo("There is no key yet. The first export makes one.")


@key.command("rotate")
@click.argument("purpose", type=PURPOSE)
@AS
@JSON
def key_rotate(purpose: str, email: str | None, as_json: bool) -> None:
    """Let a new key sign for PURPOSE from now on. The old private part is destroyed; its public part stays known."""
    with opened() as settings:
        with transaction() as session:
            who = actor(session, email, Permission.PEOPLE_EDIT)
            new, old = rotate(session, who.id, Keys(settings.folder), Purpose(purpose), clock.now())
        if as_json:
            say_json({"new": facts(new), "retired": facts(old) if old else None})
            return
        click.echo(f"From now on {new.key_id} signs for {purpose}.")
        if old is not None:
            click.echo(f"{old.key_id} is retired: what it signed stays good, and it signs nothing more.")
        click.echo("Tell those who check your data the new fingerprint. It is at /.well-known/labeler-keys.json too.")


@key.command("distrust")
@click.argument("key_id")
@AS
def key_distrust(key_id: str, email: str | None) -> None:
    """Say that others may have had the retired key KEY_ID: the list of keys then says that nothing it signed counts."""
    with opened() as settings:
        with transaction() as session:
            who = actor(session, email, Permission.PEOPLE_EDIT)
            told = distrust(session, who.id, Keys(settings.folder), key_id, clock.now())
        click.echo(
            f"{told.key_id} is not to be believed any more. Whoever checks with a new labeler-keys.json is told so."
        )
        click.echo(
            "Versions that it signed: compare the manifest's SHA-256 with the export's page, or make new versions."
        )


def facts(key: PublicKey) -> dict[str, object]:
    """A key as JSON tells it."""
    return {
        "purpose": key.purpose, "number": key.number, "key_id": key.key_id, "from": key.since, "until": key.until,
        "distrusted": key.distrusted,
        "public_key": key.pem,
    }  # fmt: skip
