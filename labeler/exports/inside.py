"""Which of some answers are in a finished version: by the rules of the database, then by the steps that need the other
answers of a task.

The list of prompts to keep out is not looked at: that would read every text of the project. Of a version with one, an
answer about such a prompt counts as if it were in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from labeler.exports import source
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Key, by_task, latest
from labeler.exports.scope import Scope, wanted
from labeler.exports.sieve import Sieve
from labeler.judgments.models import Judgment

Narrow = Callable[[Select[Any]], Select[Any]]
SLICE = 500
"""Answers whose tasks are read at a time."""


def counted(
    session: Session, scope: Scope, narrowed: Narrow, at: Any, *, sieved: bool = True
) -> tuple[int, datetime | None]:
    """How many answers among `narrowed(statement)` are in the version of this scope, and the first of their moments
    `at`. `narrowed` adds conditions to a statement over the first version of each answer that was read for it.

    Without `sieved` the steps that need other answers of the task are not taken: rather one too many than one too few.
    """
    if not (sieved and chooses(scope.plan)):
        whole: Select[Any] = narrowed(wanted(select(func.count(), func.min(at)), scope))
        number, first = session.execute(whole).one()
        return number, first
    number, first = 0, None
    for moment in _inside(session, scope, narrowed, at):
        number, first = number + 1, moment if first is None else min(first, moment)
    return number, first


def chooses(plan: ExportPlan) -> bool:
    """Whether a plan leaves answers out by what the database is not asked: days, guidelines, time, and, where there is
    no view of all judgments, lateness and too few others."""
    asked = plan.from_day, plan.until_day, plan.guidelines, plan.least_time
    return any(asked) or "judgments" not in plan.views


def _inside(session: Session, scope: Scope, narrowed: Narrow, at: Any) -> Iterator[datetime]:
    raw = source.raw
    columns: tuple[Any, ...] = (raw(Judgment.assignment_id), raw(Judgment.task_id), Judgment.task_id, at)
    # all of them first: what they are compared with is read through the same connection
    found: list[Any] = list(session.execute(narrowed(wanted(select(*columns), scope)).order_by(Judgment.task_id)))
    for begin in range(0, len(found), SLICE):
        part = found[begin : begin + SLICE]
        those = _kept(session, scope, sorted({row[2] for row in part}))
        yield from (row[3] for row in part if row[0] in those)


def _kept(session: Session, scope: Scope, tasks: list[Any]) -> set[Key]:
    """The assignments of these tasks whose answers went into the version."""
    sieve = Sieve(scope.plan)
    all_views = "judgments" in scope.plan.views
    kept: set[Key] = set()
    for task_id, given in by_task(source.stored(session, scope, tasks)):
        passed = sieve.keep(task_id, latest(given)[0])
        kept.update(each.assignment_id for each in (passed if all_views else sieve.counted(passed)))
    return kept
