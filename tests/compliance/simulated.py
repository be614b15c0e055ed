"""The record that a simulated run has left, as facts: its own entries, and for what the stage wrote by itself (the
roster, the projects, numbers, training) the entries that the services would have written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.leaving import close_left
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.compliance.events import Event, Facts, Period, facts_of
from labeler.compliance.standards import as_published, read
from labeler.db import repeated
from labeler.projects.models import Project
from labeler.wellbeing.models import Comfort, ExposurePool, Policy, Training
from labeler.wellbeing.pool import POOL
from labeler.workforce.models import Labeler
from tests.compliance.events import Log
from tests.faults.care import Driver

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
THE_YEAR = Period(BEGINNING, datetime(2027, 1, 1, tzinfo=UTC))


def close_all(driver: Driver) -> None:
    """What the hourly sweep does, when the run is over: whoever left has her stretch of work written down."""
    for who in driver.world.people:
        repeated(lambda session, who=who: close_left(session, who, driver.now + timedelta(hours=2)))  # type: ignore[misc]


def facts_left(session: Session, *, around: bool = True, k: int = 1) -> Facts:
    """The facts for the only vendor of a run, over the whole year. `around`: with entries for what the stage wrote."""
    vendor = session.scalars(select(Labeler.vendor_id).limit(1)).one()
    logs = {vendor: Log(vendor), PLATFORM: Log(PLATFORM)}
    if around:
        _said(session, logs[vendor], logs[PLATFORM])
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        log = logs[entry.vendor_id or PLATFORM]
        made = Event(log.log, len(log.events), entry.id, entry.at, entry.act, entry.actor_id, entry.subject_id,
                     orjson.loads(entry.fields))  # fmt: skip
        log.events.append(made)
    return facts_of(vendor, THE_YEAR, as_published(read()), logs[vendor].events + logs[PLATFORM].events, k=k)


def _said(session: Session, vendor: Log, platform: Log) -> None:
    admin, before = UUID(int=9), BEGINNING - timedelta(days=1)
    for project in session.scalars(select(Project)):
        platform.add("guideline.add", before, admin, project.id, version=1, digest="")
        platform.add("project.check", before, admin, project.id)
        platform.add("project.publish", before, admin, project.id, guideline_version=1)
    for row in session.scalars(select(Labeler)):
        vendor.add("labeler.add", before, admin, row.id, languages=row.languages, time_zone=row.time_zone,
                   contract_from=None, contract_until=None)  # fmt: skip
        vendor.add("labeler.payroll", before, admin, row.id, person=row.person_id)
    for comfort in session.scalars(select(Comfort)):
        vendor.add("comfort.choose", before, comfort.labeler_id, comfort.labeler_id, night=comfort.night)
    for each in session.scalars(select(Training)):
        vendor.add("training.finish", each.finished_at or before, each.labeler_id, each.id, version=1,
                   expires_at=each.expires_at)  # fmt: skip
    for pool in session.scalars(select(ExposurePool)):
        platform.add("pool.measure", before, None, POOL, median=pool.median_seconds, people=pool.people)
    for policy in session.scalars(select(Policy).order_by(Policy.from_at)):
        platform.add("policy.set", policy.made_at, policy.made_by, policy.id, name=policy.name, value=policy.value,
                     from_at=policy.from_at, project=policy.project_id, until_at=policy.until_at,
                     signed=policy.signed_by is not None)  # fmt: skip
