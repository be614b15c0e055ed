"""Web workers are killed with `kill -9` while labelers work: no acknowledged judgment is lost, and none is there twice.

What this shows and what it does not: the web processes die at any moment, between any two statements, with requests in
flight and replies unsent. The database goes on. On SQLite, which lives in the web process, that is the whole of it:
its files are written with `synchronous=FULL`. The PostgreSQL of the tests runs without fsync, because its own process
is not killed here; what a server of PostgreSQL's keeps through a power cut is PostgreSQL's promise, not tested by us.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labeler.db import reading, transaction
from tests.faults.ledger import wrong
from tests.faults.robots import Journal, Robot, sign_in
from tests.faults.serving import Served, serving
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")

ROBOTS = 64
OVERLAP = 3
TASKS_A_ROUND = 6


def crowd(database: Database, port: int, journal: Journal, tasks: int, robots: int = ROBOTS) -> list[Robot]:
    """So many labelers before so many tasks, each signed in."""
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=OVERLAP), tasks)
        people = [add_labeler(session).id for _ in range(robots)]
    cookies = sign_in(database, people)
    return [
        Robot(port, labeler, cookie, journal, seed)
        for seed, (labeler, cookie) in enumerate(zip(people, cookies, strict=True))
    ]


def working(robots: list[Robot], skipping: Callable[[], float]) -> list[threading.Thread]:
    """Let them work, each in a thread."""
    threads = [threading.Thread(target=robot.work, kwargs={"skipping": skipping}, daemon=True) for robot in robots]
    for thread in threads:
        thread.start()
    return threads


def wait_for(served: Served, condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait, and do meanwhile what the supervisor does: start the server again should it end by itself."""
    until = time.monotonic() + seconds
    while not condition():
        served.child.tend()
        assert time.monotonic() < until, "nothing went on"
        time.sleep(0.005)


def kill(served: Served, dice: random.Random, number: int) -> None:
    """Every tenth time the server's first process, else a worker."""
    if number % 10 == 9:
        served.kill_master()
    else:
        wait_for(served, lambda: served.kill_worker(dice))


@pytest.mark.parametrize("rounds", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_no_acknowledged_judgment_is_lost_or_doubled(database: Database, rounds: int) -> None:
    dice, journal = random.Random(rounds), Journal()
    total = rounds * TASKS_A_ROUND * OVERLAP
    moments = sorted(dice.sample(range(1, total * 3 // 4), rounds))
    with serving(database) as served:
        robots = crowd(database, served.port, journal, rounds * TASKS_A_ROUND)
        threads = working(robots, skipping=lambda: 0.03 if journal.taken < total // 2 else 0.0)
        before = -1
        for number, moment in enumerate(moments):
            wait_for(served, lambda moment=moment, before=before: journal.taken >= moment and journal.taken > before)  # type: ignore[misc]
            time.sleep(dice.uniform(0, 0.03))
            before = journal.taken
            kill(served, dice, number)
        for thread in threads:
            thread.join(180)
    with reading() as session:
        assert wrong(session, journal, finished=True) == []
