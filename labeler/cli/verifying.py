"""`labeler verify`: the check that a folder is an export, or that a folder or archive is a compliance report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

# The product is imported inside the commands: `labeler verify` runs where there is no database, and at once.


@click.command()
@click.argument("folder", metavar="PATH", type=click.Path(path_type=Path, exists=True))
@click.option("--manifest", "manifest_hash", help="The manifest's SHA-256, as the export's page shows it.")
@click.option("--key", metavar="FILE_OR_FINGERPRINT",
              help="The key that must have signed it: a fingerprint, a PEM file, or a labeler-keys.json.")  # fmt: skip
@click.option("--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="For a report: the installation's labeler-keys.json, got by another way.")  # fmt: skip
@click.option("--recompute", is_flag=True, help="For an auditor's pack: run every test again over its leaves.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def verify(
    folder: Path, manifest_hash: str | None, key: str | None, keys: Path | None, recompute: bool, as_json: bool
) -> None:
    """Check that every file of the export or compliance report in PATH is there, whole, unchanged and signed, and that
    a report's files say the same. Needs no database and no network. A report may be a zip file."""
    import orjson

    from labeler.compliance.report.verify import is_report

    if is_report(folder):
        if manifest_hash or key:
            raise click.UsageError("A report is checked by --keys; --manifest and --key are for exports.")
        _report(folder, keys, recompute, as_json)
        return
    if keys or recompute:
        raise click.UsageError("This is an export: --keys and --recompute are for compliance reports.")

    from labeler.exports.verify import Damaged, WrongUse, told
    from labeler.exports.verify import verify as check

    try:
        sound = check(folder, manifest_hash, key)
    except WrongUse as wrong:
        raise click.UsageError(str(wrong)) from None
    except Damaged as bad:
        if as_json:
            click.echo(orjson.dumps({"sound": False, "file": bad.file, "problem": bad.problem}).decode())
        click.echo(f"Not as it was made. {bad}", err=True)
        sys.exit(1)
    if as_json:
        facts = {
            "sound": True, "files": sound.files, "rows": sound.rows, "manifest_sha256": sound.manifest_hash,
            "signed_by": sound.key_id, "key_was_named": sound.insisted,
        }  # fmt: skip
        click.echo(orjson.dumps(facts).decode())
        return
    click.echo("\n".join(told(sound)))


def _report(path: Path, keys: Path | None, recompute: bool, as_json: bool) -> None:
    """Check a report's bundle, and say what was found. Exit code 1: it is not as it was made."""
    import orjson

    from labeler.compliance.report.again import recompute as again
    from labeler.compliance.report.verify import Damaged, load, verify

    try:
        files = load(path)
        sound = verify(files, keys.read_bytes() if keys else None)
        if recompute:
            again(files, sound)
    except Damaged as bad:
        if as_json:
            click.echo(orjson.dumps({"sound": False, "file": bad.file, "problem": bad.problem}).decode())
        click.echo(f"NOT as it was made. {bad}", err=True)
        sys.exit(1)
    facts = sound.view["facts"]
    if as_json:
        told = {
            "sound": True, "files": sound.files, "digest": sound.digest, "signed_by": sound.key_id,
            "keys_were_named": keys is not None, "recomputed": recompute, "facts": facts,
            "audit": sound.audit and sound.audit["signature"],
        }  # fmt: skip
        click.echo(orjson.dumps(told).decode())
        return
    click.echo(f"As it was made: {sound.files} files, report {facts['number']} on {facts['vendor-name']},"
               f" {facts['period']}, by {facts['profile']}.")  # fmt: skip
    click.echo(f"Measured by {sound.view['sources'].get(facts['profile-source'], 'numbers of an unknown source')}.")
    whose = "" if keys else " (the bundle's own list of keys: compare it with the installation's)"
    click.echo(f"Signed by {sound.key_id}{whose}.")
    if sound.opened is not None:
        click.echo(f"Both logs were built anew; {len(sound.opened.entries):,} of their entries are open.")
    if sound.audit is not None:
        signed = sound.audit["signature"]
        click.echo(f"audit.json holds: it is of this report.json, signed off by {signed['name']}, {signed['role']},"
                   f" with assurance: {signed['assurance']}.")  # fmt: skip
    if recompute:
        click.echo("Every figure comes out the same.")
