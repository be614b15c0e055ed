"""Withdrawing one's own answers, on SQLite and PostgreSQL (OPT-9)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.service import Handed, Nothing, expire, hand_out
from labeler.audit.models import AuditEntry
from labeler.db import repeated, transaction
from labeler.errors import Conflict, Missing
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.judgments.own_answers import own_answer, own_answers
from labeler.judgments.queries import counts, newest_said
from labeler.judgments.service import revise, submit
from labeler.judgments.withdrawing import withdraw
from labeler.projects.freezing import announce_freeze
from labeler.projects.models import Project, Task
from labeler.projects.rules import FREEZE_NOTICE, ProjectState
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

A = {"choice": ["a4"]}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def answered(session: Session, labeler: Labeler, now: datetime = NOW) -> Judgment:
    handed = hand_out(session, labeler.id, now)
    assert isinstance(handed, Handed)
    done = submit(session, labeler.id, handed.assignment_id, A, f"key-{handed.assignment_id}", now + MINUTE)
    return session.get_one(Judgment, done.judgment.id)


def claims(session: Session, task_id: UUID) -> int:
    return session.scalars(select(Task.claims).where(Task.id == task_id)).one()


def entries(session: Session, act: str) -> list[str]:
    return list(session.scalars(select(AuditEntry.fields).where(AuditEntry.act == act)))


@pytest.fixture
def project(session: Session) -> Project:
    """A project in which each task wants one judgment."""
    project = add_project(session, overlap=1)
    add_tasks(session, project, 3)
    return project


@pytest.fixture
def labeler(session: Session, project: Project) -> Labeler:
    """Who answers there."""
    return add_labeler(session)


def test_a_withdrawn_answers_place_goes_to_somebody_else_and_never_back(
    session: Session, project: Project, labeler: Labeler
) -> None:
    said = answered(session, labeler)
    assert claims(session, said.task_id) == 1
    assert withdraw(session, labeler.id, said.id, NOW + 2 * MINUTE)
    assert claims(session, said.task_id) == 0
    mine = [answered(session, labeler, NOW + 3 * MINUTE).task_id for _ in range(2)]
    assert said.task_id not in mine
    assert isinstance(hand_out(session, labeler.id, NOW + 5 * MINUTE, wait=True), Nothing)
    assert answered(session, add_labeler(session)).task_id == said.task_id


def test_the_answer_its_assignment_and_their_entries_stay(session: Session, project: Project, labeler: Labeler) -> None:
    said = answered(session, labeler)
    before = {column.name: getattr(said, column.key) for column in Judgment.__table__.columns}
    withdraw(session, labeler.id, said.id, NOW + 2 * MINUTE)
    session.expire_all()
    assert {column.name: getattr(said, column.key) for column in Judgment.__table__.columns} == before
    assert session.get_one(Assignment, said.assignment_id).state is AssignmentState.JUDGED
    assert entries(session, "withdrawal.make") == ['{"given_back":true}']


def test_withdrawing_twice_is_withdrawing_once(session: Session, project: Project, labeler: Labeler) -> None:
    said = answered(session, labeler)
    assert withdraw(session, labeler.id, said.id, NOW + 2 * MINUTE)
    assert not withdraw(session, labeler.id, said.id, NOW + 3 * MINUTE)
    assert session.get_one(Withdrawal, said.assignment_id).at == NOW + 2 * MINUTE
    assert claims(session, said.task_id) == 0
    assert len(entries(session, "withdrawal.make")) == 1


def test_any_version_withdraws_them_all_and_none_can_be_changed_afterwards(
    session: Session, project: Project, labeler: Labeler
) -> None:
    said = answered(session, labeler)
    newer = revise(session, labeler.id, said.id, {"choice": ["b4"]}, "another-key-of-16", NOW + 2 * MINUTE)
    withdraw(session, labeler.id, said.id, NOW + 3 * MINUTE)
    assert not withdraw(session, labeler.id, newer.judgment.id, NOW + 4 * MINUTE)
    with pytest.raises(Conflict):
        revise(session, labeler.id, newer.judgment.id, A, "a-third-key-of-16", NOW + 5 * MINUTE)


def test_somebody_elses_answer_cannot_be_withdrawn(session: Session, project: Project, labeler: Labeler) -> None:
    said = answered(session, labeler)
    with pytest.raises(Missing):
        withdraw(session, add_labeler(session).id, said.id, NOW)
    assert claims(session, said.task_id) == 1


def test_a_late_answer_has_no_place_to_give_back(session: Session, project: Project, labeler: Labeler) -> None:
    handed = hand_out(session, labeler.id, NOW)
    assert isinstance(handed, Handed)
    expire(session, NOW + 31 * MINUTE)
    for _ in range(3):
        answered(session, add_labeler(session), NOW + 32 * MINUTE)
    done = submit(session, labeler.id, handed.assignment_id, A, "a-key-of-16-chars", NOW + 40 * MINUTE)
    assert done.judgment.standing is Standing.LATE
    task_id = session.get_one(Judgment, done.judgment.id).task_id
    withdraw(session, labeler.id, done.judgment.id, NOW + 41 * MINUTE)
    assert claims(session, task_id) == 1, "the counted answer keeps its place"
    assert entries(session, "withdrawal.make") == ['{"given_back":false}']


def test_a_closed_project_wants_no_place_back_but_lets_its_labelers_withdraw(
    session: Session, project: Project, labeler: Labeler
) -> None:
    said = answered(session, labeler)
    project.state = ProjectState.CLOSED
    session.flush()
    assert withdraw(session, labeler.id, said.id, NOW + DAY)
    assert claims(session, said.task_id) == 1


def test_until_the_freeze_and_not_from_then_on(session: Session, project: Project, labeler: Labeler) -> None:
    first, second = answered(session, labeler), answered(session, labeler, NOW + 2 * MINUTE)
    freeze_at = NOW + FREEZE_NOTICE
    announce_freeze(session, project.created_by, project.id, freeze_at, NOW)
    assert withdraw(session, labeler.id, first.id, freeze_at - timedelta(microseconds=1))
    with pytest.raises(Conflict, match="frozen on 16 March 2026"):
        withdraw(session, labeler.id, second.id, freeze_at)
    assert not withdraw(session, labeler.id, first.id, freeze_at), "what was withdrawn stays so"


def test_figures_and_progress_count_it_no_more(session: Session, project: Project, labeler: Labeler) -> None:
    said = answered(session, labeler)
    answered(session, labeler, NOW + 2 * MINUTE)
    assert counts(session, project.id) == {Standing.COUNTED: 2}
    withdraw(session, labeler.id, said.id, NOW + 4 * MINUTE)
    assert counts(session, project.id) == {Standing.COUNTED: 1}
    assert len(newest_said(session, project.id, 10)) == 1


def test_my_answers_come_by_pages_each_once(session: Session, project: Project, labeler: Labeler) -> None:
    add_tasks(session, project, 4)
    said = [answered(session, labeler, NOW + n * 2 * MINUTE).id for n in range(7)]
    withdraw(session, labeler.id, said[5], NOW + DAY)
    announce_freeze(session, project.created_by, project.id, NOW + 20 * DAY, NOW)
    seen, before = [], None
    while True:
        page = own_answers(session, labeler.id, NOW + DAY, before, limit=3)
        seen += page.answers
        before = page.older
        if before is None:
            break
    assert [line.judgment_id for line in seen] == said[::-1]
    assert [line.withdrawable for line in seen] == [True, False, True, True, True, True, True]
    assert not any(line.withdrawable for line in own_answers(session, labeler.id, NOW + 20 * DAY).answers)
    assert {line.freeze_at for line in seen} == {NOW + 20 * DAY}
    assert [line.changeable for line in seen] == [True, False, True, True, True, True, True]


def test_nobody_pages_through_somebody_elses_answers(session: Session, project: Project, labeler: Labeler) -> None:
    said = answered(session, labeler)
    other = add_labeler(session)
    assert own_answers(session, other.id, NOW, said.id).answers == []
    assert own_answer(session, other.id, said.id, NOW) is None


# At once, with real transactions


def test_withdrawing_at_once_gives_one_place_back_and_a_freeze_never_lets_one_through(database: Database) -> None:
    with transaction() as session:
        project = add_project(session, overlap=1)
        (task,) = add_tasks(session, project, 1)
        labeler = add_labeler(session)
        said = answered(session, labeler, clock.now())
    barrier = threading.Barrier(6)

    def take_out(n: int) -> bool:
        barrier.wait()
        if n == 0:
            repeated(lambda s: announce_freeze(s, project.created_by, project.id, clock.now() + 15 * DAY, clock.now()))
            return False
        return repeated(lambda s: withdraw(s, labeler.id, said.id, clock.now()))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(take_out, range(6))).count(True) == 1
    with transaction() as session:
        assert claims(session, task.id) == 0
        assert session.scalar(select(func.count()).select_from(Withdrawal)) == 1
        assert session.get_one(Project, project.id).freeze_at is not None
