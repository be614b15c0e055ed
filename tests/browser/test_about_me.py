"""What a labeler may say about herself: by keyboard alone, without a script, on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select

from labeler.accounts.models import User
from labeler.db import reading, transaction
from labeler.demographics.models import SelfDescription
from tests.browser.conftest import NARROW, Site
from tests.browser.hands import faults
from tests.support.build import add_labeler


def test_it_is_filled_in_and_removed_by_keyboard_without_a_script(site: Site, let_in: Callable[[Any], str]) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    with reading() as session:
        who = session.get_one(User, labeler)
    with site.visit(reduced_motion="reduce", java_script_enabled=False, viewport=NARROW) as page:
        site.sign_in(page, let_in(who))
        site.go(page, "/me/about")
        page.focus("select[name=gender]")
        page.keyboard.press("ArrowDown")
        for _ in range(7):  # her words, age, region and words, education and words, origin
            page.keyboard.press("Tab")
        page.keyboard.type("from the coast")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.locator("main .notice")).to_contain_text("Saved.")
        with reading() as session:
            (row,) = session.scalars(select(SelfDescription))
            assert (row.gender, row.origin_words, row.in_tables) == ("woman", "from the coast", True)
        page.focus("form[action='/me/about/remove'] button")
        page.keyboard.press("Enter")
        expect(page.locator("main .notice")).to_contain_text("Removed.")
        with reading() as session:
            assert session.scalars(select(SelfDescription)).all() == []


def test_a_refused_form_is_sound_too(site: Site, let_in: Callable[[Any], str]) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    with reading() as session:
        who = session.get_one(User, labeler)
    with site.visit(reduced_motion="reduce", viewport=NARROW) as page:
        site.sign_in(page, let_in(who))
        site.go(page, "/me/about")
        page.select_option("select[name=age]", "65+")
        page.click("button.primary")
        expect(page.get_by_role("alert")).to_contain_text("Choose what it may be used for")
        assert faults(page) == []
