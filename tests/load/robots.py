"""Labelers at browsers without scripts: they read pages, keep hidden fields and press buttons."""

from __future__ import annotations

import gzip
import html
import http.client
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_FORM = re.compile(r'<form\b[^>]*\baction="(?P<action>[^"]*)"[^>]*>(?P<inside>.*?)</form>', re.S)


class Stuck(RuntimeError):
    """The desk did not show what was expected."""


@dataclass
class Timings:
    """Seconds of each whole loop: the press of Submit until the next task is here."""

    loops: list[float] = field(default_factory=list)
    failures: int = 0


class Robot:
    """One labeler. A loop is what a browser without scripts does: POST the answer, follow the redirect, read."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._cookies: dict[str, str] = {}
        self.page = ""

    def sign_in(self, email: str, password: str) -> None:
        """Through the sign-in page."""
        self.open("/sign-in")
        self.press("/sign-in", email=email, password=password)
        if "Sign out" not in self.page:
            raise Stuck(f"{email} could not sign in")

    def open(self, path: str) -> None:
        """Read a page, redirects followed."""
        self._request("GET", path, None)

    def press(self, ending: str, **fields: str) -> None:
        """Send the form whose address ends so, its hidden fields kept, the first radio of each group picked."""
        for form in _FORM.finditer(self.page):
            if form["action"].endswith(ending):
                sent = {**_fields(form["inside"]), **fields}
                self._request("POST", html.unescape(form["action"]), urlencode(sent))
                return
        raise Stuck(f"no form to {ending} on this page: {re.sub('<[^>]+>', ' ', self.page)[:400]}")

    def start(self) -> None:
        """Go to the desk and get a first task."""
        self.open("/work")
        if not self.has_task():
            self.press("/work/next")

    def loop(self) -> None:
        """Answer the task on the page; afterwards the next one is here."""
        self.press("/answer")

    def has_task(self) -> bool:
        """Whether there is a task to answer."""
        return '/answer"' in self.page

    def _request(self, method: str, path: str, body: str | None) -> None:
        for _ in range(6):
            headers = {
                "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
                "Accept-Encoding": "gzip",
            }
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
            content = reply.read()
            if reply.getheader("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            for name, value in reply.getheaders():
                if name.lower() == "set-cookie":
                    cookie = value.split(";", 1)[0]
                    self._cookies[cookie.partition("=")[0]] = cookie.partition("=")[2]
            if reply.status not in (302, 303):
                break
            method, path, body = "GET", reply.getheader("Location") or "/", None
        if reply.status >= 400:
            raise Stuck(f"{method} {path}: {reply.status}")
        self.page = content.decode()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _fields(inside: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in _INPUT.findall(inside):
        given = dict(_ATTRIBUTE.findall(tag))
        if given.get("type") == "hidden" or (given.get("type") == "radio" and given.get("name") not in found):
            found[given["name"]] = html.unescape(given.get("value", ""))
    return found


def work(robots: Sequence[Robot], loops: int, seconds: float) -> Timings:
    """Let all robots work at once, until they have done so many loops together or the time is over."""
    timings, lock = Timings(), threading.Lock()
    left = loops
    until = time.perf_counter() + seconds

    def shift(robot: Robot) -> None:
        nonlocal left
        while time.perf_counter() < until and robot.has_task():
            with lock:
                if left <= 0:
                    return
                left -= 1
            start = time.perf_counter()
            try:
                robot.loop()
            except (Stuck, OSError, http.client.HTTPException):
                with lock:
                    timings.failures += 1
                return
            took = time.perf_counter() - start
            with lock:
                timings.loops.append(took)

    with ThreadPoolExecutor(len(robots)) as pool:
        for done in [pool.submit(shift, robot) for robot in robots]:
            done.result()
    return timings
