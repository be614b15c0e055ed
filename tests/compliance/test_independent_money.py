"""Rules about pay, decisions, data and governance, counted twice: by their checks, and from their words alone."""

from __future__ import annotations

import pytest

from labeler.compliance.checks import CHECKS
from tests.compliance.checks.story import good
from tests.compliance.checks.test_people_rules import FAILS, UNTESTED, Spoil
from tests.compliance.independent import decisions, rights, wages
from tests.compliance.independent.against import apart, never, quarters
from tests.compliance.independent.base import Rule

RULES: dict[str, Rule] = {**wages.RULES, **decisions.RULES, **rights.RULES}


def test_every_rule_of_this_sort_has_a_second_way() -> None:
    sorts = ("PAY-", "REJ-", "DEC-", "GRV-", "GOV-", "ERASE")
    assert set(RULES) == {rule for rule in CHECKS if rule.startswith(sorts)} - {"DEC-4", "GOV-2"}  # the product's own


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))])
def test_both_ways_come_to_the_same_cells(seed: int) -> None:
    for which, facts in quarters(seed):
        assert not (found := apart(RULES, facts)), f"{which}: {'; '.join(found[:6])}"


@pytest.mark.parametrize("spoil", [*FAILS.values(), *UNTESTED.values()])
def test_both_ways_come_to_the_same_where_one_rule_is_broken_or_lacks_its_proof(spoil: Spoil) -> None:
    story = good()
    spoil(story)
    assert not (found := apart(RULES, story.facts())), "; ".join(found[:6])


@pytest.mark.slow
def test_random_vendors_pass_fail_and_are_not_tested() -> None:
    assert never(RULES, range(20)) == {}
