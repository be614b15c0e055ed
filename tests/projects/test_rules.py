"""A project's life, what labelers are owed before it begins, and the names it may have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.projects.rules import (
    MOVES,
    OURS,
    Owed,
    ProjectState,
    freeze_problem,
    is_frozen,
    is_slug,
    lacking,
    may_move,
    slug_of,
)

WHOLE = Owed(
    purpose="To learn.",
    client_name="Meadow Research",
    categories={},
    sensitive_share=0.0,
    pay_rate="12.50 EUR an hour",
    seconds_estimate=60,
    languages=("en",),
    guideline_version=1,
    tasks=10,
)
S = ProjectState


def test_a_project_that_says_everything_lacks_nothing() -> None:
    assert lacking(WHOLE) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": None}, "purpose"),
        ({"purpose": ""}, "purpose"),
        ({"client_name": None}, "client_name"),
        ({"categories": None}, "categories"),
        ({"sensitive_share": None}, "sensitive_share"),
        ({"pay_rate": None}, "pay_rate"),
        ({"seconds_estimate": None}, "seconds_estimate"),
        ({"languages": ()}, "languages"),
        ({"guideline_version": 0}, "guideline"),
        ({"tasks": 0}, "tasks"),
        ({"categories": {"W06": 2}}, "sensitive_share"),
    ],
)
def test_each_thing_that_lacks_is_named(change: dict[str, Any], field: str) -> None:
    assert [each.field for each in lacking(replace(WHOLE, **change))] == [field]


def test_all_that_lacks_is_named_at_once() -> None:
    nothing = Owed(None, None, None, None, None, None, (), 0, 0)
    assert len(lacking(nothing)) == 9
    assert all(each.message.endswith(".") for each in lacking(nothing))


@pytest.mark.parametrize("categories", [{}, {"W06": 1}])
def test_mild_content_may_have_a_share_of_none(categories: dict[str, int]) -> None:
    assert lacking(replace(WHOLE, categories=categories)) == []


def test_a_project_goes_only_where_its_life_leads() -> None:
    allowed = {(now, then) for now in S for then in S if may_move(now, then)}
    assert allowed == {
        (S.DRAFT, S.CHECKED), (S.CHECKED, S.DRAFT), (S.CHECKED, S.LIVE), (S.LIVE, S.PAUSED), (S.PAUSED, S.LIVE),
        *((now, S.CLOSED) for now in (S.DRAFT, S.CHECKED, S.LIVE, S.PAUSED)),
    }  # fmt: skip
    assert MOVES[S.CLOSED] == frozenset()


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def test_hard_content_has_a_share_even_beside_milder_sorts() -> None:
    found = lacking(replace(WHOLE, categories={"W01": 1, "W06": 2}))
    assert [each.field for each in found] == ["sensitive_share"]


def test_a_dataset_is_frozen_from_the_announced_moment_on() -> None:
    assert is_frozen(None, NOW) is False
    assert is_frozen(NOW + SECOND, NOW) is False
    assert is_frozen(NOW, NOW) is True


@pytest.mark.parametrize(
    ("announced", "wanted", "words"),
    [
        (None, 14 * DAY, None),
        (None, 14 * DAY - SECOND, "at least 14 days ahead"),
        (None, 3_650 * DAY, None),
        (None, 3_650 * DAY + SECOND, "within the next ten years"),
        (20 * DAY, 20 * DAY, None),
        (20 * DAY, 20 * DAY - SECOND, "only later"),
        (3 * DAY, 4 * DAY, None),
        (3 * DAY, 3_651 * DAY, "within the next ten years"),
        (0 * DAY, 30 * DAY, "frozen already"),
    ],
)
def test_labelers_have_fourteen_days_to_withdraw_and_never_fewer_than_they_were_told(
    announced: timedelta | None, wanted: timedelta, words: str | None
) -> None:
    problem = freeze_problem(None if announced is None else NOW + announced, NOW + wanted, NOW)
    assert problem is None if words is None else words in (problem or "")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Helpful answers (comparison)", "helpful-answers-comparison"),
        ("  Brot & Käse  ", "brot-k-se"),
        ("漢字", "project"),
        ("", "project"),
        ("new", "new-project"),
        ("x" * 100, "x" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_a_slug_is_made_from_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=90))
def test_whatever_a_project_is_called_its_slug_is_one(name: str) -> None:
    assert is_slug(slug_of(name))


@pytest.mark.parametrize("text", ["", "A", "a b", "a--b", "-a", "a-", "ä", "a/b", "..", "x" * 61, *sorted(OURS)])
def test_what_could_not_stand_in_an_address_is_no_slug(text: str) -> None:
    assert not is_slug(text)


def test_a_slug_may_have_sixty_characters() -> None:
    assert is_slug("x" * 60)
