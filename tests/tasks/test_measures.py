"""What answers can agree on, kind by kind: the categories, and which of them an answer chose."""

from __future__ import annotations

from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import KINDS, kind
from tasks.measures import Measure


def measures(name: str, **options: Any) -> dict[str, Measure]:
    asks = kind(name)
    return {each.name: each for each in asks.measures(asks.Options.model_validate(options))}


def said(name: str, **answer: Any) -> dict[str, Any]:
    """An answer as the database keeps it."""
    plain: dict[str, Any] = orjson.loads(kind(name).Answer.model_validate(answer).model_dump_json())
    return plain


def test_every_kind_has_something_to_agree_on_and_words_for_each_category() -> None:
    for name in KINDS:
        found = measures(name)
        assert found, name
        for each in found.values():
            assert len(set(each.labels)) == len(each.labels) >= 2, each.name
            if each.values is not None:
                assert list(each.values) == sorted(set(each.values)), each.name
                assert len(each.values) == len(each.labels), each.name


@pytest.mark.parametrize(
    ("answer", "winner", "strength"),
    [
        ({"verdict": "preference", "preferred": 0, "margin": 4}, 0, 0),
        ({"verdict": "preference", "preferred": 0, "margin": 1}, 0, 3),
        ({"verdict": "preference", "preferred": 1, "margin": 1}, 1, 5),
        ({"verdict": "preference", "preferred": 1, "margin": 4}, 1, 8),
        ({"verdict": "tie"}, 2, 4),
        ({"verdict": "both_bad"}, 3, 4),
        ({"verdict": "cant_judge"}, None, None),
    ],
)
def test_a_comparison_says_which_is_better_and_by_how_much(
    answer: dict[str, Any], winner: int | None, strength: int | None
) -> None:
    found = measures("comparison", scale="four")
    stored = said("comparison", **answer)
    assert (found["winner"].read(stored), found["strength"].read(stored)) == (winner, strength)


def test_the_weakest_preferences_are_one_step_apart_on_a_scale_without_a_middle() -> None:
    four, seven = measures("comparison", scale="four")["strength"], measures("comparison", scale="seven")["strength"]
    assert four.values == (-3.5, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.5)
    assert seven.values == (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


@pytest.mark.parametrize("scale", ["two_way", "seven", "four"])
def test_answers_are_as_far_apart_as_the_kind_says(scale: str) -> None:
    asks = kind("comparison")
    options = asks.Options.model_validate({"scale": scale})
    strength = measures("comparison", scale=scale)["strength"]
    top = options.degrees  # type: ignore[attr-defined]
    plain: list[dict[str, Any]] = [{"verdict": "tie"}, {"verdict": "both_bad"}]
    plain += [
        {"verdict": "preference", "preferred": which, "margin": margin}
        for which, margin in product((0, 1), range(1, top + 1))
    ]
    for one, other in product(plain, plain):
        places = [strength.read(said("comparison", **each)) for each in (one, other)]
        assert places[0] is not None
        assert places[1] is not None
        both = [asks.Answer.model_validate(each) for each in (one, other)]
        assert strength.apart(places[0], places[1]) == pytest.approx(asks.distance(*both, options))


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_rating_has_a_measure_for_each_scale_and_each_question(helpful: int, correct: int) -> None:
    found = measures("rating", flags=[{"name": "refusal", "title": "Is it a refusal?"}])
    stored = said(
        "rating", verdict="rated", ratings={"helpfulness": helpful, "correctness": correct, "clarity": None},
        flags={"refusal": "not_sure"},
    )  # fmt: skip
    assert list(found) == ["helpfulness", "correctness", "clarity", "refusal"]
    assert [each.read(stored) for each in found.values()] == [helpful, correct, None, None]


def test_not_sure_is_no_opinion_and_yes_and_no_are() -> None:
    found = measures("rating", flags=[{"name": "refusal", "title": "Is it a refusal?"}])["refusal"]
    assert [found.read({"flags": {"refusal": word}}) for word in ("yes", "no", "not_sure")] == [0, 1, None]
    assert (found.apart(0, 1), found.apart(1, 1)) == (1.0, 0.0)


def test_an_answer_without_an_opinion_chooses_nothing() -> None:
    stored = said("rating", verdict="cant_judge")
    assert {each.read(stored) for each in measures("rating").values()} == {None}
