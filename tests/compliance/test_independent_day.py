"""Rules of the day, counted twice: by their checks, and by what was written from their words alone."""

from __future__ import annotations

import pytest

from tests.compliance.checks.test_simulated import OURS
from tests.compliance.checks.test_the_day import BROKEN, NOT_TESTED, Change
from tests.compliance.checks.world import World
from tests.compliance.independent import hard, resting, said
from tests.compliance.independent.against import apart, never, quarters
from tests.compliance.independent.base import Rule

RULES: dict[str, Rule] = {**hard.RULES, **said.RULES, **resting.RULES}
PLANTED = [change for _, change in BROKEN] + [change for _, change in NOT_TESTED]


def test_every_rule_of_the_day_has_a_second_way() -> None:
    assert set(RULES) == set(OURS) - {"EXP-4"}  # which is with the rules of what is served to nobody


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))])
def test_both_ways_come_to_the_same_cells(seed: int) -> None:
    for which, facts in quarters(seed):
        assert not (found := apart(RULES, facts)), f"{which}: {'; '.join(found[:6])}"


@pytest.mark.slow
@pytest.mark.parametrize("change", PLANTED)
def test_both_ways_come_to_the_same_where_one_rule_is_broken(change: Change) -> None:
    world = World()
    change(world)
    assert not (found := apart(RULES, world.facts())), "; ".join(found[:6])


@pytest.mark.slow
def test_random_vendors_pass_fail_and_are_not_tested() -> None:
    assert never(RULES, range(20)) == {}
