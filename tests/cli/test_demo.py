"""The demo's last quarter: two made-up vendors, of which one keeps to the standard and the other pays late."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import select

from labeler.accounts.models import User
from labeler.cli import demo
from labeler.compliance import reports
from labeler.config import ROOT
from labeler.db import reading
from labeler.workforce.models import Vendor
from tests.support.database import Database


def found_of(database: Database, name: str) -> dict[str, str]:
    """How each control of a vendor's first report ended."""
    with reading() as session:
        vendor = session.scalars(select(Vendor.id).filter_by(name=name)).one()
        folder = reports.folder(session, reports.one(session, vendor, 1).id)
    told = orjson.loads((database.settings.folder / folder / "report.json").read_bytes())
    findings = told["assessment-results"]["results"][0]["findings"]
    return {each["target"]["target-id"]: each["target"]["status"]["reason"] for each in findings}


@pytest.mark.slow  # plays a quarter: some 20 seconds
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_demo_has_a_report_on_each_vendor(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABELER_HOME", str(database.settings.folder))
    demo.prepare(database.settings)
    good, late = found_of(database, "Lakeside Language Work"), found_of(database, "Harbour Annotation")
    assert list(good.values()).count("pass") > list(late.values()).count("pass")
    assert (good["LWS-15_obj"], late["LWS-15_obj"]) == ("pass", "fail"), "it pays a month late"
    assert "fail" not in good.values()

    demo.prepare(database.settings)
    with reading() as session:
        assert len(session.scalars(select(User)).all()) == 27, "twice is once"
    capsys.readouterr()
    demo.print_links(database.settings, "http://127.0.0.1")
    said = capsys.readouterr().out
    assert said.count("/link/") == 11
    assert "There are 16 labelers more" in said


def test_nothing_but_the_demo_is_told_another_time() -> None:
    those = {path.name for path in (ROOT / "labeler").rglob("*.py") if "clock.told(" in path.read_text()}
    assert those == {"demo.py"}
