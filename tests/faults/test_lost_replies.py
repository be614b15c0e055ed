"""Replies that get lost, presses that come many times at once, and database connections that are cut."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, make_url, select

from labeler import clock
from labeler.accounts.permissions import Role, Scope
from labeler.accounts.service import make_api_key
from labeler.db import connect, reading, transaction
from labeler.projects.models import Project
from tests.api.calls import Script, is_problem
from tests.faults.ledger import wrong
from tests.faults.proxy import losing
from tests.faults.robots import Journal, Outcome, Reply, Robot, form_of, has_task, judgment_of
from tests.faults.serving import serving
from tests.faults.test_kills import crowd, working
from tests.support.build import add_labeler, add_user
from tests.support.database import Database
from tests.support.postgres import conninfo
from tests.web.robot import sign_in as sign_in_here

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")


def let_work(robots: list[Robot]) -> None:
    """Let them work until nothing is left."""
    for thread in working(robots, skipping=lambda: 0.05 if robots[0].journal.taken < 40 else 0.0):
        thread.join(180)


@pytest.mark.parametrize("parts", [False, True], ids=["pages", "parts"])
def test_every_retry_after_a_lost_reply_gets_the_same_reply(database: Database, parts: bool) -> None:
    journal = Journal()
    with serving(database) as served, losing(served.port, 0.4) as wire:
        robots = crowd(database, wire.port, journal, tasks=40, robots=12)
        for robot in robots:
            robot.parts = parts
        let_work(robots)
    assert wire.lost > 40
    unknown = [line for line in journal.lines if line.outcome is Outcome.UNKNOWN]
    assert len(unknown) > 20
    with reading() as session:
        assert wrong(session, journal, finished=True) == []


@pytest.mark.parametrize("parts", [False, True], ids=["pages", "parts"])
def test_ten_presses_at_once_on_the_wire_get_one_reply(database: Database, parts: bool) -> None:
    journal = Journal()
    with serving(database) as served:
        (robot,) = crowd(database, served.port, journal, tasks=12, robots=1)
        page = robot.press(robot.look(), "/work/next")
        others = [Robot(served.port, robot.labeler, "", journal, n, parts=parts) for n in range(10)]
        while has_task(page):
            action, form = form_of(page, "/answer", robot.dice)
            for other in others:
                other.cookies = dict(robot.cookies)

            def press(other: Robot, action: str = action, form: dict[str, list[str]] = form) -> Reply:
                return other.sent(action, form)

            with ThreadPoolExecutor(10) as pool:
                replies = list(pool.map(press, others))
            assert len({(reply.status, judgment_of(reply)) for reply in replies}) == 1
            page = robot.look()
        for each in (robot, *others):
            each.hang_up()
    with reading() as session:
        assert wrong(session, journal) == []
    assert journal.taken == 12 * 10


def test_a_script_that_loses_replies_makes_each_project_once(database: Database) -> None:
    with transaction() as session:
        user = add_user(session)
        scopes = [Scope.PROJECTS_READ.value, Scope.PROJECTS_WRITE.value]
        _, secret = make_api_key(session, user.id, Role.RESEARCHER, "a script", scopes, clock.now())

    def ask(port: int, number: int) -> bytes:
        """Make a project, again and again until the reply is here."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {
            "Authorization": f"Bearer {secret}", "Idempotency-Key": f"key-{number}", "Content-Type": "application/json",
        }  # fmt: skip
        for _ in range(50):
            try:
                connection.request("POST", "/api/v1/projects", f'{{"name": "P{number}", "kind": "rating"}}', headers)
                reply = connection.getresponse()
                content = reply.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            connection.close()
            if reply.status == 409:  # the one before is still at work
                time.sleep(0.05)
                continue
            assert reply.status == 201, content
            return content
        raise AssertionError("no reply")

    with serving(database) as served, losing(served.port, 0.5) as wire, ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda number: ask(wire.port, number), range(24)))
        again = list(pool.map(lambda number: ask(wire.port, number), range(24)))
    assert wire.lost > 10
    assert again == first
    with reading() as session:
        assert sorted(session.scalars(select(Project.name))) == sorted(f"P{number}" for number in range(24))


@contextmanager
def cutting(database: Database, seed: int) -> Iterator[list[int]]:
    """End random connections of the database, one every few hundredths of a second; the list of those ended."""
    over, ended, dice = threading.Event(), [], random.Random(seed)
    url = make_url(database.url)
    assert url.database is not None

    def cut() -> None:
        with psycopg.connect(conninfo(url, str(url.database)), autocommit=True) as connection:
            while not over.wait(dice.uniform(0.01, 0.08)):
                rows = connection.execute(
                    "SELECT pid, pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE pid <>"
                    " pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
                    " ORDER BY random() LIMIT 1) AS one"
                )
                ended.extend(row[0] for row in rows)

    thread = threading.Thread(target=cut, daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join(10)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("tasks", [40, pytest.param(600, marks=pytest.mark.slow)])
def test_connections_that_are_cut_lose_nothing(database: Database, tasks: int) -> None:
    journal = Journal()
    with serving(database) as served:
        robots = crowd(database, served.port, journal, tasks, robots=16)
        database.engine.dispose()
        with cutting(database, seed=tasks) as ended:
            let_work(robots)
        time.sleep(0.1)
    assert len(ended) > 20
    with reading() as session:
        assert wrong(session, journal, finished=True) == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_first_page_after_idle_connections_were_cut_is_a_page(database: Database, app: Flask) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    robot = sign_in_here(app, labeler)
    url = make_url(database.url)
    for _ in range(3):
        assert robot.open("/work").status == 200
        with reading(), reading() as session:  # two idle ones afterwards
            assert session.scalar(select(func.count()).select_from(Project)) == 0
        with psycopg.connect(conninfo(url, str(url.database)), autocommit=True) as connection:
            cut = connection.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            ).fetchone()
        assert cut is not None and cut[0] >= 2


def test_a_database_that_is_gone_is_told_in_words(database: Database, app: Flask) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    robot, script = sign_in_here(app, labeler), Script(app)
    url = make_url(database.url)
    gone = url.set(database="/nowhere/at/all.db" if database.name == "sqlite" else "nowhere")
    engine = connect(gone.render_as_string(hide_password=False))
    for path in ("/work", "/me/choices", "/account"):
        page = robot.open(path)
        assert (page.status, "We are busy" in page.words) == (503, True), path
    assert robot.open("/nothing-here").status == 404
    reply = script.get("/projects")
    is_problem(reply, 503)
    assert reply.headers["Retry-After"]
    engine.dispose()
