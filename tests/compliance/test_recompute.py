"""Whoever has the entries comes to the same figures: from the database, from memory, on either database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.audit.service import canonical
from labeler.compliance import reading as record
from labeler.compliance.assessing import assess
from labeler.compliance.events import AFTER, Facts, Period, order
from labeler.compliance.outcome import Assessment
from labeler.compliance.standards import Profile, as_published, read, tightened
from labeler.db import reading, table, transaction
from labeler.jobs.seal import seal_record
from tests.compliance.events import Log, facts_from, key
from tests.compliance.random_vendor import PERIOD, make

STRICT = {"severe_day": 1, "break_stop": 51, "break_ask": 50, "pay_days": 2, "review_days": 5, "consent_days": 10}
PERIODS = (PERIOD, Period.quarter(2026, 2), Period.quarter(2026, 4))


def profiles(seed: int) -> list[Profile]:
    """The standard itself, and some buyers'."""
    names = sorted(STRICT)
    chosen = [{name: STRICT[name] for place, name in enumerate(names) if (which >> place) & 1} for which in (seed, 63)]
    return [as_published(read()), *(tightened(read(), f"Buyer {n}", values) for n, values in enumerate(chosen))]


def stored(logs: tuple[Log, ...], folder: Path) -> None:
    """Write these entries as the product would have, and seal them: leaf `number` is that of the log."""
    rows = [
        {
            "id": event.id, "at": event.at, "act": event.act, "actor_id": event.actor, "subject_id": event.subject,
            "vendor_id": None if log.log == PLATFORM else log.log, "fields": canonical(dict(event.fields)),
        }
        for log in logs
        for event in log.events
    ]  # fmt: skip
    now = PERIOD.end + timedelta(days=30)
    with transaction() as session:
        session.execute(insert(table(AuditEntry)), rows)
    seal_record(now, everything=True, folder=folder)


def cells(assessment: Assessment) -> list[tuple[object, ...]]:
    """Every figure of an assessment."""
    return [
        (
            control.control, control.result, control.reason, check.rule, check.population, len(check.exceptions),
            check.people, check.affected, tuple((each.name, each.value, each.of) for each in check.figures),
        )
        for control in assessment.controls
        for check in control.checks
    ]  # fmt: skip


def test_a_pack_is_read_as_the_database_is(database: object, tmp_path: Path) -> None:
    """`report.again` takes from an auditor's pack what `reading.facts` asks the database for: also what was begun in
    the last minutes of a quarter and ended after it."""
    own, platform = make(1)
    for at in (PERIOD.end - timedelta(minutes=5), PERIOD.end, PERIOD.end + AFTER - timedelta(seconds=1), PERIOD.end + AFTER):
        own.add("break.start", at, key(500), key(90_000), rule=None, until=None, paid_until=at)
    stored((own, platform), tmp_path)
    there, _ = ways(own, platform, PERIOD, as_published(read()))
    pack = [
        event for log in (own, platform) for event in log.events
        if record.read_for(event.act, event.at, PERIOD, platform=log.log == PLATFORM)
    ]  # fmt: skip
    assert there.events == sorted(pack, key=order)
    assert sum(each.subject == key(90_000) for each in there.events) == 3


def ways(own: Log, platform: Log, period: Period, profile: Profile) -> tuple[Facts, Facts]:
    """The facts out of the database, and out of memory."""
    with reading() as session:
        prefix = record.newest(session, own.log)
        from_database = record.facts(session, own.log, period, profile, prefix)
    return from_database, facts_from(own, platform, vendor=own.log, period=period, profile=profile)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))])
def test_figures_are_the_same_from_the_database_and_from_the_entries_alone(
    database: object, tmp_path: Path, seed: int
) -> None:
    own, platform = make(seed)
    stored((own, platform), tmp_path)
    for period in PERIODS[: 1 + seed % 3]:
        for profile in profiles(seed):
            there, here = (assess(facts, read()) for facts in ways(own, platform, period, profile))
            assert cells(there) == cells(here)
            assert (there.gaps, there.deviations, there.people, there.entries) == (
                here.gaps, here.deviations, here.people, here.entries,
            )  # fmt: skip
