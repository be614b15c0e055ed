"""`labeler report`, and `labeler verify` for what it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from labeler.compliance.report.bundle import archive
from tests.cli.conftest import Command
from tests.compliance import reported
from tests.compliance.test_reports import AFTER, Quarter, acts
from tests.support.database import Database

SPAN = ("--from", "2026-07-01", "--to", "2026-09-30")


def test_a_report_is_made_taken_and_checked(
    command: Command, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reported.only_these(monkeypatch)
    quarter = Quarter(database.home)
    buyer, out, pack = tmp_path / "buyer.toml", tmp_path / "report.zip", tmp_path / "pack"
    buyer.write_text('name = "Buyer 1"\n[values]\nbreak_stop = 50\n')
    with time_machine.travel(AFTER, tick=False):
        made = command("report", "Vendor 1", *SPAN, "--profile", buyer, "--out", out)
        assert (made.code, "by Buyer 1 is in" in made.out) == (0, True), made
        assert command("report", "Vendor 1", *SPAN, "--out", pack, "--evidence", "--json").facts["number"] == 2
        assert "is there already" in command("report", "Vendor 1", *SPAN, "--out", out).err
        assert "Those that are here: Vendor 1" in command("report", "Vendor 2", *SPAN, "--out", tmp_path / "no").err
    assert acts(quarter.vendor).count("report.take") == 2
    assert "by Buyer 1" in command("verify", out).out
    assert "Measured by numbers that whoever asked for this report gave" in command("verify", out).out
    whole = command("verify", pack, "--recompute")
    assert "Measured by the standard's own numbers" in whole.out
    assert (whole.code, "Every figure comes out the same." in whole.out) == (0, True), whole
    archive(pack, tmp_path / "pack.zip")
    assert command("verify", tmp_path / "pack.zip", "--recompute", "--json").facts["recomputed"]
    page = pack / "report.html"
    page.write_bytes(page.read_bytes() + b" ")
    assert (said := command("verify", pack, "--json")).code == 1
    assert said.facts == {"sound": False, "file": "report.html", "problem": "it is not the file that was signed"}


def test_only_whole_quarters_and_only_tighter_numbers(command: Command, tmp_path: Path) -> None:
    said = command("report", "Vendor 1", "--from", "2026-07-15", "--to", "2026-10-14", "--out", "x")
    assert (said.code, "2026 Q3 is --from 2026-07-01 --to 2026-09-30" in said.err) == (2, True)
    buyer = tmp_path / "buyer.toml"
    for text, why in (
        ('name = "B"\n[values]\nbreak_stop = 90\n', "may be made tighter only"),
        ('name = "B"\n[values]\nnothing = 1\n', "has no number nothing"),
        ('name = "B"\n[values]\nbreak_stop = true\n', "a whole number"),
        ("name = 3", "values"),
    ):
        buyer.write_text(text)
        said = command("report", "Vendor 1", *SPAN, "--profile", buyer, "--out", "x")
        assert (said.code, why in said.err) == (2, True), said
    assert "for compliance reports" in command("verify", tmp_path, "--recompute").err
