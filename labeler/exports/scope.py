"""Which stored answers an export reads, as conditions for statements; and how many of them each step leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from labeler.cases.models import NotUsed
from labeler.exports.plan import LEAST_TO_COMPARE, ExportPlan
from labeler.exports.sieve import EDGES, ENDS
from labeler.exports.steps import START, STEPS, Step, steps, together
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.pay.queries import has_rate, paid, settled
from labeler.projects.models import Lane, Task
from labeler.workforce.models import Labeler

PASSED = len(STEPS)
"""The place of an answer that no step takes."""

_newer = aliased(Judgment)
ERASED = select(Labeler.id).where(Labeler.erased_at.is_not(None))
"""Whose answers are in nothing that is yet to be made, whenever it was asked for and of whatever moment: until their
rows are gone."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which judgments are read: of a project, and of each other that the plan takes in; where batches or languages are
    named, of these; as they stood at `snapshot_at`; and only what was settled, and paid where it was due (PAY-5), and
    not withdrawn (OPT-9), at `asked_at`.

    The moments differ where an earlier state is asked for: it is a dataset made now, so what came later binds it too.
    """

    project_id: UUID
    plan: ExportPlan
    snapshot_at: datetime
    asked_at: datetime

    @property
    def projects(self) -> tuple[UUID, ...]:
        """All projects that are read, the version's own first."""
        return (self.project_id, *self.plan.also)

    def of(self, project_id: Any) -> ColumnElement[bool]:
        """That a column names one of them."""
        condition: ColumnElement[bool] = (
            project_id.in_(self.projects) if self.plan.also else project_id == self.project_id
        )
        return condition


def wanted(statement: Any, scope: Scope) -> Select[Any]:
    """The statement over all stored versions that a reading passes: every step that needs no other answer is taken."""
    made: Select[Any] = statement.select_from(Judgment).where(
        scope.of(Judgment.project_id), Judgment.submitted_at <= scope.snapshot_at
    )
    made = made.where(Judgment.assignment_id.not_in(_not_used(scope)), Judgment.labeler_id.not_in(ERASED))
    plan = scope.plan
    if plan.batches or plan.languages:
        made = made.join(Task, Task.id == Judgment.task_id)
    if plan.batches:
        made = made.where(Task.batch_id.in_(plan.batches))
    if plan.languages:
        made = made.join(Lane, Lane.id == Task.lane_id).where(Lane.language.in_(plan.languages))
    return made.where(~_is_withdrawn(scope), paid(Judgment.assignment_id, scope.asked_at))


def versions(session: Session, scope: Scope) -> int:
    """How many stored versions a reading will pass, for progress."""
    number: int = session.execute(wanted(select(func.count()), scope)).scalar_one()
    return number


def day_starts(day: date) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def look(session: Session, scope: Scope, *, ahead: bool) -> tuple[Step, ...]:
    """How many answers and tasks each step leaves, in one statement.

    `ahead`: of an export that is yet to be made. It settles first what has ended, so only what cannot be settled or is
    past due counts as unpaid. Which prompts a list keeps out is not known before the texts are read.
    """
    return together(list(look_each(session, scope, ahead=ahead).values()))


def look_each(session: Session, scope: Scope, *, ahead: bool) -> dict[UUID, tuple[Step, ...]]:
    """The same for each project, in the same statement."""
    of_task = _by_task(_placed(scope, ahead), scope.plan)
    few = of_task.c.passed < scope.plan.min_judgments
    rows = session.execute(
        select(
            of_task.c.project,
            of_task.c.top,
            few.label("few"),
            func.count().label("tasks"),
            func.sum(of_task.c.passed).label("passed"),
            *[func.sum(of_task.c[name]).label(name) for name in _taken(scope.plan)],
        ).group_by(of_task.c.project, of_task.c.top, few)
    ).all()
    unknown = ["keep_out"] if scope.plan.keep_out is not None else []
    return {
        each: steps(_left([row for row in rows if scope.projects[row.project] == each], scope.plan), unknown)
        for each in scope.projects
    }


def _project(scope: Scope) -> ColumnElement[int]:
    """The place of an answer's project among those that are read; nothing to look up where there is one."""
    if not scope.plan.also:
        return literal(0)
    return case(*[(Judgment.project_id == each, place) for place, each in enumerate(scope.projects)], else_=0)


def _left(rows: Any, plan: ExportPlan) -> dict[str, tuple[int, int]]:
    """What is left after each step, from sums over tasks that end at the same step."""
    judgments = sum(int(row.passed) + sum(int(row._mapping[name]) for name in _taken(plan)) for row in rows)
    left = {START: (judgments, sum(row.tasks for row in rows))}
    for name in _taken(plan):
        judgments -= sum(int(row._mapping[name]) for row in rows)
        left[name] = (judgments, sum(row.tasks for row in rows if row.top > STEPS.index(name)))
    whole = [row for row in rows if row.top == PASSED and not row.few]
    left["few"] = (sum(int(row.passed) for row in whole), sum(row.tasks for row in whole))
    return left


def _taken(plan: ExportPlan) -> tuple[str, ...]:
    """The steps that may take something away under this plan and can be told of one answer in the database."""
    asked = {
        "batches": bool(plan.batches),
        "languages": bool(plan.languages),
        "days": plan.from_day is not None or plan.until_day is not None,
        "guidelines": bool(plan.guidelines),
        "fast": bool(plan.least_time),
        "late": plan.late == "exclude",
        "keep_out": False,
        "few": False,
    }
    return tuple(name for name in STEPS[1:] if asked.get(name, True))


def _conditions(scope: Scope, ahead: bool) -> dict[str, ColumnElement[bool]]:
    """When a step takes an answer, for those that look at nothing but it."""
    plan = scope.plan
    unpaid: ColumnElement[bool] = ~paid(Judgment.assignment_id, scope.asked_at)
    if ahead:
        unpaid = and_(unpaid, or_(settled(Judgment.assignment_id), ~has_rate(Judgment.labeler_id)))
    outside = []
    if plan.from_day is not None:
        outside.append(Judgment.submitted_at < day_starts(plan.from_day))
    if plan.until_day is not None:
        outside.append(Judgment.submitted_at >= day_starts(plan.until_day + timedelta(days=1)))
    return {
        "batches": Task.batch_id.not_in(plan.batches),
        "languages": Lane.language.not_in(plan.languages),
        "not_used": Judgment.assignment_id.in_(_not_used(scope)),
        "withdrawn": _is_withdrawn(scope),
        "unpaid": unpaid,
        "days": or_(*outside, literal(False)),
        "guidelines": Judgment.guideline_version.not_in(plan.guidelines),
        "late": Judgment.standing == Standing.LATE,
    }


def _placed(scope: Scope, ahead: bool) -> Subquery:
    """Every answer in its newest version: its task, and the place of the step that takes it."""
    plan = scope.plan
    # told by the index of versions alone: `version > 1` says that these are few
    replaced = exists().where(
        _newer.assignment_id == Judgment.assignment_id,
        _newer.version == Judgment.version + 1,
        _newer.version > 1,
        _newer.submitted_at <= scope.snapshot_at,
    )
    conditions = _conditions(scope, ahead)
    taken = [name for name in _taken(plan) if name in conditions]
    early = [name for name in taken if STEPS.index(name) < STEPS.index("fast")]
    place = case(*[(conditions[name], STEPS.index(name)) for name in early], else_=PASSED)
    late = case((conditions["late"], STEPS.index("late")), else_=PASSED) if "late" in taken else literal(PASSED)
    first = (
        select(
            Judgment.task_id,
            _project(scope).label("project"),
            place.label("early"),
            late.label("late"),
            Judgment.shown_seconds,
        )
        .select_from(Judgment)
        .where(
            scope.of(Judgment.project_id),
            Judgment.submitted_at <= scope.snapshot_at,
            Judgment.labeler_id.not_in(ERASED),
            ~replaced,
        )
    )
    if plan.batches or plan.languages:
        first = first.join(Task, Task.id == Judgment.task_id).join(Lane, Lane.id == Task.lane_id)
    # an offset keeps the planner from writing these conditions out again wherever their result is used
    found = first.offset(0).subquery()
    if not plan.least_time:
        return _place(found, found.c.early, found.c.late)
    fast = _fast(found, plan.least_time)
    return _place(fast, fast.c.early, fast.c.fast, fast.c.late)


def _place(found: Subquery, *places: ColumnElement[int]) -> Subquery:
    return select(found.c.task_id, found.c.project, _first_of(*places).label("place")).offset(0).subquery()


def _first_of(*places: ColumnElement[int]) -> ColumnElement[int]:
    """The first place that is not that of an answer which passed."""
    return case(*[(place != PASSED, place) for place in places], else_=PASSED)


def _fast(found: Subquery, percent: int) -> Subquery:
    """The answers with a column that says which surely took less than so much of their item's median, by buckets."""
    of = found.c
    began = case(*[(of.shown_seconds >= edge, edge) for edge in reversed(EDGES)], else_=EDGES[0])
    ended = case(*[(of.shown_seconds < end, end) for end in ENDS[:-1]])
    among = (of.task_id, case((of.early == PASSED, 1), else_=0))
    ranked = select(
        *of,
        began.label("began"),
        ended.label("ended"),
        func.row_number().over(partition_by=among, order_by=began).label("rank"),
        func.count().over(partition_by=among).label("number"),
    ).subquery()
    r = ranked.c
    middle = or_(r.rank * 2 == r.number, r.rank * 2 == r.number + 1, r.rank * 2 == r.number + 2)
    again = (r.task_id, case((r.early == PASSED, 1), else_=0))
    median = func.avg(case((middle, r.began))).over(partition_by=again)
    with_median = select(*r, median.label("median")).subquery()
    m = with_median.c
    is_fast = and_(m.number >= LEAST_TO_COMPARE, m.ended * 100 <= m.median * percent)
    return select(*m, case((is_fast, STEPS.index("fast")), else_=PASSED).label("fast")).subquery()


def _by_task(placed: Subquery, plan: ExportPlan) -> Subquery:
    """For each task how many of its answers each step takes, how many pass, and the last step that takes one."""
    of = placed.c
    return (
        select(
            func.max(of.project).label("project"),
            func.max(of.place).label("top"),
            func.sum(case((of.place == PASSED, 1), else_=0)).label("passed"),
            *[func.sum(case((of.place == STEPS.index(n), 1), else_=0)).label(n) for n in _taken(plan)],
        )
        .group_by(of.task_id)
        .offset(0)
        .subquery()
    )


def _is_withdrawn(scope: Scope) -> ColumnElement[bool]:
    return exists().where(Withdrawal.assignment_id == Judgment.assignment_id, Withdrawal.at <= scope.asked_at)


def _not_used(scope: Scope) -> Select[Any]:
    """Assignments whose answer was not used at the snapshot; what came before or after leaves it in."""
    return select(NotUsed.assignment_id).where(
        scope.of(NotUsed.project_id),
        NotUsed.effective_at <= scope.snapshot_at,
        or_(NotUsed.ended_at.is_(None), NotUsed.ended_at > scope.snapshot_at),
    )
