"""Which completion wins, by each aggregation, and what the columns beside a pair say. No database."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.exports.keyed import Places
from labeler.exports.learning import CATEGORIES, Learned, learn
from labeler.exports.rows import Given
from labeler.exports.views import registry
from labeler.exports.views.aggregations import (
    AGGREGATIONS,
    EVEN,
    NOT_UNANIMOUS,
    PARAMETERS,
    Aggregation,
    deciding,
    mean_margin,
    unanimous,
)
from labeler.exports.views.registry import Rules
from labeler.quality import aggregation
from labeler.quality.aggregation import dawid_skene
from tasks import KINDS, comparison
from tasks.comparison_rows import BOTH_BAD, DEGREES, DIVIDED, TIED, Answer, Won, majority, pair
from tasks.kind import Tally
from tasks.views import RESERVED
from tests.exports.judged import BAD, CANT, TASK, TIE, compared, comparisons, made, prefers, task, view

COMPARISON = KINDS["comparison"]
WINNER = COMPARISON.measures(comparison.Options())[0].read
STRENGTH = ("margin", "n", "agreement", "p_win", "weight")
VIEWS = ("preference", "preference_implicit", "messages_pair", "strings")


@pytest.mark.parametrize(
    ("told", "by_majority", "by_unanimity", "by_mean"),
    [
        ([prefers(0, 4)], Won(0, 1.0), Won(0, 1.0), Won(0, 1.0)),
        ([prefers(1, 2)] * 3, Won(1, 1.0), Won(1, 1.0), Won(1, 0.75)),
        ([prefers(0, 1), prefers(0, 1), prefers(1, 4)], Won(0, 2 / 3), NOT_UNANIMOUS, Won(1, 0.5 + 2 / 3 / 8)),
        ([prefers(0, 4), prefers(0, 4), TIE], Won(0, 5 / 6), NOT_UNANIMOUS, Won(0, 0.5 + 8 / 3 / 8)),
        ([prefers(0, 2), prefers(1, 2)], DIVIDED, NOT_UNANIMOUS, EVEN),
        ([TIE, TIE, prefers(1, 4)], TIED, NOT_UNANIMOUS, Won(1, 0.5 + 4 / 3 / 8)),
        ([TIE, TIE], TIED, TIED, EVEN),
        ([BAD, BAD, prefers(1, 1)], BOTH_BAD, NOT_UNANIMOUS, BOTH_BAD),
        ([BAD], BOTH_BAD, BOTH_BAD, BOTH_BAD),
    ],
)
def test_the_same_answers_by_each_aggregation(told: Any, by_majority: Any, by_unanimity: Any, by_mean: Any) -> None:
    of = task(told)
    for decide, expected in ((majority, by_majority), (unanimous, by_unanimity), (mean_margin, by_mean)):
        found = decide(of, told, DEGREES)
        assert found == (expected if isinstance(expected, str) else pytest.approx(expected)), decide


def test_the_margin_map_decides_by_mean_margin() -> None:
    of = task([prefers(0, 1), prefers(0, 1), prefers(1, 2)])
    by = {name: Rules(margin_map=name, aggregation="mean-margin/1") for name in ("degrees/1", "llama2-large/1")}
    assert made(view("preference", by["degrees/1"]), of)[1] == {EVEN: 1}
    ((row,), _) = made(view("preference", by["llama2-large/1"]), of)
    assert (row["chosen_model"], row["margin"]) == ("m-2", pytest.approx(1 / 3))


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_asks_the_aggregation_and_no_other(name: str) -> None:
    told = task([prefers(0, 1), prefers(0, 1), prefers(1, 4)])
    margins = {}
    for each in ("majority/1", "mean-margin/1"):
        ((row,), _) = made(view(name, Rules(aggregation=each)), told)
        margins[each] = row["margin"]
        assert row["weight"] == pytest.approx(2 * row["p_win"] - 1)
    assert margins["majority/1"] == 0.0 != margins["mean-margin/1"]
    assert made(view(name, Rules(aggregation="unanimous/1")), told) == ([], {NOT_UNANIMOUS: 1})


@given(comparisons, st.sampled_from([each for each in AGGREGATIONS if each != "dawid-skene/1"]))
def test_how_sure_a_pair_is_is_never_null_and_within_its_bounds(of: Any, name: Aggregation) -> None:
    for each in VIEWS:
        for row in made(view(each, Rules(aggregation=name)), of)[0]:
            assert [type(row[column]) for column in STRENGTH] == [float, int, float, float, float]
            assert 0.5 < row["p_win"] <= 1 and 0 < row["weight"] <= 1
            assert 0 <= row["agreement"] <= 1 and row["n"] >= 1 and row["margin"] >= 0


def test_no_column_says_how_sure_a_pair_is_under_a_name_that_trainers_take_for_something_else() -> None:
    assert RESERVED.isdisjoint(set(STRENGTH) - {"margin"})


def test_a_project_without_pairs_has_no_aggregation_to_choose() -> None:
    assert registry.aggregations(COMPARISON) == AGGREGATIONS
    assert registry.aggregations(KINDS["rating"]) == ()
    assert "aggregation" not in registry.in_force(KINDS["rating"], KINDS["rating"].Options(), Rules())
    told = registry.in_force(COMPARISON, comparison.Options(), Rules(aggregation="dawid-skene/1"))["aggregation"]
    assert told == {"name": "dawid-skene/1", **PARAMETERS["dawid-skene/1"]}
    assert (told["rounds_at_most"], told["still_below"]) == (aggregation.ROUNDS, aggregation.STILL)


# Dawid and Skene's, which has to see all answers first

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stored(number: int, person: int, said: Answer) -> Given:
    key = UUID(int=number * 1000 + person)
    text = said.model_dump_json()
    return Given(key, UUID(int=number), key, UUID(int=person), 1, "01", text, "counted", 1, 1, 30.0, AT)


def learned(*tasks: list[Answer]) -> Learned:
    given = [(UUID(int=n), [stored(n, who, said) for who, said in enumerate(told)]) for n, told in enumerate(tasks)]
    return learn(given, WINNER, lambda: None)


def verdict(of: Learned, number: int) -> Won | str:
    return of(task([], id=str(UUID(int=number))), [], DEGREES)


def test_who_is_usually_confirmed_counts_more_than_more_people_who_guess() -> None:
    dice = np.random.default_rng(3)
    right = dice.integers(0, 2, 200).tolist()
    guesses = dice.integers(0, 2, (200, 3)).tolist()
    tasks = [[prefers(side), prefers(side), *map(prefers, guess)] for side, guess in zip(right, guesses, strict=True)]
    by = learned(*tasks)
    outvoted = [n for n, told in enumerate(tasks) if Counter(a.preferred for a in told)[right[n]] == 2]
    assert len(outvoted) > 10
    found = [verdict(by, n) for n in outvoted]
    assert all(isinstance(each, Won) and each.winner == right[n] for n, each in zip(outvoted, found, strict=True))


@given(st.lists(compared, min_size=1, max_size=8))
def test_verdicts_are_those_of_the_shares(tasks: list[list[Answer]]) -> None:
    by = learned(*tasks)
    places = [[(who, WINNER(said.model_dump(mode="json"))) for who, said in enumerate(told)] for told in tasks]
    there = [(n, [(who, at) for who, at in told if at is not None]) for n, told in enumerate(places)]
    there = [(n, told) for n, told in there if told]
    rows = [(item, who, at) for item, (_, told) in enumerate(there) for who, at in told]
    if not rows:
        with pytest.raises(LookupError):
            verdict(by, 0)
        return
    # people are numbered as they come, which changes nothing but the order of sums
    items, people, said = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    shares = dawid_skene(items, people, said, CATEGORIES).shares
    for (number, _), share in zip(there, shares, strict=True):
        found = verdict(by, number)
        best = np.flatnonzero(share > share.max() - 2e-6).tolist()
        if isinstance(found, Won):
            assert found.winner in best
            likely = share[found.winner] + (share[2] + share[3]) / 2
            assert found.p_win == pytest.approx(likely, abs=3e-6) and 0.5 < found.p_win <= 1
        else:
            assert {TIED: 2 in best, BOTH_BAD: 3 in best, DIVIDED: len(best) > 1}[found]


def test_a_task_that_was_not_seen_is_a_fault_and_no_verdict() -> None:
    with pytest.raises(LookupError):
        verdict(learned([prefers(0)]), 7)
    with pytest.raises(LookupError):
        deciding("dawid-skene/1")(task([prefers(0)], id=TASK), [prefers(0)], DEGREES)
    assert pair(task([CANT], id=TASK), Tally(), DEGREES, deciding("dawid-skene/1")) is None, "nobody had an opinion"


@given(st.lists(st.binary(min_size=16, max_size=16) | st.just(b"\1" + bytes(15)), unique=True, max_size=20))
def test_ids_are_found_in_whatever_order_they_come(keys: list[bytes]) -> None:
    places = Places(b"".join(keys))
    assert [places.of(key) for key in keys] == list(range(len(keys)))
    assert places.of(b"\2" * 15 + b"\3") is None or b"\2" * 15 + b"\3" in keys
    assert len(places) == len(keys)
