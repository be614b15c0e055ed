"""When an answer counts, when it is late, and how long an answer may still be changed. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from labeler.assignment.rules import LATE

REVISABLE = 10
"""How many of a labeler's last answers she may still change (`ux.md` R6)."""

TIME_EDGES = (0.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""The lower ends, in seconds, of the buckets in which times are kept for good; the last is open."""


def still_taken(lease_until: datetime, now: datetime) -> bool:
    """Whether an answer to a lapsed assignment is still stored: up to 24 h after its lease ended."""
    return now < lease_until + LATE


def shown_seconds(
    handed_at: datetime, revealed_at: datetime | None, seen_seconds: int, sensitive: bool, now: datetime
) -> float:
    """How long the text was on the screen, in seconds: from the hand-out, or the sum of reveals of a sensitive one."""
    if not sensitive:
        return _since(handed_at, now)
    return seen_seconds + (_since(revealed_at, now) if revealed_at is not None else 0.0)


def _since(start: datetime, now: datetime) -> float:
    return max(timedelta(0), now - start).total_seconds()
