"""What a labeler waits for in a real browser: from Submit to the next task on screen, and the first load."""

from __future__ import annotations

import gzip
import http.client
import re
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.load.server import Postgres, Web, serving
from tests.load.world import PASSWORD, add_comparisons, add_people

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# Answers, and tells how many milliseconds pass until the next task has been painted.
SUBMIT = """() => new Promise((done) => {
  const before = document.querySelector("#task").dataset.assignment;
  const start = performance.now();
  document.querySelector("#answer input[type=radio]").click();
  document.querySelector("#answer").requestSubmit();
  const look = () => {
    const now = document.querySelector("#task")?.dataset.assignment;
    if (now && now !== before) requestAnimationFrame(() => setTimeout(() => {
      const took = performance.now() - start;
      setTimeout(() => done(took), 100); // htmx binds the new form a moment later; nobody presses that fast
    }));
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Milliseconds from Submit to the next task on screen, and gzipped bytes of a first load in so many requests."""

    submits: int
    p50: float
    p95: float
    worst: float
    slowed_p95: float
    first_load: int
    requests: int


def measure(postgres: Postgres, submits: int) -> OnScreen | None:
    """One labeler in Chromium on the loopback; None without a Chromium. `slowed_p95`: with a CPU four times slower."""
    if CHROMIUM is None:
        return None
    url = postgres.fresh("bench_pages")
    email = add_people(1).emails[0]
    add_comparisons(10_000, 3)
    with (
        tempfile.TemporaryDirectory() as home,
        serving(url, Path(home)) as web,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        size, requests = _first_load(page, web, email)
        plain = _submits(page, submits)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        slowed = _submits(page, submits)
        browser.close()
    return OnScreen(submits, statistics.median(plain), _p95(plain), max(plain), _p95(slowed), size, requests)


def _first_load(page: Page, web: Web, email: str) -> tuple[int, int]:
    root = f"http://{web.host}:{web.port}"
    page.goto(f"{root}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/work*")
    page.click("button:has-text('Start')")
    page.wait_for_selector("#answer")
    page.wait_for_function("() => window.htmx")  # until then Submit would load a new page
    page.wait_for_load_state("networkidle")
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    connection = http.client.HTTPConnection(web.host, web.port)

    def get(path: str) -> bytes:
        connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        return connection.getresponse().read()

    html = get("/work")
    linked = sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(html).decode())))
    size = len(html) + sum(len(get(path)) for path in linked)
    connection.close()
    return size, 1 + len(linked)


def _submits(page: Page, count: int) -> list[float]:
    for _ in range(5):
        page.evaluate(SUBMIT)
    return [float(page.evaluate(SUBMIT)) for _ in range(count)]


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
