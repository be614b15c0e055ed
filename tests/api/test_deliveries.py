"""Deliveries by script: asked for, watched, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.calls import ROOT, Script, is_problem, run_jobs
from tests.exports.delivery.conftest import add_version, bytes_in
from tests.support.database import Database

AT = "/projects/bread/exports/1/deliveries"


@pytest.fixture
def archive(database: Database, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A finished version, and a folder that is set up as the destination `archive`."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    add_version(database.home)
    folder = tmp_path / "archive"
    folder.mkdir()
    (database.home / "destinations.toml").write_text(f'[archive]\nkind = "folder"\nfolder = "{folder}"\n')
    return folder


def test_a_version_is_delivered_once_however_often_it_is_asked_for(script: Script, archive: Path) -> None:
    asked = script.post(AT, json={"destination": "archive"}, idem="one")
    assert asked.status_code == 202, asked.text
    waiting = asked.get_json()
    assert (waiting["state"], waiting["way"], waiting["all_files"]) == ("waiting", "folder", None)
    address = asked.headers["Location"]
    assert address == f"{ROOT}{AT}/{waiting['id']}"
    again = script.post(AT, json={"destination": "archive"}, idem="one")
    assert again.get_json() == waiting
    is_problem(script.post(AT, json={"destination": "archive"}), 409)
    assert run_jobs() == 1
    done = script.get(address).get_json()
    assert (done["state"], done["done_files"], done["place"]) == ("done", 7, str(archive / "bread-v1"))
    assert done["done_bytes"] == sum(map(len, bytes_in(archive / "bread-v1").values()))
    assert script.get(AT).get_json() == {"items": [done], "next_cursor": None}


def test_what_cannot_be_is_refused(script: Script, archive: Path, database: Database) -> None:
    wrong = is_problem(script.post(AT, json={"destination": "/etc"}), 422)
    assert "Choose one of: archive." in str(wrong)
    is_problem(script.post("/projects/bread/exports/2/deliveries", json={"destination": "archive"}), 404)
    is_problem(script.get(f"{AT}/019a2f6e-3c1b-7a52-9d0e-6f1b8c2d4e5a"), 404)
    (database.home / "destinations.toml").write_text("[archive")
    is_problem(script.post(AT, json={"destination": "archive"}), 422)
    assert run_jobs() == 0
