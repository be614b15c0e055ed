"""`labeler standard`: the standard, profiles and OSCAL files from the command line."""

from __future__ import annotations

from pathlib import Path

from labeler.compliance.standards import read
from tests.cli.conftest import Command
from tests.compliance.oscal_schema import problems


def test_the_standard_is_shown(command: Command) -> None:
    told = command("standard", "show", "--json").facts
    assert [each["id"] for each in told["controls"]] == [control.id for control in read().controls]
    said = command("standard", "show").out
    assert all(control.title in said for control in read().controls)


def test_a_profile_is_made_from_a_file_listed_and_exported(command: Command, admin: str, tmp_path: Path) -> None:
    file, out = tmp_path / "buyer.toml", tmp_path / "out.json"
    file.write_text('name = "Careful buyer 2026"\n[values]\nsevere_day = 90\nnotice_days = "soon"\n')
    refused = command("standard", "profile-add", str(file))
    assert refused.code == 1
    assert "severe_day: 90 min protects less" in refused.err
    assert "notice_days: Write a whole number" in refused.err
    file.write_text('name = "Careful buyer 2026"\n[values]\nsevere_day = 30\n')
    assert command("standard", "profile-add", str(file)).code == 0
    (told,) = command("standard", "profiles", "--json").facts
    assert (told["name"], told["tighter"]) == ("Careful buyer 2026", {"severe_day": 30})
    assert "severe_day 30" in command("standard", "profiles").out
    for words in (("catalog",), ("mapping",), ("profile",), ("profile", "--profile", "Careful buyer 2026")):
        assert command("standard", "export", *words, "--out", str(out)).code == 0
        assert problems(out.read_bytes()) == []
    assert command("standard", "export", "profile", "--profile", "Nobody's").code == 1


def test_a_file_that_is_no_profile_is_refused_in_words(command: Command, admin: str, tmp_path: Path) -> None:
    file = tmp_path / "buyer.toml"
    for text in ("name = ", "values = 3", 'name = "A buyer"\nnumbers = 1'):
        file.write_text(text)
        said = command("standard", "profile-add", str(file))
        assert said.code == 1
        assert "can't be made yet" in said.err
