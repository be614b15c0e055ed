"""Figures that need ten people never differ from earlier ones by fewer: the rule alone, and on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.db import reading, transaction
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.looking import Look, look
from labeler.projects.models import Project
from labeler.quality.groups import may_be_told
from labeler.quality.models import ToldFigures
from labeler.quality.queries import behind
from labeler.workforce.models import Labeler
from tests.exports.build import BETTER_1, add_judgment
from tests.quality.test_service import LATER, crowd, settle
from tests.support.build import add_labeler, add_tasks
from tests.support.database import Database

DAY = timedelta(days=1)
K = 4
PEOPLE = st.sets(st.integers(0, 11).map(str))
STEPS = st.lists(st.tuples(PEOPLE, st.booleans()), max_size=25)


@settings(max_examples=60)
@given(STEPS)
def test_no_two_figures_that_were_told_differ_by_few_people(steps: list[tuple[set[str], bool]]) -> None:
    """Whatever people add, change and take away, and whenever somebody looks."""
    now: dict[str, str] = {}
    told: list[dict[str, str]] = []
    for n, (people, goes) in enumerate(steps):
        for person in people:
            if goes:
                now.pop(person, None)
            else:
                now[person] = str(n)
        if may_be_told(told, now, K):
            told.append(dict(now))
    for one in told:
        for other in told:
            between = {who for who in one.keys() | other.keys() if one.get(who) != other.get(who)}
            assert not between or len(between) >= K


@given(st.sets(st.integers(0, 30), min_size=K), PEOPLE)
def test_enough_people_are_enough_and_one_fewer_is_not(new: set[int], old: set[str]) -> None:
    before = dict.fromkeys(old, "1")
    after = {**before, **{f"new {n}": "1" for n in new}}
    assert may_be_told([before], after, K)
    assert not may_be_told([before], {**before, **{f"new {n}": "1" for n in range(K - 1)}}, K)
    assert may_be_told([], before, K) and may_be_told([before], before, K)


def seen(project: Project, now: datetime = LATER) -> Look:
    settle(project)
    return look(lambda session: session.get_one(Project, project.id), now)


def counted(found: Look) -> int:
    assert found.statistics.times is not None
    return sum(number for *_, number in found.statistics.times.buckets)


def by_language(found: Look) -> dict[str, int | None]:
    return {row.name: row.judgments for row in found.statistics.groups[0].rows}


def more(session: Session, project: Project, labelers: list[Labeler]) -> None:
    (task,) = add_tasks(session, project, 1, language="en")
    for labeler in labelers:
        add_judgment(session, project, task, labeler, BETTER_1)


def test_groups_and_times_wait_for_ten_people_and_a_new_day(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 12, 2, languages=("en", "sw"))
        few = [add_labeler(session) for _ in range(12)]
    first = seen(project)
    assert (first.as_of, counted(first), by_language(first)) == (LATER.date(), 48, {"en": 24, "sw": 24})
    with transaction() as session:
        more(session, project, few[:9])
    second = seen(project, LATER + DAY)
    assert second.statistics.judgments == 57, "what is not told of groups is as of now"
    assert (second.as_of, counted(second), by_language(second)) == (first.as_of, 48, {"en": 24, "sw": 24})
    with transaction() as session:
        more(session, project, few[9:10])
    assert counted(seen(project, LATER)) == 48, "not twice a day"
    third = seen(project, LATER + 2 * DAY)
    assert (third.as_of, counted(third), by_language(third)["en"]) == ((LATER + 2 * DAY).date(), 58, 34)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ToldFigures)) == 2


def test_one_who_takes_an_answer_away_does_not_show(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 12, 2)
    first = seen(project)
    with transaction() as session:
        one = session.scalars(select(Judgment).order_by(Judgment.id)).first()
        assert one is not None
        withdraw(session, one.labeler_id, one.id, LATER)
    second = seen(project, LATER + DAY)
    assert (second.statistics.judgments, counted(second)) == (23, counted(first))
    assert second.as_of == first.as_of


def test_two_accounts_of_one_person_are_one(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 3, 1)
        people = session.scalars(select(Labeler).order_by(Labeler.id)).all()
        people[1].person_id = people[0].id
        session.flush()
    settle(project)
    with reading() as session:
        found = behind(session, project.id, LATER)
    assert len(found) == 2 and {mark.split(":")[0] for mark in found.values()} == {"1", "2"}


def test_nothing_is_kept_that_tells_nothing(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 3, 1, languages=("en", "sw"))
    found = seen(project)
    assert found.as_of is None and found.statistics.times is None
    assert by_language(found) == {"en": None, "sw": None}
    with reading() as session:
        assert session.scalars(select(ToldFigures)).all() == []
