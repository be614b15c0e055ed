"""A hundred thousand shifts of people with habits, on the rules alone: the checker finds nothing that was passed by."""

from __future__ import annotations

import random

import pytest

from tests.faults.checker import violations
from tests.faults.shifts import work_week

A_PERSON = 10
"""Shifts of one person: enough for every window of a week to bind."""


def hold(first: int, shifts: int) -> tuple[set[str], int]:
    """So many shifts, from a seed on. Returns the rules that refused something, and the tasks given."""
    met: set[str] = set()
    given = 0
    for seed in range(first, first + shifts // A_PERSON):
        desk, more = work_week(random.Random(seed), A_PERSON)
        found = violations(desk.raw)
        assert not found, f"seed {seed}: {len(found)} findings, the first: {found[0]}"
        met |= desk.refusals
        given += more
    return met, given


def test_a_thousand_shifts_pass_no_limit_by_and_meet_them_all() -> None:
    met, given = hold(0, 1_000)
    # BRK-8 binds before BRK-7 and BRK-9 do only after six days of exactly eight hours: `test_hours` walks there.
    wanted = {"BRK-1", "BRK-2", "BRK-5", "BRK-6", "BRK-7", "BRK-9"}
    wanted |= {"EXP-1", "EXP-2", "EXP-3", "EXP-5", "EXP-6", "EXP-14"}
    assert wanted <= met, f"never met: {sorted(wanted - met)}"
    assert given > 10_000


@pytest.mark.parametrize("seed", [5_000_029, 5_000_082, 5_000_121, 7_000_935])
def test_what_long_runs_have_found_stays_mended(seed: int) -> None:
    """A run of severe content that began anew while a text was open under another account, and a break of ten minutes
    less the second in which an answer came."""
    hold(seed, A_PERSON)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_shifts_pass_no_limit_by(part: int) -> None:
    hold(1_000_000 * (part + 1), 10_000)
