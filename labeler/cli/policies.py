"""`labeler policy`: the numbers that protect labelers, read and set from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.db import reading, transaction
from labeler.projects.queries import project_by_slug
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.policies import Told, history, limits_now, set_number

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
@click.option("--signed-by", help="A looser number: name and office of the clinician or the safety committee.")
@click.option("--reason", help="A looser number: why, in 20 characters or more. Everybody can read it.")
@click.option("--until", "until_at", type=MOMENT, help="A looser number: when it ends, at most 90 days later, in UTC.")
@AS
def policy_set(
    name: str,
    value: int,
    from_at: datetime | None,
    slug: str | None,
    signed_by: str | None,
    reason: str | None,
    until_at: datetime | None,
    email: str | None,
) -> None:
    """Set a number from a moment on. A looser one than the standard needs a signature, a reason and an end."""
    with opened():
        now = clock.now()
        with transaction() as session:
            project_id = None if slug is None else project_by_slug(session, slug).id
            set_number(
                session, actor(session, email, Permission.POLICIES_EDIT).id, name, value, _utc(from_at) or now, now,
                project_id=project_id, signed_by=signed_by, reason=reason, until_at=_utc(until_at),
            )  # fmt: skip
        click.echo(f"{name} is {value} from {_utc(from_at) or now:%Y-%m-%d %H:%M} UTC on.")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
