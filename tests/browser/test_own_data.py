"""What is a labeler's own, in Chromium: the check-in that never leaves it, and withdrawing an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Request, expect
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.judgments.models import Withdrawal
from tests.browser.conftest import NARROW, WIDE, Site, overflow, violations
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks, add_user

KEPT = "JSON.parse(localStorage.getItem('check-in') ?? '[]').length"


@pytest.fixture
def labeler(database: object, let_in: Callable[[Any], str]) -> str:
    """The address of a labeler with one answer, and a sensitive task she may open."""
    with transaction() as session:
        person = add_labeler(session)
        project = add_project(session, slug="bread", overlap=2)
        tasks = add_tasks(session, project, 2)
        add_judgment(session, project, tasks[0], person, BETTER_0, at=clock.now())
    return let_in(person)


def test_what_is_said_to_the_check_in_stays_in_the_browser_and_can_be_erased(site: Site, labeler: str) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.url} {request.headers} {request.post_data or ''}")

    with site.visit() as page:
        site.sign_in(page, labeler)
        site.go(page, "/work")
        expect(page.locator("#check-in")).to_have_count(0)
        page.get_by_role("button", name="Take a break").click()
        place = page.locator("#check-in")
        expect(place).to_contain_text("Only you see this. It stays in this browser and is never sent.")
        page.wait_for_load_state("networkidle")
        page.on("request", note)
        page.get_by_role("button", name="Not good").click()
        expect(place).to_contain_text("Kept here.")
        page.get_by_role("button", name="Fine").focus()
        page.keyboard.press("Enter")
        expect(place.locator("li")).to_have_count(2)
        assert page.evaluate(KEPT) == 2 and asked == [], "nothing at all was sent"
        assert not violations(page) and not overflow(page)
        page.reload()
        expect(place.locator("li")).to_have_count(2)
        page.get_by_role("button", name="Start again").click()
        page.wait_for_selector("#answer")
        assert page.locator("#check-in").count() == 0
        page.get_by_role("button", name="Take a break").click()
        page.get_by_role("button", name="Erase").click()
        expect(place).to_contain_text("Erased.")
        assert page.evaluate(KEPT) == 0
    assert asked, "the reload was seen"
    assert not [each for each in asked if "Not good" in each or "Not+good" in each or "check-in" in each]


def test_without_scripts_there_is_no_check_in(site: Site, labeler: str) -> None:
    with site.visit(java_script_enabled=False) as page:
        site.sign_in(page, labeler)
        site.go(page, "/work")
        page.get_by_role("button", name="Take a break").click()
        expect(page.locator("h1")).to_have_text("You are on a break")
        expect(page.locator("#check-in")).to_be_empty()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_answer_is_withdrawn_by_keyboard_on_a_phone(site: Site, labeler: str, scripts: bool) -> None:
    with site.visit(viewport=NARROW, java_script_enabled=scripts) as page:
        site.sign_in(page, labeler)
        site.go(page, "/answers")
        if scripts:
            assert not violations(page) and not overflow(page)
        page.get_by_role("link", name="Withdraw the answer").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Withdraw this answer?")
        if scripts:
            assert not violations(page) and not overflow(page)
        page.get_by_role("button", name="Withdraw it").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Withdrawn. The answer is in no dataset")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Withdrawal)) == 1


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_freeze_and_its_page_can_be_used_by_everybody(
    site: Site, labeler: str, let_in: Callable[[Any], str], viewport: dict[str, int]
) -> None:
    with transaction() as session:
        person = add_user(session, Role.RESEARCHER)
    email = let_in(person)
    with site.visit(viewport=viewport) as page:
        site.sign_in(page, email)
        for path in ("/projects/bread", "/projects/bread/freeze"):
            site.go(page, path)
            assert not violations(page) and not overflow(page), path


def test_the_header_takes_two_lines_at_most_on_a_phone_and_leads_to_her_own_pages(site: Site, labeler: str) -> None:
    with site.visit(viewport=NARROW) as page:
        site.sign_in(page, labeler)
        site.go(page, "/work")
        tops = page.eval_on_selector_all(
            "header.shell nav a, header.shell nav button", "each => each.map((one) => Math.round(one.offsetTop))"
        )
        assert len(set(tops)) <= 2 and not overflow(page)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Me", exact=True).click()
        assert not violations(page) and not overflow(page)
        page.get_by_role("link", name="My cases").click()
        expect(page.locator("h1")).to_have_text("My cases")
