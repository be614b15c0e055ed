"""Hard content in a real browser: one key takes it away, and what is said elsewhere clears every screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.projects.models import Lane, Task
from labeler.warnings.models import ContentReport
from labeler.warnings.service import report
from labeler.web.handing import next_task
from labeler.wellbeing.models import Break
from labeler.wellbeing.service import give_consent
from tests.browser.conftest import BOTH, Site, overflow, violations
from tests.support.build import add_labeler, add_project, add_tasks, add_user

SENSITIVE = {"W05": 2}
PLACEHOLDER = "[placeholder"


@pytest.fixture
def willing(database: object, let_in: Callable[[Any], str]) -> str:
    """A labeler who has said yes to one kind of hard content up to disturbing, and three tasks of it."""
    with transaction() as session:
        project = add_project(session, overlap=1, categories=SENSITIVE, sensitive_share=0.2)
        add_tasks(session, project, 3, profile=SENSITIVE)
        person = add_labeler(session)
        give_consent(session, person.id, "W05", 2, clock.now())
    return let_in(person)


def start(site: Site, page: Page, email: str) -> None:
    site.sign_in(page, email)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("#task[data-assignment]")
    page.wait_for_load_state()


def show(page: Page) -> None:
    page.get_by_role("button", name="Show it").click()
    page.wait_for_selector("#answer")
    assert PLACEHOLDER in page.content()


def hold_back(page: Page, part: str) -> list[Route]:
    """Keep requests to addresses with this part waiting; the test lets them go."""
    waiting: list[Route] = []
    page.route(f"**/*{part}*", lambda route: waiting.append(route))  # noqa: PLW0108 -- a method of a list takes no mark
    return waiting


def until(page: Page, true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Let the browser's events come in until this is true of them."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        page.wait_for_timeout(10)


def breaks() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Break)) or 0


@pytest.mark.parametrize("key", ["s", "h"])
def test_one_key_takes_the_text_away_before_the_server_has_answered(site: Site, willing: str, key: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        show(page)
        waiting = hold_back(page, "/hide")
        page.keyboard.press(key)
        expect(page.locator(".pair")).to_have_count(0)
        expect(page.locator("#prompt")).to_have_count(0)
        assert PLACEHOLDER not in page.content()
        until(page, lambda: len(waiting) == 1)  # asked of the server, which has not heard it yet
        assert page.locator("dialog[open]").count() == 0  # nobody asks whether she is sure
        waiting[0].continue_()
        wanted = "You are on a break" if key == "s" else "Before you open this task"
        expect(page.locator("#task h1")).to_have_text(wanted)
        expect(page.locator("#task h1")).to_be_focused()
    assert breaks() == (key == "s")


def test_stop_now_works_in_the_full_view_and_beside_a_panel(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        show(page)
        page.keyboard.press("f")
        expect(page.locator("#full")).to_contain_text(PLACEHOLDER)
        page.keyboard.press("h")
        expect(page.locator("#task h1")).to_have_text("Before you open this task")
        assert PLACEHOLDER not in page.content() and page.locator("dialog[open]").count() == 0
        show(page)
        page.keyboard.press("w")
        expect(page.locator("#panel")).to_contain_text("This is worse than it says")
        page.keyboard.press("s")
        expect(page.locator("#task h1")).to_have_text("You are on a break")
        assert page.locator("dialog[open]").count() == 0


def test_stop_now_on_a_notice_and_on_a_cover(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        page.get_by_role("button", name="Skip it").click()
        expect(page.locator("#task h1")).to_have_text("This text is covered")
        expect(page.locator("#task h1")).to_be_focused()
        show_it, skip = (page.get_by_role("button", name=name) for name in ("Show it", "Skip it"))
        assert show_it.bounding_box()["height"] == skip.bounding_box()["height"] >= 44  # type: ignore[index]
        assert abs(show_it.bounding_box()["width"] - skip.bounding_box()["width"]) < 1  # type: ignore[index]
        page.keyboard.press("s")
        expect(page.locator("#task h1")).to_have_text("You are on a break")
        expect(page.get_by_role("link", name="Talk to someone")).to_be_visible()
    assert breaks() == 1


def test_worse_than_it_says_is_a_key_a_kind_and_one_press(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        show(page)
        page.keyboard.press("w")
        expect(page.locator("#panel h1")).to_be_focused()
        assert page.locator("#panel input:checked").count() == 0
        assert not violations(page)
        page.get_by_label("Suicide, self-harm or eating disorders").check()
        page.get_by_role("button", name="Severe").click()
        expect(page.locator("#says")).to_contain_text("The warning is changed for everybody")
        expect(page.locator("#task h1")).to_have_text("Your desk")
        assert PLACEHOLDER not in page.content()
    with reading() as session:
        assert session.scalar(select(func.count(ContentReport.id))) == 1
        assert "W05:3" in session.scalars(select(Lane.profile).join(Task)).all()


def cleared_within(page: Page, seconds: float) -> float:
    """Wait until the text is gone from the page; how long it took."""
    began = time.monotonic()
    while PLACEHOLDER in page.content():
        assert time.monotonic() - began < seconds
        page.wait_for_timeout(25)
    return time.monotonic() - began


def test_a_consent_taken_back_on_another_device_clears_the_screen(site: Site, willing: str) -> None:
    with site.visit() as here, site.visit() as there:
        start(site, here, willing)
        site.sign_in(there, willing)
        site.go(there, "/me/choices")
        show(here)
        there.get_by_role("button", name="Take back").click()
        # One look a second; the rest is this machine's own slowness.
        assert cleared_within(here, 5) < 3
        expect(here.locator("#task h1")).to_have_text("Your desk")
        expect(here.locator("#task h1")).to_be_focused()


def test_stop_now_on_one_device_clears_the_other(site: Site, willing: str) -> None:
    with site.visit() as here, site.visit() as there:
        start(site, here, willing)
        show(here)
        site.sign_in(there, willing)
        site.go(there, "/work")
        there.wait_for_load_state()
        assert PLACEHOLDER in there.content()
        there.keyboard.press("s")
        assert cleared_within(here, 5) < 3
        expect(here.locator("#task h1")).to_have_text("You are on a break")


def test_tabs_of_one_browser_tell_each_other_at_once(site: Site, willing: str) -> None:
    with site.visit() as here:
        here.add_init_script(
            "const every = window.setInterval; window.setInterval = (work, wait) => every(work, 3600000)"
        )
        start(site, here, willing)
        show(here)
        there = here.context.new_page()
        site.go(there, "/work")
        there.wait_for_load_state()
        there.keyboard.press("o")
        there.get_by_role("button", name="No sensitive content at all").click()
        expect(there.locator("#task h1")).to_have_text("No tasks right now")
        cleared_within(here, 5)  # no clock of this page runs: only the other tab can have said it
        expect(here.locator("#task h1")).to_have_text("Your desk")


def test_an_answer_on_its_way_is_not_disturbed(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        show(page)
        for _ in range(2):
            page.keyboard.press("2")
            page.keyboard.press("Control+Enter")
            expect(page.locator("#says")).to_contain_text("Saved.")
            expect(page.locator("#task h1")).to_have_text("This text is covered")
            page.wait_for_timeout(1500)  # longer than the time between two looks
            show(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_text_opens_part_by_part(site: Site, willing: str, scripts: bool) -> None:
    with site.visit(java_script_enabled=scripts) as page:
        site.sign_in(page, willing)
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Show it").click()
        page.wait_for_selector("#answer")
        part = page.locator("#answer-A details.part")
        expect(part.get_by_text(PLACEHOLDER)).to_be_hidden()
        part.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(part.get_by_text(PLACEHOLDER)).to_be_visible()
        site.go(page, "/me/comfort")
        page.locator("#collapsed").get_by_label("Off", exact=True).check()
        page.get_by_role("button", name="Save").click()
        page.wait_for_url("**saved=1")
        site.go(page, "/work")
        expect(page.locator("#answer-A").get_by_text(PLACEHOLDER)).to_be_visible()


@pytest.mark.parametrize("viewport", BOTH)
def test_the_pages_of_hard_content_can_be_used_by_everybody(
    site: Site, willing: str, let_in: Callable[[Any], str], viewport: dict[str, int]
) -> None:
    with site.visit(viewport=viewport) as page:
        start(site, page, willing)
        seen = [page.url]
        assert not violations(page) and not overflow(page)
        page.get_by_role("button", name="Skip it").click()
        expect(page.locator("#task h1")).to_have_text("This text is covered")
        assert not violations(page) and not overflow(page)
        show(page)
        assert not violations(page) and not overflow(page)
        site.go(page, "/me/training")
        assert not violations(page) and not overflow(page)
        page.get_by_role("button", name="Start").click()
        for _ in range(5):
            assert not violations(page) and not overflow(page)
            page.locator("main form button").click()
            page.wait_for_load_state()
        expect(page.locator("h1")).to_have_text("Done")
        for path in ("/me/comfort", "/me/choices", "/me/training/done", "/me/choices/W05"):
            site.go(page, path)
            assert not violations(page) and not overflow(page), path
        assert seen


@pytest.mark.parametrize("viewport", BOTH)
def test_the_pages_of_reviewers_can_be_used_by_everybody(
    site: Site, database: object, let_in: Callable[[Any], str], viewport: dict[str, int]
) -> None:
    with transaction() as session:
        project = add_project(session, overlap=1)
        add_tasks(session, project, 2)
        people = [add_labeler(session).id for _ in range(2)]
        admin = add_user(session, Role.ADMIN)
    for labeler, level in zip(people, (3, 4), strict=True):
        handed = next_task(labeler, clock.now())
        with transaction() as session:
            report(session, labeler, handed.assignment_id, "W06", level, clock.now(), least=2)  # type: ignore[union-attr]
    email = let_in(admin)
    with site.visit(viewport=viewport) as page:
        site.sign_in(page, email)
        site.go(page, f"/projects/{project.slug}/warnings")
        page.get_by_role("button", name="Show the text to me").click()
        page.get_by_text("Set lower").first.click()
        assert not violations(page) and not overflow(page)
        site.go(page, f"/projects/{project.slug}")
        assert not violations(page) and not overflow(page)
        site.go(page, "/escalations")
        page.locator("#person").select_option(label=admin.name)
        page.get_by_role("button", name="Name this person").click()
        expect(page.get_by_text("What is to become of it?")).to_be_visible()
        assert not violations(page) and not overflow(page)
