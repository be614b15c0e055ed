"""Samples that nobody chose, findings that are late, weeks that nobody picked: the rules of audits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.compliance.auditing.models import AuditSampleRow
from labeler.compliance.auditing.own_state import last_week, period_until, state_of
from labeler.compliance.auditing.queries import now_at
from labeler.compliance.auditing.rules import (
    FindingState,
    Step,
    draw,
    own_seed,
    person_days,
    pseudonym,
    quarters,
    standing,
)
from labeler.compliance.events import Period
from labeler.compliance.outcome import Assessed, Checked, Result, Row
from labeler.compliance.standards import read
from labeler.web.mending import to_mend

NOW = datetime(2026, 8, 5, 12, tzinfo=UTC)
LOG = UUID(int=9)


@given(seed=st.text(min_size=1, max_size=20), population=st.integers(0, 300), data=st.data())
def test_a_sample_has_no_row_twice_and_follows_from_its_seed(seed: str, population: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, population))
    drawn = draw(seed, population, size)
    assert len(set(drawn)) == size and all(0 <= each < population for each in drawn)
    assert drawn == draw(seed, population, size)
    assert draw(seed, population, population)[:size] == drawn, "a larger sample begins with the smaller one"


def test_every_row_is_drawn_about_as_often() -> None:
    often = [0] * 10
    for seed in range(2_000):
        for each in draw(str(seed), 10, 3):
            often[each] += 1
    assert min(often) > 500 and max(often) < 700


def test_what_is_not_there_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="can't be drawn"):
        draw("x", 3, 4)


def test_the_seed_follows_from_the_root_the_audit_and_the_sample() -> None:
    seeds = {own_seed(root, UUID(int=a), n) for root in ("aa", "bb") for a in (1, 2) for n in (1, 2)}
    assert len(seeds) == 8


def test_a_person_has_another_name_in_another_audit() -> None:
    names = {pseudonym(key, UUID(int=a), UUID(int=p)) for key in (b"k", b"l") for a in (1, 2) for p in (3, 4)}
    assert len(names) == 8


def row(person: int | None, hours: int, exception: bool = False) -> Row:
    return Row(NOW + timedelta(hours=hours), UUID(int=person) if person else None, LOG, hours, "", exception)


def test_person_days_are_one_row_for_each_person_and_day() -> None:
    rows = [row(1, 0), row(1, 1), row(None, 2), row(2, 2), row(1, 12), row(2, 13), row(2, 14)]
    assert person_days(rows) == [0, 3, 4, 5]


@pytest.mark.parametrize(
    ("steps", "state", "late"),
    [
        ([], FindingState.WAITS, True),
        ([(Step.REPLY, date(2026, 12, 1))], FindingState.ANSWERED, True),
        ([(Step.REPLY, date(2026, 12, 1)), (Step.KEEP, None)], FindingState.OPEN, True),
        ([(Step.CLOSE, None)], FindingState.CLOSED, False),
    ],
)
def test_a_finding_is_late_until_it_is_closed_whatever_was_promised(
    steps: list[tuple[Step, date | None]], state: FindingState, late: bool
) -> None:
    assert standing(date(2026, 8, 4), steps, NOW).state is state
    assert standing(date(2026, 8, 4), steps, NOW).overdue is late
    assert not standing(date(2026, 8, 5), steps, NOW).overdue, "its day is not over"


def test_quarters_are_those_that_are_over() -> None:
    assert quarters((2025, 4), NOW) == [(2025, 4), (2026, 1), (2026, 2)]
    assert quarters((2026, 3), NOW) == []


def test_a_state_is_of_whole_weeks_of_one_quarter() -> None:
    assert last_week(NOW) == date(2026, 7, 27)
    assert last_week(datetime(2026, 8, 3, tzinfo=UTC)) == date(2026, 7, 27), "on Monday the week before is over"
    assert last_week(datetime(2026, 8, 2, 23, 59, tzinfo=UTC)) == date(2026, 7, 20)
    assert period_until(date(2026, 7, 27)) == Period(Period.quarter(2026, 3).start, datetime(2026, 8, 3, tzinfo=UTC))
    turn = period_until(date(2026, 6, 29))  # ends on 5 July, in the third quarter
    assert turn == Period(Period.quarter(2026, 3).start, datetime(2026, 7, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("people", "band"),
    [(0, ""), (1, "fewer than 5"), (4, "fewer than 5"), (5, "5 or more"), (40, "5 or more")],
)
def test_a_state_tells_of_people_in_two_bands_only(people: int, band: str) -> None:
    rows = [row(n + 1, n, True) for n in range(people)] or [row(None, 0, True)]
    found = Assessed("LWS-11", Result.NOT_SATISFIED, "", [Checked("BRK-1", rows)])
    told = state_of(found, "Breaks")
    assert (told.state, told.affected, list(told.rules)) == ("mend", band, ["BRK-1"])


def test_too_few_who_used_a_right_are_unknown() -> None:
    rows = [row(n + 1, n, True) for n in range(4)]
    told = state_of(Assessed("X", Result.NOT_TESTED, "", [Checked("OPT-4", rows, private=True)]), "X")
    assert (told.state, told.affected, list(told.rules)) == ("unknown", "", [])


def test_every_rule_of_the_standard_says_what_to_mend() -> None:
    for control in read().controls:
        for rule in control.rules:
            words, page, path = to_mend(rule)
            assert words.endswith(".") and page and path.startswith("/")


def test_a_drawn_row_is_found_where_it_stands_after_others_were_erased() -> None:
    rows = [row(1, n) for n in range(6)]
    drawn = [AuditSampleRow(sample_id=LOG, place=n, row_place=n, log_id=LOG, leaf=n) for n in (0, 3, 5, 2)]
    assert now_at(drawn, rows) == [0, 3, 5, 2]
    assert now_at(drawn, [*rows[:1], *rows[3:]]) == [0, 1, 3, None]
