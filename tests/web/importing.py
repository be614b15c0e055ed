"""Steps of an import as a researcher takes them, and files to take them with."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.jobs import worker
from labeler.projects.models import Batch
from labeler.projects.rules import ProjectState
from tests.support.build import add_project, add_user, sign_in
from tests.support.database import Database
from tests.web.pages import Desktop, Page

PATH = "/projects/bread/imports"


def bakery(client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    """A researcher signed in, with two draft projects: bread, which may hold W06, and rye. Jobs can be worked off."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER, name="Rita Researcher")
        add_project(session, slug="bread", state=ProjectState.DRAFT, categories={"W06": 2}, languages=["en", "sw"])
        add_project(session, slug="rye", state=ProjectState.DRAFT)
    sign_in(client, user)
    return Desktop(client)


def row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "prompt": f"How long do I bake loaf {n}?", "completions": [f"Forty minutes. ({n})", f"I like bread. ({n})"],
        "categories": {}, **more,
    }  # fmt: skip


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


GOOD = lines(*(row(n) for n in range(5)))


def send(desktop: Desktop, body: bytes, name: str = "loaves.jsonl", **changes: object) -> Page:
    """Send a file in; the page that shows how it would be read."""
    form = desktop.open(f"{PATH}/new").form(PATH)
    return desktop.send(form, file=(io.BytesIO(body), name), **changes)


def press(desktop: Desktop, page: Page, do: str, **changes: object) -> Page:
    """Press a button of the page that shows a waiting file."""
    form = next(each for each in page.forms if any(button[:2] == ("do", do) for button in each.buttons))
    return desktop.send(form, do=do, **changes)


def work() -> None:
    """Do every job that waits."""
    while (job := worker.next_due()) is not None:
        assert worker.run(job)


def imported(desktop: Desktop, content: bytes, **changes: object) -> Page:
    """Send a file, import all of it, and look at what came of it."""
    press(desktop, send(desktop, content, **changes), "import")
    work()
    return desktop.open(f"{PATH}/{newest().id}")


def newest() -> Batch:
    with reading() as session:
        return session.scalars(select(Batch).order_by(Batch.id.desc())).first()  # type: ignore[return-value]


def count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


BAD = lines(row(0), row(1, language="de"), {"prompt": "No answers"}, row(3, categories={"W01": 2}))
"""Three of its rows are wrong."""
