"""The checks against the gate: whatever people do at a gate that works, the record of it has nothing against it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.compliance.checks import CHECKS, breaks, choices, exposure, forbidden, hours, warnings
from labeler.compliance.events import Facts
from labeler.db import reading
from tests.compliance.simulated import close_all, facts_left
from tests.faults.care import WAITS, AnyStage, Driver, Stage, draw, sqlite_stage
from tests.support import database as databases

OF_THE_DAY = {module.__name__ for module in (breaks, choices, exposure, forbidden, hours, warnings)}
OURS = [rule for rule, check in CHECKS.items() if check.__module__ in OF_THE_DAY]
RUNS, PARTS, ON_POSTGRESQL = 200, 10, 3


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    with sqlite_stage(sqlite_template, tmp_path) as made:
        yield made


def against(facts: Facts) -> list[str]:
    """What the checks find: rule, value, time and act of each exception."""
    acts = {(event.log, event.number): event for event in facts.events}
    return [
        f"{rule}: {row.value} at {row.at:%m-%d %H:%M:%S} {acts[row.log, row.number].act}"
        for rule in OURS
        for row in CHECKS[rule](facts).exceptions
    ]


def hold(stage: Stage, first: int, runs: int) -> int:
    """So many runs, those in which the server's clock is set back aside: moments can't be compared in them. Returns how
    many tasks were given."""
    given = 0
    for seed in range(first, first + runs):
        stage.reset()
        driver = Driver(stage.world)
        driver.run(draw(random.Random(seed)))
        if driver.waits == WAITS["jumpy"]:
            continue
        close_all(driver)
        with reading() as session:
            facts = facts_left(session)
        found = against(facts)
        assert not found, f"seed {seed}: " + "; ".join(found[:5])
        given += len(facts.of("assignment.hand_out"))
    return given


def test_the_gate_and_the_checks_agree(stage: Stage) -> None:
    assert hold(stage, 42_000_000, 20) > 50


def test_the_gate_and_the_checks_agree_on_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    name = request.getfixturevalue("postgresql_database")
    with databases.postgresql(request.getfixturevalue("postgresql_server"), name, tmp_path) as database:
        hold(AnyStage(database), 43_000_000, ON_POSTGRESQL)


BEFORE = (53_000_144,)
"""Runs that have found something: a project's longer break after severe content that the gate forgot."""


def test_what_long_runs_have_found_stays_mended(stage: Stage) -> None:
    for seed in BEFORE:
        hold(stage, seed, 1)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_the_gate_and_the_checks_agree_in_long_runs(stage: Stage, part: int) -> None:
    hold(stage, 44_000_000 + part * 1_000_000, RUNS)
