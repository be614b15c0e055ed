"""`labeler people erase`: a person's request for erasure that came otherwise than on her own pages."""

from __future__ import annotations

import click
from sqlalchemy import select

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened
from labeler.db import reading, transaction
from labeler.erasure.queries import ahead
from labeler.erasure.service import erase
from labeler.errors import Missing
from labeler.jobs.models import JobState
from labeler.jobs.worker import run_now


@click.group()
def people() -> None:
    """What people may ask of you about their data."""


@people.command("erase")
@click.argument("email")
@click.option("--reason", required=True, help="How her request came. It stays: leave her name and address out.")
@click.option("--as", "by", help="Who carries it out, by address; else the first admin.")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
def people_erase(email: str, reason: str, by: str | None, yes: bool) -> None:
    """Erase the data of the labeler EMAIL, in all accounts that are hers, because she has asked for it.

    Her name, address, answers and texts go; pay that is earned stays, and is paid, under a made-up name. It can't be
    undone.
    """
    with opened():
        with reading() as session:
            found = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
            if found is None:
                raise Missing(f"Nobody here has the address {email}.")
            open_ = ahead(session, found.id)
        if not yes:
            click.echo(
                f"{open_.answers:,} answers in {open_.accounts} account{'s' if open_.accounts != 1 else ''}; open:"
                f" {open_.cases} cases, {open_.objections} objections to pay, {open_.unpaid} unpaid statements."
            )
            click.confirm("Erase this person's data for good?", abort=True)
        with transaction() as session:
            who = actor(session, by, Permission.PEOPLE_EDIT)
            name, job_id = erase(session, found.id, clock.now(), who.id, reason)
        click.echo(f"Erased. Pay and the record say {name} from now on: tell it to whoever pays her.")
        if run_now(job_id).state is JobState.DONE:
            click.echo("The rows are gone. A worker looks for them once more in five minutes.")
        else:
            click.echo("The rows are not gone yet; a worker goes on with it. Nothing shows them any more.")
