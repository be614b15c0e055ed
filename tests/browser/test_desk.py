"""A labeler's shift in a real browser: by keyboard, on a phone, without scripts, without a connection, signed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update

from labeler import clock
from labeler.accounts.models import SignInSession
from labeler.db import reading, transaction
from labeler.judgments.models import Judgment
from labeler.wellbeing.models import Break, OptOut
from labeler.wellbeing.service import give_consent
from tasks.content import Completion, Item, Message, Role
from tests.browser.conftest import NARROW, PASSWORD, WIDE, Site, overflow, violations
from tests.support.build import add_labeler, add_project, add_tasks

SENSITIVE = {"W05": 2}
PLACEHOLDER = "[placeholder"


@pytest.fixture
def labeler(database: object, let_in: Callable[[Any], str]) -> str:
    """A labeler with twelve comparisons before her."""
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=1, name="Helpful answers"), 12)
        person = add_labeler(session)
    return let_in(person)


@pytest.fixture
def willing(database: object, let_in: Callable[[Any], str]) -> str:
    """A labeler who has said yes to one kind of hard content, and three tasks of it."""
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=1, categories=SENSITIVE), 3, profile=SENSITIVE)
        person = add_labeler(session)
        give_consent(session, person.id, "W05", 2, clock.now())
    return let_in(person)


def judged() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Judgment)) or 0


def held(page: Page) -> str:
    return page.get_attribute("#task", "data-assignment") or ""


def arrives(page: Page, before: str) -> None:
    """Wait until another task is on the screen."""
    page.wait_for_function(
        "(before) => (document.querySelector('#task')?.dataset.assignment ?? before) !== before", arg=before
    )


def wait_until_judged(page: Page, count: int) -> None:
    """Wait until the server has so many answers."""
    for _ in range(100):
        if judged() == count:
            return
        page.wait_for_timeout(50)
    assert judged() == count


def start(site: Site, page: Page, email: str) -> None:
    site.sign_in(page, email)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("#task[data-assignment]")
    page.wait_for_load_state()  # keys work from then on


def test_a_shift_by_keyboard_alone(site: Site, labeler: str) -> None:
    with site.visit() as page:
        site.sign_in(page, labeler)
        page.get_by_role("button", name="Start").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#answer")
        page.wait_for_load_state()
        for n in range(5):
            before = held(page)
            page.keyboard.press("2")
            page.keyboard.press("Control+Enter")
            arrives(page, before)
            expect(page.locator("#task h1")).to_be_focused()
            expect(page.locator("#says")).to_contain_text("Saved.")
            assert judged() == n + 1


def test_every_key_that_is_printed_works(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.keyboard.press("o")
        expect(page.locator("#panel")).to_be_visible()
        expect(page.locator("#panel")).to_contain_text("You don't need to give a reason.")
        assert page.evaluate("document.activeElement.tagName") == "H1"
        page.keyboard.press("Escape")
        expect(page.locator("#panel")).to_be_hidden()
        page.keyboard.press("i")
        expect(page.locator("#panel")).to_contain_text("What we ask")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("l")
        assert page.get_attribute("[data-press=l]", "aria-pressed") == "true"
        page.keyboard.press("9")
        assert page.is_checked("[data-key='9']")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("[data-press=u]")
        page.keyboard.press("u")
        page.wait_for_selector("[data-revising]")
        assert page.is_checked("[data-key='9']")
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#says")).to_contain_text("Your change is saved.")
        page.keyboard.press("b")
        expect(page.locator("h1")).to_have_text("You are on a break")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Break)) == 1
        assert session.scalar(select(func.max(Judgment.version))) == 2


def test_one_text_alone_and_what_differs(site: Site, database: object, let_in: Callable[[Any], str]) -> None:
    said = "The bus comes at ten past {} from the stop beside the old bridge, and the ride takes half an hour."
    pair = [said.format("nine"), said.format("three")]
    with transaction() as session:
        item = Item(
            prompt=(Message(role=Role.USER, content="When does the bus come?"),),
            completions=tuple(
                Completion(messages=(Message(role=Role.ASSISTANT, content=text),), model=None) for text in pair
            ),
        )
        add_tasks(session, add_project(session, overlap=1), 1, items=[item])
        person = add_labeler(session)
    with site.visit() as page:
        start(site, page, let_in(person))
        page.keyboard.press("f")
        expect(page.locator("#full")).to_contain_text("The bus comes at ten past")
        page.keyboard.press("Escape")
        expect(page.locator("#full-inside")).to_be_empty()
        page.keyboard.press("d")
        marked = page.locator("#panel mark")
        expect(marked).to_have_count(2)
        assert {"nine" in text or "three" in text for text in marked.all_inner_texts()} == {True}
        assert not violations(page)
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        expect(page.locator("textarea[name=comment]")).to_be_focused()


def test_texts_that_have_little_in_common_are_not_compared(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        assert page.locator("[data-press=d]").count() == 0


def test_a_key_pressed_while_writing_is_a_letter(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.click("details.remarks summary")
        page.fill("textarea[name=comment]", "")
        page.type("textarea[name=comment]", "o1b")
        assert page.input_value("textarea[name=comment]") == "o1b"
        assert page.locator("#answer input[type=radio]:checked").count() == 0


def test_keys_can_be_turned_off(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.keyboard.press("?")
        page.uncheck("#keys-on")
        page.keyboard.press("Escape")
        page.keyboard.press("1")
        assert page.locator("#answer input[type=radio]:checked").count() == 0


def test_an_answer_without_a_choice_comes_back_with_what_is_wrong(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.click("details.remarks summary")
        page.fill("textarea[name=comment]", "kept")
        page.click("button.primary")
        expect(page.locator("#problems")).to_contain_text("Choose which answer is better")
        assert page.evaluate("document.activeElement.id") == "problems"
        assert page.title().startswith("Error:")
        assert page.input_value("textarea[name=comment]") == "kept"
        assert judged() == 0


def test_a_draft_is_there_again_after_a_reload_and_on_another_device(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.keyboard.press("3")
        expect(page.locator("#kept")).to_contain_text("Saved")
        page.reload()
        assert page.is_checked("[data-key='3']")
    with site.visit(viewport=NARROW) as other:
        site.sign_in(other, labeler)
        assert other.is_checked("[data-key='3']")


def test_a_lost_connection_loses_no_answer(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        before = held(page)
        page.context.set_offline(True)
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#offline")).to_have_text("Not connected. Your answer is kept here and will be sent.")
        assert judged() == 0
        page.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        arrives(page, before)
        assert judged() == 1
        assert page.evaluate("Object.keys(localStorage).length") == 0


def test_a_reply_that_was_lost_has_one_effect(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        before = held(page)
        lost: list[str] = []

        def lose(route: Any) -> None:
            route.fetch()  # the server has it, and stores it
            lost.append(route.request.url)
            route.abort()

        page.route("**/answer", lose, times=1)
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#offline")).to_be_visible()
        assert lost
        assert judged() == 1
        page.evaluate("dispatchEvent(new Event('online'))")
        arrives(page, before)
        assert judged() == 1


def test_an_ended_session_loses_no_answer(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        before = held(page)
        page.keyboard.press("4")
        with transaction() as session:
            session.execute(update(SignInSession).values(ended_at=clock.now()))
        page.keyboard.press("Control+Enter")
        expect(page.locator("#again")).to_be_visible()
        page.fill("#again [name=email]", labeler)
        page.fill("#again [name=password]", "wrong for once")
        page.click("#again button")
        expect(page.locator("#again-title")).to_contain_text("did not match")
        page.fill("#again [name=password]", PASSWORD)
        page.click("#again button")
        arrives(page, before)
        expect(page.locator("#again")).to_be_hidden()
    with reading() as session:
        answer = session.scalars(select(Judgment.answer)).one()
        assert '"margin":1' in answer


def test_pressing_twice_counts_once(site: Site, labeler: str) -> None:
    with site.visit() as page:
        start(site, page, labeler)
        page.keyboard.press("1")
        page.evaluate(
            "() => { const form = document.querySelector('#answer'); form.requestSubmit(); form.requestSubmit(); }"
        )
        expect(page.locator("#says")).to_contain_text("Saved.")
        assert judged() == 1


def test_a_sensitive_text_is_nowhere_before_it_is_asked_for(site: Site, willing: str) -> None:
    seen: list[str] = []
    with site.visit() as page:
        page.on(
            "response",
            lambda reply: (
                seen.append(reply.text())
                if "text/html" in reply.headers.get("content-type", "") and reply.status == 200
                else None
            ),
        )
        start(site, page, willing)
        expect(page.locator("h1")).to_have_text("Before you open this task")
        page.wait_for_load_state("networkidle")
        assert not any(PLACEHOLDER in each for each in seen)
        assert PLACEHOLDER not in page.content()
        show, skip = (page.get_by_role("button", name=name) for name in ("Show it", "Skip it"))
        assert show.bounding_box()["height"] == skip.bounding_box()["height"] >= 44  # type: ignore[index]
        assert abs(show.bounding_box()["width"] - skip.bounding_box()["width"]) < 1  # type: ignore[index]
        assert page.evaluate("document.activeElement.tagName") != "BUTTON"
        show.click()
        page.wait_for_selector("#answer")
        assert PLACEHOLDER in page.content()
        page.keyboard.press("h")
        expect(page.locator("h1")).to_have_text("Before you open this task")
        assert PLACEHOLDER not in page.content()
        assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])").count(PLACEHOLDER) == 0


def test_going_back_after_leaving_shows_no_sensitive_text(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        page.get_by_role("button", name="Show it").click()
        page.wait_for_selector("#answer")
        page.goto(f"{site.address}/answers")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in*")
        for _ in range(3):
            page.go_back()
            assert PLACEHOLDER not in page.content()


def test_an_opt_out_takes_two_presses_and_clears_the_screen(site: Site, willing: str) -> None:
    with site.visit() as page:
        start(site, page, willing)
        page.get_by_role("button", name="Show it").click()
        page.wait_for_selector("#answer")
        page.keyboard.press("o")
        page.get_by_role("button", name="No sensitive content at all").click()
        expect(page.locator("#says")).to_contain_text(
            "Your pay for this time, your rating and your other work stay the same."
        )
        assert PLACEHOLDER not in page.content()
        expect(page.locator("#task h1")).to_have_text("No tasks right now")
        expect(page.locator("#panel-inside")).to_be_empty()
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(OptOut)) == 1


@pytest.mark.parametrize("kind", ["comparison", "rating"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_shift_on_a_phone(
    site: Site, database: object, let_in: Callable[[Any], str], kind: str, scripts: bool
) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, kind=kind, overlap=1), 3)
        person = add_labeler(session)
    email = let_in(person)
    with site.visit(viewport=NARROW, has_touch=True, java_script_enabled=scripts) as page:
        start(site, page, email)
        for n in range(3):
            assert not overflow(page)
            boxes = [label.bounding_box() for label in page.locator("#answer .choice").all()]
            assert not [box for box in boxes if box and min(box["height"], box["width"]) < 43.5]
            groups = page.locator("#answer input[type=radio]").evaluate_all("(all) => all.map((each) => each.name)")
            for name in dict.fromkeys(groups):
                page.locator(f"#answer label:has(input[name='{name}'])").first.click()
            page.get_by_role("button", name="Submit and next").click()
            wait_until_judged(page, n + 1)
            expect(page.locator("#says")).to_contain_text("Saved.")
            page.wait_for_load_state("networkidle")
        expect(page.locator("#task h1")).to_have_text("No tasks right now")


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [
        pytest.param(WIDE, "light", id="wide-light"),
        pytest.param(NARROW, "dark", id="narrow-dark"),
        pytest.param(WIDE, "dark", id="wide-dark", marks=pytest.mark.slow),
        pytest.param(NARROW, "light", id="narrow-light", marks=pytest.mark.slow),
    ],
)
def test_the_desk_can_be_used_by_everybody(site: Site, labeler: str, viewport: dict[str, int], scheme: str) -> None:
    with site.visit(viewport=viewport, color_scheme=scheme) as page:
        site.go(page, "/sign-in")
        assert not violations(page)
        site.sign_in(page, labeler)
        for path in (
            "/work",
            "/answers",
            "/me/choices",
            "/me/choices/W05",
            "/me/help",
            "/me/what-we-record",
            "/account",
        ):
            site.go(page, path)
            assert not violations(page), path
            assert not overflow(page), path
        site.go(page, "/work")
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector("#answer")
        assert not violations(page)
        assert not overflow(page)
        page.click("[data-press=o]")
        page.wait_for_selector("#panel[open] h1")
        assert not violations(page)
        page.keyboard.press("Escape")
        page.click("[data-press=b]")
        page.wait_for_selector("text=You are on a break")
        assert not violations(page)
