"""Many labelers at once, with real threads and transactions: what must never happen does not."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import func, select

from labeler import clock
from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, Nothing, opt_out
from labeler.db import connect, transaction
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Project, Task
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.rules import Reason
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

CHOICE = {"choice": ["a2"]}


@pytest.fixture
def crowd(database: Database) -> Iterator[Database]:
    """The database with a connection for each of 64 people, as many web processes together would have."""
    database.engine.dispose()
    engine = connect(database.url, pool=64)
    yield database
    engine.dispose()


def set_up(labelers: int, tasks: int, overlap: int) -> list[UUID]:
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=overlap), tasks)
        return [add_labeler(session).id for _ in range(labelers)]


def work_until_empty(labeler_id: UUID) -> Reason:
    """Press Submit until the desk says why there is nothing; return that reason."""
    result = next_task(labeler_id, clock.now())
    while isinstance(result, Handed):
        key = f"key-{result.assignment_id}"
        result = answer_and_next(labeler_id, result.assignment_id, CHOICE, key, clock.now()).next
    return result.reason


def all_at_once(work: Callable[[UUID], object], people: list[UUID]) -> list[object]:
    barrier = threading.Barrier(len(people))

    def start(person: UUID) -> object:
        barrier.wait()
        return work(person)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(start, people))


def judged() -> dict[UUID, list[UUID]]:
    with transaction() as session:
        found: dict[UUID, list[UUID]] = {}
        for task_id, labeler_id in session.execute(
            select(Judgment.task_id, Judgment.labeler_id).where(Judgment.standing == Standing.COUNTED)
        ):
            found.setdefault(task_id, []).append(labeler_id)
        return found


@pytest.mark.parametrize(("labelers", "tasks"), [(64, 2000)])
def test_64_claimers_give_every_task_exactly_its_overlap_by_distinct_labelers(
    crowd: Database, labelers: int, tasks: int
) -> None:
    people = set_up(labelers, tasks, overlap=3)
    reasons = all_at_once(work_until_empty, people)
    assert set(reasons) <= {Reason.NONE_LEFT, Reason.ALREADY_ANSWERED}
    found = judged()
    assert len(found) == tasks
    assert {(len(by), len(set(by))) for by in found.values()} == {(3, 3)}
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Task).where(Task.claims != Task.overlap)) == 0
        assert session.scalar(select(func.count()).select_from(Assignment)) == tasks * 3


@pytest.mark.parametrize("tasks", [1_000, pytest.param(3_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("labelers", [3, 8])
def test_the_last_task_is_handed_out(database: Database, labelers: int, tasks: int) -> None:
    people = set_up(labelers, tasks, overlap=3)
    reasons = all_at_once(work_until_empty, people)
    assert set(reasons) <= {Reason.NONE_LEFT, Reason.ALREADY_ANSWERED}
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Task).where(Task.claims < Task.overlap)) == 0


def test_ten_presses_at_once_have_one_effect_and_one_reply(database: Database) -> None:
    (labeler,) = set_up(1, 30, overlap=1)
    for _ in range(10):
        held = next_task(labeler, clock.now())
        assert isinstance(held, Handed)
        key = f"key-{held.assignment_id}"

        def press(_: object, held: Handed = held, key: str = key) -> tuple[UUID, Handed | Nothing]:
            done = answer_and_next(labeler, held.assignment_id, CHOICE, key, clock.now())
            assert isinstance(done.next, Handed)
            return done.submitted.judgment.id, done.next.assignment_id

        with ThreadPoolExecutor(10) as pool:
            replies = set(pool.map(press, range(10)))
        assert len(replies) == 1
    assert sum(len(by) for by in judged().values()) == 10


def test_two_tabs_asking_at_once_get_the_same_task(database: Database) -> None:
    (labeler,) = set_up(1, 30, overlap=1)
    for _ in range(10):
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: next_task(labeler, clock.now()), range(8)))
        ids = {result.assignment_id for result in results if isinstance(result, Handed)}
        assert len(ids) == 1
        answer_and_next(labeler, ids.pop(), CHOICE, f"{labeler}"[:20] + f"{len(judged()):04}", clock.now())


def test_a_no_said_while_the_next_task_is_claimed_leaves_nothing_open(database: Database) -> None:
    people = set_up(1, 200, overlap=1)
    with transaction() as session:
        project_id = session.scalars(select(Project.id)).one()

    def say_no(labeler: UUID) -> None:
        with transaction() as session:
            opt_out(session, labeler, OptOutScope.PROJECT, clock.now(), project_id=project_id)

    labeler = people[0]
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(next_task, labeler, clock.now()) for _ in range(4)]
        pool.submit(say_no, labeler).result()
        for each in asked:
            each.result()
    result = next_task(labeler, clock.now())
    assert isinstance(result, Nothing)
    assert result.reason is Reason.YOUR_CHOICES
    with transaction() as session:
        held = session.scalars(
            select(Assignment).where(Assignment.labeler_id == labeler, Assignment.ended_at.is_(None))
        )
        assert held.all() == []
        states = Counter(session.scalars(select(Assignment.state)))
        assert sum(states.values()) <= 1
