"""A project's statistics on both databases: what they count, and what they keep to themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.cases.marking import leave, mark
from labeler.cases.rules import Decider
from labeler.db import reading, transaction
from labeler.errors import Missing
from labeler.exports import source
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Pseudonyms
from labeler.jobs.pay import settle_all
from labeler.judgments.withdrawing import withdraw
from labeler.pay.settling import waiting_for
from labeler.projects.models import Project
from labeler.quality import queries
from labeler.quality.agreement import Level
from labeler.quality.summary import Statistics, statistics
from tasks import kind
from tasks.content import Completion, Item, Message
from tasks.content import Role as Speaker
from tests.cases.making import EVIDENCE
from tests.exports.build import BAD, BETTER_0, BETTER_1, TIE, UNSURE, add_judgment, revise
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database

LATER = NOW + timedelta(days=40)


def settle(project: Project) -> None:
    """What the schedule does all day: what has ended gets its lines."""
    with reading() as session:
        waiting = waiting_for(session, project.id)
    for labeler_id in waiting:
        settle_all(labeler_id)


def look(project: Project, about: str | None = None, now: datetime = LATER) -> Statistics:
    settle(project)
    with reading() as session:
        return statistics(session, session.get_one(Project, project.id), now, about)


def exported(project: Project) -> list[tuple[str, str]]:
    """The answers in time that an export made now would hold: the task, and what was said."""
    with reading() as session:
        scope = source.Scope(project.id, ExportPlan(), LATER, LATER)
        asks, names = kind(project.kind), Pseudonyms(b"0" * 32, project.id, LATER, "")
        tasks = source.judged_tasks(session, scope, asks, names, source.Intake(Fingerprint()))
        return sorted(
            (task.id, each.answer.model_dump_json()) for task in tasks for each in task.judgments if not each.late
        )


def counted(project: Project) -> list[tuple[str, str]]:
    """The answers that statistics count, the same way."""
    with reading() as session:
        rows = queries.readings(session, project.id, LATER)
        return sorted((str(UUID(task)), answer) for task, *_, answer, _ in rows)


def crowd(session: Session, people: int, tasks: int, *, languages: tuple[str, ...] = ("en",)) -> Project:
    """A project in which all of so many people answered all of so many tasks of each language, the last few other than
    most.
    """
    project = add_project(session, overlap=people, languages=languages)
    labelers = [add_labeler(session) for _ in range(people)]
    for language in languages:
        for number, task in enumerate(add_tasks(session, project, tasks, language=language)):
            for place, labeler in enumerate(labelers):
                add_judgment(session, project, task, labeler, BETTER_0 if place < people - number else BETTER_1)
    return project


def test_it_counts_the_answers_that_an_export_made_now_would_hold(database: Database) -> None:
    with transaction() as session:
        project = add_project(session, overlap=5)
        labelers = [add_labeler(session) for _ in range(5)]
        tasks = add_tasks(session, project, 6)
        said = [add_judgment(session, project, task, labelers[0], BETTER_0) for task in tasks]
        add_judgment(session, project, tasks[0], labelers[1], BETTER_1, late=True)
        add_judgment(session, project, tasks[0], labelers[2], BETTER_1, paid=False)
        revise(session, project, said[1], TIE, NOW + timedelta(hours=1))
        withdraw(session, labelers[0].id, said[2].id, NOW + timedelta(hours=2))
        other = add_project(session)
        add_judgment(session, other, add_tasks(session, other, 1)[0], labelers[3], BETTER_0)
        by = Decider(add_user(session, Role.RESEARCHER).id, Role.RESEARCHER)
        case = mark(session, by, said[3].id, "duplicate", EVIDENCE, 1, "", NOW + timedelta(hours=3))
        leave(session, labelers[0].id, case, NOW + timedelta(hours=4))
    found = look(project)
    assert counted(project) == exported(project)
    assert (found.given, found.judgments, found.tasks) == (8, 4, 4)


def test_what_nobody_has_settled_is_not_counted(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), BETTER_0)
    with reading() as session:
        assert statistics(session, session.get_one(Project, project.id), LATER).judgments == 0
    assert look(project).judgments == 1


def test_agreement_is_told_for_each_measure_and_no_opinion_is_none(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        labelers = [add_labeler(session) for _ in range(3)]
        answers = [(BETTER_0, BETTER_0, UNSURE), (BETTER_1, BETTER_1, BETTER_1), (TIE, BAD, UNSURE), (UNSURE, BETTER_0)]
        for task, given in zip(add_tasks(session, project, 4), answers, strict=True):
            for labeler, answer in zip(labelers, given, strict=False):
                add_judgment(session, project, task, labeler, answer)
    found = look(project)
    winner, strength = found.measured
    assert (winner.measure.name, strength.measure.name) == ("winner", "strength")
    assert (winner.agreement.items, winner.agreement.compared) == (4, 3)
    assert winner.agreement.percent is not None
    assert winner.agreement.percent.value == pytest.approx(2 / 3)
    assert list(winner.agreement.alpha) == [Level.NOMINAL]
    assert list(strength.agreement.alpha) == list(Level)
    assert strength.agreement.percent is not None
    assert strength.agreement.percent.value == 1, "a tie and both bad stand at the same place"
    assert [band.items for band in found.bands] == [2, *[0] * 9, 1]


def test_a_rating_has_a_measure_for_each_scale(database: Database) -> None:
    with transaction() as session:
        project = add_project(session, kind="rating")
        for task in add_tasks(session, project, 3):
            for value in (1, 2):
                ratings = {"helpfulness": value, "correctness": 3, "clarity": 0}
                add_judgment(session, project, task, add_labeler(session), {"verdict": "rated", "ratings": ratings})
    found = look(project, "correctness")
    assert [each.measure.name for each in found.measured] == ["helpfulness", "correctness", "clarity"]
    assert found.about is not None
    assert found.about.measure.name == "correctness"
    assert found.disputed == ()
    assert len(look(project).disputed) == 3
    assert (found.first, found.longer, found.sampled) == (None, None, 0)


def test_the_habit_of_length_counts_the_longer_one_wherever_it_stood(database: Database) -> None:
    def item(one: str, other: str) -> Item:
        said = [Completion(messages=(Message(role=Speaker.ASSISTANT, content=each),)) for each in (one, other)]
        return Item(prompt=(Message(role=Speaker.USER, content="?"),), completions=tuple(said))

    with transaction() as session:
        project = add_project(session)
        items = [item("long and longer", "short"), item("short", "long and longer"), item("same", "size")]
        tasks = add_tasks(session, project, 3, items=items)
        for task in tasks:
            add_judgment(session, project, task, add_labeler(session), BETTER_0)
            add_judgment(session, project, task, add_labeler(session), TIE)
        add_judgment(session, project, tasks[0], add_labeler(session), BETTER_0)
    found = look(project)
    assert found.longer is not None
    assert (found.longer.hits, found.longer.n, found.sampled) == (2, 3, 3)


def test_time_is_told_only_where_enough_people_stand_behind_it(database: Database) -> None:
    with transaction() as session:
        few, many = crowd(session, 9, 1), crowd(session, 10, 1)
    assert look(few).times is None
    times = look(many).times
    assert times is not None
    assert [bucket for bucket in times.buckets if bucket[2]] == [(45, 60, 10)]
    assert {quantile[1:] for quantile in times.quantiles} == {(45, 60)}


def test_groups_are_told_only_where_enough_people_stand_behind_them(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 12, 3, languages=("en", "sw"))
        task = add_tasks(session, project, 1, language="am")[0]
        add_judgment(session, project, task, add_labeler(session), BETTER_0)
        add_judgment(session, project, task, add_labeler(session), BETTER_1)
    by_language, by_batch, by_version = look(project).groups
    assert by_version.rows == ()
    told = {row.name: row.judgments for row in by_language.rows}
    assert told["am"] is None
    assert sorted(told) == ["am", "en", "sw"]
    assert list(told.values()).count(None) == 2, "one more is not shown, or what is left over would tell of the first"
    assert len(by_batch.rows) == 3
    (row,) = [row for row in by_language.rows if row.judgments is not None]
    assert row.agreement is not None
    assert row.agreement.compared == 3
    assert row.first is not None
    assert row.first.n == 36


def test_a_measure_that_is_not_there_is_missing(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 1, 1)
    with pytest.raises(Missing):
        look(project, "beauty")


def test_a_project_without_answers_has_no_figures(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        add_tasks(session, project, 2)
    found = look(project)
    assert (found.given, found.judgments, found.first, found.longer, found.times) == (0, 0, None, None, None)
    assert found.about is not None
    assert found.about.agreement.compared == 0
    assert found.disputed == ()


def test_the_same_answers_give_the_same_figures(database: Database) -> None:
    with transaction() as session:
        project = crowd(session, 4, 4)
    one, other = look(project), look(project)
    assert [each.agreement for each in one.measured] == [each.agreement for each in other.measured]
    assert (one.longer, one.disputed, one.bands, one.groups) == (
        other.longer,
        other.disputed,
        other.bands,
        other.groups,
    )


def test_the_answers_to_a_task_are_those_that_count(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        labelers = [add_labeler(session) for _ in range(3)]
        task = add_tasks(session, project, 1)[0]
        kept = add_judgment(session, project, task, labelers[0], BETTER_0)
        newer = revise(session, project, kept, BETTER_1, NOW + timedelta(hours=1))
        gone = add_judgment(session, project, task, labelers[1], BETTER_1)
        add_judgment(session, project, task, labelers[2], BETTER_1, late=True)
        withdraw(session, labelers[1].id, gone.id, NOW + timedelta(hours=1))
        other = add_project(session)
    settle(project)
    with reading() as session:
        assert queries.of_task(session, project.id, task.id, LATER) == [newer.id]
        with pytest.raises(Missing):
            queries.of_task(session, other.id, task.id, LATER)
