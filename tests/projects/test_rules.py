"""A project's life, what labelers are owed before it begins, and the names it may have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.projects.rules import MOVES, OURS, Owed, ProjectState, is_slug, lacking, may_move, slug_of

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
