"""Reading a project's judgments as they stood at a moment: one ordered stream, in constant memory.

The judgments come from a server-side cursor (PostgreSQL) or a stepped one (SQLite), sorted by task; each task's texts
are fetched by key for a slice of tasks at a time, so that no database sorts or sends a text twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Given, Pseudonyms, by_task, judged, latest
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Batch, Lane, Task, TaskContent
from tasks import order
from tasks.content import Item, parse_profile
from tasks.kind import JudgedTask, Kind

CURSOR_ROWS = 5_000
SLICE_TASKS = 1_000


@dataclass(slots=True)
class Intake:
    """What the reading has seen so far."""

    fingerprint: Fingerprint
    tasks: int = 0
    judgments: int = 0
    late: int = 0
    older: int = 0
    """Versions that a later revision, made before the snapshot, replaced."""


def hold_still(session: Session) -> None:
    """Make the open transaction see one moment only. To be called before anything is read in it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def versions(session: Session, project_id: UUID, plan: ExportPlan, snapshot_at: datetime) -> int:
    """How many stored versions a reading will pass, for progress."""
    wanted = _wanted(select(func.count()), project_id, plan, snapshot_at)
    return session.execute(wanted).scalar_one()


def judged_tasks(
    session: Session,
    project_id: UUID,
    plan: ExportPlan,
    snapshot_at: datetime,
    kind: Kind,
    names: Pseudonyms,
    intake: Intake,
) -> Iterator[JudgedTask]:
    """The project's tasks that have judgments, ordered by task id, each with its judgments ordered by id.

    A revision submitted after the snapshot changes nothing: the version that stood then is read.
    """
    tasks = by_task(_given(session, project_id, plan, snapshot_at, intake))
    batches: dict[UUID, str] = {
        row.id: row.name
        for row in session.execute(select(Batch.id, Batch.name).where(Batch.project_id == project_id))
    }
    profiles: dict[str, Any] = {}
    read_item = Item.__pydantic_validator__.validate_json
    read_answer = kind.Answer.__pydantic_validator__.validate_json
    while part := list(islice(tasks, SLICE_TASKS)):
        contents = _contents(session, [task_id for task_id, _ in part])
        for task_id, stored in part:
            content = contents[task_id]
            newest, older = latest(stored)
            intake.tasks += 1
            intake.judgments += len(newest)
            intake.late += sum(given.late for given in newest)
            intake.older += older
            if content.profile not in profiles:
                profiles[content.profile] = parse_profile(content.profile)
            yield JudgedTask(
                id=str(task_id),
                row_id=content.row_id,
                batch=batches[content.batch_id],
                language=content.language,
                categories=profiles[content.profile],
                item=read_item(content.item),
                judgments=tuple(
                    judged(given, read_answer(given.answer), order.parse(given.order), names) for given in newest
                ),
                source_label=_dictionary(content.source_label),
                meta=_dictionary(content.meta),
            )


def _dictionary(stored: str | None) -> dict[str, Any] | None:
    return None if stored is None else orjson.loads(stored)


def _wanted(statement: Select[Any], project_id: UUID, plan: ExportPlan, snapshot_at: datetime) -> Select[Any]:
    wanted = statement.select_from(Judgment).where(
        Judgment.project_id == project_id, Judgment.submitted_at <= snapshot_at
    )
    if plan.batches:
        wanted = wanted.join(Task, Task.id == Judgment.task_id).where(Task.batch_id.in_(plan.batches))
    return wanted


def _given(
    session: Session, project_id: UUID, plan: ExportPlan, snapshot_at: datetime, intake: Intake
) -> Iterable[Given]:
    columns = (
        Judgment.id,
        Judgment.task_id,
        Judgment.assignment_id,
        Judgment.labeler_id,
        Judgment.version,
        Judgment.order,
        Judgment.answer,
        Judgment.standing,
        Judgment.guideline_version,
        Judgment.kind_version,
        Judgment.shown_seconds,
        Judgment.submitted_at,
    )
    wanted = _wanted(select(*columns), project_id, plan, snapshot_at).order_by(Judgment.task_id, Judgment.id)
    add = intake.fingerprint.add
    for row in session.execute(wanted, execution_options={"yield_per": CURSOR_ROWS}):
        given = Given(*row[:7], row[7] is Standing.LATE, *row[8:])
        add(given)
        yield given


def _contents(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    rows = session.execute(
        select(
            Task.id,
            Task.batch_id,
            Lane.language,
            Lane.profile,
            TaskContent.item,
            TaskContent.row_id,
            TaskContent.source_label,
            TaskContent.meta,
        )
        .join(Lane, Lane.id == Task.lane_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .where(Task.id.in_(ids))
    )
    return {row.id: row for row in rows}
