"""`labeler standard`: what vendors are held to, and buyers' tighter profiles, from the command line."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import click

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.cli.imports import AS, JSON
from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.mapping import mapping
from labeler.compliance.oscal.parts import published
from labeler.compliance.oscal.profile import profile
from labeler.compliance.profiles import REFUSED, add_profile, find, profiles
from labeler.compliance.standards import LATEST, as_published, read
from labeler.db import reading, transaction
from labeler.errors import FieldProblem, Invalid


@click.group()
def standard() -> None:
    """What vendors are held to: its controls and numbers, buyers' tighter profiles, and files for auditors' tools."""


@standard.command("show")
@JSON
def show(as_json: bool) -> None:
    """Every control, with what is tested, what must be attested, and its numbers."""
    known = read(LATEST)
    if as_json:
        say_json(
            {
                "standard": f"{known.id} {known.version}",
                "digest": known.digest,
                "controls": [
                    {
                        "id": each.id, "title": each.title, "core": each.core, "statement": each.statement,
                        "tested": each.rules, "attested": each.asks, "document": each.document,
                        "numbers": {name: known.numbers[name].value for name in each.parameters},
                    }
                    for each in known.controls
                ],
            }
        )  # fmt: skip
        return
    click.echo(f"{known.title} {known.version}, SHA-256 {known.digest}")
    for each in known.controls:
        click.echo(f"{each.id} {'core  ' if each.core else '      '} {each.title}")
        proof = [f"tested: {', '.join(each.rules)}"] * bool(each.rules) + [f"attested: {each.asks}"] * bool(each.asks)
        numbers = ", ".join(f"{name} {known.numbers[name].value}" for name in each.parameters)
        for line in [*proof, *([f"numbers: {numbers}"] if numbers else [])]:
            click.echo(f"              {line}")


@standard.command("profiles")
@JSON
def list_profiles(as_json: bool) -> None:
    """Every buyer's profile, the newest first, with the numbers that it makes tighter."""
    with opened():
        with reading() as session:
            known = profiles(session)
        if as_json:
            say_json(
                [
                    {
                        "name": each.profile.name, "digest": each.profile.digest, "tighter": dict(each.tighter),
                        "standard": f"{each.standard.id} {each.standard.version}", "made_at": each.made_at,
                        "made_by": each.by,
                    }
                    for each in known
                ]
            )  # fmt: skip
            return
        for each in known:
            numbers = ", ".join(f"{name} {value}" for name, value in each.tighter.items())
            click.echo(f"{each.made_at:%Y-%m-%d}  {each.profile.name}: {numbers}")


@standard.command("profile-add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS
def profile_add(file: Path, email: str | None) -> None:
    """Make a profile from a TOML file: `name = "…"`, and under `[values]` what should be tighter."""
    with opened():
        name, values = _in_file(file)
        with transaction() as session:
            made = add_profile(
                session, actor(session, email, Permission.PROFILES_MAKE).id, name, values, clock.now()
            )  # fmt: skip
        click.echo(f"The profile {made.name} is made. SHA-256 {made.digest}")


def _in_file(file: Path) -> tuple[str, dict[str, int | None]]:
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid(REFUSED, [FieldProblem("", f"{file} is no TOML file: {wrong}")]) from wrong
    name, numbers = told.pop("name", ""), told.pop("values", {})
    if told or not isinstance(name, str) or not isinstance(numbers, dict):
        words = "It has a name and, under [values], whole numbers by name; nothing else."
        raise Invalid(REFUSED, [FieldProblem("", words)])
    whole = {key: value if isinstance(value, int) and value is not True else None for key, value in numbers.items()}
    return name, whole


@standard.command("export")
@click.argument("what", type=click.Choice(["catalog", "profile", "mapping"]))
@click.option("--profile", "name", help="Which profile, by its name; the standard itself without it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; to the screen without it.")
def export(what: str, name: str | None, out: Path | None) -> None:
    """The standard, a profile or the crosswalks in OSCAL 1.2, for auditors' tools."""
    known = read(LATEST)
    if what == "profile" and name is not None and name != as_published(known).name:
        with opened(), reading() as session:
            kept = find(session, name)
        data = profile(kept.standard, kept.profile, kept.made_at)
    elif what == "profile":
        data = profile(known, as_published(known), published(known))
    else:
        data = catalog(known) if what == "catalog" else mapping(known)
    if out is None:
        sys.stdout.buffer.write(data)
        return
    out.write_bytes(data)
    click.echo(f"{out}: {len(data)} bytes")
