"""Reports, claims, skips and looks at the same instant: everybody ends up where the gate would have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.service import Handed, reveal, skip
from labeler.db import reading, repeated, transaction
from labeler.errors import Missing
from labeler.projects.models import Lane, Task
from labeler.warnings.models import ContentReport
from labeler.warnings.reviewing import lower
from labeler.warnings.service import report
from labeler.web.handing import next_task
from labeler.wellbeing.service import give_consent
from tasks.content import Category, Severity
from tests.faults.test_races import crowd
from tests.support.build import add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database

__all__ = ["crowd"]

ROUNDS = 6


def together(*works: Callable[[], object]) -> list[object]:
    """Do all of these at one instant, and wait for them; what one raises is raised here."""
    barrier = Barrier(len(works))

    def start(work: Callable[[], object]) -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(start, work) for work in works]]


def say(labeler: UUID, assignment: UUID, category: str, severity: int) -> object:
    def work() -> object:
        try:
            return repeated(lambda session: report(session, labeler, assignment, category, severity, clock.now()))
        except Missing:
            return None  # it was taken from her by the other report a moment before

    return work()


def check() -> None:
    """What must hold afterwards: claims are those held, and nobody holds what is severe without a yes to it."""
    with reading() as session:
        held = Counter(session.scalars(select(Assignment.task_id).filter_by(state=AssignmentState.HELD)))
        for task in session.scalars(select(Task)):
            assert task.claims == held[task.id]
            lane = session.get_one(Lane, task.lane_id)
            assert task.position <= lane.tail
            if lane.severity >= 3:
                assert held[task.id] == 0


@pytest.mark.parametrize("again", range(ROUNDS))
def test_two_reporters_and_claimers_at_once(crowd: Database, again: int) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=6), 1)
        people = [add_labeler(session).id for _ in range(6)]
        for labeler in people:
            give_consent(session, labeler, "W06", 2, clock.now())
    held = {}
    for labeler in people[:3]:
        given = next_task(labeler, clock.now())
        assert isinstance(given, Handed)
        held[labeler] = given.assignment_id
    first, second, third = people[:3]
    together(
        lambda: say(first, held[first], "W06", 3),
        lambda: say(second, held[second], "W05", 3),
        lambda: repeated(lambda session: skip(session, third, held[third], clock.now())),
        *(lambda labeler=labeler: next_task(labeler, clock.now()) for labeler in people[3:]),
    )
    check()
    with reading() as session:
        profile = session.scalar(select(Lane.profile).join(Task))
        reports = session.scalar(select(func.count(ContentReport.id)))
    # Whoever came second no longer had the task, or both were heard.
    assert (profile, reports) in {("W06:3", 1), ("W05:3", 1), ("W05:3,W06:3", 2)}


@pytest.mark.parametrize("again", range(ROUNDS))
def test_a_report_a_reveal_and_a_look_at_once(crowd: Database, again: int) -> None:
    with transaction() as session:
        project = add_project(session, overlap=4, categories={"W06": 2}, sensitive_share=1.0)
        (task,) = add_tasks(session, project, 1, profile={"W06": 2})
        boss = add_user(session, Role.RESEARCHER).id
        people = [add_labeler(session).id for _ in range(3)]
        for labeler in people:
            give_consent(session, labeler, "W06", 2, clock.now())
    held = {}
    for labeler in people:
        given = next_task(labeler, clock.now())
        assert isinstance(given, Handed)
        held[labeler] = given.assignment_id
    with transaction() as session:
        reveal(session, people[0], held[people[0]], clock.now())

    def uncover() -> object:
        try:
            return repeated(lambda session: reveal(session, people[1], held[people[1]], clock.now()))
        except Missing:
            return None

    def give_up() -> object:
        try:
            return repeated(lambda session: skip(session, people[2], held[people[2]], clock.now()))
        except Missing:
            return None

    together(
        lambda: say(people[0], held[people[0]], "W06", 4),
        uncover,
        give_up,
        lambda: next_task(people[1], clock.now()),
    )
    check()
    with reading() as session:
        shown = session.scalars(select(Assignment).where(Assignment.revealed_at.is_not(None))).all()
        assert not [each for each in shown if each.state is AssignmentState.HELD]
        assert session.scalar(select(Lane.profile).join(Task)) == "W06:4"
    with transaction() as session:  # a look that comes now is refused; one at what is not forbidden is not
        add_tasks(session, project, 1, profile={"W06": 3})
        other = session.scalars(select(Task.id).where(Task.id != task.id)).one()
    together(
        *(
            lambda: repeated(
                lambda session: lower(
                    session, boss, project.id, other, {Category.W06: Severity.DISTURBING},
                    "Read again, it is a quotation of a textbook.", clock.now(),
                )
            ),
            lambda: next_task(people[2], clock.now()),
        )
    )  # fmt: skip
    check()
