"""The limits on requesters: how much one person, or one project, may import and publish in a while. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from labeler.errors import OverQuota
from labeler.quotas.rules import WHOM, Limited

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class RequesterQuota(StrEnum):
    """What is limited."""

    IMPORTS = "imports_per_day"
    PROJECT_IMPORTS = "project_imports_per_day"
    TASKS = "tasks_per_day"
    PROJECT_TASKS = "project_tasks_per_day"
    PUBLISHED = "published_per_week"


LIMITS: dict[RequesterQuota, Limited] = {
    RequesterQuota.IMPORTS: Limited("Imports that one person asks for in a day (UTC)", "imports", 500),
    RequesterQuota.PROJECT_IMPORTS: Limited("Imports into one project in a day (UTC)", "imports", 500),
    RequesterQuota.TASKS: Limited("Tasks that one person imports in a day (UTC)", "tasks", 5_000_000),
    RequesterQuota.PROJECT_TASKS: Limited("Tasks imported into one project in a day (UTC)", "tasks", None),
    RequesterQuota.PUBLISHED: Limited(
        "Projects that one person takes live for the first time in a week", "projects", 50, span=WEEK
    ),
}
"""Every limit, in the order in which they are shown."""


def began(span: timedelta, now: datetime) -> datetime:
    """When the day or the week (from Monday) began that a moment is in, UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return today if span == DAY else today - timedelta(days=today.weekday())


def over(quota: RequesterQuota, limit: int | None, used: int, wanted: int, now: datetime) -> OverQuota | None:
    """The refusal when `wanted` more would pass the limit; None while there is room."""
    if limit is None or used + wanted <= limit:
        return None
    limited = LIMITS[quota]
    again = began(limited.span, now) + limited.span
    what = f" This one has {wanted:,}." if wanted > 1 else ""
    return OverQuota(
        f"{limited.words}: {limit:,} are allowed, and {used:,} are used.{what} There is room again on "
        f"{again:%Y-%m-%d} at 00:00 UTC. Nothing was changed. {WHOM}",
        int(-(-(again - now).total_seconds() // 1)),
    )
