"""What of the record is read entry by entry, what is only counted, and in which numbers. Pure.

What a person has declined, agreed to, skipped, opened or rested from is hers and the gate's. Of such acts the record
tells how often a day had them, and only where at least `SMALLEST` people stand behind the number.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

SMALLEST = 5
"""People behind a number before it is shown (k). Below, the number and a nought look alike."""

LISTED_ROOMS = frozenset(
    {
        "api_key", "attestation", "audit", "batch", "benchmark", "disclosure", "escalation", "export", "finding",
        "guideline", "judgment", "key", "labeler", "place",
        "policy", "project", "rate", "record", "session", "severity", "user", "vendor",
    }
)  # fmt: skip
"""Rooms whose acts are read entry by entry. A room that is not named here is counted: closed unless opened."""

LISTED_ACTS = frozenset({"assignment.expire", "contract.add", "contract.condition", "report.publish"})
"""Single acts of other rooms that are read too: a lease that lapses is the clock's act, not a person's; what a contract
says is its vendor's, and what is published is the administrator's. That somebody has seen her contract, and what a
labeler reports (`report.say`), is counted."""


VEILED_ROOMS = frozenset({"assignment", "judgment"})
"""Rooms whose listed acts are about one labeler's work. The ids of their subjects are not shown: ours hold the moment
they were made, and with it her pace."""


def listed(act: str) -> bool:
    """Whether an act's entries are read one by one; the others are counted only.

    That a task was handed out is counted as well: what was handed out and never answered would tell who skipped.
    """
    return act in LISTED_ACTS or act.partition(".")[0] in LISTED_ROOMS


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one day had an act at one vendor, and how many different people did it."""

    day: date
    act: str
    vendor: UUID | None
    times: int
    people: int


def cells(tallies: Iterable[Tally], today: date) -> Mapping[tuple[str, date], int]:
    """The numbers that may be shown, by act and day. What is missing had fewer than `SMALLEST` people, or none.

    A day that is not over has no numbers yet: watching one grow would tell who did what just now. A sum over vendors
    leaves out those with too few people, unless these together are enough: the others' numbers, taken away from the
    sum, must not lay them bare. Each person belongs to one vendor, so the people of several add up.
    """
    shown: dict[tuple[str, date], int] = defaultdict(int)
    small: dict[tuple[str, date], list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.day >= today:
            continue
        if tally.people >= SMALLEST:
            shown[tally.act, tally.day] += tally.times
        else:
            small[tally.act, tally.day].append(tally)
    for place, few in small.items():
        if sum(tally.people for tally in few) >= SMALLEST:
            shown[place] += sum(tally.times for tally in few)
    return dict(shown)


def nickname(secret: bytes, sort: str, key: UUID) -> str:
    """What an id is called in the record, such as `labeler-1f0c9a2b77d4`; without `secret` it leads nowhere.

    Names of two sorts for one id can't be told to belong together: what a labeler works is listed under another name
    than her account, whose beginning an administrator knows.
    """
    named = hashlib.blake2b(f"record {sort} {key.hex}".encode(), key=secret, digest_size=6)
    return f"{sort}-{named.hexdigest()}"
