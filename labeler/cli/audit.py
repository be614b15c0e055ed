"""`labeler audit` and `labeler witness`: the sealed record, checked, proven and watched."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

import click
import orjson

from labeler import clock
from labeler.cli.doors import opened, say_json
from labeler.cli.imports import JSON
from labeler.db import reading

# The product is imported inside the functions: `labeler --help` answers at once, and a witness needs no database.

NOTES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """The record: whether it is as it was sealed, how far it goes, and proof of one entry."""


@audit.command("checkpoint")
@click.option("--seal", is_flag=True, help="Seal first what a worker has not sealed yet.")
def audit_checkpoint(seal: bool) -> None:
    """Print the newest signed checkpoint. Keep it elsewhere: it shows later that nothing was taken away since."""
    from labeler.audit.proving import checkpoint
    from labeler.jobs.seal import seal_record

    with opened():
        if seal:
            seal_record(clock.now())
        with reading() as session:
            click.echo(checkpoint(session).note, nl=False)


@audit.command("verify")
@click.option(
    "--held", type=NOTES, multiple=True, metavar="FILE", help="A checkpoint kept elsewhere, or a witness's `seen`."
)
@JSON
def audit_verify(held: tuple[Path, ...], as_json: bool) -> None:
    """Walk over the whole record and check every entry, root and signature, also against what the folder remembers.

    Exit code 1: not all is as it was.
    """
    from labeler.audit.walking import walk
    from labeler.signing.keys import Keys
    from labeler.signing.memory import Memory
    from labeler.signing.sealing import origin, record_keys

    notes = [note for path in held for note in _notes(path)]
    with opened() as settings:
        keys, last = Keys(settings.folder), Memory(settings.folder).last()
        notes += [] if last is None else [last]
        with (
            click.progressbar(length=0, label="Entries", file=sys.stderr, show_pos=True, hidden=not sys.stderr.isatty())
        ) as bar, reading() as session:  # fmt: skip
            found = walk(session, origin(keys), record_keys(keys), clock.now(), notes, lambda done: bar.update(1_000))
        if as_json:
            say_json(
                {
                    "clean": found.clean, "entries": found.entries, "erased": found.erased, "roots": found.roots,
                    "checkpoints": found.checkpoints, "held": len(notes),
                    "recoveries": [
                        {
                            "at": each.at, "remembered": each.remembered, "found": each.found,
                            "checkpoint": each.checkpoint,
                        }
                        for each in found.recoveries
                    ],
                    "faults": [
                        {"log": str(each.log_id), "place": each.place, "what": each.what} for each in found.faults
                    ],
                }
            )  # fmt: skip
        else:
            click.echo(f"{found.entries:,} entries ({found.erased:,} erased), {found.roots:,} roots,"
                       f" {found.checkpoints:,} checkpoints, {len(notes):,} held outside of the database.")  # fmt: skip
            for each in found.recoveries:
                click.echo(f"{each.at:%Y-%m-%d %H:%M} UTC: the database came back with {each.found:,} roots of"
                           f" {each.remembered:,}. What was between is lost, and the record says so.")  # fmt: skip
            for fault in found.faults:
                click.echo(f"log {fault.log_id}: {fault.what}", err=True)
            click.echo("All of it is as it was sealed." if found.clean else "The record is NOT as it was sealed.")
    if not found.clean:
        sys.exit(1)


@audit.command("prove")
@click.argument("entry", type=click.UUID)
def audit_prove(entry: UUID) -> None:
    """Print the receipt of an ENTRY: what it says, and the proof that it is under the newest checkpoint."""
    from labeler.audit.proving import receipt

    with opened(), reading() as session:
        click.echo(receipt(session, entry).model_dump_json(indent=2))


@audit.command("check-receipt")
@click.argument("file", type=NOTES)
@click.option("--keys", type=NOTES, required=True, help="The installation's /.well-known/labeler-keys.json.")
def audit_check_receipt(file: Path, keys: Path) -> None:
    """Check the receipt in FILE, or the list of them, by public keys alone: no database, no network.

    Exit code 1: one of them proves nothing, or there is none.
    """
    from labeler.audit.receipts import wrong
    from labeler.signing.sealing import public_keys

    try:
        told, known = orjson.loads(file.read_bytes()), public_keys(orjson.loads(keys.read_bytes()))
    except ValueError as error:
        raise click.UsageError(f"This cannot be read: {error}") from None
    if not isinstance(told, list):
        why = wrong(told, *known)
        click.echo(
            why or "This entry is in the record, at the place and with the words that the receipt has.", err=bool(why)
        )
        sys.exit(1 if why else 0)
    problems = [(n, why) for n, each in enumerate(told, 1) if (why := wrong(each, *known)) is not None]
    for n, why in problems:
        click.echo(f"Receipt {n}: {why}", err=True)
    click.echo(f"{len(told) - len(problems):,} of {len(told):,} receipts hold.")
    if problems or not told:
        sys.exit(1)


@click.command("witness")
@click.argument("url")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where it remembers.")
@click.option("--once", is_flag=True, help="Look once and end.")
@click.option(
    "--accept-recovery",
    is_flag=True,
    help="Go on with a record that came back from a backup and says so. Writes the decision down, and ends.",
)
@click.option(
    "--every", type=click.IntRange(10, 86_400), default=60, show_default=True, help="Seconds between two looks."
)
def witness(url: str, state: Path, once: bool, accept_recovery: bool, every: int) -> None:
    """Watch the record of the installation at URL from another machine, and refuse what does not continue it.

    Exit code 1: the record is not what it was. Exit code 2: nothing could be learned, or nothing was new for two days.
    """
    from labeler.client.published import Unreachable
    from labeler.client.witness import Refused, Witness, watch

    try:
        looking = Witness(url, state)
        if accept_recovery:
            seen = looking.accept_recovery()
            click.echo(
                f"Accepted: {seen.now} roots instead of {seen.before}. {state / 'accepted'} has what was given up."
            )
            return
        if once:
            seen = looking.look()
            click.echo(f"{seen.now} roots, {seen.now - seen.before} of them new. It goes on as it was.")
            if quiet := seen.stands_still(clock.now()):
                raise Unreachable(quiet)
            return
        watch(looking, lambda: time.sleep(every), lambda said: click.echo(f"{clock.now():%H:%M:%S} {said}"))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except Unreachable as why:
        click.echo(str(why), err=True)
        sys.exit(2)
    except Refused as why:
        click.echo(f"REFUSED. {why}", err=True)
        click.echo(f"What was seen before is in {state / 'seen'}. Show both to the auditor.", err=True)
        sys.exit(1)


def _notes(path: Path) -> list[str]:
    """The checkpoints in a file: one as text, or a witness's, a line of JSON each."""
    text = path.read_text()
    if not text.startswith('"'):
        return [text]
    try:
        return [str(orjson.loads(line)) for line in text.splitlines()]
    except ValueError:
        raise click.UsageError(f"{path} has no checkpoints.") from None
