"""`labeler webhook`: the address that is told what becomes of a project's exports."""

from __future__ import annotations

from typing import Any

import click

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import Conflict, Missing
from labeler.jobs.worker import run_now
from labeler.projects.queries import project_by_slug
from labeler.storage import Storage
from labeler.webhooks import rules, service
from labeler.webhooks.models import Webhook


@click.group()
def webhook() -> None:
    """Webhooks: another system is told when an export is done, failed, withdrawn or approved."""


@webhook.command("set")
@click.argument("slug")
@click.argument("url")
@AS
def set_address(slug: str, url: str, email: str | None) -> None:
    """Tell URL (https, at a host in LABELER_EGRESS_HOSTS) of the project SLUG's exports; prints the first secret."""
    with opened() as settings:
        with transaction() as session:
            who = actor(session, email, Permission.EXPORTS_MAKE).id
            project_id = project_by_slug(session, slug).id
            hook, fresh = service.set_address(session, who, project_id, url, settings.egress, clock.now())
        click.echo(f"Exports of {slug} are told to {hook.url}.")
        if fresh:
            _say_secret(settings, hook)


@webhook.command("rotate")
@click.argument("slug")
@AS
def rotate(slug: str, email: str | None) -> None:
    """Let a new secret sign, and print it; the one before it signs beside it for 24 hours."""
    with opened() as settings:
        with transaction() as session:
            who = actor(session, email, Permission.EXPORTS_MAKE).id
            hook = service.rotate(session, who, project_by_slug(session, slug).id, clock.now())
        _say_secret(settings, hook)


def _say_secret(settings: Settings, hook: Webhook) -> None:
    key = rules.secret(Storage(settings.folder).webhook_secret(), hook.id, hook.secret_number)
    click.echo(f"Its secret, shown this once: {rules.shown(key)}")


@webhook.command("show")
@click.argument("slug")
@JSON
def show(slug: str, as_json: bool) -> None:
    """Show where it leads, how it stands, and how the newest attempts went."""
    with opened():
        with reading() as session:
            hook = service.of_project(session, project_by_slug(session, slug).id)
            if hook is None:
                raise Missing(f"{slug} has no webhook.")
            told = service.attempts(session, hook)
        facts: dict[str, Any] = {
            name: getattr(hook, name) for name in ("url", "failures", "stopped_at", "off_at", "old_until")
        }
        if as_json:
            say_json({**facts, "attempts": told})
            return
        stands = "is switched off" if hook.off_at else "is stopped: send a test" if hook.stopped_at else "is on"
        click.echo(f"{hook.url} {stands}; {hook.failures} failed attempts in a row.")
        for each in told:
            how, about = "told" if each.fine else "failed", f", {each.about}" if each.about else ""
            click.echo(f"{each.at:%Y-%m-%d %H:%M:%S}  {how}  {each.event}{about}  {each.words}")


@webhook.command("test")
@click.argument("slug")
@AS
def send_test(slug: str, email: str | None) -> None:
    """Send a test now; when it goes well, what waits for the address is sent too."""
    with opened():
        with transaction() as session:
            who, project_id = actor(session, email, Permission.EXPORTS_MAKE).id, project_by_slug(session, slug).id
            job = service.send_test(session, who, project_id, clock.now())
        run_now(job)
        with reading() as session:
            hook = service.of_project(session, project_id)
            told = service.attempts(session, hook, 1) if hook else ()
        if not told or not told[0].fine:
            raise Conflict(f"It was not told. {told[0].words if told else ''}")
        click.echo(f"Told. {told[0].words}")


@webhook.command("switch")
@click.argument("slug")
@click.argument("state", type=click.Choice(["on", "off"]))
@AS
def switch(slug: str, state: str, email: str | None) -> None:
    """Tell nothing, or tell again."""
    with opened():
        with transaction() as session:
            who, project_id = actor(session, email, Permission.EXPORTS_MAKE).id, project_by_slug(session, slug).id
            service.switch(session, who, project_id, state == "on", clock.now())
        click.echo(f"The webhook of {slug} is {state}.")


@webhook.command("remove")
@click.argument("slug")
@AS
def remove(slug: str, email: str | None) -> None:
    """Forget the address, its secret, and what it was told."""
    with opened():
        with transaction() as session:
            who, project_id = actor(session, email, Permission.EXPORTS_MAKE).id, project_by_slug(session, slug).id
            service.remove(session, who, project_id, clock.now())
        click.echo(f"{slug} has no webhook any more.")
