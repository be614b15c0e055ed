"""Whoever has the entries comes to the same figures: from the database, from memory, on either database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from sqlalchemy import insert

from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.audit.service import canonical
from labeler.compliance import reading as record
from labeler.compliance.assessing import assess
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import AFTER, Facts, Period, facts_of, order
from labeler.compliance.outcome import Assessment
from labeler.compliance.standards import Profile, as_published, read, tightened
from labeler.db import reading, table, transaction
from labeler.jobs.seal import seal_record
from tests.compliance import independent
from tests.compliance.events import Log, facts_from, key
from tests.compliance.independent.base import Rule, differences, known_from
from tests.compliance.random_vendor import PERIOD, make
from tests.compliance.test_independent_controls import apart

STRICT = {
    "severe_day": 1, "break_stop": 51, "break_ask": 50, "pay_days": 2, "review_days": 5, "consent_days": 10,
    "escalation_days": 2, "attestation_months": 4, "at_floor": 1000, "notice_days": 30, "week_hours": 2_400,
    "daily_rest": 720, "acknowledge_days": 2, "run_tasks": 3,
}  # fmt: skip
PERIODS = (PERIOD, Period.quarter(2026, 2), Period.quarter(2026, 4))


def profiles(seed: int) -> list[Profile]:
    """The standard itself, a buyer with all of these numbers, and five with some of them, drawn by the seed."""
    dice, names = random.Random(seed), sorted(STRICT)
    drawn = [dice.sample(names, dice.randrange(1, len(names))) for _ in range(5)]
    chosen = [{name: STRICT[name] for name in some} for some in (names, *drawn)]
    return [as_published(read()), *(tightened(read(), f"Buyer {n}", values) for n, values in enumerate(chosen))]


def asked(seed: int) -> list[tuple[Period, Profile]]:
    """What 20 reports on a vendor are asked for: three quarters by seven profiles, but for one."""
    return [(period, profile) for period in PERIODS for profile in profiles(seed)][:20]


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


def ways(own: Log, platform: Log, seed: int) -> Iterator[tuple[Facts, Facts]]:
    """The facts for each report out of the database, which is read once for each quarter, and out of memory."""
    read_of: dict[Period, Facts] = {}
    for period, profile in asked(seed):
        if period not in read_of:
            with reading() as session:
                read_of[period] = record.facts(session, own.log, period, profile, record.newest(session, own.log))
        there = read_of[period]
        yield (
            facts_of(own.log, period, profile, there.events, there.erased, there.k),
            facts_from(own, platform, vendor=own.log, period=period, profile=profile),
        )


SEEDS = [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 50))]


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_are_the_same_from_the_database_and_from_the_entries_alone(
    database: object, tmp_path: Path, seed: int
) -> None:
    own, platform = make(seed)
    stored((own, platform), tmp_path)
    reports = 0
    for from_database, from_memory in ways(own, platform, seed):
        there, here = assess(from_database, read()), assess(from_memory, read())
        where = f"seed {seed}, {from_memory.period.name}, {from_memory.profile.name}"
        assert cells(there) == cells(here), where
        assert (there.gaps, there.deviations, there.people, there.entries, there.meets, there.served) == (
            here.gaps, here.deviations, here.people, here.entries, here.meets, here.served,
        ), where  # fmt: skip
        reports += 1
    assert reports == 20


def second() -> dict[str, Rule]:
    """The second way of counting: every rule that `tests.compliance.independent` has."""
    modules = [import_module(f"{independent.__name__}.{each.name}") for each in iter_modules(independent.__path__)]
    return {name: rule for module in modules for name, rule in getattr(module, "RULES", {}).items()}


@pytest.mark.parametrize("seed", [pytest.param(n, marks=pytest.mark.slow) for n in range(50)])
def test_no_cell_of_20_reports_differs_from_the_second_way_of_counting(seed: int) -> None:
    hold_against(seed, asked(seed))


def test_no_cell_of_a_report_on_each_quarter_differs_from_the_second_way_of_counting() -> None:
    hold_against(1, asked(1)[1::7])


def hold_against(seed: int, reports: list[tuple[Period, Profile]]) -> None:
    """Hold every rule, and what stands above them, against the second way of counting."""
    own, platform = make(seed)
    for period, profile in reports:
        facts = facts_from(own, platform, vendor=own.log, period=period, profile=profile)
        assessment, known = assess(facts, read()), known_from(facts, read())
        there = {check.rule: check for control in assessment.controls for check in control.checks}
        there |= {name: check(facts) for name, check in CHECKS.items() if name not in there}  # of no control
        found = [each for name, rule in second().items() for each in differences(name, rule(known), there[name])]
        found += apart(assessment, known)
        assert not found, f"seed {seed}, {period.name}, {profile.name}\n" + "\n".join(found)


def test_a_pack_is_read_as_the_database_is(database: object, tmp_path: Path) -> None:
    """`report.again` takes from an auditor's pack what `reading.facts` asks the database for: also what was begun in
    the last minutes of a quarter and ended after it."""
    own, platform = make(1)
    over = PERIOD.end + AFTER
    for at in (PERIOD.end - timedelta(minutes=5), PERIOD.end, over - timedelta(seconds=1), over):
        own.add("break.start", at, key(500), key(90_000), rule=None, until=None, paid_until=at)
    stored((own, platform), tmp_path)
    there, _ = next(ways(own, platform, 1))
    pack = [
        event for log in (own, platform) for event in log.events
        if record.read_for(event.act, event.at, PERIOD, platform=log.log == PLATFORM)
    ]  # fmt: skip
    assert there.events == sorted(pack, key=order)
    assert sum(each.subject == key(90_000) for each in there.events) == 3
