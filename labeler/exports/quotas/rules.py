"""The limits on dataset versions, what they usually are, and when there is room again. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from labeler.errors import OverQuota
from labeler.quotas.rules import WHOM, Limited

LARGEST = 2**62
"""Bytes that a limit may say at most."""
WRITING_TAKES = 60
"""Seconds after which it is worth while to look whether a version that is being written is done."""


class Quota(StrEnum):
    """What is limited."""

    WRITING = "writing"
    VERSIONS = "versions_per_day"
    TAKEN = "bytes_per_day"
    KEPT = "bytes_kept"


LIMITS: dict[Quota, Limited] = {
    Quota.WRITING: Limited("Versions of one project that wait or are written at once", "versions", 2, 1, 1_000),
    Quota.VERSIONS: Limited("Versions that one person asks for in a day (UTC)", "versions", 20, 1, 1_000_000),
    Quota.TAKEN: Limited("Bytes of versions that one person takes in a day (UTC)", "bytes", None, 0, LARGEST),
    Quota.KEPT: Limited("Bytes that the data folder holds of finished versions", "bytes", None, 0, LARGEST),
}
"""Every limit, in the order in which they are shown."""


def day_of(now: datetime) -> date:
    """The day that a moment counts for."""
    return now.astimezone(UTC).date()


def begins(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), UTC)


def until_tomorrow(now: datetime) -> int:
    """Seconds until the next day begins, rounded up."""
    return int(-(-(begins(day_of(now) + timedelta(days=1)) - now).total_seconds() // 1))


def too_many_written(limit: int, used: int) -> OverQuota:
    """No room for another version that is written at once."""
    return OverQuota(
        f"{used:,} versions of this project wait or are being written, and {limit:,} at once are allowed. There is "
        f"room when one of them is done. Nothing was asked for. {WHOM}",
        WRITING_TAKES,
    )


def too_many_asked(limit: int, used: int, now: datetime) -> OverQuota:
    """No room for another version of this person today."""
    return OverQuota(
        f"You have asked for {used:,} versions today, and {limit:,} a day are allowed. There is room again at 00:00 "
        f"UTC. Nothing was asked for. {WHOM}",
        until_tomorrow(now),
    )


def too_much_taken(limit: int, used: int, wanted: int, now: datetime) -> OverQuota:
    """No room for these bytes of this person today."""
    return OverQuota(
        f"This would take {wanted:,} bytes. You have taken {used:,} of the {limit:,} bytes of versions that one person "
        f"may take in a day. There is room again at 00:00 UTC. Nothing was sent. {WHOM}",
        until_tomorrow(now),
    )


def too_much_kept(limit: int, used: int, wanted: int = 0) -> OverQuota:
    """No room in the data folder."""
    what = f"This version has {wanted:,} bytes. " if wanted else ""
    return OverQuota(
        f"{what}Finished versions hold {used:,} of the {limit:,} bytes that they may hold here. There is room when an "
        "administrator raises the limit. Nothing was made; judgments and earlier versions are as they were. Ask an "
        "administrator.",
        None,
    )


def merged(spans: Sequence[Sequence[int]], more: tuple[int, int]) -> list[list[int]]:
    """Spans with another one, `from` until before `until`; in order, and joined where they touch."""
    found: list[list[int]] = []
    for start, end in sorted([*(tuple(each) for each in spans), more]):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


def total(spans: Sequence[Sequence[int]]) -> int:
    """How many bytes spans have that lie apart from each other."""
    return sum(end - start for start, end in spans)


def said(limits: Mapping[Quota, int | None], quota: Quota) -> str:
    """A limit in words."""
    value = limits[quota]
    return "no limit" if value is None else f"{value:,} {LIMITS[quota].unit}"
