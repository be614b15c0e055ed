"""The clocks of two accounts become one person's (BRK-10). Pure: on doubt the one that lets her rest earlier counts."""

from __future__ import annotations

from datetime import datetime

from labeler.wellbeing.doses import Run
from labeler.wellbeing.rules import REST, Clock, last_work


def running(clock: Clock, now: datetime) -> bool:
    """Whether the stretch on the clock goes on at `now`: no rest has come since its last sign."""
    last = last_work(clock, now)
    return clock.stretch_from is not None and last is not None and now - last < REST


def together(a: Clock, b: Clock, now: datetime) -> Clock:
    """One clock for two: the earlier start of what still runs, the latest signs, and the sums of what was seen.

    What stands on either must have been written down first. The allowance of both is forgotten.
    """
    day = max((clock.day for clock in (a, b) if clock.day is not None), default=None)
    return Clock(
        stretch_from=_least([clock.stretch_from for clock in (a, b) if running(clock, now)]),
        active_at=_most([a.active_at, b.active_at]),
        busy_until=_most([a.busy_until, b.busy_until]),
        free_until=None,
        day=day,
        day_seconds=sum(clock.day_seconds for clock in (a, b) if clock.day == day),
        severe_seconds=a.severe_seconds + b.severe_seconds,
        run=Run(a.run.seconds + b.run.seconds, a.run.tasks + b.run.tasks, _most([a.run.at, b.run.at])),
    )


def _least(moments: list[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _most(moments: list[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
