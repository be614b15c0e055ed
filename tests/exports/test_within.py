"""Agreement within groups of people: right, and only of ten people with ten others. No database."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.cells import cell
from labeler.exports.within import by_group, may_be_told
from tasks import KINDS, comparison

MEASURES = KINDS["comparison"].measures(comparison.Options())[:1]
WOMEN, MEN = [f"w{n}" for n in range(10)], [f"m{n}" for n in range(10)]
SAID = {key: {"gender": "woman" if key in WOMEN else "man"} for key in (*WOMEN, *MEN)}
OPEN = {"gender": {"woman", "man"}}


def answers(*tasks: dict[str, int]) -> list[list[tuple[str, tuple[int]]]]:
    return [[(person, (category,)) for person, category in task.items()] for task in tasks]


def told(tasks: Any, said: Any = SAID, open_: Any = OPEN) -> dict[str, tuple[float | None, float | None]]:
    (measure,) = by_group(tasks, said, open_, MEASURES)
    return {
        each["value"]: (each["alpha"] and each["alpha"]["value"], each["with_others"]) for each in measure["groups"]
    }


def test_groups_that_agree_within_and_not_with_each_other() -> None:
    """Each group is of one mind and the two always differ: by chance they would agree on half."""
    tasks = [{**dict.fromkeys(WOMEN, n % 2), **dict.fromkeys(MEN, 1 - n % 2)} for n in range(4)]
    assert told(answers(*tasks)) == {"woman": (1.0, -1.0), "man": (1.0, -1.0)}
    same = [{**dict.fromkeys(WOMEN, n % 2), **dict.fromkeys(MEN, n % 2)} for n in range(4)]
    assert told(answers(*same)) == {"woman": (1.0, 1.0), "man": (1.0, 1.0)}


def test_where_all_always_say_one_thing_nothing_can_be_told_from_chance() -> None:
    assert told(answers(dict.fromkeys((*WOMEN, *MEN), 0))) == {"woman": (None, None), "man": (None, None)}


def test_reliability_with_others_is_that_of_the_paper_by_hand() -> None:
    # one item of two women (A, A) and two men (A, B): 4 pairs, 2 the same; the others stand behind it on items alone
    alone = [{person: 0} for person in (*WOMEN[2:], *MEN[2:])]
    found = told(answers({"w0": 0, "w1": 0, "m0": 0, "m1": 1}, *alone))
    # by chance: women A with 1, men A with 1/2, so 1/2 of pairs are the same: 1 - (1/2)/(1/2) = 0
    assert found["woman"][1] == found["man"][1] == 0.0


@pytest.mark.parametrize("gone", [WOMEN[0], MEN[0]])
def test_nine_people_are_not_told_and_neither_are_the_others_who_would_tell_them(gone: str) -> None:
    tasks = [{**dict.fromkeys(WOMEN, n % 2), **dict.fromkeys(MEN, 1 - n % 2)} for n in range(4)]
    for task in tasks:
        task.pop(gone)
    assert told(answers(*tasks)) == {}


def test_one_who_gave_more_than_half_of_a_groups_answers_hides_it() -> None:
    tasks = [{**dict.fromkeys(WOMEN, 0), **dict.fromkeys(MEN, n % 2)} for n in range(2)]
    tasks += [{"w0": 1} for _ in range(40)]
    assert told(answers(*tasks)) == {}


def test_a_value_that_is_not_told_at_all_has_no_figures() -> None:
    tasks = [{**dict.fromkeys(WOMEN, n % 2), **dict.fromkeys(MEN, n % 2)} for n in range(4)]
    assert told(answers(*tasks), open_={"gender": {"woman"}}) == {"woman": (1.0, 1.0)}
    assert told(answers(*tasks), open_={"gender": set()}) == {}


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(1, 9)), max_size=24),
)
def test_what_is_told_and_what_is_left_over_are_always_cells(people: list[tuple[str | None, int]]) -> None:
    of: dict[str | None, Counter[str]] = {}
    for n, (value, answers_) in enumerate(people):
        of.setdefault(value, Counter())[str(n)] = answers_
    open_ = may_be_told(of, 3)
    rest = sum((each for value, each in of.items() if value not in open_), Counter())
    assert None not in open_ and all(cell(of[value], 3) is not None for value in open_)
    assert not open_ or not rest or cell(rest, 3) is not None
