"""What a person sees of a task and can press, told by its words; and what an export says was chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson

from labeler import clock
from labeler.db import reading, transaction
from labeler.exports import queries, service
from labeler.exports.models import Export, ExportState
from labeler.jobs import worker
from labeler.projects.models import Project
from tasks.content import Completion, Item, Message, Role


def question(n: int, sides: int) -> Item:
    """The `n`-th question, with so many answers, whose texts say where in the file they stand."""
    texts = [f"answer {place} to {n}" for place in range(sides)]
    return Item(
        prompt=(Message(role=Role.USER, content=f"question {n}"),),
        completions=tuple(
            Completion(messages=(Message(role=Role.ASSISTANT, content=text),), model=f"model-{place}")
            for place, text in enumerate(texts)
        ),
    )


class Offered(HTMLParser):
    """The controls of an answer form by the words beside them: `[group, words]` is what it sends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: dict[tuple[str, str], str] = {}
        self._open: tuple[str, str, str | None] | None = None
        self._words = ""
        self._key = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "label":
            self._words = ""
        elif tag == "kbd":
            self._key = True
        elif tag == "input" and given.get("name") and given.get("type") in ("radio", "checkbox"):
            self._open = (given["name"] or "", given.get("value") or "", given.get("aria-label"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "kbd":
            self._key = False
        elif tag == "label" and self._open is not None:
            name, value, words = self._open
            self.controls[name, " ".join((words or self._words).split())] = value
            self._open = None

    def handle_data(self, data: str) -> None:
        if not self._key:  # the key on a button is not part of its name
            self._words += data

    def words(self, group: str) -> list[str]:
        """What a group offers, in the order of the page."""
        return [words for name, words in self.controls if name == group]

    def sends(self, group: str, ending: str) -> str:
        """What the one control of a group sends whose words end so."""
        (value,) = [sent for (name, words), sent in self.controls.items() if name == group and words.endswith(ending)]
        return value


def shown(html: str) -> tuple[int, list[int]]:
    """Which question a page shows, and the places in the file of its answers, the one that stands first first."""
    (n,) = set(re.findall(r"question (\d+)", html))
    return int(n), [int(place) for place in re.findall(rf"answer (\d) to {n}\b", html)]


Rows = Callable[[str], list[dict[str, Any]]]


def exported(project: Project, home: Path) -> Rows:
    """An export of everything that a project's answers can become: the rows of a view."""
    with transaction() as session:
        every = [view.name for view in queries.views(session.get_one(Project, project.id))]
        chosen = {"views": every, "comments": "screened"}
        made, job = service.request(session, project.created_by, project.id, chosen, clock.now())
    assert worker.run(job)
    with reading() as session:
        done = session.get_one(Export, made.id)
        assert done.state is ExportState.DONE, done.problem
    lines = home / str(done.folder) / "jsonl" / "data"
    return lambda view: [orjson.loads(line) for line in (lines / f"{view}.jsonl").read_bytes().splitlines()]


def asked(row: dict[str, Any]) -> int:
    """Which question a row of any view is about."""
    return int(re.findall(r"question (\d+)", orjson.dumps(row).decode())[0])
