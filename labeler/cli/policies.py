"""`labeler policy`: the numbers that protect labelers, read and set from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.db import reading, transaction
from labeler.projects.queries import project_by_slug
from labeler.wellbeing.deviations import ask_looser, confirm, decline, waiting
from labeler.wellbeing.limits import STANDARD, Signer
from labeler.wellbeing.policies import Told, asked, history, limits_now, set_number
from labeler.wellbeing.signatures import Signature

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group()
def policy() -> None:
    """Numbers that protect labelers: what is in force, every change, and a new one."""


@policy.command("list")
@click.option("--project", "slug", help="The numbers of one project, by its slug; else those for everybody.")
@JSON
def policy_list(slug: str | None, as_json: bool) -> None:
    """Every number in force, beside the standard's."""
    with opened():
        with reading() as session:
            numbers = limits_now(session, clock.now())
            limits = numbers.platform if slug is None else numbers.of(project_by_slug(session, slug).id)
        facts = [
            {
                "name": name, "rule": number.rule, "value": getattr(limits, name), "standard": number.value,
                "unit": number.unit.value, "says": number.words,
            }
            for name, number in STANDARD.items()
        ]  # fmt: skip
        if as_json:
            say_json(facts)
            return
        for fact in facts:
            note = "" if fact["value"] == fact["standard"] else f"  (the standard: {fact['standard']})"
            click.echo(f"{fact['rule']:7} {fact['name']:20} {fact['value']:>5} {fact['unit']:8} {fact['says']}{note}")


@policy.command("history")
@JSON
def policy_history(as_json: bool) -> None:
    """Every change ever made, the newest first."""
    with opened():
        with reading() as session:
            told = history(session)
        if as_json:
            say_json([_facts(each) for each in told])
            return
        for each in told:
            change, where = each.change, f" for {each.project}" if each.project else ""
            click.echo(f"{each.made_at:%Y-%m-%d %H:%M}  {change.name} = {change.value}{where} from {change.from_at}")
            if each.signed_by:
                click.echo(f"    until {change.until_at}, signed by {each.signed_by}: {each.reason}")


def _facts(told: Told) -> dict[str, object]:
    change = told.change
    return {
        "name": change.name, "value": change.value, "from_at": change.from_at, "until_at": change.until_at,
        "project": told.project, "made_at": told.made_at, "role": told.role, "signed_by": told.signed_by,
        "reason": told.reason,
    }  # fmt: skip


@policy.command("set")
@click.argument("name", type=click.Choice(list(STANDARD)))
@click.argument("value", type=int)
@click.option("--from", "from_at", type=MOMENT, help="From when, in UTC, such as 2026-03-01T09:00; at once without it.")
@click.option("--project", "slug", help="For one project only, by its slug.")
@click.option("--signer", type=click.Choice([each.value for each in Signer]), help="A looser number: who signed.")
@click.option("--document", help="A looser number: the SHA-256 of what was signed.")
@click.option("--signed-by", help="A looser number: name and office of the clinician or the safety committee.")
@click.option("--reason", help="A looser number: why, in 20 characters or more. Everybody can read it.")
@click.option("--until", "until_at", type=MOMENT, help="A looser number: when it ends, at most 90 days later, in UTC.")
@AS
def policy_set(
    name: str,
    value: int,
    from_at: datetime | None,
    slug: str | None,
    signer: str | None,
    document: str | None,
    signed_by: str | None,
    reason: str | None,
    until_at: datetime | None,
    email: str | None,
) -> None:
    """Set a number from a moment on. A looser one than the standard needs a signature, a reason and an end, and waits
    until a second person confirms it."""
    with opened():
        now = clock.now()
        with transaction() as session:
            project_id = None if slug is None else project_by_slug(session, slug).id
            me, moment = actor(session, email, Permission.POLICIES_EDIT).id, _utc(from_at) or now
            given = Signature(Signer(signer) if signer else None, signed_by, reason, document, _utc(until_at))
            looser = asked(session, name, value, moment, now, project_id=project_id, signature=given).loosens
            make = ask_looser if looser else set_number
            made = make(session, me, name, value, moment, now, project_id=project_id, signature=given)
        if looser:
            click.echo(f"{name} = {value} waits for a second person: labeler policy confirm {made}")
            return
        click.echo(f"{name} is {value} from {moment:%Y-%m-%d %H:%M} UTC on.")


@policy.command("waiting")
@JSON
def policy_waiting(as_json: bool) -> None:
    """Looser numbers that wait for a second person, the oldest first."""
    with opened(), reading() as session:
        rows = waiting(session)
        if as_json:
            say_json(
                [
                    {
                        "id": each.request.id, "name": each.request.name, "value": each.request.value,
                        "from_at": each.request.from_at, "until_at": each.request.until_at, "project": each.project,
                        "signer": each.request.signer, "signed_by": each.request.signed_by,
                        "reason": each.request.reason, "document": each.request.document, "asked_by": each.by,
                    }
                    for each in rows
                ]
            )  # fmt: skip
            return
        for each in rows:
            asked_for = each.request
            click.echo(f"{asked_for.id}  {asked_for.name} = {asked_for.value}, asked by {each.by}: {asked_for.reason}")


@policy.command("confirm")
@click.argument("request_id", metavar="ID", type=click.UUID)
@click.option("--decline", "no", is_flag=True, help="Decline it instead.")
@AS
def policy_confirm(request_id: UUID, no: bool, email: str | None) -> None:
    """Confirm a looser number as the second person (--as), who is not the one that asked and of no vendor."""
    with opened():
        with transaction() as session:
            me = actor(session, email, Permission.POLICIES_CONFIRM).id
            (decline if no else confirm)(session, me, request_id, clock.now())
        click.echo("It is declined." if no else "It is confirmed. Every report on this time prints it.")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
