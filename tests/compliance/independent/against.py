"""The second way of counting, held against the product's checks on random vendors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Result
from labeler.compliance.standards import read
from tests.compliance.events import facts_from
from tests.compliance.independent.base import Rule, differences, known_from
from tests.compliance.random_vendor import make
from tests.compliance.test_recompute import PERIODS, profiles


def quarters(seed: int) -> Iterator[tuple[str, Facts]]:
    """The facts of a random vendor: three quarters, by the standard and by a strict buyer's numbers."""
    own, platform = make(seed)
    loose, *_, strict = profiles(seed)
    for period in PERIODS:
        for profile in (loose, strict):
            facts = facts_from(own, platform, vendor=own.log, period=period, profile=profile)
            yield f"seed {seed}, {period.name}, {profile.name}", facts


def apart(rules: Mapping[str, Rule], facts: Facts) -> list[str]:
    """Every cell in which the two ways differ."""
    known = known_from(facts, read())
    return [told for rule, here in rules.items() for told in differences(rule, here(known), CHECKS[rule](facts))]


def never(rules: Collection[str], seeds: range) -> dict[str, set[Result]]:
    """By rule, the ways in which it did not end for any of these vendors."""
    ended: defaultdict[str, set[Result]] = defaultdict(set)
    for seed in seeds:
        for _, facts in quarters(seed):
            for rule in rules:
                ended[rule].add(CHECKS[rule](facts).result(facts.k))
    return {rule: lacking for rule in rules if (lacking := set(Result) - ended[rule])}
