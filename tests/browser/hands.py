"""A person who works by keyboard alone, a clock that goes when the test says so, what the machine does meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

from playwright.sync_api import Locator, Page, expect

from labeler.jobs import pay, schedule
from tests.browser.conftest import overflow, violations

MOST_TABS = 150
"""So many presses of Tab lead round every page of ours."""

SEEN = """(controls) => {
  const control = controls.find((each) => each === document.activeElement);
  if (!control) return null;
  const shown = control.closest("label") ?? control;
  return [...shown.getClientRects()].some(({ left, top, width, height }) => [0.1, 0.5, 0.9].some((x) =>
    [0.1, 0.5, 0.9].some((y) => shown.contains(document.elementFromPoint(left + width * x, top + height * y)))));
}"""
"""Of the control that has the focus: whether a part of it is on the screen and uncovered (WCAG 2.4.11); else null."""


TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((part) => part.id);
  return ids.filter((id, n) => ids.indexOf(id) !== n).map((id) => `the id ${id} stands twice`);
}"""
"""Ids that more than one part of the page has: a label or a link then leads to another part than the one meant."""


def faults(page: Page) -> list[str]:
    """What keeps somebody from using this page: what axe finds, what scrolls sideways, ids that stand twice."""
    return violations(page) + overflow(page) + page.evaluate(TWICE)


class StandingClock:
    """The product's time. It stands until it is moved, so that every span in a test is the one the test says."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, zone: tzinfo) -> datetime:
        """What `labeler.clock` asks the system for."""
        return self.at.astimezone(zone)

    def go(self, **span: float) -> datetime:
        """Let time pass: `minutes`, `seconds` … as `timedelta` has them."""
        self.at += timedelta(**span)
        return self.at


def machine() -> None:
    """What the worker's schedule does by the clock."""
    schedule.expire_assignments()
    schedule.look_at_the_pool()
    schedule.settle_cases()
    pay.settle_due()


class Hands:
    """Two hands on a keyboard. Nothing here clicks; every page that is come to is looked at as a whole."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def named(self, role: str, name: str, *, exact: bool = True) -> Locator:
        """The controls of this role and name."""
        return self.page.get_by_role(role, name=name, exact=exact)  # type: ignore[arg-type]

    def to(self, role: str, name: str, *, exact: bool = True) -> None:
        """Press Tab until the focus is on this control, the first of several; it must be in sight then."""
        wanted = self.named(role, name, exact=exact)
        expect(wanted.first).to_be_attached()
        for _ in range(MOST_TABS):
            seen = wanted.evaluate_all(SEEN)
            if seen is not None:
                assert seen, f"{role} “{name}” has the focus and can't be seen"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to the {role} “{name}” on {self.page.url}")

    def press(self, role: str, name: str, *, exact: bool = True) -> None:
        """Go to a link or a button, and press Enter."""
        self.to(role, name, exact=exact)
        self.page.keyboard.press("Enter")

    def go(self, name: str) -> None:
        """Follow one of the header's ways."""
        self.press("link", name)

    def write(self, name: str, words: str) -> None:
        """Go to a field, and type."""
        self.to("textbox", name)
        self.page.keyboard.type(words)

    def choose(self, first: str, wanted: str) -> None:
        """Go to a group of radios by its first one, and down to another with the arrow."""
        self.to("radio", first, exact=False)
        choice = self.named("radio", wanted, exact=False)
        for _ in range(20):
            self.page.keyboard.press("ArrowDown")
            if choice.is_checked():
                return
        raise AssertionError(f"The arrow does not lead to “{wanted}”")

    def key(self, key: str) -> None:
        """Press one key of the desk."""
        self.page.keyboard.press(key)

    def sees(self, title: str) -> None:
        """This page has come, and is sound: axe finds nothing, and nothing scrolls sideways."""
        expect(self.page.locator("main h1")).to_have_text(title)
        self.page.wait_for_load_state()
        self.sound()

    def sound(self) -> None:
        """The page as it stands is sound for everybody."""
        found = faults(self.page)
        assert not found, f"{self.page.title()} ({self.page.url}): {found}"

    def says(self, words: str) -> None:
        """The page says these words somewhere."""
        expect(self.page.locator("body")).to_contain_text(words)

    @contextmanager
    def beside(self, title: str) -> Iterator[None]:
        """A panel beside the task is open, with the focus on its heading, and is sound."""
        expect(self.page.locator("#panel h1")).to_have_text(title)
        expect(self.page.locator("#panel h1")).to_be_focused()
        self.sound()
        yield
