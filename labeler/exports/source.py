"""Reading a project's judgments as they stood at a moment: one ordered stream, in constant memory.

The judgments come from a server-side cursor (PostgreSQL) or a stepped one (SQLite), sorted by task; each task's texts
are fetched by key for a slice of tasks at a time, so that no database sorts or sends a text twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    Uuid,
    any_,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Session

from labeler.cases.models import NotUsed
from labeler.db import table
from labeler.exports import screening
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Given, Key, Pseudonyms, by_task, dashed, digits, latest
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.pay.queries import paid
from labeler.projects.models import Batch, Lane, Task, TaskContent
from tasks import order
from tasks.content import Item, parse_profile
from tasks.kind import Judged, JudgedTask, Kind

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
    withdrawn: int = 0
    """Answers that their labelers had withdrawn when the export was asked for; nothing of them is read (OPT-9)."""
    not_used: int = 0
    """Answers left out because a decision that they are not used stood (REJ-2)."""
    unpaid: int = 0
    """Judgments that are left out because nobody has been paid for them (PAY-5)."""
    screened: Counter[str] = field(default_factory=Counter)
    """What was replaced in comments, by what it was (`labeler.exports.screening`)."""


def hold_still(session: Session) -> None:
    """Make the open transaction see one moment only. To be called before anything is read in it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which judgments are read: of a project and, where batches are named, of these; as they stood at `snapshot_at`;
    and only what was settled, and paid where it was due (PAY-5), and not withdrawn (OPT-9), at `asked_at`.

    The moments differ where an earlier state is asked for: it is a dataset made now, so what came later binds it too.
    """

    project_id: UUID
    plan: ExportPlan
    snapshot_at: datetime
    asked_at: datetime


def versions(session: Session, scope: Scope) -> int:
    """How many stored versions a reading will pass, for progress."""
    number: int = session.execute(_wanted(select(func.count()), scope)).scalar_one()
    return number


def unpaid(session: Session, scope: Scope) -> int:
    """How many judgments a reading leaves out because their pay is open (PAY-5)."""
    first = _used(select(func.count()), scope).where(Judgment.version == 1, ~_is_withdrawn(scope))
    number: int = session.execute(first.where(~paid(Judgment.assignment_id, scope.asked_at))).scalar_one()
    return number


def withdrawn(session: Session, scope: Scope) -> int:
    """How many answers a reading leaves out because their labelers withdrew them."""
    all_of_them = _used(select(func.count()), scope).where(Judgment.version == 1, _is_withdrawn(scope))
    number: int = session.execute(all_of_them).scalar_one()
    return number


def judged_tasks(
    session: Session,
    scope: Scope,
    kind: Kind,
    names: Pseudonyms,
    intake: Intake,
) -> Generator[JudgedTask, None, None]:
    """The project's tasks that have judgments, ordered by task id, each with its judgments ordered by their names here:
    the order of our own ids would be that in which they were handed in.

    A revision submitted after the snapshot changes nothing: the version that stood then is read. Nothing is read of an
    answer that its labeler has withdrawn.
    """
    judged = reader(kind, names, scope.plan, intake)
    tasks = by_task(_given(session, scope, intake))
    batches = {
        digits(row.id): row.name
        for row in session.execute(select(Batch.id, Batch.name).where(Batch.project_id == scope.project_id))
    }
    read_item = Item.__pydantic_validator__.validate_json
    read_profile = cache(parse_profile)
    with closing(_ahead(session, tasks)) as parts:
        for part, contents in parts:
            for task_id, stored in part:
                batch_id, language, profile, item, row_id, source_label, meta = contents[task_id]
                newest, older = latest(stored)
                intake.tasks += 1
                intake.judgments += len(newest)
                intake.older += older
                judgments = tuple(sorted([judged(given) for given in newest], key=BY_NAME))
                intake.late += sum([each.late for each in judgments])
                yield JudgedTask(
                    id=dashed(task_id),
                    row_id=row_id,
                    batch=batches[digits(batch_id)],
                    language=language,
                    categories=read_profile(profile),
                    item=read_item(item),
                    judgments=judgments,
                    source_label=None if source_label is None else orjson.loads(source_label),
                    meta=None if meta is None else orjson.loads(meta),
                )


Part = tuple[list[tuple[Key, list[Given]]], dict[Key, Any]]
"""A slice of tasks with their stored answers, and what each task says."""


def _ahead(session: Session, tasks: Iterator[tuple[Key, list[Given]]]) -> Generator[Part, None, None]:
    """Slices of tasks; while one is being turned into rows, the database already gives the next.

    Only the other thread uses the session meanwhile, and it has ended when this generator has.
    """

    def fetch() -> Part:
        part = list(islice(tasks, SLICE_TASKS))
        return part, _contents(session, [task_id for task_id, _ in part]) if part else {}

    with ThreadPoolExecutor(1, thread_name_prefix="export-read") as aside:
        coming = aside.submit(fetch)
        while (part := coming.result())[0]:
            coming = aside.submit(fetch)
            yield part


BY_NAME = attrgetter("id")


def reader(kind: Kind, names: Pseudonyms, plan: ExportPlan, intake: Intake) -> Callable[[Given], Judged]:
    """What makes a view's judgment of a stored one."""
    on_task = names.on_task if plan.labeler_names == "task" else None
    keep_comments = plan.comments == "screened"
    read_answer = lru_cache(4096)(kind.Answer.__pydantic_validator__.validate_json)  # most answers have no comment
    read_order = cache(order.parse)
    late = Standing.LATE.value

    def judged(given: Given) -> Judged:
        answer = read_answer(given.answer)
        if (comment := getattr(answer, "comment", None)) is not None:
            text, found = screening.screen(comment) if keep_comments else (None, None)
            if found:
                intake.screened.update(found)
            answer = answer.model_copy(update={"comment": text})
        return Judged(
            id=names.judgment(given.id),
            labeler=names.labeler(given.labeler_id),
            answer=answer,
            order=read_order(given.order),
            late=given.standing == late,
            guideline_version=given.guideline_version,
            kind_version=given.kind_version,
            seconds=given.seconds,
            submitted_at=given.submitted_at,
            written_as=on_task and on_task(given.task_id, given.labeler_id),
        )

    return judged


def _wanted(statement: Select[Any], scope: Scope) -> Select[Any]:
    return _used(statement, scope).where(~_is_withdrawn(scope), paid(Judgment.assignment_id, scope.asked_at))


def _is_withdrawn(scope: Scope) -> ColumnElement[bool]:
    return exists().where(Withdrawal.assignment_id == Judgment.assignment_id, Withdrawal.at <= scope.asked_at)


def _used(statement: Select[Any], scope: Scope) -> Select[Any]:
    wanted = statement.select_from(Judgment).where(
        Judgment.project_id == scope.project_id, Judgment.submitted_at <= scope.snapshot_at
    )
    wanted = wanted.where(Judgment.assignment_id.not_in(_not_used(scope)))
    if scope.plan.batches:
        wanted = wanted.join(Task, Task.id == Judgment.task_id).where(Task.batch_id.in_(scope.plan.batches))
    return wanted


def _not_used(scope: Scope) -> Select[Any]:
    """Assignments whose answer was not used at the snapshot; what came before or after leaves it in."""
    return select(NotUsed.assignment_id).where(
        NotUsed.project_id == scope.project_id,
        NotUsed.effective_at <= scope.snapshot_at,
        or_(NotUsed.ended_at.is_(None), NotUsed.ended_at > scope.snapshot_at),
    )


def not_used(session: Session, scope: Scope) -> int:
    """How many answers a reading leaves out because they are not used."""
    left_out = _not_used(scope)
    if scope.plan.batches:
        left_out = left_out.where(NotUsed.batch_id.in_(scope.plan.batches))
    return session.execute(select(func.count()).select_from(left_out.subquery())).scalar_one()


def _raw(column: Any) -> Any:
    """A key or a word as the driver gives it, without the cost of an object for each."""
    return type_coerce(column, String)


def _given(session: Session, scope: Scope, intake: Intake) -> Iterator[Given]:
    of = table(Judgment).c
    columns = (
        _raw(of.id),
        _raw(of.task_id),
        _raw(of.assignment_id),
        _raw(of.labeler_id),
        of.version,
        of.order,
        of.answer,
        _raw(of.standing),
        of.guideline_version,
        of.kind_version,
        of.shown_seconds,
        of.submitted_at,
    )
    wanted = _wanted(select(*columns), scope).order_by(of.task_id, of.id)
    add = intake.fingerprint.add
    for row in session.connection().execute(wanted, execution_options={"yield_per": CURSOR_ROWS}):
        given = Given._make(row)
        add(given)
        yield given


def _contents(session: Session, ids: Sequence[Key]) -> dict[Key, Any]:
    task, lane, content = table(Task), table(Lane), table(TaskContent)
    # one array: a parameter for each key costs as much as what it finds
    among = _raw(task.c.id).in_(ids) if isinstance(ids[0], str) else task.c.id == any_(cast(ids, ARRAY(Uuid)))
    rows = session.connection().execute(
        select(
            _raw(task.c.id),
            _raw(task.c.batch_id),
            lane.c.language,
            lane.c.profile,
            content.c.item,
            content.c.row_id,
            content.c.source_label,
            content.c.meta,
        )
        .join(lane, lane.c.id == task.c.lane_id)
        .join(content, content.c.task_id == task.c.id)
        .where(among)
    )
    return {row[0]: row[1:] for row in rows.all()}
