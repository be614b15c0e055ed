"""Which split each task's prompt lies in, and which prompts are kept out: a look at all prompts before the writing.

All prompts that the projects had at the snapshot are looked at together, whatever else is chosen: the same seed gives
a prompt the same split in each export of these prompts, and no cluster is in two splits, whichever projects its prompts
are of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Select, String, func, select, type_coerce
from sqlalchemy.orm import Session

from labeler.exports import prompts
from labeler.exports.clusters import SPLITS, Gatherer, Prompts, Split, clusters, in_test, near_any
from labeler.exports.keyed import Places, packed
from labeler.exports.prompts import Turns
from labeler.exports.rows import Key
from labeler.exports.scope import Scope
from labeler.projects.models import Batch, Task, TaskContent

CURSOR_ROWS = 500
"""Items read at a time: each may be some kilobytes."""
STEP_TASKS = 1_000
"""Tasks between two signs of life."""

_COLUMNS: tuple[Any, ...] = (type_coerce(Task.id, String), TaskContent.item)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where tasks go. `test` and `out` have an entry for each task of `tasks`; None where nobody asked.

    `facts` is what the manifest says about it.
    """

    tasks: Places
    test: NDArray[np.bool_] | None
    out: NDArray[np.bool_] | None
    facts: dict[str, Any]

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits there are; none where nobody asked for them."""
        return SPLITS if self.test is not None else ()

    def split_of(self, task_id: str) -> Split:
        """A task's split. Raises LookupError for a task whose prompt was not looked at."""
        assert self.test is not None
        return "test" if self.test[self._place(UUID(task_id).bytes)] else "train"

    def is_kept_out(self, task_id: Key) -> bool:
        """Whether a task's prompt is on the list, or nearly so. Raises LookupError for one that was not looked at."""
        assert self.out is not None
        return bool(self.out[self._place(packed(task_id))])

    def _place(self, key: bytes) -> int:
        place = self.tasks.of(key)
        if place is None:
            raise LookupError(f"the prompt of task {key.hex()} was not looked at")
        return place


TOGETHER = Placement(Places(b""), None, None, {})
"""Nobody asked for a split or named a list: every task is in, and with the others."""


def place(session: Session, scope: Scope, listed: Sequence[Turns] | None, alive: Callable[[], None]) -> Placement:
    """Look at the prompts, as far as the plan asks for it; `alive` is called now and then."""
    plan = scope.plan
    if not plan.split and listed is None:
        return TOGETHER
    found = _gathered(session, scope, alive)
    how = {"method": prompts.METHOD, "shingle": prompts.SHINGLE, "hashes": prompts.HASHES, "near": prompts.NEAR}
    facts: dict[str, Any] = {}
    test = out = None
    if plan.split:
        first = clusters(found.signatures)
        drawn = in_test(found.keys, first, plan.split, plan.seed)
        test = drawn[found.of_task]
        sizes = np.bincount(first[found.of_task], minlength=1)
        facts["split"] = {
            **how,
            "test_percent": plan.split,
            "seed": plan.seed,
            "prompts": len(found.keys),
            "clusters": int(np.count_nonzero(sizes)),
            "test_clusters": len(np.unique(first[drawn])),
            "largest_cluster_tasks": int(sizes.max()),
        }
    if listed is not None:
        near = near_any(found, listed)
        out = near[found.of_task]
        facts["keep_out"] = {**how, "sha256": plan.keep_out, "listed": len(listed), "prompts": int(near.sum())}
    return Placement(found.tasks, test, out, facts)


def _gathered(session: Session, scope: Scope, alive: Callable[[], None]) -> Prompts:
    gatherer = Gatherer(session.execute(_there(select(func.count()), scope)).scalar_one())
    wanted = _there(select(*_COLUMNS), scope).join(TaskContent, TaskContent.task_id == Task.id)
    rows = session.connection().execute(wanted, execution_options={"yield_per": CURSOR_ROWS})
    for number, (task_id, item) in enumerate(rows):
        gatherer.add(packed(task_id), prompts.turns_of(orjson.loads(item)))
        if number % STEP_TASKS == 0:
            alive()
    return gatherer.finish()


def _there(statement: Select[Any], scope: Scope) -> Select[Any]:
    return (
        statement.select_from(Task)
        .join(Batch, Batch.id == Task.batch_id)
        .where(scope.of(Batch.project_id), Batch.finished_at <= scope.snapshot_at)
    )
