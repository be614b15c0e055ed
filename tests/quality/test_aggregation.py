from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.quality.aggregation import Aggregated, dawid_skene

ANAESTHETISTS = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 "
    "1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 "
    "1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 "
    "2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222 "
)
"""Table 1 of Dawid and Skene (1979): 45 patients, the first observer three times, then four others once each."""


def published() -> Aggregated:
    rows = ANAESTHETISTS.split()
    said = [
        (patient, max(0, place - 2), int(word) - 1)
        for patient, row in enumerate(rows)
        for place, word in enumerate(row)
    ]
    items, people, answers = (np.array(column, dtype=np.int64) for column in zip(*said, strict=True))
    return dawid_skene(items, people, answers, 4)


def test_the_frequencies_are_those_of_the_papers_own_example() -> None:
    assert np.allclose(published().prior, (0.40, 0.42, 0.11, 0.07), atol=0.005)


def test_the_first_observers_errors_are_those_of_the_paper() -> None:
    told = ((0.89, 0.11, 0, 0), (0.07, 0.88, 0.05, 0), (0, 0.34, 0.66, 0), (0, 0, 0.56, 0.44))
    assert np.allclose(published().errors[0], told, atol=0.005)


def test_every_item_has_shares_that_add_up_to_1() -> None:
    assert np.allclose(published().shares.sum(axis=1), 1)


def test_people_who_are_usually_right_outvote_more_people_who_guess() -> None:
    dice = np.random.default_rng(5)
    right = dice.integers(0, 2, 400)
    good = [right, np.where(dice.random(400) < 0.95, right, 1 - right)]
    guesses = [dice.integers(0, 2, 400) for _ in range(3)]
    said = np.concatenate([*good, *guesses])
    items, people = np.tile(np.arange(400), 5), np.repeat(np.arange(5), 400)
    votes = np.stack([*good, *guesses]).sum(axis=0) >= 3
    weighed = dawid_skene(items, people, said, 2).shares.argmax(axis=1)
    assert (weighed == right).mean() > (votes == right).mean() + 0.05


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_an_item_on_which_all_agree_keeps_its_answer(answers: list[int]) -> None:
    items = np.repeat(np.arange(len(answers)), 2)
    people, said = np.tile([0, 1], len(answers)), np.repeat(answers, 2)
    assert dawid_skene(items, people, said, 4).shares.argmax(axis=1).tolist() == answers


@given(st.integers(0, 2**32 - 1))
def test_which_number_a_person_has_changes_nothing(seed: int) -> None:
    dice = np.random.default_rng(seed)
    items, people, said = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8), dice.integers(0, 3, 24)
    one, other = dawid_skene(items, people, said, 3), dawid_skene(items, (people + 1) % 3, said, 3)
    assert np.allclose(one.shares, other.shares)


def test_no_answers_and_arrays_of_different_lengths_are_refused() -> None:
    none, two = np.array([], dtype=np.int64), np.array([0, 1])
    for wrong in ((none, none, none), (two, two, two[:1])):
        with pytest.raises(ValueError, match="there must be one"):
            dawid_skene(*wrong, 2)
