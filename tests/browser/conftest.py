"""A real Chromium against the whole application, served on the loopback over SQLite."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from labeler.accounts.models import User
from labeler.accounts.passwords import hashed
from labeler.db import transaction
from tests.support import database as databases
from tests.support.database import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
BOTH = [pytest.param(NARROW, id="narrow"), pytest.param(WIDE, id="wide", marks=pytest.mark.slow)]
"""Both screens, for tests that look at every page of a kind: the small one always, the wide one in `make test-all`."""
PASSWORD = "a sentence for the browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason='no Chromium here; install the package "chromium"'))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """SQLite alone: what differs between the databases is tested without a browser."""
    with databases.sqlite(sqlite_template, tmp_path) as made:
        yield made


@dataclass
class Site:
    """The running product, and browsers that visit it."""

    app: Flask
    address: str
    browser: Browser

    @contextmanager
    def visit(self, **options: Any) -> Iterator[Page]:
        """A page in a browser of its own: `viewport`, `java_script_enabled`, `color_scheme` … are Playwright's.

        A fault in the browser's console, or a request to anywhere else, fails the test.
        """
        context: BrowserContext = self.browser.new_context(**{"viewport": WIDE, **options})
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        context.on(
            "request",
            lambda asked: None if asked.url.startswith((self.address, "data:", "about:")) else faults.append(asked.url),
        )
        try:
            yield page
        finally:
            context.close()
        assert not faults

    def sign_in(self, page: Page, email: str, password: str = PASSWORD) -> None:
        """Through the sign-in page."""
        page.goto(f"{self.address}/sign-in")
        page.fill("[name=email]", email)
        page.fill("[name=password]", password)
        page.click("main button")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    def go(self, page: Page, path: str) -> None:
        """Open a page of ours."""
        page.goto(f"{self.address}{path}")


def whole(app: Flask) -> WSGIApplication:
    """The application, with each reply made and closed before it is sent: the tests' server forgets to close a reply
    whose browser has left meanwhile."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        reply = app(environ, start_response)
        with closing(reply) if hasattr(reply, "close") else nullcontext():
            return [b"".join(reply)]

    return serve


@pytest.fixture
def site(app: Flask, browser: Browser) -> Iterator[Site]:
    app.testing = False
    server = make_server("127.0.0.1", 0, whole(app), threaded=True)
    aside = threading.Thread(target=server.serve_forever, daemon=True)
    aside.start()
    try:
        yield Site(app, f"http://127.0.0.1:{server.server_port}", browser)
    finally:
        server.shutdown()
        aside.join()
        server.server_close()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hashed(PASSWORD)


@pytest.fixture
def let_in(password_hash: str) -> Callable[[Any], str]:
    """Give a person the tests' password; returns her address."""

    def give(person: Any) -> str:
        with transaction() as session:
            user = session.scalars(select(User).where(User.id == person.id)).one()
            user.password_hash = password_hash
            return user.email

    return give


LOOK = """async (rules) => {
  const [left, top] = [scrollX, scrollY];
  scrollTo({left: 0, top: 0, behavior: "instant"});
  const found = await axe.run(document, rules);
  scrollTo({left, top, behavior: "instant"});
  return found;
}"""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    """What axe finds on the page: rule, and where.

    The page is looked at from its top and then scrolled back: how far it was scrolled decides what lies half beneath
    a bar that stays in sight, and axe takes what is left of such a control for its size.
    """
    page.evaluate(AXE)
    found = page.evaluate(LOOK, RULES)
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


def overflow(page: Page) -> list[str]:
    """Parts that make the page scroll sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
        [...document.querySelectorAll("body *")].filter((part) => part.getBoundingClientRect().right >
          document.documentElement.clientWidth + 1).slice(0, 5).map((part) => part.outerHTML.slice(0, 120))"""
    )
