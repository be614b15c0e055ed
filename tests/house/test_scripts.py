"""What runs in the browser watches nobody (MON-2, MON-4): no forbidden interface; the check-in sends nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labeler.compliance.selfchecks.shipped import without_comments
from labeler.compliance.selfchecks.watching import FORBIDDEN, REFUSED, asks_by_itself, watches
from labeler.config import ROOT
from labeler.headers import HEADERS
from tests.house.test_house import PAGES, short

SCRIPTS = sorted((ROOT / "static").glob("*.js"))

KEYS = {
    "desk.js": "keys are the way to work without a mouse; they choose and press, and nothing of them is kept or sent"
}
"""Scripts that may hear keys, with the reason."""

CLOCKS = {
    "desk.js": {
        "HEARTBEAT": "keeps an open task for her",
        "RETRY": "sends an answer that was waiting for the connection",
        "LOOK": "OPT-2: asks whether the open task may still be seen, so that it leaves the screen within a second",
    }
}
"""Scripts with a clock, by the name of its span, and what for."""


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES], ids=short)
def test_nothing_that_watches_a_person_is_used(path: Path) -> None:
    assert not watches(path, path.read_text())


def test_tabs_of_one_browser_tell_each_other_to_look_and_nothing_else() -> None:
    text = without_comments((ROOT / "static" / "desk.js").read_text())
    assert re.findall(r"postMessage\((.*?)\)", text) == ['""']
    assert re.findall(r"tabs\?\.addEventListener\((.*?)\)", text) == ['"message", look']
    look = text[text.index("async function look(") :].partition("\n}")[0]
    assert look.startswith("async function look()"), "it takes nothing from the message"


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_keys_are_heard_where_they_work_and_never_kept_or_sent(path: Path) -> None:
    text = without_comments(path.read_text())
    heard = [text[at.start() :].partition("\n});")[0] for at in re.finditer(r"addEventListener\(\"keydown\"", text)]
    assert bool(heard) <= (path.name in KEYS)
    assert "onkeydown" not in text and text.count("keydown") == len(heard)
    for body in heard:
        assert not re.search(r"\b(?:send|fetch|store\.set|localStorage|push|saveDraft)\b", body)


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_clocks_run_only_where_a_task_is_open(path: Path) -> None:
    text = without_comments(path.read_text())
    spans = re.findall(r"^setInterval\(.*?, (\w+)\);$", text, re.M | re.S)
    assert len(spans) == text.count("setInterval") and len(set(spans)) == len(spans)
    assert set(spans) <= CLOCKS.get(path.name, {}).keys()


def test_the_look_whether_a_task_may_be_seen_needs_an_open_one_and_tells_the_server_nothing() -> None:
    text = without_comments((ROOT / "static" / "desk.js").read_text())
    look = text[text.index("async function look(") :].partition("\n}")[0]
    assert re.search(r"const here = task\(\);\s*if \(!here\?\.dataset\.assignment \|\|.*document\.hidden", look)
    (asked,) = re.findall(r"fetch\((.*)\)\.catch", look)
    assert asked.startswith("`/assignments/${here.dataset.assignment}/still${shown}`, {")
    assert "method" not in asked and "body" not in asked and "send(" not in look
    assert re.findall(r"const shown = (.*);", look) == ['here.hasAttribute("data-shown") ? "?shown=1" : ""']


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_no_page_of_a_labeler_asks_the_server_by_itself(path: Path) -> None:
    assert not asks_by_itself(path, path.read_text())


def test_the_heartbeat_needs_an_open_task() -> None:
    text = (ROOT / "static" / "desk.js").read_text()
    beat = text[text.index("setInterval(async") :].partition("}, HEARTBEAT);")[0]
    assert re.search(r"const held = task\(\)\?\.dataset\.assignment;\s*if \(!held \|\|", beat)
    on_a_break = (ROOT / "labeler" / "templates" / "work" / "_break.html").read_text()
    assert "data-" not in on_a_break and "hx-" not in on_a_break


def test_what_is_said_to_the_check_in_can_leave_the_browser_by_no_way() -> None:
    text = without_comments((ROOT / "static" / "checkin.js").read_text())
    ways = r"fetch|XMLHttpRequest|htmx\.|import\b|location|cookie|\bform\b|input|\bname\b|\.src\b|href|open\(|post|URL"
    assert not re.search(ways, text)
    assert set(re.findall(r"addEventListener\(\"([\w:]+)\"", text)) == {"click", "htmx:afterSwap"}
    key = re.findall(r'const KEPT = "([^"]+)"', text)[0]
    others = [path for path in SCRIPTS if path.name != "checkin.js"]
    assert not [path.name for path in others if key in path.read_text()], (
        "no other script knows the name it is kept under"
    )
    assert "localStorage.removeItem(KEPT)" in text
    code = [path for path in (ROOT / "labeler").rglob("*.py") if re.search(r"check[-_]?in\b", path.read_text())]
    assert not code, "the server knows nothing of it"


def test_browsers_are_told_to_refuse_it_too() -> None:
    off = set(HEADERS["Permissions-Policy"].split(", "))
    assert {f"{sense}=()" for sense in REFUSED} <= off
    assert "connect-src 'self'" in HEADERS["Content-Security-Policy"]


def test_the_patterns_find_what_they_are_for() -> None:
    samples = (
        "navigator.mediaDevices.getUserMedia({})", "canvas.toDataURL()", 'addEventListener("mousemove", f)',
        'addEventListener("keyup", f)', "document.addEventListener('visibilitychange', f)", "navigator.sendBeacon(u)",
        "navigator.plugins", "new WebSocket(u)", "new PerformanceObserver(f)", "new Notification('x')",
        'new BroadcastChannel("x")', "other.postMessage(keys)", "window.opener.location",
        'addEventListener("blur", f)', "navigator.clipboard.readText()", "new IdleDetector()",
    )  # fmt: skip
    for sample in samples:
        assert any(re.search(pattern, sample) for pattern in FORBIDDEN.values()), sample
