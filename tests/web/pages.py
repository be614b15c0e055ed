"""Forms as a browser without scripts would send them: every control of a page with what stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


@dataclass
class Form:
    """A form: where it goes, what its controls hold, and the buttons that send it."""

    action: str
    id: str = ""
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and words of each."""

    def filled(self, **changes: object) -> MultiDict[str, object]:
        """What is sent: the values, some of them changed; `__` stands for a dot, None leaves a control out."""
        new = {name.replace("__", "."): value for name, value in changes.items()}
        kept: list[tuple[str, object]] = [(name, value) for name, value in self.values if name not in new]
        for name, value in new.items():
            if isinstance(value, list):
                kept += [(name, each) for each in value]
            elif value is not None:
                kept.append((name, value))
        return MultiDict(kept)

    def one(self, name: str) -> str:
        """The only value under a name."""
        (found,) = [value for each, value in self.values if each == name]
        return found


class Page(HTMLParser):
    """What a person can read on a page, its forms, links and the names that addresses can point to."""

    def __init__(self, reply: TestResponse) -> None:
        super().__init__()
        self.status, self.html = reply.status_code, reply.text
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.links: dict[str, str] = {}
        self._said: list[str] = []
        self._inside: Form | None = None
        self._area: str | None = None
        self._select: tuple[Form | None, str, list[str]] | None = None
        self._button: tuple[str, str] | None = None
        self._link = ""
        self._disabled = 0
        self._inert = 0
        self._depth = 0
        self._words = ""
        self.feed(self.html)

    def _to(self, given: dict[str, str | None]) -> Form | None:
        named = given.get("form")
        return next((each for each in self.forms if each.id == named), None) if named else self._inside

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "div" and (self._inert or "inert" in given):
            self._inert += 1
        if self._inert:
            return
        if tag == "form":
            self._inside = Form(given.get("action") or "", given.get("id") or "")
            self.forms.append(self._inside)
        elif tag == "fieldset":
            self._disabled += bool(self._disabled) or "disabled" in given
        elif tag == "a":
            self._link = given.get("href") or ""
        if tag == "option" and self._select is not None and ("selected" in given or not self._select[2]):
            self._select[2][:] = [value]
        to = self._to(given)
        if self._disabled or to is None:
            return
        if tag == "input" and name:
            sort = given.get("type") or "text"
            if sort in ("radio", "checkbox"):
                if "checked" in given:
                    to.values.append((name, given.get("value") or "on"))
            elif sort not in ("file", "submit"):
                to.values.append((name, value))
        elif tag == "textarea":
            to.values.append((name, ""))
            self._area = name
        elif tag == "select":
            self._select = (to, name, [])
        elif tag == "button":
            self._button, self._words = (name, value), ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._inert:
            self._inert -= 1
        if self._inert:
            return
        if tag == "form":
            self._inside = None
        elif tag == "fieldset" and self._disabled:
            self._disabled -= 1
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select is not None:
            to, name, chosen = self._select
            assert to is not None
            to.values.append((name, chosen[0] if chosen else ""))
            self._select = None
        elif tag == "button" and self._button is not None:
            if self._inside is not None:
                self._inside.buttons.append((*self._button, " ".join(self._words.split())))
            self._button = None
        elif tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        self._said.append(data)
        self._words += data
        if self._area is not None and self._inside is not None:
            self._inside.values[-1] = (self._area, (self._inside.values[-1][1] + data).removeprefix("\n"))
        if self._link and data.strip():
            self.links[data.strip()] = self._link

    @property
    def words(self) -> str:
        """All text of the page, spaces evened out."""
        return " ".join(" ".join(self._said).split())

    def form(self, ending: str) -> Form:
        """The first form that goes to an address with this ending."""
        return next(form for form in self.forms if form.action.endswith(ending))

    def has(self, ending: str) -> bool:
        """Whether there is such a form."""
        return any(form.action.endswith(ending) for form in self.forms)


@dataclass
class Desktop:
    """Somebody at a browser without scripts."""

    client: FlaskClient

    def open(self, path: str) -> Page:
        """A page, redirects followed."""
        return Page(self.client.get(path, follow_redirects=True))

    def send(self, form: Form, **changes: object) -> Page:
        """Send a form with some of its controls changed, and see where that leads."""
        return Page(self.client.post(form.action, data=form.filled(**changes), follow_redirects=True))
