"""Which of the answers that were read go into an export, task by task, counted after each step. Pure.

Nothing here is told what a labeler declined, skipped or when she rested: an answer is left out for what it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from math import inf
from statistics import median

from labeler.exports.plan import LEAST_TO_COMPARE, ExportPlan
from labeler.exports.rows import Given, Key
from labeler.judgments.rules import TIME_EDGES

LATE = "late"

EDGES = TIME_EDGES
"""Where the buckets begin in which times are kept, in seconds. A time is no more here than its bucket: exact ones are
not kept for long, and an export of the same moment is the same in a year. Rows tell coarser ones; whoever tries all
choices learns no more than these of an answer."""
ENDS = (*EDGES[1:], inf)
"""Where they end."""


class Sieve:
    """The steps of a plan that need an answer's own facts, or those of the other answers to its task.

    `left` has for each step the judgments and tasks that are left after it.
    """

    def __init__(self, plan: ExportPlan, is_kept_out: Callable[[Key], bool] | None = None) -> None:
        self._from = plan.from_day and datetime.combine(plan.from_day, time(), UTC)
        until = plan.until_day and plan.until_day + timedelta(days=1)
        self._until = until and datetime.combine(until, time(), UTC)
        self._guidelines = frozenset(plan.guidelines)
        self._percent = plan.least_time
        self._is_kept_out = is_kept_out
        self._count_late = plan.late == "include"
        self._at_least = plan.min_judgments
        self._steps = [
            (name, take)
            for name, take, asked in (
                ("days", self._of_days, self._from is not None or self._until is not None),
                ("guidelines", self._of_guidelines, bool(self._guidelines)),
                ("fast", self._slow_enough, self._percent > 0),
            )
            if asked
        ]
        counted = ("unpaid", *[name for name, _ in self._steps], "keep_out", LATE, "few")
        self.left: dict[str, list[int]] = {name: [0, 0] for name in counted}

    def keep(self, task_id: Key, newest: list[Given]) -> list[Given]:
        """Those answers to one task that are in `judgments`; perhaps none."""
        self._count("unpaid", len(newest))
        for name, take in self._steps:
            newest = take(newest)
            self._count(name, len(newest))
        if self._is_kept_out is not None and self._is_kept_out(task_id):
            newest = []
        self._count("keep_out", len(newest))
        late = 0 if self._count_late else sum([given.standing == LATE for given in newest])
        counted = len(newest) - late
        self._count(LATE, counted)
        self._count("few", counted if counted >= self._at_least else 0)
        return newest

    def counted(self, kept: list[Given]) -> list[Given]:
        """Those of the answers kept that the views other than `judgments` are made of; none where they are too few."""
        counted = kept if self._count_late else [given for given in kept if given.standing != LATE]
        return counted if len(counted) >= self._at_least else []

    def _count(self, step: str, number: int) -> None:
        if number:
            of = self.left[step]
            of[0] += number
            of[1] += 1

    def _of_days(self, given: list[Given]) -> list[Given]:
        start, end = self._from, self._until
        return [
            each
            for each in given
            if (start is None or each.submitted_at >= start) and (end is None or each.submitted_at < end)
        ]

    def _of_guidelines(self, given: list[Given]) -> list[Given]:
        return [each for each in given if each.guideline_version in self._guidelines]

    def _slow_enough(self, given: list[Given]) -> list[Given]:
        if len(given) < LEAST_TO_COMPARE:
            return given
        buckets = [bisect_right(EDGES, each.seconds) - 1 for each in given]
        least = median([EDGES[bucket] for bucket in buckets]) * self._percent
        return [each for each, bucket in zip(given, buckets, strict=True) if ENDS[bucket] * 100 > least]
