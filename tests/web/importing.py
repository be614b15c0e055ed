"""Steps of an import as a researcher takes them, and files to take them with."""

from __future__ import annotations

import io
import json
from typing import Any

from sqlalchemy import func, select

from labeler.db import reading
from labeler.jobs import worker
from labeler.projects.models import Batch
from tests.web.pages import Desktop, Page

PATH = "/projects/bread/imports"


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
