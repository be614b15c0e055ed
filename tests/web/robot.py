"""A browser without scripts: it reads pages, keeps hidden fields, picks radios, and presses buttons."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labeler import clock
from labeler.accounts.models import SignInSession
from labeler.accounts.service import digest
from labeler.db import transaction


@dataclass
class Form:
    """A form as it stands on a page: where it goes, its hidden fields, and the radios it offers by group."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    radios: dict[str, list[str]] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    words: str = ""


class Page(HTMLParser):
    """What a person can read on a page, and its forms and links."""

    def __init__(self, reply: TestResponse) -> None:
        super().__init__()
        self.status = reply.status_code
        self.html = reply.text
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self._words: list[str] = []
        self._link = ""
        self._inside: Form | None = None
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form" and given.get("action"):
            self._inside = Form(given["action"] or "")
            self.forms.append(self._inside)
        elif tag == "a":
            self._link = given.get("href") or ""
        elif tag == "input" and self._inside is not None and given.get("type") == "hidden":
            self._inside.hidden[name] = value
        elif tag == "input" and self._inside is not None and given.get("type") == "radio":
            self._inside.radios.setdefault(name, []).append(value)
            if "checked" in given:
                self._inside.checked[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._inside is not None:
            self._inside.words += data
        if self._link:
            self.links[data.strip()] = self._link

    @property
    def words(self) -> str:
        """All text of the page, spaces evened out."""
        return " ".join(" ".join(self._words).split())

    def form(self, ending: str) -> Form:
        """The one form that goes to an address with this ending."""
        return next(form for form in self.forms if form.action.endswith(ending))

    def has(self, ending: str) -> bool:
        """Whether there is such a form."""
        return any(form.action.endswith(ending) for form in self.forms)


@dataclass
class Robot:
    """A labeler at a browser without scripts."""

    client: FlaskClient

    def open(self, path: str) -> Page:
        """A page, redirects followed."""
        return Page(self.client.get(path, follow_redirects=True))

    def press(self, form: Form, **fields: str | list[str]) -> Page:
        """Send a form with its hidden fields, and these beside them."""
        return Page(self.client.post(form.action, data={**form.hidden, **fields}, follow_redirects=True))

    def answer(self, page: Page, pick: int = 0) -> Page:
        """Answer the task on the page by the radio at this place in each group."""
        form = page.form("/answer")
        return self.press(form, **{name: values[pick] for name, values in form.radios.items()})


def sign_in(app: Flask, user_id: UUID) -> Robot:
    """A robot with a session of this person's, as a sign-in would leave it."""
    token, now = secrets.token_urlsafe(32), clock.now()
    with transaction() as session:
        session.add(
            SignInSession(
                user_id=user_id,
                token_hash=digest(token),
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=8),
            )
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return Robot(client)
