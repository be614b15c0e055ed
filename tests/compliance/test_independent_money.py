"""Rules about pay, decisions, data and governance, counted twice: by their checks, and from their words alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Result
from labeler.compliance.standards import read
from tests.compliance.checks.story import good
from tests.compliance.checks.test_people_rules import FAILS, UNTESTED, Spoil
from tests.compliance.events import facts_from
from tests.compliance.independent import decisions, rights, wages
from tests.compliance.independent.base import Rule, differences, known_from
from tests.compliance.random_vendor import make
from tests.compliance.test_recompute import PERIODS, profiles

RULES: dict[str, Rule] = {**wages.RULES, **decisions.RULES, **rights.RULES}


def quarters(seed: int) -> Iterator[tuple[str, Facts]]:
    """The facts of a random vendor: three quarters, by the standard and by a strict buyer's numbers."""
    own, platform = make(seed)
    loose, *_, strict = profiles(seed)
    for period in PERIODS:
        for profile in (loose, strict):
            facts = facts_from(own, platform, vendor=own.log, period=period, profile=profile)
            yield f"seed {seed}, {period.name}, {profile.name}", facts


def apart(facts: Facts) -> list[str]:
    """Every cell in which the two ways differ."""
    known = known_from(facts, read())
    return [told for rule, here in RULES.items() for told in differences(rule, here(known), CHECKS[rule](facts))]


def test_every_rule_of_this_sort_has_a_second_way() -> None:
    sorts = ("PAY-", "REJ-", "DEC-", "GRV-", "GOV-", "ERASE")
    assert set(RULES) == {rule for rule in CHECKS if rule.startswith(sorts)} - {"DEC-4", "GOV-2"}  # the product's own


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))])
def test_both_ways_come_to_the_same_cells(seed: int) -> None:
    for which, facts in quarters(seed):
        assert not (found := apart(facts)), f"{which}: {'; '.join(found[:6])}"


@pytest.mark.parametrize("spoil", [*FAILS.values(), *UNTESTED.values()])
def test_both_ways_come_to_the_same_where_one_rule_is_broken_or_lacks_its_proof(spoil: Spoil) -> None:
    story = good()
    spoil(story)
    assert not (found := apart(story.facts())), "; ".join(found[:6])


@pytest.mark.slow
def test_random_vendors_pass_fail_and_are_not_tested() -> None:
    ended: defaultdict[str, set[Result]] = defaultdict(set)
    for seed in range(20):
        for _, facts in quarters(seed):
            for rule in RULES:
                ended[rule].add(CHECKS[rule](facts).result(facts.k))
    assert {rule: set(Result) - ended[rule] for rule in RULES if ended[rule] != set(Result)} == {}
