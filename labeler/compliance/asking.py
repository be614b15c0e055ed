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
OF_ALL = frozenset({Role.ADMIN, Role.AUDITOR})


def most(role: Role) -> int:
    """How many new reports a person of this role may ask for in a day."""
    return A_DAY_OF_ALL if role in OF_ALL else A_DAY


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
