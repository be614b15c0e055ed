"""Nothing that runs in the browser watches a person or hurries her, and browsers are told to refuse it (MON-2, MON-4,
BRK-11)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from labeler.compliance.selfchecks.found import Found, Looking, digest_of, digest_of_files
from labeler.compliance.selfchecks.shipped import pages, said, scripts, short, styles, without_comments
from labeler.config import ROOT
from labeler.headers import HEADERS

FORBIDDEN = {
    "screen, camera, microphone": r"getDisplayMedia|getUserMedia|mediaDevices|MediaRecorder|ImageCapture",
    "a copy of what is drawn": r"toDataURL|toBlob|getImageData|html2canvas|captureStream",
    "what was copied": r"clipboard|[\"'](?:copy|cut|paste)[\"']",
    "where she is": r"geolocation|[Dd]evice[Oo]rientation|[Dd]evice[Mm]otion|Accelerometer|Gyroscope",
    "the path of the mouse": r"[\"'](?:mouse|pointer|touch)(?:move|over|enter|leave|out)[\"']|onmouse|onpointer|hover",
    "keys one by one": r"[\"']key(?:up|press)[\"']|onkey",
    "whether she looks": (
        r"visibilitychange|IdleDetector|hasFocus|[\"'](?:focus|blur|focusin|focusout|pagehide|beforeunload|unload)[\"']"
        r"|IntersectionObserver"
    ),
    "which machine she has": (
        r"navigator\.(?!platform\b)|hardwareConcurrency|deviceMemory|getBattery|userAgent|plugins|screen\.(?:width|height)"
        r"|AudioContext|WebGL|RTCPeerConnection|measureText"
    ),
    "reports behind the page": r"sendBeacon|keepalive|WebSocket|EventSource|serviceWorker|SharedWorker",
    "talk between pages": r"Broadcast|postMessage|opener\b|[\"']storage[\"']",
    "how fast something was": r"PerformanceObserver|performance\.|timeOrigin",
    "calls when she is away": r"Notification|PushManager|periodicSync|setAppBadge",
}
"""What would be learnt by it, and how it is written. Only `navigator.platform` is read, to tell Ctrl from Cmd."""

ALLOWED = {
    ("desk.js", "talk between pages"): (
        {"BroadcastChannel": 2, "postMessage": 1},
        "OPT-2: a text that may not be seen any more leaves the other tabs of the same browser at once. The channel "
        "carries an empty word, which makes them look; it leaves the browser by no way",
    )
}
"""What one script may use of the forbidden all the same, how often it is written there at most, and why."""

POLLS = {
    "labeler/templates/exports/_progress.html": "a researcher waits for her export",
    "labeler/templates/exports/_deliveries.html": "a researcher waits for her delivery",
    "labeler/templates/studio/import_one.html": "a researcher waits for her import",
}
"""Templates that ask the server by themselves. None of them is a labeler's."""

REFUSED = ("camera", "microphone", "geolocation", "display-capture", "idle-detection", "clipboard-read", "hid")
"""What every answer tells browsers to refuse to our pages."""

HURRY = re.compile(
    r"\b(?:countdowns?|count[- ]down|streaks?|leader ?boards?|rank(?:s|ed|ing|ings)?|badges?|troph(?:y|ies)|"
    r"high ?scores?|"
    r"top (?:labeler|performer)s?|level up|daily goal|quota|hurry|faster|too slow|per hour left|"
    r"(?:tasks?|answers?|minutes?|seconds?|time|hours?) (?:left|remaining|to go)|left to answer|remaining time|"
    r"time (?:is )?running out)\b",
    re.I,
)
SAID_OTHERWISE: dict[tuple[str, str], str] = {
    ("labeler/templates/exports/limits.html", "quota"): "how much of dataset versions a researcher may take",
}
"""File and word that are found and mean something else, each with its reason."""
WORDS = tuple(ROOT / "labeler" / "web" / f"{name}.py" for name in ("words", "desk", "shown", "work", "answers", "care"))
"""Modules with words that labelers read."""


def watches(path: Path, text: str) -> list[str]:
    """What in a script or page could watch a person."""
    text = without_comments(text)
    if path.suffix == ".html":  # words for people may say anything; what runs are tags and their attributes
        text = " ".join(re.findall(r"<[^>]*>", text))
    wrong = []
    for what, pattern in FORBIDDEN.items():
        allowed, _ = ALLOWED.get((path.name, what), ({}, ""))
        found = Counter(each.group() for each in re.finditer(pattern, text))
        if allowed:  # a pattern finds the beginning of a name: it is counted as the whole
            found = Counter(each.group() for each in re.finditer(rf"(?:{pattern})\w*", text))
        if left := found - Counter(allowed):
            wrong.append(f"{short(path)}: {', '.join(left)} tells {what}")
    return wrong


def asks_by_itself(path: Path, text: str) -> list[str]:
    """Where a page asks the server without being asked to."""
    wrong = []
    for trigger in re.findall(r"hx-trigger\s*=\s*[\"']([^\"']*)", text):
        if ("every" in trigger and short(path) not in POLLS) or re.search(
            r"\b(?:load|revealed|intersect|mouse\w+|key\w+|focus\w*|blur)\b", trigger
        ):
            wrong.append(f"{short(path)}: asks by itself: {trigger}")
    return wrong + [f"{short(path)}: refreshes itself"] * bool(re.search(r"http-equiv\s*=\s*.refresh", text))


def hurries(path: Path, text: str) -> list[str]:
    """Words in a file that count down, rank or hurry."""
    found = [each for each in HURRY.findall(text) if (short(path), each.lower()) not in SAID_OTHERWISE]
    return [f"{short(path)}: {each}" for each in found]


def mon_2(_looking: Looking) -> Found:
    """MON-2: every script and page of ours; scripts of others by their digests, which the release names."""
    files = [*scripts(), *pages()]
    wrong = [each for path in files for each in watches(path, path.read_text())]
    return Found(len(files), wrong, digest_of_files(files))


def mon_4(_looking: Looking) -> Found:
    """MON-4: pages ask nothing by themselves, and every answer tells browsers what to refuse."""
    files = pages()
    wrong = [each for path in files for each in asks_by_itself(path, path.read_text())]
    off = set(HEADERS["Permissions-Policy"].split(", "))
    wrong += [f"browsers are not told to refuse {sense}" for sense in REFUSED if f"{sense}=()" not in off]
    policy = HEADERS["Content-Security-Policy"]
    wrong += ["pages may send to others"] * ("connect-src 'self'" not in policy)
    wrong += ["browsers are asked for reports"] * bool(re.search(r"report-(?:uri|to)", " ".join(HEADERS.values())))
    told = digest_of(f"{name}: {value}".encode() for name, value in HEADERS.items())
    return Found(len(files) + len(REFUSED) + 2, wrong, digest_of([told.encode(), digest_of_files(files).encode()]))


def brk_11(_looking: Looking) -> Found:
    """BRK-11: words and code of every page, script and style, and of the modules whose words labelers read."""
    files = [*pages(), *scripts(), *styles(), *WORDS]
    wrong = [each for path in files for each in hurries(path, said(path))]
    return Found(len(files), wrong, digest_of_files(files))
