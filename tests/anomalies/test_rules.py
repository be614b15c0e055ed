"""Signs about requesters and vendors: what stands out, what chance brings, and what no person does."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.anomalies import rules
from tests.support.build import NOW

A, B, C = (UUID(int=n) for n in range(1, 4))
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ({A: (30, 100), B: (5, 100)}, {A: (30, 100, 50)}),
        ({A: (30, 100)}, {}),  # nothing to compare with
        ({A: (30, 100), B: (15, 100)}, {}),  # not three times
        ({A: (9, 100), B: (0, 1000)}, {}),  # too few to say so
        ({A: (30, 49), B: (0, 1000)}, {}),
        ({A: (20, 1000), B: (0, 1000)}, {}),  # rare all the same
        ({A: (30, 100), B: (0, 100), C: (0, 900)}, {A: (30, 100, 0)}),
        ({}, {}),
    ],
)
def test_a_share_stands_out_against_all_others(
    counts: dict[UUID, tuple[int, int]], found: dict[UUID, tuple[int, int, int]]
) -> None:
    assert rules.stands_out(counts) == found


@given(st.dictionaries(st.sampled_from([A, B, C]), st.tuples(st.integers(0, 99), st.integers(99, 999))))
def test_not_everybody_stands_out(counts: dict[UUID, tuple[int, int]]) -> None:
    assert len(rules.stands_out(counts)) < max(1, len(counts)) or not counts


def test_three_in_one_second_are_together_and_two_are_not() -> None:
    two = [(A, NOW), (B, NOW + SECOND / 2), (C, NOW + SECOND)]
    assert rules.together(two) is None
    assert rules.together([(A, NOW), (A, NOW), (B, NOW)]) is None, "one person twice is one person"
    met = rules.together([*two, (C, NOW)])
    assert met is not None and (met.seconds, met.people) == (1, 3)


def test_where_many_work_chance_is_taken_for_what_it_is() -> None:
    dice = random.Random(5)
    many = [(n % 1000, NOW + dice.randrange(28_800) * SECOND) for n in range(5_000)]
    assert rules.together(many) is None
    arranged = [(n % 1000, NOW + (n // 5) * 14 * SECOND) for n in range(5_000)]
    met = rules.together(arranged)
    assert met is not None and met.seconds == 1000


def test_an_answer_right_after_a_break_or_in_it_is_odd_and_one_before_it_is_not() -> None:
    end = NOW + timedelta(minutes=5)
    pause = [(NOW, end)]
    for odd in (NOW + SECOND, end - SECOND, end, end + 2 * SECOND):
        assert rules.near_edges([odd], pause) == 1, odd
    for usual in (NOW - SECOND, NOW, end + 3 * SECOND):
        assert rules.near_edges([usual], pause) == 0, usual
    assert rules.near_edges([end, end + SECOND], pause) == 1, "breaks are counted, not answers"


def test_gaps_that_are_the_same_again_and_again_are_found() -> None:
    clockwork = [NOW + timedelta(seconds=30 * n, milliseconds=n % 3 * 100) for n in range(25)]
    assert rules.fixed_run(clockwork) == 24 >= rules.RUN
    dice = random.Random(7)
    moments = [NOW]
    for _ in range(500):
        moments.append(moments[-1] + timedelta(seconds=20 + dice.expovariate(1 / 20)))
    assert rules.fixed_run(moments) < rules.RUN
    assert rules.fixed_run([NOW] * 50) == 0, "what is sent at once has no rhythm"
    assert rules.fixed_run([]) == rules.fixed_run([NOW]) == 0


@given(st.lists(st.integers(2, 5), max_size=30))
def test_a_run_is_the_longest_of_gaps_within_a_second(gaps: list[int]) -> None:
    moments = [NOW]
    for gap in gaps:
        moments.append(moments[-1] + gap * SECOND)
    found = rules.fixed_run(moments)
    assert bool(found) == bool(gaps) and found <= len(gaps)
    for start in range(len(gaps) - found + 1) if found else ():
        if max(gaps[start : start + found]) - min(gaps[start : start + found]) <= 1:
            break
    else:
        assert not gaps, "some window has it"
    assert all(before < after for before, after in pairwise(moments))


def test_below_the_floor_and_late() -> None:
    assert rules.under_floor(999, 3600, 1000) and not rules.under_floor(1000, 3600, 1000)
    assert not rules.under_floor(0, 3600, None)
    assert rules.is_late(NOW, NOW + SECOND, NOW) and not rules.is_late(NOW, NOW, NOW + SECOND)
    assert rules.is_late(NOW, None, NOW + SECOND) and not rules.is_late(NOW, None, NOW)


def test_a_week_is_its_monday() -> None:
    assert rules.week_of(datetime(2026, 3, 8, 23, 59, tzinfo=UTC)) == date(2026, 3, 2)


@given(
    st.lists(st.integers(0, 600), max_size=30),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 200)), max_size=8),
)
def test_edges_are_found_among_many_answers_as_among_few(at: list[int], pauses: list[tuple[int, int]]) -> None:
    answers = [NOW + each * SECOND for each in sorted(at)]
    breaks = [(NOW + start * SECOND, NOW + (start + length) * SECOND) for start, length in pauses]
    one_by_one = sum(any(rules.near_edges([answer], [each]) for answer in answers) for each in breaks)
    assert rules.near_edges(answers, breaks) == one_by_one
