"""The statistics inside a version are of exactly its judgments, and hide few people."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from labeler.exports.documents import statistics
from labeler.exports.documents.measured import Lengths, Measured, Watch
from labeler.exports.documents.papers import json
from tasks import KINDS, comparison
from tasks.kind import JudgedTask
from tests.exports.judged import BAD, TIE, prefers, said, task

MEASURES = KINDS["comparison"].measures(comparison.Options())
SHORT, LONG = said("Oak."), said("An oak, and a very old one.")


def people(of: JudgedTask, number: int, first: int = 0) -> JudgedTask:
    """The same task, with its judgments by so many people in turn."""
    given = tuple(replace(each, labeler=f"p{(first + n) % number}") for n, each in enumerate(of.judgments))
    return replace(of, judgments=given)


def measured(*tasks: JudgedTask, count_late: bool = False) -> Measured:
    watch = Watch(MEASURES, count_late=count_late)
    for each in tasks:
        watch.see(each)
    return watch.measured()


def test_late_judgments_count_only_where_the_views_count_them() -> None:
    one = task([prefers(0), prefers(0), prefers(1)], late=1)
    assert (measured(one).statistics.judgments, measured(one).late) == (2, 1)
    assert (measured(one, count_late=True).statistics.judgments, measured(one, count_late=True).late) == (3, 0)
    percent = measured(one).statistics.measured[0].agreement.percent
    assert percent is not None
    assert percent.value == 1.0


def test_the_longer_of_two_texts_is_counted_by_how_much_longer_it_is() -> None:
    of = measured(task([prefers(1), prefers(1), prefers(0), TIE], completions=(SHORT, LONG)))
    assert of.statistics.longer is not None
    assert (of.statistics.longer.hits, of.statistics.longer.n) == (2, 3)
    assert [share and share.n for *_, share in of.lengths.classes] == [None, None, None, 3]


def test_texts_of_one_length_say_nothing_of_length_and_nothing_is_divided_by_zero() -> None:
    same, empty = Lengths(), Lengths()
    same.add(5, 5, (3, 1))
    empty.add(0, 1, (1, 2))
    assert same.share is None
    assert empty.share is not None
    assert empty.share.hits == 2


def test_which_was_shown_first_is_counted_by_the_screen() -> None:
    # the screen shows them in the other order: the second completion stands first
    of = measured(task([prefers(1), prefers(1), prefers(0), BAD])).statistics.first
    assert of is not None
    assert (of.hits, of.n) == (2, 3)


@pytest.mark.parametrize(("number", "told"), [(9, False), (10, True)])
def test_times_of_few_people_are_not_told(number: int, told: bool) -> None:
    tasks = [people(task([prefers(0), prefers(1)], id=f"t{n}"), number, 2 * n) for n in range(10)]
    facts = statistics.facts(measured(*tasks))
    assert (facts["seconds"] is not None) is told
    assert ("Not told: fewer than 10 people." in statistics.page("bread", measured(*tasks))) is not told


def test_times_and_groups_say_no_more_than_the_rows() -> None:
    tasks = [people(task([prefers(0), prefers(1)], id=f"t{n}"), 10, 2 * n) for n in range(10)]
    buckets = statistics.facts(measured(*tasks))["seconds"]["buckets"]
    assert [(each["from"], each["below"]) for each in buckets] == [(0, 120), (120, 600), (600, None)]
    assert sum(each["judgments"] for each in buckets) == 20
    without = statistics.facts(measured(*tasks), with_rows=False)
    assert without["seconds"] is None and without["groups"] == [] and without["agreement"]
    assert statistics.WITHOUT_ROWS in statistics.page("bread", measured(*tasks), with_rows=False)


def test_a_small_group_is_not_told_and_cannot_be_worked_out_from_the_others() -> None:
    many = [people(task([prefers(0)] * 3, id=f"t{n}", language="en"), 30, 3 * n) for n in range(20)]
    few = [people(task([prefers(0)] * 3, id=f"f{n}", language="cy"), 3) for n in range(3)]
    groups = {each["by"]: each for each in statistics.facts(measured(*many, *few))["groups"]}
    assert {row["name"]: row["judgments"] for row in groups["language"]["groups"]} == {"cy": None, "en": None}


def test_a_version_without_judgments_has_statistics_too() -> None:
    empty = measured()
    assert orjson.loads(json(statistics.facts(empty)))["counted"] == {"judgments": 0, "tasks": 0, "late_left_out": 0}
    assert "not defined" in statistics.page("bread", empty)


def test_an_answer_object_is_not_taken_for_another_that_took_its_place_in_memory() -> None:
    watch = Watch(MEASURES, count_late=False)
    for n in range(9_000):
        watch.see(task([prefers(n % 2, comment=str(n))], id=f"t{n}"))
    first = watch.measured().statistics.first
    assert first is not None
    assert first.hits == 4_500
