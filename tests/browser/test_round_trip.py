"""In a real browser: what was pressed is what the export says, on whichever side it stood. The full table of options is
in `tests/web/test_round_trip.py`; here is that scripts, keys and drafts between the press and the form change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeler.db import transaction
from labeler.exports import service
from tests.browser.conftest import NARROW, WIDE, Site
from tests.exports.seen import asked, exported, question, shown
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

COMMENT = "“Näher”\nan der Frage"
PRESSED = [("4", 0, 1), ("1", 0, 4), ("5", 1, 1), ("8", 1, 4), ("9", None, None)]
"""A key, the slot that it prefers (0 is A), and the degree."""


@pytest.fixture(autouse=True)
def settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)


def sent(page: Page) -> None:
    """Submit by the keyboard, and wait for the next task or for the end."""
    before = page.get_attribute("#task", "data-assignment")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"#task:not([data-assignment='{before}'])")
    expect(page.locator("body")).to_contain_text("Saved.")


def test_keys_on_a_comparison(site: Site, database: Database, let_in: Callable[[Any], str]) -> None:
    with transaction() as session:
        people = [add_labeler(session) for _ in range(2)]
        project = add_project(session, overlap=2)
        add_tasks(session, project, len(PRESSED), items=[question(n, 2) for n in range(len(PRESSED))])
    said = {}
    for person, viewport in zip(people, (WIDE, NARROW), strict=True):
        with site.visit(viewport=viewport) as page:
            site.sign_in(page, let_in(person))
            page.get_by_role("button", name="Start").click()
            for _ in PRESSED:
                page.wait_for_selector("#answer")
                n, order = shown(page.locator("#task").inner_html())
                key, slot, degree = PRESSED[n]
                page.keyboard.press(key)
                if n == 1:
                    page.get_by_text("Reasons and comment").click()
                    page.get_by_label("Better tone").check()
                    page.get_by_label("Comment", exact=True).fill(COMMENT)
                    page.locator("h1").first.click()
                sent(page)
                better = None if slot is None else order[slot]
                verdict = "tie" if slot is None else "preference"
                beside = (["Better tone"], COMMENT) if n == 1 else ([], None)
                said[n, tuple(order)] = (verdict, better, degree, *beside)
    assert len(said) == 2 * len(PRESSED)
    rows = exported(project, database.home)
    assert {
        (asked(row), tuple(row["order"])): (
            row["verdict"], row["preferred"], row["margin"], row["reasons"], row["comment"],
        )
        for row in rows("judgments")
    } == said  # fmt: skip
