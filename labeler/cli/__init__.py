"""The `labeler` command. Each group lives in a module of its own and is imported only when it is used."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "init": "labeler.cli.running:init",
    "serve": "labeler.cli.running:serve",
    "worker": "labeler.cli.running:worker",
    "demo": "labeler.cli.running:demo",
    "doctor": "labeler.cli.running:doctor",
    "user": "labeler.cli.people:user",
    "vendor": "labeler.cli.people:vendor",
    "labeler": "labeler.cli.people:labeler",
    "people": "labeler.cli.erasing:people",
    "pay": "labeler.cli.pay:pay",
    "project": "labeler.cli.projects:project",
    "export": "labeler.cli.exports:export",
    "verify": "labeler.cli.verifying:verify",
    "destinations": "labeler.cli.deliveries:destinations",
    "webhook": "labeler.cli.webhooks:webhook",
    "report": "labeler.cli.reports:report",
    "policy": "labeler.cli.policies:policy",
    "standard": "labeler.cli.standard:standard",
    "usage-policy": "labeler.cli.usage:usage_policy",
    "key": "labeler.cli.keys:key",
    "audit": "labeler.cli.audit:audit",
    "db": "labeler.cli.database:db",
    "witness": "labeler.cli.audit:witness",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, so that `labeler --version` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="labeler")
def main() -> None:
    """Hand out comparison and rating tasks to people, protect them while they work, export what they said.

    Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong use of the command.
    """
