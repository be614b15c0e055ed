"""What may be said, and that no count, no combination and no difference of two tables is of fewer than ten people."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.demographics import rules
from labeler.demographics.rules import ASKED, NAMES, WORDS_LIMIT, K, generalised, may_be_new, read, said, tables
from labeler.errors import Invalid

Said = dict[str, str | None]


def test_empty_fields_and_prefer_not_to_say_are_nothing() -> None:
    form = {"csrf_token": "x", "gender": "", "gender_words": "  \u00a0 ", "age": ""}
    assert read(form).is_empty
    described = read({**form, "age": "25-34", "gender_words": " a \n b ", "in_tables": "yes"})
    assert {name: value for name, value in described.columns.items() if value} == {
        "age": "25-34",
        "gender_words": "a b",
    }
    assert (described.in_tables, described.on_rows) == (True, False)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read({"gender": "x", "age": "7", "region_words": "x" * (WORDS_LIMIT + 1), "origin_words": "here"})
    assert [each.field for each in refused.value.problems] == ["gender", "age", "region_words", "uses"]


def test_the_choice_counts_before_the_words_and_equal_words_are_one() -> None:
    columns = {"gender": "woman", "gender_words": "Frau", "region_words": "NORTH  sea", "age": None}
    assert said(columns) == {"gender": "woman", "age": None, "region": "north  sea", "education": None, "origin": None}


values = st.sampled_from([None, "a", "b", "c"])
people = st.lists(
    st.fixed_dictionaries(dict.fromkeys(NAMES[:2], values)) | st.just({"gender": "a", "age": "b"}), max_size=60
)


@given(people, st.integers(0, 30))
def test_a_table_tells_of_ten_people_and_leaves_ten_or_nobody_over(those: list[Said], others: int) -> None:
    population = len(those) + others
    made = tables(those, population)
    if len(those) < K:
        assert made is None
        return
    assert made is not None
    for name in NAMES:
        counts = Counter(each.get(name) for each in those)
        told = {row["value"]: row["people"] for row in made["values"][name]}
        assert all(counts[value] >= K and abs(told[value] - counts[value]) <= 2 for value in told)
        left = population - sum(counts[value] for value in told)
        assert left == 0 or left >= K or not told, "the whole minus its parts is one more number"
        assert all(number % rules.ROUNDED_TO == 0 for number in told.values())


def test_the_smallest_value_is_hidden_with_a_single_person() -> None:
    those: list[Said] = [{"age": "a"}] * 30 + [{"age": "b"}] * 12 + [{"age": "c"}]
    made = tables(those, 43)
    assert made is not None
    assert made["values"]["age"] == [{"value": "a", "people": 30}]


def test_fewer_people_than_said_something_is_a_fault() -> None:
    with pytest.raises(ValueError, match="population"):
        tables([{"age": "a"}] * 11, 10)


ROWS = [f"row-{n}" for n in range(60)]


@given(st.lists(st.sets(st.sampled_from(ROWS)), min_size=1, max_size=8))
def test_no_two_tables_of_a_project_differ_by_fewer_than_ten(asked: list[set[str]]) -> None:
    shown: list[set[str]] = []
    for now in asked:
        if may_be_new(shown, now):
            shown.append(now)
    for n, before in enumerate(shown):
        for after in shown[:n]:
            assert before == after or max(len(before - after), len(after - before)) >= K


@given(st.sets(st.sampled_from(ROWS), min_size=10), st.sampled_from(ROWS))
def test_one_person_who_comes_goes_or_changes_makes_no_new_table(before: set[str], one: str) -> None:
    for now in (before | {one}, before - {one}, (before - {one}) | {"row-new"}):
        assert now == before or not may_be_new([before], now)


def test_a_way_back_to_an_earlier_table_is_no_way_round() -> None:
    first = set(ROWS[:20])
    second = set(ROWS[:30])
    assert may_be_new([first], second)
    assert not may_be_new([first, second], set(ROWS[:19])), "it would differ from the first by one person"


described = st.dictionaries(
    st.integers(0, 60).map(str), st.fixed_dictionaries({asked.name: values for asked in ASKED[:3]}), max_size=60
)


@given(described)
def test_every_combination_on_rows_is_of_ten_people(those: dict[str, Said]) -> None:
    made = generalised(those)
    assert made.keys() == (those.keys() if len(those) >= K else set())
    counted = Counter(tuple(row[name] for name in NAMES) for row in made.values())
    assert all(number >= K for number in counted.values())
    for person, row in made.items():
        assert all(row[name] in (None, those[person].get(name)) for name in NAMES), "nobody is given another's value"


def test_what_ten_say_alike_is_told_and_what_one_says_is_not() -> None:
    those: dict[str, Said] = {f"p{n}": {"age": "a", "gender": "x"} for n in range(20)} | {"one": {"age": "b"}}
    made = generalised(those)
    assert made["one"] == dict.fromkeys(NAMES)
    many: dict[str, Said] = {f"q{n}": {"age": "b"} for n in range(9)}
    made = generalised(those | many)
    assert made["one"]["age"] == "b" and made["p3"]["age"] == "a" and made["p3"]["gender"] == "x"
