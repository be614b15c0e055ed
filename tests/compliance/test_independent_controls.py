"""The rules of the self-checks and EXP-4, and what stands above all checks, are what a second way of counting says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import pytest

from labeler.compliance.assessing import assess
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Facts, Period, facts_of
from labeler.compliance.outcome import Assessment, Checked, Result, Row
from labeler.compliance.standards import Profile, as_published, read, tightened
from tests.compliance.events import MONDAY, Log, facts_from, key
from tests.compliance.independent import controls
from tests.compliance.independent.base import Known, differences, known_from
from tests.compliance.random_vendor import make

STANDARD = read()
STRICT = tightened(STANDARD, "Strict buyer", {"escalation_days": 2, "attestation_months": 4, "severe_day": 1})
PROFILES = (as_published(STANDARD), STRICT)
QUARTERS = tuple(Period.quarter(2026, number) for number in (2, 3, 4))
SEEDS = [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 50))]


made = lru_cache(maxsize=32)(make)


def both(seed: int, period: Period, profile: Profile) -> tuple[Facts, Known]:
    """What the product is given of a random vendor, and what the second way of counting is."""
    own, platform = made(seed)
    erased = seed % 3
    facts = facts_from(own, platform, vendor=own.log, period=period, profile=profile, erased=erased)
    return facts, known_from(facts, STANDARD, erased)


def every(seed: int) -> Iterator[tuple[str, Facts, Known]]:
    """The same vendor in all periods by all profiles, with words that say which."""
    for period in QUARTERS:
        for profile in PROFILES:
            yield f"seed {seed}, {period.name}, {profile.name}", *both(seed, period, profile)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cell_of_these_rules_is_the_same(seed: int) -> None:
    for where, facts, known in every(seed):
        for name, rule in controls.RULES.items():
            found = differences(name, rule(known), CHECKS[name](facts))
            assert not found, f"{where}\n" + "\n".join(found)


def test_each_of_these_rules_passed_failed_and_was_not_tested() -> None:
    wanted = {(name, result) for name in controls.RULES for result in Result}
    for seed in range(20):
        for period in QUARTERS if wanted else ():
            facts, _ = both(seed, period, PROFILES[0])
            wanted -= {(name, CHECKS[name](facts).result(5)) for name, _ in wanted}
    assert not wanted


def apart(assessment: Assessment, known: Known) -> list[str]:
    """In what an assessment differs from what the second way of counting makes of the same results of checks."""
    checks = {check.rule: check for each in assessment.controls for check in each.checks}
    mine, found = controls.controls(known, STANDARD, checks), []

    def hold(what: str, here: object, there: object) -> None:
        if here != there:
            found.append(f"{what} is {here} here, {there} there")

    for each in assessment.controls:
        here, proof, said = mine[each.control], each.attestation, each.confirmed
        hold(f"{each.control}: result", here.result, each.result.value)
        hold(f"{each.control}: measured", here.measured, each.measured and each.measured.value)
        hold(f"{each.control}: attested", here.attested, each.attested and each.attested.value)
        hold(f"{each.control}: idle", here.idle, each.idle)
        entry = here.attestation and (here.attestation.log, here.attestation.number, here.withdrawn)
        hold(f"{each.control}: attestation", entry, proof and (proof.log, proof.number, proof.withdrawn_at))
        hold(f"{each.control}: confirm", here.confirm, set(said.confirm) if said else set())
        hold(f"{each.control}: contest", here.contest, set(said.contest) if said else set())
        if each.result is not Result.SATISFIED and not each.reason:
            found.append(f"{each.control}: no reason is told")
    hold("meets", controls.meets(STANDARD, mine), assessment.meets)
    hold("people", controls.people(known), set(assessment.people))
    hold("entries", controls.entries(known), assessment.entries)
    hold("served", controls.served(known), [dict(each) for each in assessment.served])
    hold("deviations", _sorted(controls.deviations(known)), _sorted(_deviations(assessment)))
    gaps = [(each.number, each.at, each.log, each.place) for each in assessment.gaps]
    hold("gaps", _sorted(controls.gaps(known)), _sorted(gaps))
    return found


def _sorted(rows: Any) -> list[str]:
    return sorted(map(repr, rows))


def _deviations(assessment: Assessment) -> list[tuple[object, ...]]:
    return [
        (
            each.name, each.value, each.standard, each.from_at, each.until_at, each.project, each.log, each.number,
            each.signer, each.document, each.reason,
        )
        for each in assessment.deviations
    ]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_above_the_checks_is_the_same(seed: int) -> None:
    for where, facts, known in every(seed):
        found = apart(assess(facts, STANDARD), known)
        assert not found, f"{where}\n" + "\n".join(found)


def made_up(rule: str, dice: random.Random, well: float) -> Checked:
    """What a check could have come to, likely and unlikely."""
    if dice.random() < well:
        return Checked(rule, [_row(dice, 0.0) for _ in range(dice.randrange(1, 9))])
    rows = [_row(dice, 0.3) for _ in range(dice.choice([0, 0, 1, 9]))]
    untested = dice.choice([None, "Nothing happened."]) if rows else "Nothing happened."
    failed = dice.choice([None, None, None, "A share is outside its band."])
    return Checked(rule, rows, untested=untested, failed=failed, private=dice.random() < 0.2)


def _row(dice: random.Random, wrong: float) -> Row:
    who: UUID | None = dice.choice([None, *(key(number) for number in range(500, 508))])
    return Row(MONDAY, who, key(1), 0, "1", dice.random() < wrong)


def test_whatever_checks_come_to_controls_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what no record would show: every mix of passed, failed, private and idle rules, and vendors that meet it."""
    seen: Counter[tuple[Result, bool]] = Counter()
    meets = 0
    for seed in range(40):
        dice = random.Random(seed)
        well = dice.choice([0.3, 0.9, 1.0])
        told = {rule: made_up(rule, dice, well) for rule in CHECKS}
        for name in told if dice.random() < 0.5 else ():
            if name in controls.NEED_NOT_HAPPEN and dice.random() < 0.5:
                told[name] = Checked(name, untested="Nothing happened.")
        monkeypatch.setattr(
            "labeler.compliance.assessing.CHECKS", {rule: lambda _, one=one: one for rule, one in told.items()}
        )
        facts, known = both(seed % 6, QUARTERS[seed % 3], PROFILES[seed % 2])
        if well == 1.0:
            facts, known = attested(facts, facts.erased)
        assessment = assess(facts, STANDARD)
        found = apart(assessment, known)
        assert not found, f"seed {seed}\n" + "\n".join(found)
        seen.update((each.result, each.idle) for each in assessment.controls)
        meets += assessment.meets
    assert 0 < meets < 40
    assert {each for each, number in seen.items() if number} >= {
        (Result.SATISFIED, False), (Result.SATISFIED, True), (Result.NOT_SATISFIED, False),
        (Result.NOT_TESTED, False), (Result.NOT_TESTED, True),
    }  # fmt: skip


def attested(facts: Facts, erased: int) -> tuple[Facts, Known]:
    """The same, with everything attested on the last day of the period."""
    log, day = Log(facts.vendor), facts.period.end - timedelta(days=1)
    for number, each in enumerate(STANDARD.controls):
        if each.asks:
            log.add(
                "attestation.add", day, key(9), key(80_000 + number), control=each.id, signer="M. Anager, director",
                dated=day, expires_at=day + timedelta(days=90), digest="ab" * 32,
            )  # fmt: skip
    more = facts_of(facts.vendor, facts.period, facts.profile, [*facts.events, *log.events], erased)
    return more, known_from(more, STANDARD, erased)
