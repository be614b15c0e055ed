"""`labeler project ask|approve|refuse|withdraw|limits` and `labeler usage-policy`: what requesters may do."""

from __future__ import annotations

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.db import transaction
from labeler.errors import Forbidden
from labeler.projects.models import Project
from labeler.projects.queries import project_by_slug
from labeler.projects.quotas import service as quotas
from labeler.projects.usage import policy, queries, service
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.withdrawing import withdraw as withdraw_approval

DIGEST = click.option("--digest", help="The digest that was looked at; else that of the newest ask.")


@click.command("ask")
@click.argument("slug")
@click.option("--use", required=True, help="For what the data will be used, by whom, and in what.")
@click.option(
    "--scrutiny", multiple=True, metavar="CODE", help="A field that needs more care; several times for several."
)
@click.option("--safeguards", default="", help="What guards the people concerned in these fields.")
@click.option("--harmless", is_flag=True, help="That the project serves none of the prohibited purposes.")
@AS
def ask(slug: str, use: str, scrutiny: tuple[str, ...], safeguards: str, harmless: bool, email: str | None) -> None:
    """Ask a second person to approve a project as it is. `labeler usage-policy` prints purposes and codes."""
    with opened():
        with transaction() as session:
            found = project_by_slug(session, slug)
            who = actor(session, email, Permission.PROJECTS_EDIT).id
            asked = service.ask(session, who, found.id, use, scrutiny, safeguards, harmless, clock.now())
        click.echo(f"{slug} waits for a second person. Digest: {asked.digest}")


@click.command("approve")
@click.argument("slug")
@DIGEST
@click.option("--reasons", default="", help="Needed where the use is in a field that needs more care.")
@AS
def approve(slug: str, digest: str | None, reasons: str, email: str | None) -> None:
    """Approve a project as it is, in the name of somebody who neither asked nor wrote it."""
    _decide(slug, email, digest, reasons, service.approve)
    click.echo(f"{slug} is approved and can be published.")


@click.command("refuse")
@click.argument("slug")
@DIGEST
@click.option("--reasons", required=True, help="Why. Whoever asked for it reads it.")
@AS
def refuse(slug: str, digest: str | None, reasons: str, email: str | None) -> None:
    """Refuse a project as it is; it can be changed and asked for again."""
    _decide(slug, email, digest, reasons, service.refuse)
    click.echo(f"{slug} is refused. Its team reads why.")


def _newest(session: Session, project: Project) -> str:
    return service.newest_digest(session, project.id)


def _in_force(session: Session, project: Project) -> str:
    found = queries.in_force(session, project)
    return found.digest if found is not None else ""


@click.command("withdraw")
@click.argument("slug")
@click.option("--digest", help="The digest that was looked at; else that of the approval in force.")
@click.option("--why", required=True, help="What came up. Its team reads it.")
@AS
def withdraw(slug: str, digest: str | None, why: str, email: str | None) -> None:
    """Withdraw an approval, as who gave it or as an administrator. A live project pauses until it is approved anew."""
    _decide(slug, email, digest, why, withdraw_approval, _in_force)
    click.echo(f"The approval of {slug} is withdrawn. Its team reads why.")


def _decide(
    slug: str,
    email: str | None,
    digest: str | None,
    said: str,
    decide: Callable[..., ProjectApproval | Project],
    newest: Callable[[Session, Project], str] = _newest,
) -> None:
    with opened(), transaction() as session:
        who = actor(session, email, Permission.PROJECTS_APPROVE)
        if not may(who.role, Permission.PROJECTS_APPROVE):
            raise Forbidden(f"{who.email} is no researcher and no administrator, so no second person for a project.")
        found = project_by_slug(session, slug)
        decide(session, who.id, found.id, digest or newest(session, found), said, clock.now())


@click.command("usage-policy")
@JSON
def usage_policy(as_json: bool) -> None:
    """Print the usage policy in force, the prohibited purposes, and the fields that need more care."""
    now_so = policy.in_force()
    if as_json:
        say_json(policy.told(now_so))
        return
    click.echo(f"Usage policy, version {now_so.version}, in force since {now_so.since}\n\n{now_so.text}\n")
    for title, points in (("Prohibited purposes", now_so.prohibited), ("Needs more care", now_so.scrutiny)):
        click.echo(title)
        for point in points.values():
            click.echo(f"  {point.code}  {point.title}: {point.words}")


@click.command("limits")
@click.option("--set", "pairs", type=(str, str), multiple=True, metavar="NAME NUMBER",
              help="Set a limit from now on, or none with `none`; several times for several.")  # fmt: skip
@AS
@JSON
def limits(pairs: tuple[tuple[str, str], ...], email: str | None, as_json: bool) -> None:
    """Show how much may be imported and published in a day or a week, or set it."""
    with opened():
        with transaction() as session:
            who, now = actor(session, email, Permission.REQUESTERS_LIMIT), clock.now()
            if pairs:
                if not may(who.role, Permission.REQUESTERS_LIMIT):
                    raise Forbidden(f"{who.email} is no administrator. Name one with --as.")
                quotas.set_limits(session, who.id, dict(pairs), now)
            standing = quotas.standing(session, who.id, now)
        if as_json:
            say_json([{"name": each.name, "limit": each.limit, "usual": each.usual} for each in standing])
            return
        for each in standing:
            limit = "none" if each.limit is None else f"{each.limit:,}"
            click.echo(f"{each.name.value:24} {limit:>12}  {each.words}")
