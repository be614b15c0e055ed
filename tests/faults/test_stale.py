"""A holder whose lease has run out answers all the same: her answer is kept, and never counts beyond the overlap."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from labeler import clock
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.service import Handed, opt_out, undo_opt_out
from labeler.db import reading, transaction
from labeler.jobs.schedule import expire_assignments
from labeler.judgments.models import Judgment, Standing
from labeler.judgments.service import revise
from labeler.projects.models import Task
from labeler.web.handing import AnsweredAndNext, answer_and_next, next_task
from labeler.wellbeing.models import OptOutScope
from tests.faults.ledger import wrong
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database
from tests.web.robot import sign_in

FORM = {"choice": ["a2"]}


def set_up(labelers: int, tasks: int, overlap: int) -> list[UUID]:
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=overlap), tasks)
        return [add_labeler(session).id for _ in range(labelers)]


def held(labeler: UUID) -> UUID:
    given = next_task(labeler, clock.now())
    assert isinstance(given, Handed)
    return given.assignment_id


def lapse(*assignments: UUID) -> None:
    """Let these leases have run out a minute ago, as seen by the next sweep."""
    with transaction() as session:
        past = clock.now() - timedelta(minutes=1)
        session.execute(update(Assignment).where(Assignment.id.in_(assignments)).values(lease_until=past))


def answer(labeler: UUID, assignment: UUID) -> AnsweredAndNext:
    return answer_and_next(labeler, assignment, FORM, f"key-{assignment}", clock.now())


def standings() -> dict[UUID, Standing]:
    """By labeler, in a test where each answers once."""
    with reading() as session:
        return dict(session.execute(select(Judgment.labeler_id, Judgment.standing)).all())


def books() -> list[str]:
    with reading() as session:
        return wrong(session)


@pytest.mark.parametrize("answered_before", [False, True])
def test_the_answer_of_a_stale_holder_is_late_when_her_place_is_taken(
    database: Database, answered_before: bool
) -> None:
    stale, fresh = set_up(2, 1, overlap=1)
    first = held(stale)
    lapse(first)
    expire_assignments()
    second = held(fresh)
    if answered_before:
        answer(fresh, second)
    done = answer(stale, first)
    assert (done.submitted.judgment.standing, done.submitted.new) == (Standing.LATE, True)
    if not answered_before:
        answer(fresh, second)
    assert standings() == {stale: Standing.LATE, fresh: Standing.COUNTED}
    with reading() as session:
        fences = dict(session.execute(select(Assignment.labeler_id, Assignment.fence)).all())
        assert fences[stale] < fences[fresh]
        assert session.scalars(select(Task.claims)).one() == 1
    assert books() == []


def test_a_stale_answer_counts_when_nobody_has_her_place_and_nobody_gets_it_any_more(database: Database) -> None:
    stale, fresh = set_up(2, 1, overlap=1)
    first = held(stale)
    lapse(first)
    expire_assignments()
    assert answer(stale, first).submitted.judgment.standing is Standing.COUNTED
    assert not isinstance(next_task(fresh, clock.now()), Handed)
    assert books() == []


def test_a_late_answer_sent_twice_is_one_and_stays_late_when_it_is_changed(database: Database) -> None:
    stale, fresh = set_up(2, 1, overlap=1)
    first = held(stale)
    lapse(first)
    expire_assignments()
    held(fresh)
    done = answer(stale, first)
    again = answer(stale, first)
    assert (again.submitted.judgment, again.submitted.new) == (done.submitted.judgment, False)
    with transaction() as session:
        changed = revise(session, stale, done.submitted.judgment.id, {"choice": ["b2"]}, "k" * 20, clock.now())
    assert changed.judgment.standing is Standing.LATE
    assert books() == []


def test_a_stale_holder_works_on_another_task_while_her_late_answer_comes(database: Database) -> None:
    stale, _ = set_up(2, 2, overlap=1)
    first = held(stale)
    lapse(first)
    expire_assignments()
    other = held(stale)
    assert other != first
    done = answer(stale, first)
    assert done.next == Handed(other, new=False)
    assert answer(stale, other).submitted.judgment.standing is Standing.COUNTED
    assert books() == []


def test_the_page_of_a_stale_holder_takes_her_answer_and_says_that_it_came_late(app: Flask) -> None:
    stale, fresh = set_up(2, 1, overlap=1)
    robot = sign_in(app, stale)
    page = robot.press(robot.open("/work").form("/work/next"))
    with reading() as session:
        first = session.scalars(select(Assignment.id)).one()
    lapse(first)
    expire_assignments()
    held(fresh)
    after = robot.answer(page)
    assert "Saved." in after.words
    assert "came late, kept and paid" in robot.open("/answers").words
    assert standings() == {stale: Standing.LATE}


def at_once(*work: Callable[[], object]) -> list[object]:
    barrier = threading.Barrier(len(work))

    def start(each: Callable[[], object]) -> object:
        barrier.wait()
        return each()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(start, work))


def test_answering_while_the_sweep_gives_the_task_away(database: Database) -> None:
    """She presses at the very moment at which her lease is ended and somebody else asks: one of the two counts."""
    dice = random.Random(3)
    for _ in range(15):
        stale, fresh = set_up(2, 1, overlap=1)
        first = held(stale)
        lapse(first)
        pause = threading.Event()

        def sweep_and_ask(
            fresh: UUID = fresh, pause: threading.Event = pause, wait: float = dice.uniform(0, 0.004)
        ) -> object:
            pause.wait(wait)
            expire_assignments()
            return next_task(fresh, clock.now())

        at_once(lambda first=first, stale=stale: answer(stale, first), sweep_and_ask)  # type: ignore[misc]
        with reading() as session:
            theirs = session.scalars(select(Assignment).where(Assignment.labeler_id == fresh)).all()
        for each in theirs:
            if each.state is AssignmentState.HELD:
                answer(fresh, each.id)
        assert books() == []
        with transaction() as session:  # the next round begins with an empty desk for all
            session.execute(update(Task).values(overlap=Task.claims).where(Task.claims > 0))


def test_many_stale_holders_at_once_never_count_beyond_the_overlap(database: Database) -> None:
    people = set_up(10, 1, overlap=2)
    taken: dict[UUID, UUID] = {}
    for labeler in people[:7]:
        taken[labeler] = held(labeler)
        lapse(taken[labeler])
        expire_assignments()

    def stale(labeler: UUID) -> Callable[[], object]:
        return lambda: answer(labeler, taken[labeler])

    def fresh(labeler: UUID) -> Callable[[], object]:
        def work() -> object:
            given = next_task(labeler, clock.now())
            return answer(labeler, given.assignment_id) if isinstance(given, Handed) else None

        return work

    at_once(*[stale(labeler) for labeler in people[:7]], *[fresh(labeler) for labeler in people[7:]])
    found = list(standings().values())
    assert found.count(Standing.COUNTED) == 2
    assert found.count(Standing.LATE) >= 5, "every stale answer is kept"
    assert books() == []


def test_a_no_sent_twice_is_one_and_one_undo_takes_it_back(database: Database) -> None:
    (labeler,) = set_up(1, 2, overlap=1)
    first = held(labeler)

    def say(scope: OptOutScope) -> UUID:
        with transaction() as session:
            return opt_out(session, labeler, scope, clock.now(), assignment_id=first, category="W06")

    for scope in OptOutScope:
        said = say(scope)
        assert say(scope) == said
    assert books() == []
    with transaction() as session:
        undo_opt_out(session, labeler, say(OptOutScope.PROJECT), clock.now())
    assert isinstance(next_task(labeler, clock.now()), Handed)
    assert say(OptOutScope.PROJECT) != said


def test_a_no_to_what_is_not_there_is_refused_and_changes_nothing(app: Flask) -> None:
    (labeler,) = set_up(1, 1, overlap=1)
    robot, nobody = sign_in(app, labeler), "019a0000-0000-7000-8000-000000000000"
    page = robot.open("/me/choices")
    for fields in ({"scope": "project", "project_id": nobody}, {"scope": "task", "assignment_id": nobody}):
        form = {**page.form("/choices").hidden, "scope": "", **fields}
        assert robot.client.post("/choices", data=form).status_code == 404
    assert isinstance(next_task(labeler, clock.now()), Handed)
