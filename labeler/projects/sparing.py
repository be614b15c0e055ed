"""Fewer people need to read what is severe (EXP-8): no doubles, and no more judgments than help."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from uuid import UUID

import orjson
from sqlalchemy import bindparam, case, select, update
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.projects.models import Lane, Task, TaskContent
from tasks.content import Severity

BUNDLE = 1_000
SEVERE_OVERLAP = 3
"""Judgments of one severe task at most, where no policy says otherwise."""
_TASK = table(Task)


def alike(item: str) -> bytes:
    """A digest of an item's texts (JSON as stored) that is the same where only case, spaces and signs differ."""
    told = hashlib.blake2b(digest_size=16)
    for text in _texts(orjson.loads(item)):
        told.update(re.sub(r"[\W_]+", " ", text.casefold()).strip().encode())
        told.update(b"\0")
    return told.digest()


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name in ("role", "content", "prompt", "completions", "messages"):
            yield from _texts(part.get(name))
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, str):
        yield part


def spare_doubles(session: Session, project_id: UUID, batch_id: UUID, beat: Callable[[], None]) -> int:
    """Take severe tasks of a batch that say what another severe task of the project says off the hand-out; how many.

    They stay in the batch, with nobody asked to read them (`overlap` 0). The first one imported is to be judged.
    """
    rows = session.execute(
        select(Task.id, Task.batch_id, TaskContent.item)
        .join(Lane, Lane.id == Task.lane_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .where(Lane.project_id == project_id, Lane.severity == Severity.EGREGIOUS, Task.overlap > 0)
        .order_by(case((Task.batch_id == batch_id, 1), else_=0), Task.id)
        .execution_options(yield_per=BUNDLE)
    )
    known: set[bytes] = set()
    doubles: list[UUID] = []
    for n, (task_id, of_batch, item) in enumerate(rows):
        if n % BUNDLE == 0:
            beat()
        digest = alike(item)
        if digest in known and of_batch == batch_id:
            doubles.append(task_id)
        known.add(digest)
    if doubles:
        nobody = update(_TASK).where(_TASK.c.id == bindparam("double")).values(overlap=0)
        session.connection().execute(nobody, [{"double": task_id} for task_id in doubles])
    return len(doubles)


def cap_severe(session: Session, batch_id: UUID, most: int) -> None:
    """No severe task of a batch is judged by more than `most` people, whatever its project's overlap."""
    severe = select(Lane.id).where(Lane.severity == Severity.EGREGIOUS)
    session.execute(
        update(Task)
        .where(Task.batch_id == batch_id, Task.overlap > most, Task.lane_id.in_(severe))
        .values(overlap=most)
        .execution_options(synchronize_session=False)
    )
