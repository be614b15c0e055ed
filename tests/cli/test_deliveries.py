"""`labeler export deliver` and `labeler destinations check`, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.exports.delivery.conftest import add_version, bytes_in
from tests.support.database import Database


@pytest.fixture
def archive(database: Database, command: Command, tmp_path: Path) -> Path:
    """A finished version, and a folder that is set up as the destination `archive`."""
    add_version(database.home)
    folder = tmp_path / "archive"
    folder.mkdir()
    (database.home / "destinations.toml").write_text(f'[archive]\nkind = "folder"\nfolder = "{folder}"\n')
    return folder


def test_a_version_is_delivered_and_the_command_waits(archive: Path, command: Command) -> None:
    said = command("export", "deliver", "bread", 1, "archive")
    assert said.code == 0, said
    assert said.out.startswith(f"Export 1 of bread is at {archive}/bread-v1\n  7 files, ")
    facts = command("export", "deliver", "bread", "1", "archive", "--json").facts
    assert (facts["state"], facts["place"], facts["done_files"]) == ("done", f"{archive}/bread-v1", 7)
    assert len(bytes_in(archive)) == 7
    wrong = command("export", "deliver", "bread", "1", "cellar")
    assert (wrong.code, wrong.err.splitlines()[1].strip()) == (
        1, "destination: There is no such destination. Choose one of: archive.",
    )  # fmt: skip
    (archive / "bread-v1" / "README.md").write_bytes(b"# Broad\n")
    other = command("export", "deliver", "bread", "1", "archive")
    assert other.code == 1
    assert "Not delivered." in other.err
    assert "lies something else already: README.md" in other.err


def test_destinations_are_checked_one_by_one(archive: Path, command: Command, database: Database) -> None:
    file = database.home / "destinations.toml"
    said = command("destinations", "check")
    assert said.code == 0
    assert said.out.startswith("archive (folder): can be written to; ")
    file.write_text(f'{file.read_text()}[disk]\nkind = "folder"\nfolder = "{archive}/none"\n')
    said = command("destinations", "check")
    assert said.code == 1
    assert f"disk (folder): NOT READY. The folder {archive}/none is not there." in said.out
    assert command("destinations", "check", "archive").code == 0
    assert command("destinations", "check", "cellar").code == 1
    file.write_text('[archive]\nkind = "folder"\nfolder = "here"\nsecret = "abc"\n')
    said = command("destinations", "check")
    assert said.code == 1
    assert "line 3, archive.folder: Write the whole path, from / on." in said.err
    assert "line 4, archive.secret: There is no such field." in said.err
    file.unlink()
    assert "No destination is set up." in command("destinations", "check").out
