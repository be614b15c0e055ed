"""The hot path stays hot: what a claim, an answer and a look at the desk ask of the database, counted and planned.

Statements cost more than all of Flask. Whoever adds one to the labeler's loop changes a number here, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from flask import Flask
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy import Engine, event, text

from labeler import clock
from labeler.assignment.service import Handed, skip
from labeler.db import transaction
from labeler.web.handing import answer_and_next, next_task
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database
from tests.web.robot import sign_in

NEXT = {"postgresql": 4, "sqlite": 7}
"""The clock's lock, the facts, the clock, the claim. SQLite has no writing CTE: there the claim is four."""
ANSWER_AND_NEXT = {"postgresql": 5, "sqlite": 12}
"""The clock's lock, the question, the answer with all that ends by it, the facts, the claim."""
LOOK = 2
"""Who is signed in, and the desk in one look."""


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that go out during the block, but for those that open and close transactions."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def labeler(database: Database) -> UUID:
    with transaction() as session:
        add_tasks(session, add_project(session), 20)
        return add_labeler(session).id


@pytest.fixture
def held(labeler: UUID) -> UUID:
    found = next_task(labeler, clock.now())
    assert isinstance(found, Handed)
    return found.assignment_id


def answer(labeler: UUID, assignment: UUID) -> UUID:
    done = answer_and_next(labeler, assignment, {"choice": ["a1"]}, f"key-{assignment}", clock.now())
    assert isinstance(done.next, Handed)
    return done.next.assignment_id


def test_the_next_task_asks_no_more_than_this(database: Database, labeler: UUID, held: UUID) -> None:
    with transaction() as session:
        skip(session, labeler, held, clock.now())
    with counted(database.engine) as said:
        next_task(labeler, clock.now())
    assert len(said) == NEXT[database.name], "\n".join(said)


def test_an_answer_and_the_next_task_ask_no_more_than_this(database: Database, labeler: UUID, held: UUID) -> None:
    with counted(database.engine) as said:
        answer(labeler, held)
    assert len(said) == ANSWER_AND_NEXT[database.name], "\n".join(said)


def test_a_look_at_the_desk_asks_no_more_than_this(app: Flask, labeler: UUID, held: UUID) -> None:
    robot = sign_in(app, labeler)
    with counted(app.extensions["engine"]) as said:
        assert robot.open("/work").has("/answer")
    assert len(said) == LOOK, "\n".join(said)


def test_whether_a_text_may_stay_asks_one_statement(app: Flask, labeler: UUID, held: UUID) -> None:
    robot = sign_in(app, labeler)
    with counted(app.extensions["engine"]) as said:
        assert robot.client.get(f"/assignments/{held}/still?shown=1").status_code == 204
    assert len(said) == LOOK and not [each for each in said if not each.lstrip().upper().startswith("SELECT")]


def test_who_has_done_much_waits_no_longer(database: Database, labeler: UUID, held: UUID) -> None:
    for _ in range(10):
        held = answer(labeler, held)
    with counted(database.engine) as said:
        answer(labeler, held)
    assert len(said) == ANSWER_AND_NEXT[database.name]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_driver_remembers_every_statement_of_the_loop(database: Database, labeler: UUID, held: UUID) -> None:
    """It takes a longer one apart anew each time it is sent."""
    with counted(database.engine) as said:
        answer(labeler, held)
    assert max(len(each) for each in said) <= MAX_CACHED_STATEMENT_LENGTH


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("part", "index"),
    [
        ("WITH candidate", "ix_task_open"),
        ("'held' AS tag", "uq_assignment_held|ix_assignment_lease"),
        ("'opt-out' AS tag", "ix_opt_out"),
    ],
)
def test_prepared_statements_use_the_partial_indexes(
    database: Database, labeler: UUID, held: UUID, part: str, index: str
) -> None:
    """A plan made without looking at the values must prove the index's condition from the statement's own words."""
    with counted(database.engine) as said:
        answer(labeler, held)
    statement = next(each for each in said if part in each)
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    statement = statement.replace("%%", "%")
    with database.engine.connect() as connection:
        if connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one() < 160000:
            pytest.skip("EXPLAIN (GENERIC_PLAN) came with PostgreSQL 16")
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        driver = connection.connection.driver_connection
        assert driver is not None
        plan = [line for (line,) in driver.execute(f"EXPLAIN (GENERIC_PLAN) {statement}").fetchall()]
    assert any(re.search(index, line) for line in plan), "\n".join(plan)
