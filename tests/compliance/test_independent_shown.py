"""What a report tells is what may be told, and whoever reads all reports on a vendor finds no group of fewer than k."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from labeler.cells import K_INSIDE, K_PUBLIC
from labeler.compliance.assessing import assess
from labeler.compliance.disclosing import Shown, disclose
from labeler.compliance.events import Period
from labeler.compliance.outcome import Assessed, Assessment, Checked, Figure, Result, Row
from labeler.compliance.standards import as_published, read, tightened
from tests.compliance.events import MONDAY, facts_from, key
from tests.compliance.independent.shown import Number, Reader, few_left, numbers, shares, within_reach
from tests.compliance.random_vendor import make

STANDARD = read()
PROFILES = (
    as_published(STANDARD),
    tightened(STANDARD, "Strict", {"severe_day": 1, "break_stop": 51, "break_ask": 50, "pay_days": 2}),
    tightened(STANDARD, "A minute less", {"severe_day": 59, "break_stop": 59, "at_floor": 1000}),
)
QUARTERS = tuple(Period.quarter(2026, number) for number in (2, 3, 4))
SEEDS = [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 40))]


made = lru_cache(maxsize=16)(make)


def vendor(seed: int, period: Period, k: int) -> list[Assessment]:
    """A random vendor's quarter by all profiles, in an order that differs."""
    own, platform = made(seed, labelers=random.Random(seed).choice([6, 12, 18, 30]), days=3)
    order = random.Random(seed).sample(PROFILES, len(PROFILES))
    return [
        assess(facts_from(own, platform, vendor=own.log, period=period, profile=profile, k=k), STANDARD)
        for profile in order
    ]


def told(shown: Shown, place: tuple[Any, ...]) -> bool:
    """Whether the number at a place is told."""
    control = next(each for each in shown.controls if each.control == place[0])
    check = control.checks[place[1]]
    value = getattr(check, place[2]) if isinstance(place[2], str) else check.figures[place[2]].value
    return value is not None


def all_shown(quarter: list[Assessment], k: int) -> list[tuple[Assessment, Shown]]:
    """All reports on a quarter, each knowing those before it."""
    return [(each, disclose(each, k, quarter[:place])) for place, each in enumerate(quarter)]


def published(quarter: list[Assessment], k: int) -> list[Number]:
    """Every number about people that any report on the quarter tells."""
    found = []
    for assessment, shown in all_shown(quarter, k):
        found += [number for place, number in numbers(assessment, k) if told(shown, place)]
        if shown.shares:
            found += shares(assessment, shown.shares[0].last - shown.shares[0].first + 1)
    return [number for number in found if number.people or number.rest]


@pytest.mark.parametrize("k", [K_INSIDE, K_PUBLIC])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_told_or_not_as_its_words_say(seed: int, k: int) -> None:
    quarter, reader = vendor(seed, QUARTERS[1], k), Reader(k)
    for assessment, shown in all_shown(quarter, k):
        for place, number in numbers(assessment, k):
            assert told(shown, place) is reader.may_learn(number, assessment.people), f"seed {seed}: {place}, {number}"
        for width in (1, 2):
            trial = Reader(k, reader.groups, reader.sums)
            if all(trial.may_learn(each, assessment.people) for each in shares(assessment, width)):
                reader = trial
                break
        else:
            width = 0
        assert [each.last - each.first + 1 for each in shown.shares] == [width] * (4 // width if width else 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_reads_all_reports_on_a_quarter_finds_no_few(seed: int) -> None:
    found = published(vendor(seed, QUARTERS[1], K_INSIDE), K_INSIDE)
    for number in found:
        assert len(number.people) >= K_INSIDE or not number.people, f"seed {seed}: {number.name}"
        assert len(number.rest) >= K_INSIDE or not number.rest, f"seed {seed}: {number.name}"
    sums = {tuple(sorted(each.parts.items())): each for each in found if each.parts}
    for chosen in within_reach(list(sums)):
        counts = [dict(each) for each in chosen]
        names = [f"{sums[each].name}" for each in chosen]
        assert not few_left(tuple(counts), K_INSIDE), f"seed {seed}: {names}"
    groups = {group for each in found for group in (each.people, each.rest) if group}
    for one, other in combinations(groups, 2):
        assert not 0 < len(one - other) < K_INSIDE and not 0 < len(other - one) < K_INSIDE, f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_is_told_in_two_quarters(seed: int) -> None:
    """So the reports on two quarters can't be taken from each other: no number of one has a row of the other's."""
    seen: dict[tuple[str, UUID, int], str] = {}
    for period in QUARTERS:
        (assessment, shown), *_ = all_shown(vendor(seed, period, K_INSIDE)[:1], K_INSIDE)
        for control in assessment.controls:
            for place, check in enumerate(control.checks):
                for row in check.rows if told(shown, (control.control, place, "population")) else ():
                    if row.person is not None:
                        before = seen.setdefault((check.rule, row.log, row.number), period.name)
                        assert before == period.name, f"seed {seed}: {check.rule} tells {row} in two quarters"


UNNAMED = ("runs in the week from ", "trials decided in time", "found true", "time written by hand")
"""Figures that are about nobody: the product's own runs and trials, and grievances, which say no vendor. The last one
is of entries that do not say whose the time is."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_figure_names_everybody_behind_its_whole(seed: int) -> None:
    for assessment in vendor(seed, QUARTERS[1], K_INSIDE)[:1]:
        for check in (check for control in assessment.controls for check in control.checks):
            for figure in check.figures:
                if figure.name.startswith(UNNAMED):
                    continue
                if check.people:
                    assert figure.people or figure.rest, f"{check.rule}: {figure.name} is of nobody"
                if figure.of == check.population:
                    assert check.people <= figure.people | figure.rest, f"{check.rule}: {figure.name}"


# What was told before, and is not any more

PEOPLE = [key(500 + number) for number in range(20)]
Told = tuple[int | None, int | None]


def report(*checks: Checked) -> Assessment:
    control = Assessed("LWS-04", Result.NOT_SATISFIED, "", checks)
    return Assessment(key(1), "V", frozenset(PEOPLE), [control])


def rows(good: Mapping[UUID, int], wrong: Mapping[UUID, int] | None = None) -> list[Row]:
    return [Row(MONDAY, who, key(1), 0, "1", bad) for by, bad in ((good, False), (wrong or {}, True))
            for who in Counter(by).elements()]  # fmt: skip


def shown(assessment: Assessment, *before: Assessment) -> list[Told]:
    return [(each.population, each.exceptions) for each in disclose(assessment, 5, before).controls[0].checks]


def test_one_row_more_of_a_person_who_had_others_is_not_told_by_a_tighter_profile() -> None:
    """The same people behind both numbers, and one has one exception more: 60 rows, 20 and then 21 of them."""
    wrong = dict.fromkeys(PEOPLE, 1)
    before = report(Checked("EXP-1", rows(dict.fromkeys(PEOPLE, 2), wrong)))
    after = report(Checked("EXP-1", rows({**dict.fromkeys(PEOPLE, 2), PEOPLE[0]: 1}, {**wrong, PEOPLE[0]: 2})))
    assert shown(before) == [(60, 20)]
    assert shown(after, before) == [(60, None)]


def test_exceptions_that_leave_rows_of_few_people_are_not_told() -> None:
    """21 rows less 20 exceptions: one row of one person is well."""
    assert shown(report(Checked("EXP-1", rows({PEOPLE[0]: 1}, dict.fromkeys(PEOPLE, 1))))) == [(21, None)]


def test_somebody_in_two_groups_and_their_whole_is_not_laid_bare() -> None:
    """Neither two of these numbers are about few; the third less the other two is one person's."""
    left, right = dict.fromkeys(PEOPLE[:5], 1), dict.fromkeys(PEOPLE[5:10], 1)
    three = [Checked(rule, rows(by)) for rule, by in (
        ("EXP-1", left), ("EXP-2", right), ("EXP-3", left | right | {PEOPLE[10]: 1}))]  # fmt: skip
    assert shown(report(*three)) == [(5, 0), (5, 0), (None, None)]


def test_a_figure_of_nobody_does_not_tell_how_few_there_were_in_all() -> None:
    """No decision of three was changed: the three are the population, which is not told."""
    few = frozenset(PEOPLE[:3])
    figure = Figure("decisions changed", 0, "reviews", frozenset(), 3, rest=few)
    made = disclose(report(Checked("REJ-3", rows(dict.fromkeys(few, 1)), [figure])), 5).controls[0].checks[0]
    assert (made.population, made.figures[0].value, made.figures[0].of) == (None, None, None)


def test_a_share_does_not_tell_the_few_that_it_lacks() -> None:
    """950 ‰ of 20 weeks: one week of one person was not at the floor."""
    figure = Figure("weeks at the floor", 950, "‰", frozenset(PEOPLE[1:]), 1000, 850, frozenset(PEOPLE[:1]))
    made = disclose(report(Checked("PAY-1", rows(dict.fromkeys(PEOPLE, 1)), [figure])), 5).controls[0].checks[0]
    assert (made.population, made.figures[0].value) == (20, None)
