"""A version's deliveries on a telephone: asked for, watched as they come, by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.jobs import worker
from tests.browser.conftest import NARROW, Site, overflow, violations
from tests.exports.delivery.conftest import add_version
from tests.support.build import add_user
from tests.support.database import Database


def test_a_delivery_is_asked_for_and_the_page_tells_when_it_is_there(
    site: Site, database: Database, let_in: Callable[[Any], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    add_version(database.home)
    with transaction() as session:
        person = add_user(session, Role.RESEARCHER)
    researcher = let_in(person)
    (tmp_path / "archive").mkdir()
    file = f'[archive]\ntitle = "The archive of the lab"\nkind = "folder"\nfolder = "{tmp_path / "archive"}"\n'
    (database.home / "destinations.toml").write_text(file)
    with site.visit(viewport=NARROW) as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/bread/exports/1")
        page.get_by_label("Deliver this version to").select_option("The archive of the lab")
        page.get_by_role("button", name="Deliver", exact=True).click()
        expect(page.get_by_text("Waiting for a worker. You can leave this page.")).to_be_visible()
        assert not violations(page)
        assert not overflow(page)
        job = worker.next_due()
        assert job is not None
        assert worker.run(job)
        expect(page.get_by_text("7 files, ")).to_be_visible()
        assert not violations(page)
        assert not overflow(page)
