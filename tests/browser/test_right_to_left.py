"""The desk for somebody who reads Arabic: texts run from the right, and the shell mirrors when its page says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labeler.db import transaction
from tasks.content import Completion, Item, Message, Role
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.hands import Hands, faults
from tests.support.build import add_labeler, add_project, add_tasks

QUESTION = "كيف أحافظ على الريحان حيًا على حافة النافذة؟"
ANSWERS = (
    "ضعه في مكان فيه **ضوء**، واسقه من الأسفل.\n\n1. املأ الصحن بالماء.\n2. انتظر نصف ساعة.\n\n"
    "مثال:\n\n```python\nprint('water')\n```",
    "الريحان نبات، وله رائحة طيبة. انظر `basil.txt` أيضًا.",
)
WATCHED = "#prompt .text p, .pane .text p, .pane .text li"


@pytest.fixture
def reader(database: object, let_in: Callable[[Any], str]) -> str:
    """A labeler who reads Arabic, with two comparisons in Arabic before her."""
    item = Item(
        prompt=(Message(role=Role.USER, content=QUESTION),),
        completions=tuple(
            Completion(messages=(Message(role=Role.ASSISTANT, content=text),), model=None) for text in ANSWERS
        ),
    )
    with transaction() as session:
        project = add_project(session, overlap=1, languages=("ar",), name="إجابات مفيدة")
        add_tasks(session, project, 2, language="ar", items=[item, item])
        person = add_labeler(session, languages=("ar",), name="أمينة")
    return let_in(person)


def directions(page: Page, selector: str) -> set[str]:
    """The directions in which these parts run."""
    return set(page.locator(selector).evaluate_all("(parts) => parts.map((part) => getComputedStyle(part).direction)"))


def start_of(page: Page, selector: str) -> float:
    """How far a part begins from the right edge of the screen."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return page.evaluate("document.documentElement.clientWidth") - box["x"] - box["width"]


def looks(page: Page, kept: Path) -> None:
    """A picture of the page as it stands: to hide the caret takes an inline style, which no page of ours allows."""
    page.screenshot(path=kept, full_page=True, caret="initial", animations="allow")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_arabic_runs_from_the_right_and_the_shell_mirrors(
    site: Site, reader: str, size: dict[str, int], tmp_path: Path
) -> None:
    with site.visit(viewport=size, reduced_motion="reduce") as page:
        hands = Hands(page)
        site.sign_in(page, reader)
        hands.press("button", "Start")
        page.wait_for_selector("#answer")
        assert directions(page, WATCHED) == {"rtl"}
        assert directions(page, ".pane code") == {"ltr"}
        assert {page.get_attribute(part, "lang") for part in ("#prompt", "#answer-A .inside")} == {"ar"}
        assert not faults(page)
        looks(page, tmp_path / "desk.png")
        # The words of the shell are English as yet. A page in another language says so in one attribute.
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert directions(page, "#task, #answer, .shell nav") == {"rtl"}
        assert directions(page, ".pane code") == {"ltr"}
        if size is WIDE:
            assert start_of(page, "#answer-A") < start_of(page, "#answer-B"), "A stands where reading begins"
            assert start_of(page, "#where") < start_of(page, ".shell nav")
        keys = [page.locator(f"[data-key='{key}']").bounding_box() for key in "12"]
        assert keys[0]["x"] > keys[1]["x"], "the scale runs with the reading"  # type: ignore[index]
        assert not faults(page)
        looks(page, tmp_path / "mirrored.png")
        hands.key("c")
        page.keyboard.type("الأولى أوضح.")
        assert directions(page, "textarea[name=comment]") == {"rtl"}
        hands.to("radio", "1", exact=False)
        hands.key("Space")
        hands.key("Control+Enter")
        expect(page.locator("#says")).to_contain_text("Saved.")
        hands.key("o")
        with hands.beside("Not this one"):
            panel = page.locator("#panel").bounding_box()
            assert panel is not None and panel["x"] < 1, "the panel comes from where lines end"
