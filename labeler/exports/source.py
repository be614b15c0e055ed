"""Reading a project's judgments as they stood at a moment: one ordered stream, in constant memory.

The judgments come from a server-side cursor (PostgreSQL) or a stepped one (SQLite), sorted by task; each task's texts
are fetched by key for a slice of tasks at a time, so that no database sorts or sends a text twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, String, Uuid, any_, cast, select, text, type_coerce
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.exports import screening
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Given, Key, Pseudonyms, by_task, dashed, digits, latest
from labeler.exports.scope import Scope, wanted
from labeler.exports.sieve import Sieve
from labeler.exports.steps import READ, START, Step, after, steps, together
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Batch, Lane, Project, Task, TaskContent
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
    before: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    """The steps whose answers were not even read, by project, as the database counted them (`scope.look_each`)."""
    left: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    """How many judgments and tasks are left after each step since, by project (`sieve.Sieve`)."""

    screened: Counter[str] = field(default_factory=Counter)
    """What was replaced in comments, by what it was (`labeler.exports.screening`)."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps. Raises ValueError when they do not add up: the two have then not seen the same moment."""
        return together(list(self.steps_each.values()))

    @property
    def steps_each(self) -> dict[str, tuple[Step, ...]]:
        """The steps of each project. Raises ValueError as `steps` does."""
        if not self.left:
            return {"": steps({START: (self.judgments, self.tasks)})}
        return {slug: _steps(self.before.get(slug, ()), left) for slug, left in self.left.items()}

    def left_out(self, step: str) -> int:
        """How many answers a step took away."""
        return next((each.left_out or 0 for each in self.steps if each.name == step), 0)


def _steps(before: tuple[Step, ...], left: Mapping[str, Sequence[int]]) -> tuple[Step, ...]:
    counted = {name: (number, of) for name, (number, of) in left.items()}
    known = after(before)
    if READ in known and known[READ] != counted.get(READ, known[READ]):
        raise ValueError(f"{known[READ]} judgments and tasks were to be read, but {counted[READ]} were")
    return steps({START: counted[READ], **known, **counted})


def hold_still(session: Session) -> None:
    """Make the open transaction see one moment only. To be called before anything is read in it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def judged_tasks(
    session: Session,
    scope: Scope,
    kind: Kind,
    names: Pseudonyms,
    intake: Intake,
    sieves: Mapping[str, Sieve] | None = None,
) -> Generator[JudgedTask, None, None]:
    """The tasks of the scope's projects that have judgments, ordered by project and task id, each with its judgments
    ordered by their names here: the order of our own ids would be that in which they were handed in.

    A revision submitted after the snapshot changes nothing: the version that stood then is read. Nothing is read of an
    answer that its labeler has withdrawn. `sieves` say which answers of each project go in, by its slug: by the plan
    alone unless they are given.
    """
    of_batch = _batches(session, scope)
    sieves = sieves or {slug: Sieve(scope.plan) for _, slug in of_batch.values()}
    intake.left = {slug: sieve.left for slug, sieve in sieves.items()}
    several = bool(scope.plan.also)
    judged = reader(kind, names, scope.plan, intake)
    tasks = by_task(_given(session, scope, intake))
    read_item = Item.__pydantic_validator__.validate_json
    read_profile = cache(parse_profile)
    with closing(_ahead(session, tasks)) as parts:
        for part, contents in parts:
            for task_id, stored in part:
                batch_id, language, profile, item, row_id, source_label, meta = contents[task_id]
                newest, older = latest(stored)
                batch, project = of_batch[digits(batch_id)]
                newest = sieves[project].keep(task_id, newest)
                if not newest:
                    continue
                intake.tasks += 1
                intake.judgments += len(newest)
                intake.older += older
                judgments = tuple(sorted([judged(given) for given in newest], key=BY_NAME))
                intake.late += sum([each.late for each in judgments])
                yield JudgedTask(
                    id=dashed(task_id),
                    row_id=row_id,
                    batch=batch,
                    language=language,
                    categories=read_profile(profile),
                    item=read_item(item),
                    judgments=judgments,
                    source_label=None if source_label is None else orjson.loads(source_label),
                    meta=None if meta is None else orjson.loads(meta),
                    project=project if several else None,
                )


def _batches(session: Session, scope: Scope) -> dict[str, tuple[str, str]]:
    """The name of each batch, by the digits of its id, and the slug of its project."""
    rows = session.execute(
        select(Batch.id, Batch.name, Project.slug)
        .join(Project, Project.id == Batch.project_id)
        .where(scope.of(Batch.project_id))
    )
    return {digits(row.id): (row.name, row.slug) for row in rows}


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


def raw(column: Any) -> Any:
    """A key or a word as the driver gives it, without the cost of an object for each."""
    return type_coerce(column, String)


def _given(session: Session, scope: Scope, intake: Intake) -> Iterator[Given]:
    add = intake.fingerprint.add
    for given in stored(session, scope):
        add(given)
        yield given


def stored(session: Session, scope: Scope, tasks: Sequence[UUID] | None = None) -> Iterator[Given]:
    """Every stored version that a reading passes, ordered by task and id, from a cursor; of these tasks alone where
    they are named. Of several projects, one after another: tasks of one imported row, which follow each other, must not
    have others between them."""
    of = table(Judgment).c
    columns = (
        raw(of.id),
        raw(of.task_id),
        raw(of.assignment_id),
        raw(of.labeler_id),
        of.version,
        of.order,
        of.answer,
        raw(of.standing),
        of.guideline_version,
        of.kind_version,
        of.shown_seconds,
        of.submitted_at,
    )
    projects = [of.project_id] if scope.plan.also else []
    found = wanted(select(*columns), scope).order_by(*projects, of.task_id, of.id)
    if tasks is not None:
        found = found.where(of.task_id.in_(tasks))
    rows = session.connection().execute(found, execution_options={"yield_per": CURSOR_ROWS})
    return map(Given._make, rows)


def _contents(session: Session, ids: Sequence[Key]) -> dict[Key, Any]:
    task, lane, content = table(Task), table(Lane), table(TaskContent)
    # one array: a parameter for each key costs as much as what it finds
    among = raw(task.c.id).in_(ids) if isinstance(ids[0], str) else task.c.id == any_(cast(ids, ARRAY(Uuid)))
    rows = session.connection().execute(
        select(
            raw(task.c.id),
            raw(task.c.batch_id),
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
