"""How often one person may ask for a new report. Pure.

Each new report on a quarter is made with an eye on all that were asked for before, so that no two of them tell more
together: with every one the next takes longer, and may have to tell less. So nobody can ask without end. Asking for one
that is being made, or is there and has nothing sealed since, leads to it and does not count.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from labeler.accounts.permissions import Role
from labeler.errors import OverQuota

A_DAY = 8
"""New reports that somebody who speaks for one vendor may ask for in a day (UTC): each quarter on offer once."""
A_DAY_OF_ALL = 200
"""The same for auditors and administrators, who ask about every vendor."""
A_QUARTER = 24
"""Reports on one quarter of a vendor that its own people may ask for, all together. Each works out all
before it once more: without an end, the next one, an auditor's, would take hours."""
OF_ALL = frozenset({Role.ADMIN, Role.AUDITOR})


def most(role: Role) -> int:
    """How many new reports a person of this role may ask for in a day."""
    return A_DAY_OF_ALL if role in OF_ALL else A_DAY


def enough(used: int, period: str) -> OverQuota:
    """What somebody of a vendor is told where its people have asked for all that they may on one quarter."""
    return OverQuota(
        f"People of this vendor have asked for {used} reports on {period}, and {A_QUARTER} are allowed on one quarter. "
        "Nothing was asked for. The newest one is on the list; an auditor or an administrator may ask for another.",
        None,
    )


def begin_of_day(now: datetime) -> datetime:
    """When the day of this moment began, in UTC."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)


def too_many(allowed: int, used: int, now: datetime) -> OverQuota:
    """What somebody is told who has asked for all that she may today."""
    again = begin_of_day(now) + timedelta(days=1)
    return OverQuota(
        f"You have asked for {used} new reports today, and {allowed} a day are allowed. You may ask again from "
        f"{again:%Y-%m-%d} 00:00 UTC. Nothing was asked for. Reports that are there can be read and taken at any time.",
        int(-(-(again - now).total_seconds() // 1)),
    )
