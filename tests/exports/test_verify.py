"""`labeler verify` names the first file that is not as it was made."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from labeler.cli import main
from labeler.exports.models import Export
from labeler.exports.verify import Damaged, verify
from labeler.projects.models import Project
from tests.support.database import Database


@pytest.fixture
def made(database: Database, project: Project, make: Callable[..., Export], tmp_path: Path) -> Path:
    """A copy of a finished export."""
    export = make(project)
    return shutil.copytree(database.home / str(export.folder), tmp_path / "copy")


def reseal(folder: Path, path: str) -> None:
    """What somebody would do who changes a file and its sum."""
    data = (folder / path).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    for each in manifest["files"]:
        if each["path"] == path:
            each.update(sha256=digest, bytes=len(data))
    (folder / "manifest.json").write_bytes(orjson.dumps(manifest))
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    sums |= {path: digest, "manifest.json": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()}
    (folder / "SHA256SUMS").write_text("".join(f"{value}  {name}\n" for name, value in sums.items()))


def damage(folder: Path, how: str) -> str:
    """Damage the folder, and say which file verify should name."""
    lines = folder / "jsonl/data/preference.jsonl"
    given = lines.read_bytes().splitlines(keepends=True)
    if how == "a bit":
        path = folder / "data/judgments.parquet"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        return "data/judgments.parquet"
    if how == "a missing file":
        (folder / "schemas/judgments.json").unlink()
        return "schemas/judgments.json"
    if how == "a file too many":
        (folder / "data/more.parquet").write_bytes(b"")
        return "data/more.parquet"
    if how == "a link":
        (folder / "link").symlink_to("/etc/hostname")
        return "link"
    if how == "no sums":
        (folder / "SHA256SUMS").unlink()
        return "SHA256SUMS"
    if how == "a row less, sums made anew":
        lines.write_bytes(b"".join(given[1:]))
    elif how == "a column less, sums made anew":
        rows = [orjson.loads(line) for line in given]
        lines.write_bytes(b"".join(orjson.dumps({"id": row["id"]}) + b"\n" for row in rows))
    elif how == "cut off, sums made anew":
        lines.write_bytes(lines.read_bytes()[:-9])
    reseal(folder, "jsonl/data/preference.jsonl")
    return "jsonl/data/preference.jsonl"


@pytest.mark.parametrize(
    "how",
    [
        "a bit",
        "a missing file",
        "a file too many",
        "a link",
        "no sums",
        "a row less, sums made anew",
        "a column less, sums made anew",
        "cut off, sums made anew",
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_damage_is_found_and_the_file_named(made: Path, how: str) -> None:
    file = damage(made, how)
    with pytest.raises(Damaged) as bad:
        verify(made)
    assert bad.value.file == file
    ran = CliRunner().invoke(main, ["verify", str(made)])
    assert ran.exit_code == 1
    assert file in ran.output


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_whole_export_is_sound_without_a_database(made: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "labeler", "verify", str(made)],
        env={"PATH": "", "DATABASE_URL": "postgresql://nobody@localhost:1/none"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    assert "files are as they were made. Rows: judgments 14, preference 2." in ran.stdout


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_manifest_than_the_page_shows_is_refused(made: Path) -> None:
    known = verify(made).manifest_hash
    assert verify(made, known.upper()).manifest_hash == known
    with pytest.raises(Damaged, match=r"manifest\.json"):
        verify(made, "0" * 64)
