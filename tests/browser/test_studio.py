"""The studio in a real browser: a project from nothing to live, wide and on a telephone, with scripts and without."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from labeler import clock
from labeler.accounts.models import SignInSession
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.exports.models import Approval
from labeler.jobs import worker
from labeler.projects.models import Batch, ImportState, Project
from labeler.projects.rules import ProjectState
from labeler.projects.service import request_import
from labeler.projects.usage import service as usage
from labeler.projects.usage.models import ProjectApproval
from labeler.webhooks.models import Webhook, WebhookAttempt, WebhookMessage
from tests.browser.conftest import NARROW, WIDE, Site, overflow, violations
from tests.exports.build import BETTER_0, TIE, add_judgment
from tests.exports.versions import add_version
from tests.support.build import NOW, USE, add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database


@pytest.fixture
def researcher(database: Database, let_in: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with transaction() as session:
        person = add_user(session, Role.RESEARCHER)
    return let_in(person)


@pytest.fixture
def loaves(tmp_path: Path) -> Path:
    """A file of three comparisons."""
    path = tmp_path / "loaves.jsonl"
    rows = [
        {"prompt": f"How long do I bake loaf {n}?", "completions": ["Forty minutes.", "I like it."]} for n in range(3)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


def approve_it() -> None:
    """What somebody else does meanwhile."""
    with transaction() as session:
        ask = session.scalars(select(ProjectApproval)).one()
        second = add_user(session, Role.ADMIN).id
        usage.approve(session, second, ask.project_id, ask.digest, "", clock.now())


def work() -> None:
    while (job := worker.next_due()) is not None:
        assert worker.run(job)


@pytest.mark.parametrize(
    ("viewport", "scripts"),
    [(WIDE, True), (NARROW, True), (WIDE, False)],
)
def test_a_project_is_set_up_from_nothing_to_live(
    site: Site, researcher: str, loaves: Path, viewport: Any, scripts: bool
) -> None:
    with site.visit(viewport=viewport, java_script_enabled=scripts) as page:
        site.sign_in(page, researcher)
        expect(page).to_have_url(f"{site.address}/projects")
        page.get_by_role("link", name="New project").click()
        page.get_by_role("link", name="Use this kind Comparison of two answers").click()
        for name, words in (
            ("Name", "Bread"), ("Purpose", "To learn which answers help."), ("Client", "Meadow"),
            ("Pay", "12 EUR an hour"), ("Seconds for one task", "60"), ("Sensitive tasks of 100", "0"),
        ):  # fmt: skip
            page.get_by_label(name, exact=True).fill(words)
        page.get_by_label("There is none").check()
        save(page)
        expect(page.get_by_text("Labelers are owed 2 more things")).to_be_visible()
        page.get_by_role("link", name="Instructions").first.click()
        page.get_by_label("Text, in Markdown").fill("# Bread\n\nRead **both**.")
        page.get_by_role("button", name="Save as version 1").click()
        page.get_by_role("link", name="Data").click()
        page.get_by_role("link", name="Import a file").click()
        page.get_by_label("File", exact=True).set_input_files(loaves)
        page.get_by_role("button", name="Send it and look").click()
        expect(page.get_by_text("all 3 rows, which make 3 tasks")).to_be_visible()
        page.get_by_role("button", name="Import all").click()
        expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
        work()
        if not scripts:
            page.get_by_role("link", name="Look again").click()
        expect(page.get_by_text("tasks imported")).to_be_visible(timeout=10_000)
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("button", name="Check").click()
        page.get_by_role("link", name="Ask for approval").click()
        page.get_by_label("Intended use of the data").fill(USE.intended_use)
        page.get_by_label("The project serves none of them.").check()
        page.get_by_role("button", name="Ask a second person").click()
        expect(page.get_by_text("Waits for a second person.", exact=True)).to_be_visible()
        if scripts:  # axe waits for timers, which a page without scripts has none of
            assert not violations(page) and not overflow(page)
        approve_it()
        page.get_by_role("link", name="Overview").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text("Tasks are handed out from now on.")).to_be_visible()
    with reading() as session:
        assert session.scalars(select(Project.state)).one() is ProjectState.LIVE


def test_the_preview_follows_what_is_typed(site: Site, researcher: str) -> None:
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/new/comparison")
        shown = page.locator("#preview-inside")
        page.get_by_label("Name", exact=True).press_sequentially("Brown bread")
        expect(shown.get_by_role("heading", name="Brown bread", include_hidden=True)).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        page.get_by_label("A or B, no degrees").check()
        expect(shown.locator("[name=choice]")).to_have_count(5)
        page.get_by_label("−3 to 3, with a tie at 0").check()
        page.locator("#options-tie").uncheck()
        expect(shown.get_by_text("The preview shows again once this is mended:")).to_be_visible()


def test_the_preview_is_as_narrow_as_a_telephone_or_as_wide_as_the_page(site: Site, researcher: str) -> None:
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/new/comparison")
        panes = page.locator("#preview-inside .pane")

        def beside() -> bool:
            first, second = panes.nth(0).bounding_box(), panes.nth(1).bounding_box()
            assert first is not None
            assert second is not None
            return first["y"] == second["y"]

        frame = page.locator("#preview-inside .frame").last.bounding_box()
        assert frame is not None
        assert frame["width"] == 360
        assert not beside()
        page.get_by_label("Wide").check()
        assert beside()


def test_adding_a_scale_keeps_the_place_and_leads_to_its_name(site: Site, researcher: str) -> None:
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/new/rating")
        page.get_by_label("Name", exact=True).first.fill("Bread")
        page.get_by_role("button", name="Add one Scales").click()
        expect(page.locator("#options-scales-3-name")).to_be_focused()
        expect(page.get_by_label("Name", exact=True).first).to_have_value("Bread")
        expect(page).to_have_url(f"{site.address}/projects/new/rating")


def test_a_form_sent_without_its_file_says_so_in_place(site: Site, researcher: str) -> None:
    with transaction() as session:
        add_project(session, slug="bread", state=ProjectState.DRAFT)
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/bread/imports/new")
        page.get_by_role("button", name="Send it and look").click()
        expect(page.get_by_role("link", name="Choose a file that is not empty.")).to_be_visible()
        assert page.url.endswith("/imports/new")


def test_an_ended_session_leads_from_the_progress_to_the_sign_in(site: Site, researcher: str) -> None:
    with transaction() as session:
        made = add_project(session, slug="bread", state=ProjectState.DRAFT)
        batch = request_import(session, made.created_by, made.id, "a.jsonl", Path("a.jsonl"), {}, clock.now()).id
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, f"/projects/bread/imports/{batch}")
        with transaction() as session:
            session.execute(update(SignInSession).values(ended_at=clock.now()))
        page.wait_for_url(f"**/sign-in?next=*{batch}*", timeout=10_000)


def test_an_ended_session_takes_nothing_that_was_typed(site: Site, researcher: str) -> None:
    with site.visit() as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/new/comparison")
        with transaction() as session:
            session.execute(update(SignInSession).values(ended_at=clock.now()))
        page.get_by_label("Name", exact=True).press_sequentially("Brown bread")
        expect(page.get_by_text("copy what you typed")).to_be_visible()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Brown bread")
        expect(page.locator("#preview-inside .frame")).to_have_count(2)


def test_an_export_is_counted_first_on_a_telephone_and_then_asked_for(site: Site, researcher: str, busy: str) -> None:
    with site.visit(viewport=NARROW) as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/bread/exports/new")
        page.get_by_text("Only some answers").click()
        page.get_by_text("Test split, and prompts to keep out").click()
        page.get_by_label("Given on this day or earlier").fill("2031-01-01")
        page.get_by_label("Prompts to keep out").fill("Why is the sky red in the evening?")
        page.get_by_label("Fewest judgments").fill("2")
        page.get_by_role("button", name="Count first").click()
        steps = page.locator("#steps")
        expect(steps.get_by_role("row", name="of tasks with fewer judgments than asked for")).to_be_visible()
        expect(steps.get_by_text("counted while it is written")).to_be_visible()
        expect(page.get_by_label("Given on this day or earlier")).to_have_value("2031-01-01")
        assert not violations(page)
        assert not overflow(page)
        page.get_by_label("Percent of the prompts").fill("50")
        page.get_by_role("button", name="Make the export").click()
        page.wait_for_url("**/exports/2")


PAGES = (
    "", "/new", "/new/comparison", "/new/rating", "/bread", "/bread/form", "/bread/instructions",
    "/bread/instructions/1", "/bread/imports", "/bread/imports/new", "/bread/close", "/bread/exports",
    "/bread/exports/1", "/bread/webhook",
)  # fmt: skip


@pytest.fixture
def busy(researcher: str) -> str:
    """A project with answers, and an import that was refused."""
    with transaction() as session:
        made = add_project(session, slug="bread", categories={"W01": 4, "W06": 2})
        tasks = add_tasks(session, made, 4)
        add_tasks(session, made, 2, profile={"W06": 2})
        for task, answer in zip(tasks, (BETTER_0, BETTER_0, TIE), strict=False):
            add_judgment(session, made, task, add_labeler(session), answer)
        refused = Batch(
            project_id=made.id, name="bad.csv", content_hash="", copy=0, created_by=made.created_by,
            created_at=made.created_at, settings={},
        )  # fmt: skip
        refused.state = ImportState.REFUSED
        refused.report = {"problem_count": 1, "problems": [{"line": 2, "field": "prompt", "message": "Write a text."}]}
        session.add(refused)
        add_version(session, made, approval=Approval.WAITING)
        url = f"https://hooks.example.org/{'a-long-address' * 8}"
        hook = Webhook(project_id=made.id, url=url, made_by=made.created_by, made_at=NOW, failures=10, stopped_at=NOW)
        session.add(hook)
        session.flush()
        told = WebhookMessage(webhook_id=hook.id, event="export.done", facts={"number": 1}, made_at=NOW)
        session.add(told)
        session.flush()
        session.add(WebhookAttempt(message_id=told.id, at=NOW, fine=False, status=500, words="It answered 500."))
        session.flush()
        return f"/bread/imports/{refused.id}"


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"viewport": WIDE}, id="wide", marks=pytest.mark.slow),
        pytest.param({"viewport": NARROW, "color_scheme": "dark"}, id="narrow-dark"),
    ],
)
def test_every_page_can_be_used_by_everybody(site: Site, researcher: str, busy: str, look: dict[str, Any]) -> None:
    with site.visit(**look) as page:
        site.sign_in(page, researcher)
        for path in (*PAGES, busy):
            site.go(page, f"/projects{path}")
            assert not violations(page), path
            assert not overflow(page), path
