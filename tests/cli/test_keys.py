"""`labeler key`: what an installation signs with, and a new one in its place; `labeler verify --key`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from labeler.db import transaction
from labeler.exports import service
from tests.cli.conftest import Command
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_keys_are_listed_and_changed_for_new_ones(command: Command, admin: str) -> None:
    assert "no key yet" in command("key", "list").out
    first = command("key", "rotate", "export", "--json").facts
    assert first["retired"] is None
    said = command("key", "rotate", "export", "--as", admin)
    assert f"{first['new']['key_id']} is retired" in said.out
    old, new = command("key", "list", "--json").facts
    assert (old["key_id"], old["until"], new["until"]) == (first["new"]["key_id"], new["from"], None)
    shown = command("key", "list").out.splitlines()
    assert "retired" in shown[0] and "signs now" in shown[1]
    assert command("key", "rotate", "nothing").code == 2
    assert command("key", "rotate", "export", "--as", "nobody@example.org").code == 1
    assert len(command("key", "list", "--json").facts) == 2, "a refusal makes no key"
    assert "labeler key rotate export" in command("key", "distrust", new["key_id"]).err
    assert command("key", "distrust", "nothing").code == 1
    assert command("key", "distrust", old["key_id"]).code == 0
    assert "retired, not to be believed since" in command("key", "list").out.splitlines()[0]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_folder_is_checked_against_a_key(
    command: Command, admin: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    with transaction() as session:
        project = add_project(session, slug="bread")
        add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), BETTER_0)
    out = tmp_path / "made"
    made = command("export", "create", "bread", "--out", out, "--json").facts
    new = command("key", "rotate", "export", "--json").facts
    assert made["signed_by"] == new["retired"]["key_id"]
    good = command("verify", out, "--key", made["signed_by"], "--json").facts
    assert (good["signed_by"], good["key_was_named"]) == (made["signed_by"], True)
    assert "Signed by the key you named" in command("verify", out, "--key", out / "signing-key.pub").out
    assert "lies in the folder itself" in command("verify", out).out
    bad = command("verify", out, "--key", new["new"]["key_id"])
    assert (bad.code, "signing-key.pub: it is no key that you named" in bad.err) == (1, True)
    assert json.loads(command("verify", out, "--key", "0" * 64, "--json").out)["file"] == "signing-key.pub"
    assert command("verify", out, "--key", "nothing").code == 2
    (out / "README.md").write_text("mine")  # the copy is its owner's
