"""Whoever joins two exports of the same people finds nobody: no better than chance plus one point.

Overlap is planted: of forty people in each dataset thirty are in both, with habits of their own (`linkage`). What a
person answered is the data itself; everything else that a row shows is a circumstance, and leads to nobody.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean
from uuid import UUID

import orjson
import pytest

from labeler.exports.plan import ExportPlan
from labeler.exports.views import registry
from tasks import KINDS
from tests.exports.judged import ELM, NOON, OAK, OPTIONS, prefers, rates, task
from tests.exports.judged import made as rows_of
from tests.exports.linkage import DAYS, Dataset, chance, combined, dataset, matched, people, recognised

POINT = 0.01
ANSWERS = ("verdict", "preferred", "preferred_place", "margin", "reasons")
PEOPLE, SHARED = 40, 30
FEW, MANY = 100, 250
"""Tasks in a dataset, each with three judgments: in every run, and in the wide one."""

BY_TASK, BY_EXPORT = ExportPlan(), ExportPlan(labeler_names="export")
Pair = tuple[Dataset, Dataset]


def key(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128))


def two_projects(case: int, plan: ExportPlan = BY_TASK, tasks: int = FEW) -> Pair:
    """Two projects at the same time, with people of whom most work in both."""
    dice = random.Random(case)
    pool = people(dice, 2 * PEOPLE - SHARED)
    one = dataset(dice, pool[:PEOPLE], key(dice), plan, tasks)
    return one, dataset(dice, pool[PEOPLE - SHARED :], key(dice), plan, tasks)


def two_versions(case: int, plan: ExportPlan = BY_TASK, tasks: int = FEW) -> Pair:
    """Two exports of one project that have no judgment in common: the second is of what came after the first."""
    dice = random.Random(1000 + case)
    pool, project = people(dice, 2 * PEOPLE - SHARED), key(dice)
    later = plan.model_copy(update={"batches": (key(dice),)})
    one = dataset(dice, pool[:PEOPLE], project, plan, tasks, 0, DAYS // 2)
    return one, dataset(dice, pool[PEOPLE - SHARED :], project, later, tasks, DAYS // 2, DAYS)


def circumstances(data: Dataset) -> list[str]:
    """Every column but the answer's own; what is the same in all rows can tell nobody from anybody."""
    vary = {name for name in data.signs[0] if len({sign[name] for sign in data.signs}) > 1}
    return sorted(vary - set(ANSWERS))


def gains(pairs: list[Pair], most: int) -> dict[tuple[str, ...], float]:
    """What each combination of up to `most` circumstances, and all of them, gives beyond chance, on average."""
    columns = circumstances(pairs[0][0])
    tried = [*combined(columns, most), tuple(columns)]
    by_chance = [chance(*pair) for pair in pairs]
    return {each: fmean(matched(*pair, each) - c for pair, c in zip(pairs, by_chance, strict=True)) for each in tried}


Made = Callable[..., Pair]
CASES = 20


@pytest.mark.parametrize("made", [two_projects, two_versions])
def test_no_column_beside_the_answer_leads_to_a_person(made: Made) -> None:
    found = gains([made(case) for case in range(CASES)], 1)
    assert len(found) > 10
    assert {each: gain for each, gain in found.items() if gain > POINT} == {}


@pytest.mark.slow
@pytest.mark.parametrize("made", [two_projects, two_versions])
def test_no_three_columns_beside_the_answer_lead_to_a_person(made: Made) -> None:
    found = gains([made(case, tasks=MANY) for case in range(CASES)], 3)
    assert len(found) > 150
    assert {each: gain for each, gain in found.items() if gain > POINT} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("made", "with_reasons", "without"), [(two_projects, 3.0, 1.6), (two_versions, 2.6, 1.1)])
def test_what_answers_themselves_give_away_is_what_is_written_down(
    made: Made, with_reasons: float, without: float
) -> None:
    """`docs/decisions/0006` has these figures: they are not what is promised of circumstances, and are told."""
    pairs = [made(case) for case in range(CASES)]
    plain = [name for name in ANSWERS if name != "reasons"]
    by_chance = fmean(chance(*pair) for pair in pairs)
    for columns, said in ((ANSWERS, with_reasons), (plain, without)):
        gain = 100 * (fmean(matched(*pair, columns) for pair in pairs) - by_chance)
        assert gain == pytest.approx(said, abs=0.1)


def test_nothing_that_names_a_row_is_in_both() -> None:
    for made in (two_projects, two_versions):
        one, other = made(0)
        for column in ("id", "labeler", "task_id"):
            assert {row[column] for row in one.rows}.isdisjoint(row[column] for row in other.rows)


def test_a_name_good_for_one_task_is_on_one_row_only() -> None:
    one, _ = two_projects(0)
    assert len({row["labeler"] for row in one.rows}) == len(one.rows)


def test_habits_would_give_people_away_where_a_name_goes_through_the_export() -> None:
    """The measure can fail: this is what the usual names keep from happening, and what the other ones cost."""
    pairs = [two_projects(case, BY_EXPORT) for case in range(3)]
    columns = [*ANSWERS, *(name for name in circumstances(pairs[0][0]) if name not in ("id", "labeler", "task_id"))]
    assert fmean(recognised(*pair, columns) for pair in pairs) > 10 * POINT + fmean(chance(*pair) for pair in pairs)


def test_the_first_row_of_a_task_is_anybodys() -> None:
    """Within a task, rows do not stand in the order in which they came: who starts early is not always the first."""
    dice = random.Random(7)
    always = {"weekdays": frozenset(range(7)), "reads": ("en", "de")}
    those = [replace(each, **always, hour=6.0 * n) for n, each in enumerate(people(dice, 3))]  # type: ignore[arg-type]
    data = dataset(dice, those, key(dice), BY_TASK, 300)
    first = [who for sign, who in zip(data.signs, data.who, strict=True) if sign["among"] == 0]
    assert len(first) == 300
    assert all(70 < first.count(person.id) < 130 for person in those)


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_no_view_tells_when_or_who_beyond_the_name_for_rows(kind: str) -> None:
    answers = [prefers(0), prefers(1)] if kind == "comparison" else [rates(1, 2, 1), rates(3, 4, 0)]
    completions = (OAK, ELM) if kind == "comparison" else (OAK,)
    given = task(answers, completions=completions)
    named = [replace(each, labeler=f"inner-{n}", written_as=f"outer-{n}") for n, each in enumerate(given.judgments)]
    for view in registry.offered(KINDS[kind], OPTIONS[kind]):
        text = orjson.dumps(rows_of(view, replace(given, judgments=tuple(named)))[0]).decode()
        assert str(NOON.year) not in text and "inner-" not in text, view.name
        assert ("outer-" in text) == (view.name == "judgments"), view.name
