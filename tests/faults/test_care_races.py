"""Two tabs, two accounts and eight threads at once: what is reserved fits, and a no or a break is never overtaken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.service import Handed, Nothing, opt_out, reveal, take_break, withdraw_refused
from labeler.db import connect, reading, repeated, transaction
from labeler.errors import Conflict, Missing
from labeler.projects.models import Project
from labeler.web.handing import next_task
from labeler.wellbeing.models import Break, Exposure, ExposurePath, OptOutScope
from labeler.wellbeing.rules import Stop
from labeler.wellbeing.service import end_consent, give_consent
from tests.faults.rows import check
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

HOUR = timedelta(hours=1)
THREADS, ROUNDS = 8, 6


@pytest.fixture
def crowd(database: Database) -> Iterator[Database]:
    """The database with a connection for each thread."""
    database.engine.dispose()
    engine = connect(database.url, pool=THREADS + 2)
    yield database
    engine.dispose()


def set_up(severity: int = 3, estimate: int = 60) -> tuple[UUID, UUID]:
    """Two accounts of one person with consent, and severe tasks that reserve `estimate` seconds each."""
    with transaction() as session:
        project = add_project(session, overlap=50, categories={"W06": severity}, seconds_estimate=estimate)
        add_tasks(session, project, 40, profile={"W06": severity})
        first, second = add_labeler(session), add_labeler(session)
        second.person_id = first.id
    for each in (first, second):
        repeated(lambda session, each=each: give_consent(session, each.id, "W06", 3, NOW))  # type: ignore[misc]
    return first.id, second.id


def have_seen(person: UUID, seconds: int, now: datetime = NOW) -> None:
    """So many seconds of severe content, two hours ago."""
    with transaction() as session:
        ended = now - 2 * HOUR
        session.add(
            Exposure(
                person_id=person, path=ExposurePath.PREVIEW, profile="W06:3", severity=3, from_at=ended,
                seconds=seconds, ended_at=ended, shown_at=ended,
            )
        )  # fmt: skip


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """All of them, each in a thread, begun together. A Missing or a Conflict is an answer."""
    barrier = threading.Barrier(len(works))

    def start(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except (Missing, Conflict) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(start, works))


def held() -> list[UUID]:
    with reading() as session:
        return list(session.scalars(select(Assignment.id).where(Assignment.state == AssignmentState.HELD)))


def shown() -> list[UUID]:
    with reading() as session:
        return list(session.scalars(select(Assignment.id).where(Assignment.revealed_at.is_not(None))))


def holds() -> None:
    """No limit was passed by."""
    with reading() as session:
        assert [str(each) for each in check(session)] == []


@pytest.mark.parametrize(("left", "leases"), [(60, 1), (59, 0), (119, 1), (120, 2)])
def test_what_is_left_under_a_cap_is_given_once(crowd: Database, left: int, leases: int) -> None:
    first, second = set_up()
    have_seen(first, 3600 - left)
    results = at_once(*[lambda who=who: next_task(who, NOW) for who in (first, second) * 4])  # type: ignore[misc]
    with reading() as session:
        reserved = session.scalar(select(func.sum(Exposure.reserved_seconds)).where(Exposure.ended_at.is_(None))) or 0
        assert session.scalar(select(func.count()).select_from(Assignment)) == leases
    assert reserved == 60 * leases <= left
    assert len({each.assignment_id for each in results if isinstance(each, Handed)}) == leases
    holds()


def test_a_no_is_never_overtaken_by_a_claim(crowd: Database) -> None:
    for n in range(ROUNDS):
        first, _ = set_up(severity=2)
        with reading() as session:
            project = session.scalars(select(Project.id).order_by(Project.id.desc())).first()

        def say_no(me: UUID = first, project: UUID | None = project, n: int = n) -> object:
            scope = (OptOutScope.PROJECT, OptOutScope.SENSITIVE, OptOutScope.CATEGORY)[n % 3]
            return repeated(
                lambda session: opt_out(session, me, scope, NOW, project_id=project, category="W06")
            )  # fmt: skip

        at_once(say_no, *[lambda me=first: next_task(me, NOW) for _ in range(THREADS - 1)])  # type: ignore[misc]
        with reading() as session:
            mine = session.scalars(
                select(Assignment.id)
                .join(Exposure, Exposure.assignment_id == Assignment.id)
                .where(Assignment.labeler_id == first, Assignment.state == AssignmentState.HELD)
            ).all()
        if n % 3:  # the other project's tasks of earlier rounds are of the same kind
            assert mine == []
        holds()


def test_nothing_is_given_once_a_break_has_begun(crowd: Database) -> None:
    for _ in range(ROUNDS):
        first, second = set_up()
        tabs = [lambda who=who: next_task(who, NOW) for who in (first, second) * 3]  # type: ignore[misc]
        at_once(lambda me=first: repeated(lambda session: take_break(session, me, NOW)), *tabs)  # type: ignore[misc]
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Break).where(Break.person_id == first)) == 1
        before = held()
        assert all(isinstance(each, Handed | Nothing) for each in at_once(*tabs))
        assert held() == before
        holds()


def test_a_yes_that_is_taken_back_hides_the_text(crowd: Database) -> None:
    for _ in range(ROUNDS):
        first, _ = set_up()
        given = next_task(first, NOW)
        assert isinstance(given, Handed)

        def take_back(me: UUID = first) -> None:
            repeated(lambda session: end_consent(session, me, "W06", NOW))
            repeated(lambda session: withdraw_refused(session, me, NOW))

        def show(me: UUID = first, key: UUID = given.assignment_id) -> object:
            return repeated(lambda session: reveal(session, me, key, NOW))

        results = at_once(take_back, *[show] * (THREADS - 1))
        assert all(each is None or isinstance(each, Stop | Missing) for each in results)
        assert given.assignment_id not in held() + shown()
        holds()
