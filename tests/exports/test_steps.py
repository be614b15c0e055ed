"""What leaves an export on the way: step by step, in both databases, before and after, and it always adds up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import inf
from statistics import median
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.accounts.permissions import Role
from labeler.cases.marking import leave, mark
from labeler.cases.rules import Decider
from labeler.db import reading, transaction
from labeler.errors import Invalid
from labeler.exports import keep_out, queries, source
from labeler.exports import scope as scopes
from labeler.exports.plan import ExportPlan, Possible, plan
from labeler.exports.rows import Fingerprint, Given, Pseudonyms
from labeler.exports.scope import Scope
from labeler.exports.sieve import Sieve
from labeler.exports.source import Intake
from labeler.exports.steps import START, STEPS, Step, after, shown, steps
from labeler.jobs.pay import settle_all
from labeler.judgments.models import Judgment
from labeler.judgments.rules import TIME_EDGES
from labeler.judgments.withdrawing import withdraw
from labeler.pay.settling import waiting_for
from labeler.projects.models import Project
from tasks import kind
from tests.exports.build import BAD, BETTER_0, BETTER_1, TIE, UNSURE, add_judgment, revise
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor
from tests.support.database import Database

DAY = timedelta(days=1)
ASKED = NOW + timedelta(days=12)


def adds_up(told: tuple[Step, ...]) -> bool:
    """Whether each step leaves what the one before left, less what it takes."""
    known = [step for step in told if step.judgments is not None and step.left_out is not None]
    return all(
        one.judgments - two.left_out == two.judgments and 0 <= (two.tasks or 0) <= (one.tasks or 0)  # type: ignore[operator]
        for one, two in pairwise(known)
    )


def answer(n: int, *, seconds: float = 40, late: bool = False, guideline: int = 1, day: int = 4) -> Given:
    at = datetime(2026, 5, day, 12, tzinfo=UTC)
    standing = "late" if late else "counted"
    return Given(UUID(int=n), UUID(int=1), UUID(int=n), UUID(int=n), 1, "01", "{}", standing, guideline, 1, seconds, at)


answers = st.lists(
    st.builds(
        answer,
        st.integers(1, 99),
        seconds=st.sampled_from([0.0, 9.5, 10.0, 29.9, 60.0, 130.0, 400.0, 999.0]),
        late=st.booleans(),
        guideline=st.integers(1, 3),
        day=st.integers(2, 6),
    ),
    max_size=7,
)
plans = st.builds(
    ExportPlan,
    late=st.sampled_from(["exclude", "include"]),
    min_judgments=st.integers(1, 4),
    guidelines=st.sets(st.integers(1, 3)).map(tuple),
    from_day=st.none() | st.dates(date(2026, 5, 1), date(2026, 5, 7)),
    until_day=st.none() | st.dates(date(2026, 5, 1), date(2026, 5, 7)),
    least_time=st.sampled_from([0, 10, 25, 50]),
)


@given(st.lists(answers, max_size=6), plans, st.booleans())
def test_the_steps_of_a_reading_always_add_up(tasks: list[list[Given]], chosen: ExportPlan, some_out: bool) -> None:
    sieve = Sieve(chosen, (lambda key: key == UUID(int=0)) if some_out else None)
    kept = [sieve.keep(UUID(int=n), given) for n, given in enumerate(tasks)]
    told = Intake(Fingerprint(), left={"bread": sieve.left}).steps
    assert adds_up(told)
    by_name = {step.name: step for step in told}
    assert by_name[START].judgments == sum(map(len, tasks))
    assert by_name["keep_out"].judgments == sum(map(len, kept))
    assert by_name["few"].judgments == sum(len(sieve.counted(each)) for each in kept)
    assert by_name["few"].tasks == sum(bool(sieve.counted(each)) for each in kept)
    if some_out and kept:
        assert kept[0] == []


def begins(seconds: float) -> float:
    """Where a time's bucket begins."""
    return max(edge for edge in TIME_EDGES if edge <= seconds)


def ends(seconds: float) -> float:
    """Where it ends."""
    return min((edge for edge in TIME_EDGES if edge > seconds), default=inf)


@given(answers, st.sampled_from([10, 25, 50]))
def test_a_time_says_no_more_than_its_bucket(given: list[Given], percent: int) -> None:
    coarse = [each._replace(seconds=begins(each.seconds)) for each in given]
    by = Sieve(ExportPlan(least_time=percent))
    assert [each.id for each in by.keep(UUID(int=1), given)] == [each.id for each in by.keep(UUID(int=2), coarse)]


def test_an_answer_leaves_where_its_whole_bucket_is_too_short() -> None:
    def left(percent: int, *seconds: float) -> list[float]:
        given = [answer(n, seconds=each) for n, each in enumerate(seconds)]
        return [each.seconds for each in Sieve(ExportPlan(least_time=percent)).keep(UUID(int=1), given)]

    assert left(25, 9, 29, 130, 150, 700) == [130, 150, 700]
    assert left(25, 9, 29, 70, 80, 700) == [29, 70, 80, 700]
    assert left(25, 9, 40, 50) == [9, 40, 50], "a quarter of 30 is less than 10"
    assert left(50, 9, 40, 50) == [40, 50]
    assert left(50, 9, 700) == [9, 700], "two have no median that says anything"


@given(answers, plans)
def test_an_answer_stays_exactly_when_it_fits_every_choice(given: list[Given], chosen: ExportPlan) -> None:
    fits = [
        each
        for each in given
        if (chosen.from_day is None or each.submitted_at.date() >= chosen.from_day)
        and (chosen.until_day is None or each.submitted_at.date() <= chosen.until_day)
        and (not chosen.guidelines or each.guideline_version in chosen.guidelines)
    ]
    if len(fits) >= 3:
        middle = median(begins(each.seconds) for each in fits)
        fits = [each for each in fits if ends(each.seconds) > middle * chosen.least_time / 100]
    assert Sieve(chosen).keep(UUID(int=1), given) == fits


def test_what_comes_back_on_the_way_is_noticed() -> None:
    with pytest.raises(ValueError, match="after unpaid there are 5 judgments"):
        steps({START: (4, 2), "unpaid": (5, 2)})
    with pytest.raises(ValueError, match="3 tasks"):
        steps({START: (4, 2), "unpaid": (4, 3)})
    with pytest.raises(ValueError, match="were to be read"):
        before = {"bread": (Step(START, 0, 4, 2), Step("unpaid", 0, 4, 2))}
        _ = Intake(Fingerprint(), before=before, left={"bread": {"unpaid": [3, 2]}}).steps


def test_only_steps_that_take_something_are_shown_and_those_that_may() -> None:
    told = steps({START: (9, 3), "withdrawn": (7, 3)}, ["keep_out"])
    assert [step.name for step in shown(told)] == [START, "withdrawn", "keep_out"]
    assert [step.name for step in told] == list(STEPS)


@pytest.fixture
def mixed(database: Database) -> Project:
    """A project of two languages, three batches and three guideline versions, with all that can happen to an answer."""
    dice = random.Random(11)
    with transaction() as session:
        project = add_project(session, languages=("en", "sw"), overlap=9)
        project.guideline_version = 3
        lots = [add_tasks(session, project, 5), add_tasks(session, project, 4, language="sw")]
        tasks = [task for lot in (*lots, add_tasks(session, project, 3)) for task in lot]
        people = [add_labeler(session) for _ in range(4)] + [
            add_labeler(session, add_vendor(session, "Stingy", per_hour=None))
        ]
        given = []
        for task in tasks:
            for n, person in enumerate(dice.sample(people, dice.randint(1, 5))):
                said = add_judgment(
                    session, project, task, person, dice.choice([BETTER_0, BETTER_1, TIE, BAD, UNSURE]),
                    late=dice.random() < 0.15, at=NOW + dice.randint(0, 4) * DAY + n * timedelta(minutes=1),
                    paid=person is not people[4],
                )  # fmt: skip
                said.shown_seconds = dice.choice([2.0, 11.0, 119.9, 120.0, 400.0, 800.0])
                said.guideline_version = dice.randint(1, 3)
                given.append(said)
        for said in dice.sample(given, 5):
            newer = revise(session, project, said, BETTER_1, said.submitted_at + dice.randint(1, 3) * DAY)
            newer.guideline_version = 3
        reviewer = Decider(add_user(session, Role.RESEARCHER).id, Role.RESEARCHER)
        for said in dice.sample([each for each in given if each.labeler_id != people[4].id], 2):
            case = mark(
                session, reviewer, said.id, "duplicate", "The same answer is there twice.", 1, "", NOW + 5 * DAY
            )
            leave(session, said.labeler_id, case, NOW + 6 * DAY)
    with transaction() as session:
        for each in dice.sample(given, 3):
            withdraw(session, each.labeler_id, each.id, NOW + 7 * DAY)
    return project


def settle(project: Project) -> None:
    with reading() as session:
        waiting = waiting_for(session, project.id)
    for labeler_id in waiting:
        settle_all(labeler_id)


def choices(project: Project) -> Iterator[dict[str, Any]]:
    """None at all, one that takes, then some at random."""
    dice = random.Random(5)
    with reading() as session:
        batches = [batch.id for batch in queries.batches(session, project.id)]
    yield {}
    yield {"least_time": 50}
    for _ in range(9):
        made = {
            "batches": tuple(dice.sample(batches, 2)),
            "languages": ("en",),
            "guidelines": tuple(dice.sample([1, 2, 3], 2)),
            "from_day": (NOW + dice.randint(0, 3) * DAY).date(),
            "until_day": (NOW + dice.randint(2, 6) * DAY).date(),
            "least_time": dice.choice([10, 25, 50]),
            "late": "include",
            "min_judgments": dice.randint(2, 4),
        }
        yield {name: value for name, value in made.items() if dice.random() < 0.4}


def read(project: Project, scope: Scope) -> tuple[Step, ...]:
    """The steps as the writing counts them."""
    with reading() as session:
        before = queries.by_slug(session, scopes.look_each(session, scope, ahead=False))
        intake = Intake(Fingerprint(), before=before)
        names = Pseudonyms(b"0" * 32, project.id, ASKED, "")
        for _ in source.judged_tasks(session, scope, kind(project.kind), names, intake):
            pass
    assert intake.judgments == after(intake.steps)["keep_out"][0]
    return intake.steps


def test_what_is_shown_before_is_what_is_written_after_and_both_add_up(mixed: Project) -> None:
    settle(mixed)
    taken: set[str] = set()
    for chosen in choices(mixed):
        for snapshot_at in (ASKED, NOW + 3 * DAY):
            scope = Scope(mixed.id, ExportPlan.model_validate(chosen), snapshot_at, ASKED)
            with reading() as session:
                before = scopes.look(session, scope, ahead=True)
                assert scopes.look(session, scope, ahead=False) == before
            assert adds_up(before)
            assert read(mixed, scope) == before, chosen
            taken |= {step.name for step in before if step.left_out}
    assert taken == set(STEPS[1:]) - {"keep_out"}, "the test's own project has something for every step"


def test_looking_ahead_counts_what_an_export_would_settle_first(mixed: Project) -> None:
    with reading() as session:
        stood = scopes.look(session, Scope(mixed.id, ExportPlan(), ASKED, ASKED), ahead=False)
    ahead = after(look(mixed))
    assert after(stood)["unpaid"] == (0, 0), "nothing has lines yet"
    settle(mixed)
    assert after(look(mixed))["unpaid"] == ahead["unpaid"] != (0, 0)
    told = look(mixed, keep_out=keep_out.name(keep_out.kept(["Name a tree."])))
    assert [step.name for step in told if step.judgments is None] == ["keep_out"]


def look(project: Project, **chosen: Any) -> tuple[Step, ...]:
    with reading() as session:
        return queries.look(session, project, chosen, ASKED)


def test_bad_choices_are_told_all_at_once() -> None:
    chosen = {
        "languages": ["en", "tlh"], "guidelines": [3, 4], "from_day": "2026-03-05", "until_day": "2026-03-04",
        "least_time": 30, "split": 51, "aggregation": "vote/1", "keep_out": "no hash",
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        plan(chosen, Possible(("judgments",), ("judgments",), languages=("en", "sw"), guidelines=3), ())
    told = {problem.field: problem.message for problem in refused.value.problems}
    assert told.keys() == chosen.keys() - {"from_day"}
    assert told["languages"] == "This project has no tasks in tlh. Its languages are: en, sw."
    assert told["guidelines"] == "This project's guideline has the versions 1 to 3."
    assert "Choose the same day or a later one" in told["until_day"]
    assert told["least_time"] == "Choose one of 0, 10, 25, 50 percent."


def test_choices_that_say_two_things_are_refused() -> None:
    possible = Possible(("judgments",), ("judgments",))
    with pytest.raises(Invalid) as refused:
        plan({"seed": 4, "aggregation": "unanimous/1"}, possible, ())
    assert [problem.field for problem in refused.value.problems] == ["aggregation", "seed"]


def test_a_revision_moves_an_answer_to_its_own_day_and_guideline(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        project.guideline_version = 2
        old = add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), BETTER_0, at=NOW)
        revise(session, project, old, BETTER_1, NOW + DAY).guideline_version = 2
    first, second = NOW.date(), (NOW + DAY).date()
    for chosen, left in (
        ({"until_day": first}, 0),
        ({"from_day": second}, 1),
        ({"guidelines": [1]}, 0),
        ({"guidelines": [2]}, 1),
    ):
        assert after(look(project, **chosen))["guidelines"] == (left, left), chosen


def test_late_judgments_are_stored_as_the_sieve_reads_them() -> None:
    assert Judgment.__table__.c.standing.type.enums == ["counted", "late"]  # type: ignore[attr-defined]
