"""Reading the prefix of the sealed record that a report rests on.

Only what is sealed counts: an entry that has no place yet is in no report.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry, LogLeaf, LogRoot
from labeler.audit.sealing import text_of
from labeler.compliance.events import (
    AFTER,
    BEFORE,
    OF_THE_DAY,
    Event,
    Facts,
    Period,
    event_of,
    facts_of,
    rests_on,
)
from labeler.compliance.standards import Profile

OF_THE_PLATFORM = frozenset(
    {
        "policy.set",
        "policy.sign",
        "profile.add",
        "project.create",
        "project.change",
        "project.check",
        "project.ask",
        "project.approve",
        "project.refuse",
        "project.withdraw",
        "project.lapse",
        "project.publish",
        "project.pause",
        "project.close",
        "project.widen",
        "project.freeze",
        "project.stop",
        "project.stop_end",
        "guideline.add",
        "severity.confirm",
        "severity.lower",
        "escalation.name",
        "escalation.decide",
        "benchmark.add",
        "check.run",
        "canary.run",
        "canary.answer",
        "pool.measure",
        "grievance.open",
        "grievance.acknowledge",
        "grievance.conclude",
        "hold.begin",
        "review.decide",
        "watch.flag",
        "watch.look",
        "export.publish",
        "disclosure.publish",
        "record.recovery",
        "key.distrust",
    }
)
"""Acts of the platform's log that a report on a vendor rests on. The rest of that log is about others."""
SLICE = 5_000


def read_for(act: str, at: datetime, period: Period, *, platform: bool) -> bool:
    """Whether a report on this quarter reads such an entry: what `facts` asks the database for."""
    return (not platform or act in OF_THE_PLATFORM) and rests_on(act, at, period)


@dataclass(frozen=True, slots=True)
class Prefix:
    """How much of the vendor's log and of the platform's log a report rests on, in leaves."""

    vendor: int
    platform: int


def newest(session: Session, vendor_id: UUID) -> Prefix:
    """All that is sealed by now, under a checkpoint."""
    sizes = {
        log: session.scalar(select(func.max(LogRoot.size)).where(LogRoot.log_id == log)) or 0
        for log in (vendor_id, PLATFORM)
    }
    return Prefix(sizes[vendor_id], sizes[PLATFORM])


def facts(session: Session, vendor_id: UUID, period: Period, profile: Profile, prefix: Prefix, k: int = 5) -> Facts:
    """The facts of a vendor's period, from that prefix alone."""
    erased = (
        session.scalar(
            select(func.count()).where(
                LogLeaf.log_id == vendor_id, LogLeaf.number < prefix.vendor, LogLeaf.salt.is_(None)
            )
        )
        or 0
    )
    events = [
        *_events(session, vendor_id, prefix.vendor, period.start - BEFORE, period.end + AFTER),
        *_events(session, PLATFORM, prefix.platform, period.start - BEFORE, period.end + AFTER),
    ]
    return facts_of(vendor_id, period, profile, events, erased, k)


def _events(session: Session, log: UUID, size: int, since: datetime, until: datetime) -> Iterator[Event]:
    wanted = (
        select(LogLeaf.number, AuditEntry)
        .join(AuditEntry, AuditEntry.id == LogLeaf.entry_id)
        .where(LogLeaf.log_id == log, LogLeaf.number < size, LogLeaf.salt.is_not(None))
        .order_by(LogLeaf.number)
    )
    if log == PLATFORM:
        wanted = wanted.where(AuditEntry.act.in_(OF_THE_PLATFORM))
    else:
        day = AuditEntry.act.in_(OF_THE_DAY)
        wanted = wanted.where(or_(~day, (AuditEntry.at >= since) & (AuditEntry.at < until)))
    with closing(session.execute(wanted.execution_options(yield_per=SLICE))) as found:
        for number, entry in found:
            yield event_of(log, number, text_of(entry))
