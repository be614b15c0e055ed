"""An auditor's whole way, in a browser: three vendors worked for a quarter, and one of them cheats.

From page 1 to the very event behind an exception, to a sample, a finding and the sign-off; then the pack is taken to a
machine without the product, where it is checked, and where a byte of it is changed.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, select

from labeler import clock
from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.audit.receipts import wrong
from labeler.db import reading, table, transaction
from labeler.ids import new_id
from labeler.jobs import worker
from labeler.signing.keys import Keys, Purpose
from labeler.signing.publishing import published
from labeler.signing.sealing import public_keys
from tests.browser.conftest import NARROW, Site
from tests.compliance.quarter import PERIOD, Quarter, found, prepare, run
from tests.support.database import Database

NODE = shutil.which("node")
DAY = timedelta(days=1)


@pytest.fixture
def lived(database: Database, monkeypatch: pytest.MonkeyPatch) -> Quarter:
    """A quarter of three vendors. The third pays a month late, and adds breaks to the record afterwards."""
    monkeypatch.setenv("LABELER_HOME", str(database.home))  # where jobs put reports and packs
    made = found(database.home, [6, 6, 6], tasks=200)
    prepare(made)
    run(made, [3, 40], answers=4, late=[made.firms[2].id])
    with transaction() as session:
        invented = [
            {
                "id": new_id(), "at": PERIOD.start + 20 * DAY, "act": "break.end", "actor_id": who,
                "subject_id": new_id(), "vendor_id": made.firms[2].id, "fields": "{}",
            }
            for who in made.firms[2].labelers
        ]  # fmt: skip
        session.execute(insert(table(AuditEntry)), invented)
    made.now = clock.now()
    made.seal()
    return made


def test_an_auditor_goes_from_page_1_to_the_event_signs_off_and_takes_the_pack_elsewhere(
    site: Site, lived: Quarter, let_in: Callable[[Any], str], tmp_path: Path
) -> None:
    with reading() as session:
        auditor = session.scalars(select(User).where(User.id == lived.auditor)).one()
    keys = Keys(lived.folder)
    with site.visit(viewport=NARROW, java_script_enabled=False) as page:
        page.set_default_timeout(10_000)
        site.sign_in(page, let_in(auditor))
        for firm in lived.firms[:2]:
            opens(site, page, firm.name)
            expect(page.locator("main")).not_to_contain_text("long after what they tell")
            assert "not satisfied" not in row_of(page, "LWS-15")
        opens(site, page, lived.firms[2].name)
        expect(page.locator("main")).to_contain_text("does not meet it")
        expect(page.locator("main")).to_contain_text("Entries that were written long after what they tell: 6")
        assert "not satisfied" in row_of(page, "LWS-15")
        audit = page.url
        page.get_by_role("link", name="PAY-4", exact=True).click()
        page.get_by_role("link", name="The exceptions").click()
        expect(page.locator("main")).to_contain_text("no")
        day = page.get_by_role("link", name="Day of row").first.get_attribute("href")
        page.get_by_role("link", name="Event of row").first.click()
        expect(page.locator("h1")).to_have_text("pay.pay")
        expect(page.locator("main")).to_contain_text("Checked just now")
        with page.expect_download() as receipt:
            page.get_by_role("link", name="Download the receipt").click()
        told = orjson.loads(receipt.value.path().read_bytes())
        known = published(keys.known(purpose) for purpose in Purpose)
        assert wrong(told, *public_keys(known)) is None
        site.go(page, day or "")
        expect(page.locator("h1")).to_be_visible()
        samples_and_writes(page, audit)
        work_off()
        signs(page, audit)
        expect(page.locator("#pack")).to_contain_text("waits for a worker")
        work_off()
        page.get_by_role("link", name="Look again").click()
        with page.expect_download() as pack:
            page.get_by_role("link", name="Download the pack").click()
        pack.value.save_as(tmp_path / "pack.zip")
    known = published(keys.known(purpose) for purpose in Purpose)  # the key of reports is among them by now
    (tmp_path / "labeler-keys.json").write_bytes(orjson.dumps(known))
    checks_elsewhere(tmp_path)


def work_off() -> None:
    """What a worker does: the report of each audit that was opened, and the pack of one that was signed."""
    while (job := worker.next_due()) is not None:
        worker.run(job)


def opens(site: Site, page: Page, vendor: str) -> None:
    """Open an audit of a vendor's quarter."""
    site.go(page, "/audits")
    page.get_by_label("Vendor", exact=True).select_option(label=vendor)
    page.get_by_label("Quarter").select_option(label=PERIOD.name)
    page.get_by_label("What this audit is for").fill("To see whether people are paid in time and rest as they must.")
    page.get_by_role("button", name="Open it").click()
    expect(page.locator("h1")).to_contain_text(f"{vendor}, {PERIOD.name}")


def row_of(page: Page, control: str) -> str:
    """What page 1 says of a control."""
    return page.get_by_role("row").filter(has_text=control).first.inner_text().lower()


def samples_and_writes(page: Page, audit: str) -> None:
    """A sample of late payments, marked, and a finding about them."""
    page.goto(f"{audit}/samples")
    page.get_by_label("From the rows of").select_option(value="PAY-4")
    page.locator("[name=size]").fill("2")
    page.get_by_role("button", name="Draw").click()
    expect(page.locator("main")).to_contain_text("PAY-4")
    page.goto(f"{audit}/findings")
    page.get_by_label("Control").select_option(value="LWS-15")
    page.get_by_label("How serious").select_option(index=1)
    page.get_by_label("What you found").fill("Two weeks were paid a month late. Say how that is mended.")
    page.get_by_label("To be mended by").fill((clock.now() + 20 * DAY).date().isoformat())
    page.get_by_role("button", name="Write it").click()
    expect(page.locator("main")).to_contain_text("LWS-15")


def signs(page: Page, audit: str) -> None:
    """Sign off."""
    page.goto(f"{audit}/sign")
    page.get_by_label("Your name").fill("A. Auditor")
    page.get_by_label("Your function").fill("auditor of the buyer")
    page.locator("[name=assurance][value=limited]").check()
    page.get_by_label("Your statement").fill("We looked at two rows and at what the record shows. Nothing else.")
    page.get_by_role("button", name="Sign off").click()
    expect(page.locator("main")).to_contain_text("This audit is signed off")


def checks_elsewhere(folder: Path) -> None:
    """On a machine that has Node and nothing of ours: the pack holds, and with one byte changed it does not."""
    if NODE is None:
        pytest.skip("no Node here; install the package `nodejs`: the pack was made, and not checked elsewhere")
    with zipfile.ZipFile(folder / "pack.zip") as pack:
        pack.extractall(folder / "pack")
    (root,) = [each.parent for each in (folder / "pack").rglob("verify.mjs")]

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(NODE), "verify.mjs", ".", str(folder / "labeler-keys.json")],
            cwd=root, env={}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    clean = check()
    assert clean.returncode == 0, clean
    for name in ("report.json", "audit.json", "report.html"):
        path = root / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
        said = check()
        assert said.returncode == 1, name
        assert name in said.stdout + said.stderr
        path.write_bytes(whole)
    assert check().returncode == 0
