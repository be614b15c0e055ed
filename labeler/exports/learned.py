"""Verdicts that are learned from all answers before the first of them is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from labeler.exports import source
from labeler.exports.learning import learn
from labeler.exports.placing import Placement
from labeler.exports.rows import by_task, latest
from labeler.exports.scope import Scope
from labeler.exports.sieve import Sieve
from tasks.comparison_rows import Decide
from tasks.kind import Kind


def learned_verdicts(
    session: Session, scope: Scope, asks: Kind, options: Any, placement: Placement, alive: Callable[[], None]
) -> Decide:
    """The verdicts of an aggregation that has to see all answers first: the same answers as the views count."""
    category = next(measure.read for measure in asks.measures(options) if measure.name == "winner")
    sieve = Sieve(scope.plan, placement.is_kept_out if placement.out is not None else None)

    counted = (
        (task_id, sieve.counted(sieve.keep(task_id, latest(given)[0])))
        for task_id, given in by_task(source.stored(session, scope))
    )
    return learn(counted, category, alive)
