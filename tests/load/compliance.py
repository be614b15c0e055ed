"""How long a quarter takes to assess, and how much memory: events made up, as a prefix of the record holds them.

No database: reading is measured by whoever measures databases. Every labeler works five days a week, in blocks with
breaks between, with a severe text among eight.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from labeler.compliance.assessing import assess
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Event, Period, facts_of
from labeler.compliance.standards import as_published, read

QUARTER = Period.quarter(2026, 3)
VENDOR, PROJECT = UUID(int=7 << 64), UUID(int=8 << 64)
A_DAY = 120
"""Tasks of one person in a day."""
PROFILES = ("", "", "W06:1", "", "W06:3", "", "", "W06:2")


@dataclass(frozen=True, slots=True)
class Assessed:
    """Seconds of processor time for everything, for the slowest check, and MiB that came on top."""

    hand_outs: int
    events: int
    seconds: float
    slowest: str
    slowest_seconds: float
    mib: float


def story(hand_outs: int) -> Iterator[tuple[datetime, str, UUID | None, UUID, Mapping[str, object]]]:
    """Acts of so many hand-outs: when, what, by whom, about what, with which fields."""
    days = [QUARTER.start + timedelta(days=n) for n in range(92) if (QUARTER.start + timedelta(days=n)).weekday() < 5]
    people = [UUID(int=(9 << 64) + n) for n in range(max(1, hand_outs // (len(days) * A_DAY)))]
    before, number = QUARTER.start - timedelta(days=20), 0
    yield before, "project.publish", None, PROJECT, {"guideline_version": 1}
    for who in people:
        yield before, "labeler.add", None, who, {"time_zone": "UTC"}
        yield before, "training.finish", who, who, {"version": 1, "expires_at": QUARTER.end.isoformat()}
        consent = {"category": "W06", "severity": 3, "text_version": 1, "expires_at": QUARTER.end.isoformat()}
        yield QUARTER.start, "consent.give", who, who, consent
    for day in days:
        for who in people:
            now = start = day + timedelta(hours=8)
            for turn in range(A_DAY):
                held, profile = UUID(int=(10 << 64) + number), PROFILES[turn % len(PROFILES)]
                number += 1
                given = {"task": str(held), "fence": 1, "project": str(PROJECT), "profile": profile}
                yield now, "assignment.hand_out", who, held, given
                if profile[-1:] in ("2", "3"):
                    yield now, "assignment.reveal", who, held, {"severity": int(profile[-1]), "profile": profile}
                now += timedelta(seconds=150)
                told = {"assignment": str(held), "version": 1, "standing": "counted", "digest": ""}
                yield now, "judgment.submit", who, UUID(int=held.int ^ (1 << 80)), told
                if turn % 16 == 15:
                    span = {"from_at": start.isoformat(), "until_at": now.isoformat()}
                    yield now, "stretch.close", who, UUID(int=held.int ^ (1 << 81)), span
                    now = start = now + timedelta(minutes=16)


def measure(hand_outs: int) -> Assessed:
    """Assess a quarter of about so many hand-outs."""
    events = [
        Event(VENDOR, number, UUID(int=number), at, act, actor, subject, fields)
        for number, (at, act, actor, subject, fields) in enumerate(sorted(story(hand_outs), key=lambda each: each[0]))
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    facts = facts_of(VENDOR, QUARTER, as_published(read()), events)
    assess(facts, read())
    seconds = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    taken: dict[str, float] = {}
    for rule, check in CHECKS.items():
        start = time.process_time()
        check(facts)
        taken[rule] = time.process_time() - start
    slowest = max(taken, key=taken.__getitem__)
    count = sum(event.act == "assignment.hand_out" for event in events)
    return Assessed(count, len(events), seconds, slowest, taken[slowest], grown)
