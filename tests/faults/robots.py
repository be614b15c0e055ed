"""Labelers at browsers without scripts, over connections that break. They write down what they sent and what came back.

A robot knows three outcomes of a press: it was taken, it was refused, or nobody can tell. What nobody can tell is sent
again under the same key until it is known, as the desk's own script does.
"""

from __future__ import annotations

import html
import http.client
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from labeler.accounts.service import start_session
from labeler.clock import now
from labeler.db import transaction
from tests.support.database import Database

_FORM = re.compile(r'<form\b[^>]*\baction="(?P<action>[^"]*)"[^>]*>(?P<inside>.*?)</form>', re.S)
_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z_-]+)="([^"]*)"')
_UNDO = re.compile(r'href="/answers/([0-9a-f-]{36})/revise"')
_REASON = re.compile(r'data-reason="([a-z-]+)"')

PATIENCE = 90.0
"""Seconds after which a robot that gets no answer gives up, and the test fails."""


class Outcome(StrEnum):
    """What is known of a press."""

    SENT = "sent"
    TAKEN = "taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Line:
    """One sending of an answer: written down before it goes, completed by what came back."""

    labeler: UUID
    assignment: UUID
    key: str
    form: dict[str, list[str]]
    outcome: Outcome = Outcome.SENT
    judgment: UUID | None = None
    status: int = 0
    following: str | None = None
    """The task that the reply showed next, where the reply was the next task itself."""


@dataclass
class Journal:
    """What all robots sent and heard."""

    lines: list[Line] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """What robots could not go on from, and faults of ours that they were shown."""
    taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, line: Line) -> None:
        """Before it is sent."""
        with self._lock:
            self.lines.append(line)

    def end(self, line: Line, reply: Reply | None, judgment: UUID | None = None) -> None:
        """What came back: an answer that was taken as a judgment, a refusal, or nothing that one could go by."""
        with self._lock:
            if reply is None:
                line.outcome = Outcome.UNKNOWN
                return
            line.status, line.judgment = reply.status, judgment
            line.outcome = Outcome.REFUSED if judgment is None else Outcome.TAKEN
            self.taken += judgment is not None
            if reply.status == 200:
                line.following = action_of(reply.page, "/answer")

    def gave_up(self, what: str) -> None:
        """A robot could not go on."""
        with self._lock:
            self.lost.append(what)


class Unheard(Exception):
    """No answer came, or one that says nothing of what became of the request."""


@dataclass
class Reply:
    """A page, or a redirect."""

    status: int
    location: str
    page: str


class Robot:
    """One labeler, signed in. With `parts` she asks for parts of pages, as the desk's script does."""

    def __init__(
        self, port: int, labeler: UUID, cookie: str, journal: Journal, seed: int, *, parts: bool = False
    ) -> None:
        self.labeler = labeler
        self.parts = parts
        self.journal = journal
        self.dice = random.Random(seed)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.cookies = {"labeler": cookie}

    def send(self, method: str, path: str, form: dict[str, list[str]] | None = None) -> Reply:
        """One request. Raises Unheard when nobody can tell what became of it."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            if self.parts:
                headers["HX-Request"] = "true"
        try:
            self._connection.request(method, path, urlencode(form, doseq=True) if form is not None else None, headers)
            reply = self._connection.getresponse()
            page = reply.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unheard(f"{method} {path}: {error!r}") from error
        if reply.status >= 500:
            if reply.status != 503:
                self.journal.gave_up(f"{method} {path}: {reply.status}")
            raise Unheard(f"{method} {path}: {reply.status}")
        for name, value in reply.getheaders():
            if name.lower() == "set-cookie":
                known, _, rest = value.partition("=")
                self.cookies[known] = rest.partition(";")[0]
        return Reply(reply.status, reply.getheader("Location") or "", page)

    def surely(self, work: Callable[[], Reply]) -> Reply:
        """Do it again until it is heard."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return work()
            except Unheard:
                if time.monotonic() > until:
                    raise
                time.sleep(self.dice.uniform(0.02, 0.3))

    def look(self, path: str = "/work") -> str:
        """A page of the desk."""
        reply = self.surely(lambda: self.send("GET", path))
        assert reply.status == 200, (path, reply.status, reply.location, reply.page[:300])
        return reply.page

    def press(self, page: str, ending: str) -> str:
        """Send the form with this ending until it is heard, and read the page after it."""
        action, form = form_of(page, ending, self.dice)
        return self.after(action, self.surely(lambda: self.send("POST", action, form)))

    def after(self, action: str, reply: Reply) -> str:
        """The desk after a press: the part that came back, or the page that the reply names."""
        assert reply.status == (200 if self.parts else 303), (action, reply.status, reply.page[:300])
        if not self.parts:
            return self.look(reply.location)
        return reply.page

    def answer(self, page: str) -> str:
        """Answer the task on the page, and read what comes after it."""
        action, form = form_of(page, "/answer", self.dice)
        reply = self.sent(action, form)
        return self.after(action, reply) if reply.status in (200, 303) else self.look()

    def sent(self, action: str, form: dict[str, list[str]]) -> Reply:
        """Send an answer until it is known what became of it."""
        until = time.monotonic() + PATIENCE
        while True:
            line = Line(self.labeler, UUID(action.split("/")[2]), form["idem_key"][0], form)
            self.journal.begin(line)
            try:
                reply = self.send("POST", action, form)
            except Unheard:
                self.journal.end(line, None)
                if time.monotonic() > until:
                    raise
                time.sleep(self.dice.uniform(0.02, 0.3))
            else:
                self.journal.end(line, reply, judgment_of(reply))
                return reply

    def skip(self, page: str) -> str:
        """Skip the task on the page."""
        action, form = form_of(page, "/answer", self.dice)
        del form["idem_key"]
        reply = self.surely(lambda: self.send("POST", action.replace("/answer", "/skip"), form))
        return self.after(action, reply) if reply.status in (200, 303) else self.look()

    def work(self, *, skipping: Callable[[], float] = lambda: 0.0) -> None:
        """Work until there is nothing left. `skipping` is how likely a task is skipped."""
        try:
            page = self.look()
            while True:
                if has_task(page):
                    page = self.skip(page) if self.dice.random() < skipping() else self.answer(page)
                    continue
                page = self.press(page, "/work/next")
                if not has_task(page) and reason_of(page) in ("none-left", "already-answered"):
                    return
        except (Unheard, AssertionError, LookupError) as error:
            self.journal.gave_up(f"{self.labeler}: {error!r}"[:600])
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self._connection.close()


def form_of(page: str, ending: str, dice: random.Random) -> tuple[str, dict[str, list[str]]]:
    """Where a form goes and what it sends: its hidden fields, and one radio of each group, picked by chance."""
    for found in _FORM.finditer(page):
        if not found["action"].endswith(ending):
            continue
        fields: dict[str, list[str]] = {}
        radios: dict[str, list[str]] = {}
        for tag in _INPUT.findall(found["inside"]):
            given = dict(_ATTRIBUTE.findall(tag))
            value = html.unescape(given.get("value", ""))
            if given.get("type") == "hidden":
                fields[given["name"]] = [value]
            elif given.get("type") == "radio":
                radios.setdefault(given["name"], []).append(value)
        return html.unescape(found["action"]), fields | {name: [dice.choice(some)] for name, some in radios.items()}
    raise LookupError(f"no form to {ending}: {' '.join(re.sub('<[^>]+>', ' ', page).split())[:300]}")


def has_task(page: str) -> bool:
    """Whether the page has a task to answer."""
    return action_of(page, "/answer") is not None


def reason_of(page: str) -> str | None:
    """Why there is nothing, where the page says so."""
    found = _REASON.search(page)
    return found[1] if found else None


def judgment_of(reply: Reply) -> UUID | None:
    """The answer that a reply says is saved: by its address, or by the undo link on the part that came back."""
    found = re.search(r"[?&]saved=([0-9a-f-]{36})", reply.location) if reply.status == 303 else None
    if reply.status == 200:
        found = _UNDO.search(reply.page)
    return UUID(found[1]) if found else None


def action_of(page: str, ending: str) -> str | None:
    """Where the form with this ending goes."""
    return next((found["action"] for found in _FORM.finditer(page) if found["action"].endswith(ending)), None)


def sign_in(database: Database, labelers: list[UUID]) -> list[str]:
    """A signed-in session's cookie for each labeler, as the sign-in page would set it."""
    signer_of = Flask("labeler")
    signer_of.secret_key = database.environment["SECRET_KEY"]
    signer = SecureCookieSessionInterface().get_signing_serializer(signer_of)
    assert signer is not None
    with transaction() as session:
        tokens = [start_session(session, labeler, "test", now()) for labeler in labelers]
    return [str(signer.dumps({"_user_id": token, "_fresh": True})) for token in tokens]
