"""Reading what statistics count: the answers that an export made now would hold, and how long texts are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, String, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from labeler.cases.models import NotUsed
from labeler.errors import Missing
from labeler.judgments.models import Judgment, Standing
from labeler.judgments.queries import NOT_WITHDRAWN
from labeler.pay.queries import paid
from labeler.projects.models import Batch, Lane, Task, TaskContent
from labeler.quality.tally import Key, Reading
from labeler.workforce.models import Labeler

CURSOR_ROWS = 5_000
SLICE = 500
"""Tasks whose texts are read at a time."""

_newer = aliased(Judgment)


def counted(project_id: UUID, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions of an answer that counts: the newest version, in time for the overlap, not withdrawn (OPT-9), used
    (REJ-2), settled and paid where that is due (PAY-5). An export made at `now` has the same answers, and late ones.
    """
    # told by the index of versions alone: `version > 1` says that these are few
    replaced = exists().where(
        _newer.assignment_id == Judgment.assignment_id, _newer.version == Judgment.version + 1, _newer.version > 1
    )
    not_used = select(NotUsed.assignment_id).where(
        NotUsed.project_id == project_id,
        NotUsed.effective_at <= now,
        or_(NotUsed.ended_at.is_(None), NotUsed.ended_at > now),
    )
    return (
        Judgment.project_id == project_id,
        Judgment.standing == Standing.COUNTED,
        ~replaced,
        NOT_WITHDRAWN,
        Judgment.assignment_id.not_in(not_used),
        paid(Judgment.assignment_id, now),
    )


def readings(session: Session, project_id: UUID, now: datetime) -> Iterator[Reading]:
    """The counted answers of a project, sorted by task, from a cursor: no more than some thousands are held."""
    keys = (Judgment.task_id, Judgment.labeler_id, Task.batch_id)
    said = (Lane.language, Judgment.guideline_version, Judgment.order, Judgment.answer, Judgment.shown_seconds)
    in_order = (
        select(*keys, *said, Judgment.id)
        .join(Task, Task.id == Judgment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(*counted(project_id, now))
        .order_by(Judgment.task_id, Judgment.id)
        .subquery()
    )
    *columns, last = in_order.c
    # keys become text after the sorting, which is then of shorter rows
    of = select(*map(_raw, columns[: len(keys)]), *columns[len(keys) :]).order_by(in_order.c.task_id, last)
    rows: Any = session.connection().execute(of, execution_options={"yield_per": CURSOR_ROWS})
    return iter(rows)


def behind(session: Session, project_id: UUID, now: datetime) -> dict[str, str]:
    """Who stands behind the counted answers, each person once whatever her accounts, with a digest of which ones: two
    looks at the same answers give the same, and one answer more, less or changed another."""
    who, which = _raw(Labeler.person_id), _raw(Judgment.id)
    wanted = select(who, which).join(Labeler, Labeler.id == Judgment.labeler_id).where(*counted(project_id, now))
    found: dict[str, list[int]] = {}
    for person, key in session.connection().execute(wanted, execution_options={"yield_per": CURSOR_ROWS}):
        of = found.setdefault(person.replace("-", ""), [0, 0])
        of[0] += 1
        of[1] += int(key[-12:], 16)  # the random end of a UUIDv7
    return {person: f"{number}:{mixed:x}" for person, (number, mixed) in found.items()}


def given(session: Session, project_id: UUID) -> int:
    """How many answers there are, counted or not; a changed one is one."""
    number: int = session.execute(
        select(func.count()).where(Judgment.project_id == project_id, Judgment.version == 1)
    ).scalar_one()
    return number


def of_task(session: Session, project_id: UUID, task_id: UUID, now: datetime) -> Sequence[UUID]:
    """The counted answers to one task, as they came. Raises Missing for a task of another project."""
    lane = select(Lane.project_id).join(Task, Task.lane_id == Lane.id).where(Task.id == task_id)
    if session.scalar(lane) != project_id:
        raise Missing("There is no such task in this project.")
    wanted = select(Judgment.id).where(Judgment.task_id == task_id, *counted(project_id, now))
    return session.scalars(wanted.order_by(Judgment.submitted_at, Judgment.id)).all()


def lengths(session: Session, tasks: Sequence[Key]) -> dict[Key, tuple[int, ...]]:
    """How many characters each completion of these tasks has, whatever its turns say. No text leaves this function."""
    found: dict[Key, tuple[int, ...]] = {}
    for first in range(0, len(tasks), SLICE):
        part = tasks[first : first + SLICE]
        key = _raw(TaskContent.task_id)
        among = TaskContent.task_id.in_([UUID(each) for each in part])
        for task, item in session.connection().execute(select(key, TaskContent.item).where(among)):
            found[task] = tuple(
                sum(len(turn["content"]) for turn in completion["messages"])
                for completion in orjson.loads(item)["completions"]
            )
    return found


def row_ids(session: Session, tasks: Sequence[Key]) -> dict[Key, str | None]:
    """What the imported file calls the rows of these tasks, a few of them; None where it does not name them."""
    among = TaskContent.task_id.in_([UUID(each) for each in tasks])
    rows = session.execute(select(_raw(TaskContent.task_id), TaskContent.row_id).where(among))
    return dict(rows.all())


def batch_names(session: Session, project_id: UUID) -> dict[UUID, str]:
    """The names of a project's batches."""
    return dict(session.execute(select(Batch.id, Batch.name).where(Batch.project_id == project_id)).all())


def _raw(column: Any) -> Any:
    """A key as text: with an object for each, reading a million answers takes three times as long."""
    return cast(column, String)
