"""`labeler report`: compliance reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# The product is imported inside the functions: `labeler --help` answers at once.
if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from labeler.compliance.events import Period
    from labeler.compliance.standards import Profile
    from labeler.config import Settings

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("vendor")
@click.option("--from", "first", type=DAY, required=True, help="The first day of a quarter, in UTC.")
@click.option("--to", "last", type=DAY, required=True, help="The last day of the same quarter.")
@click.option("--profile", metavar="NAME|FILE",
              help="A buyer's profile by its name (`labeler standard profiles`), or a TOML file of one.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True,
              help="A new or empty folder, or a file that ends in .zip.")  # fmt: skip
@click.option("--evidence", is_flag=True, help="The auditor's pack: with every row and leaf. That is on the record.")
@click.option("--as", "email", help="Who asks for it, by address; else the first admin.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def report(
    vendor: str, first: datetime, last: datetime, profile: str | None, out: Path, evidence: bool, email: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Make the compliance report on the VENDOR's quarter, and wait until it is whole.

    It rests on all that is sealed; what is not is sealed first. Only whole quarters are reported on.
    """
    from labeler import clock
    from labeler.accounts.permissions import Permission
    from labeler.cli.doors import actor, opened
    from labeler.compliance import reports
    from labeler.compliance.profiles import get_profile
    from labeler.db import reading, transaction
    from labeler.errors import Conflict
    from labeler.jobs.seal import seal_record
    from labeler.jobs.worker import run_now

    period = _quarter(first.date(), last.date())
    in_file = _profile(Path(profile) if profile else None) if profile is None or Path(profile).is_file() else None
    with opened() as settings:
        _refuse_taken(out)
        seal_record(clock.now())
        with transaction() as session:
            chosen = get_profile(session, profile or "") if in_file is None else in_file
            who = actor(session, email, Permission.RECORD_SEE).id
            asked, job_id = reports.request(session, who, _vendor(session, vendor), period, chosen, clock.now())
            report_id = asked.id
            job_id = job_id or reports.job_of(session, report_id)
        if job_id is not None:
            run_now(job_id)
        with transaction() as session:
            made = session.get_one(type(asked), report_id)
            kept = settings.folder / reports.folder(session, report_id)
            reports.take(session, who, made, "pack" if evidence else "bundle", "command", clock.now())
        if evidence:
            with reading() as session:
                _pack(session, report_id, settings, out)
        else:
            _hand_over(kept, out)
        if made.digest is None or made.manifest_hash is None:
            raise Conflict("The report could not be made.")
        _say(made, out, as_json)


def _quarter(first: date, last: date) -> Period:
    """The whole quarter from `first` to `last`, both in it. Raises UsageError, naming the quarters it might be."""
    from datetime import timedelta

    from labeler.compliance.events import Period

    around = {
        Period.quarter(day.year, (day.month + 2) // 3)
        for day in (first, last, last - timedelta(days=1))
    }  # fmt: skip
    for each in around:
        if (each.start.date(), each.end.date() - timedelta(days=1)) == (first, last):
            return each
    named = [
        f"{each.name} is --from {each.start:%Y-%m-%d} --to {each.end - timedelta(days=1):%Y-%m-%d}"
        for each in sorted(around, key=lambda each: each.start)
    ]
    raise click.UsageError(
        "Only whole quarters are reported on, so that nobody can choose the days that look best. " + "; ".join(named)
    )


def _profile(path: Path | None) -> Profile:
    import tomllib

    from labeler.compliance.standards import as_published, read, tightened

    standard = read()
    if path is None:
        return as_published(standard)
    try:
        told = tomllib.loads(path.read_text())
        name, values = told["name"], told["values"]
        if not isinstance(name, str) or not name.strip() or not isinstance(values, dict):
            raise TypeError("`name` is a text and `values` a table")
        if any(type(each) is not int for each in values.values()):
            raise TypeError("every value is a whole number")
        return tightened(standard, " ".join(name.split()), values)
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{path} is no profile: {error}") from None


def _vendor(session: Any, name: str) -> UUID:
    from sqlalchemy import select

    from labeler.errors import Missing
    from labeler.workforce.models import Vendor

    found: UUID | None = session.scalar(select(Vendor.id).where(Vendor.name == name.strip()))
    if found is None:
        known = ", ".join(session.scalars(select(Vendor.name).order_by(Vendor.name))) or "none"
        raise Missing(f"There is no vendor {name}. Those that are here: {known}.")
    return found


def _refuse_taken(out: Path) -> None:
    from labeler.errors import Conflict

    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise Conflict(f"{out} is there already, and nothing is overwritten. Name a new one with --out.")


def _pack(session: Any, report_id: UUID, settings: Settings, out: Path) -> None:
    """Make an auditor's pack beside `out`, and give it its name once it is whole. It is kept nowhere else."""
    from tempfile import TemporaryDirectory

    from labeler import clock
    from labeler.compliance import reports
    from labeler.signing.keys import Keys, Purpose

    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as aside:
        root = Path(aside) / "pack"
        root.mkdir()
        keys = Keys(settings.folder)
        reports.write(session, report_id, root, keys, keys.current(Purpose.REPORT, clock.now()), rows=True)
        _hand_over(root, out)


def _hand_over(root: Path, out: Path) -> None:
    """Copy a finished bundle to `out`, which is then whole or not there."""
    from labeler.cli.export_taking import hand_over
    from labeler.compliance.report.bundle import archive

    if out.suffix != ".zip":
        hand_over(root, out)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.unlink(missing_ok=True)
    archive(root, part)
    part.rename(out)


def _say(made: Any, out: Path, as_json: bool) -> None:
    from labeler.cli.doors import say_json

    if as_json:
        names = ("number", "period", "profile", "digest", "manifest_hash", "key_id", "vendor_size", "platform_size")
        say_json({**{name: getattr(made, name) for name in names}, "out": str(out)})
        return
    click.echo(f"Report {made.number} on {made.period} by {made.profile} is in {out}.")
    click.echo(f"  report.json SHA-256: {made.digest}")
    click.echo(f"  manifest SHA-256: {made.manifest_hash}")
    click.echo(f"  signed by: {made.key_id}")
    click.echo(f"Anybody checks it by: labeler verify {out}, or node verify.mjs in it.")
