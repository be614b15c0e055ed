"""Signs that a requester or a vendor may be treating labelers unfairly, or inventing their work (GOV-5). Pure.

A sign proves nothing and does nothing: it asks a person to look. Nothing here is about one labeler, and no finding
names one. Numbers are counts of the days that were looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

LOOK_BACK = timedelta(days=28)
"""How far rejections, reports and statements are looked at."""
CLOCK_BACK = timedelta(days=7)
"""How far moments are compared to the second."""
LEAST_MADE = 50
LEAST_HITS = 10
TIMES = 3
"""A share stands out at so many times that of all others, from so many hits among so many on."""
FLOOR_PER_MILLE = 30
"""Below this share nothing stands out, however rare it is elsewhere."""
TOGETHER = 3
"""People who do something in the same second."""
BY_CHANCE = 10
"""So many times more often than chance would bring it."""
SECONDS_A_DAY = 8 * 3600
"""Over which the moments of a day would spread by chance: a shift."""
EDGE = timedelta(seconds=2)
"""How close to the edge of a break an answer is odd."""
RUN = 20
"""Gaps between answers in a row that are the same, to the second."""
LEAST_GAP = 2
"""Seconds: gaps shorter than this are not told apart from quick work."""


class Sign(StrEnum):
    """What was found."""

    REJECTIONS = "rejections"
    UNDER_TAGGED = "under-tagged"
    UNDERPAID = "underpaid"
    PAID_LATE = "paid-late"
    BREAKS_TOGETHER = "breaks-together"
    SIGN_INS_TOGETHER = "sign-ins-together"
    BREAK_EDGES = "break-edges"
    FIXED_INTERVALS = "fixed-intervals"


class About(StrEnum):
    """Whom or what it is about: never a labeler."""

    PROJECT = "project"
    REQUESTER = "requester"
    REVIEWER = "reviewer"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding about the subject of that id. `hits` of `of`; `others_per_mille` the share elsewhere, or what chance
    would bring; None where there is nothing to compare with. `people`: labelers behind it, where they count."""

    sign: Sign
    about: About
    subject: UUID
    hits: int
    of: int
    others_per_mille: int | None = None
    people: int | None = None


def stands_out(counts: Mapping[UUID, tuple[int, int]]) -> dict[UUID, tuple[int, int, int]]:
    """Of (hits, made) by subject those whose share is far above that of all others together: hits, made, others' share.

    The share of the others is in per mille, rounded down. Without others nothing stands out.
    """
    all_hits, all_made = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    found = {}
    for subject, (hits, made) in counts.items():
        other_hits, other_made = all_hits - hits, all_made - made
        if made < LEAST_MADE or hits < LEAST_HITS or other_made < LEAST_MADE:
            continue
        if hits * 1000 >= FLOOR_PER_MILLE * made and hits * other_made >= TIMES * other_hits * made:
            found[subject] = hits, made, 1000 * other_hits // other_made
    return found


@dataclass(frozen=True, slots=True)
class Coincidence:
    """Seconds in which several people did the same, how many such people there are, and how many seconds chance brings
    (rounded up)."""

    seconds: int
    people: int
    by_chance: int


def together(moments: Iterable[tuple[Hashable, datetime]]) -> Coincidence | None:
    """Whether people began something in the same second more often than by chance; None when not.

    `moments` are (person, moment). Chance: if the n moments of a day fell anywhere in a shift of 8 hours, three would
    meet in a second n(n-1)(n-2)/6 / 28,800² times. So many people are often together where many work.
    """
    by_second: dict[datetime, set[Hashable]] = {}
    by_day: dict[date, int] = {}
    for person, moment in moments:
        by_second.setdefault(moment.replace(microsecond=0), set()).add(person)
        by_day[moment.date()] = by_day.get(moment.date(), 0) + 1
    met = [people for people in by_second.values() if len(people) >= TOGETHER]
    chance = sum(n * (n - 1) * (n - 2) / 6 for n in by_day.values()) / SECONDS_A_DAY**2
    if not met or len(met) < BY_CHANCE * chance:
        return None
    return Coincidence(len(met), len(set().union(*met)), int(-(-chance // 1)))


def near_edges(answers: Sequence[datetime], breaks: Sequence[tuple[datetime, datetime]]) -> int:
    """How many breaks (start, end) of one person have an answer within two seconds before the end, or after it, or
    after the start: nobody answers in a break, or has read a task two seconds after it.

    `answers` are in order. An answer just before a break is usual, as a break begins when a task is done.
    """

    def first(place: int, until: datetime) -> bool:
        return place < len(answers) and answers[place] <= until

    return sum(
        first(bisect_right(answers, start), start + EDGE) or first(bisect_left(answers, end - EDGE), end + EDGE)
        for start, end in breaks
    )


def fixed_run(moments: Sequence[datetime]) -> int:
    """The longest run of gaps between moments (in order) that are all within one second of each other."""
    longest = run = 0
    low = high = 0.0
    for before, after in pairwise(moments):
        gap = (after - before).total_seconds()
        low, high = (min(low, gap), max(high, gap)) if run else (gap, gap)
        if gap < LEAST_GAP:
            run = 0
        elif run and high - low <= 1:
            run += 1
        else:
            run, low, high = 1, gap, gap
        longest = max(longest, run)
    return longest


def under_floor(earned: int, seconds: int, floor: int | None) -> bool:
    """Whether a statement brings less than the floor an hour (all amounts in minor units), where one is known."""
    return floor is not None and earned * 3600 < floor * seconds


def is_late(due_at: datetime, paid_at: datetime | None, now: datetime) -> bool:
    """Whether a statement was paid after it was due, or is unpaid since."""
    return (paid_at or now) > due_at


def week_of(now: datetime) -> date:
    """The Monday (UTC) of the week: of one sign about one subject, one case a week is opened."""
    day = now.date()
    return day - timedelta(days=day.weekday())
