"""The labeler's loop: answer a task and read the next one, over real connections and pages, scripts off."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.load.processes import peak_memory, spending
from tests.load.robots import Robot, work
from tests.load.server import Postgres, Web, serving
from tests.load.world import PASSWORD, People, add_comparisons, add_people

WARM = 40
"""Loops of each robot set before the measuring begins: caches, prepared statements, connections."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One cell: CPU milliseconds of server and database for one loop, loops a second, latencies in milliseconds."""

    name: str
    tasks: int
    overlap: int
    labelers: int
    loops: int
    server_ms: float
    database_ms: float
    per_second: float
    p50: float
    p95: float
    p99: float
    failures: int
    memory_mib: float

    @property
    def cpu_ms(self) -> float:
        """Server and database together."""
        return self.server_ms + self.database_ms


@contextmanager
def at_work(web: Web, emails: list[str]) -> Iterator[list[Robot]]:
    """Robots that are signed in and have a task before them."""
    robots = [Robot(web.host, web.port) for _ in emails]
    try:
        for robot, email in zip(robots, emails, strict=True):
            robot.sign_in(email, PASSWORD)
            robot.start()
        yield robots
    finally:
        for robot in robots:
            robot.close()


def cell(
    postgres: Postgres, web: Web, people: list[str], name: str, tasks: int, overlap: int, loops: int, seconds: float
) -> Loop:
    """Measure with these people at work at once."""
    with at_work(web, people) as robots:
        work(robots, WARM, seconds)
        with peak_memory(web.pid, 0.2) as peak, spending(server=web.pid, database=postgres.pid) as spent:
            timings = work(robots, loops, seconds)
    done = len(timings.loops)
    if not done:
        raise RuntimeError(f"{name}: nothing could be measured")
    cost = spent[0]
    ranked = sorted(timings.loops)
    return Loop(
        name=name, tasks=tasks, overlap=overlap, labelers=len(people), loops=done,
        server_ms=cost.cpu["server"] / done * 1000, database_ms=cost.cpu["database"] / done * 1000,
        per_second=done / cost.wall, p50=statistics.median(ranked) * 1000, p95=_rank(ranked, 0.95),
        p99=_rank(ranked, 0.99), failures=timings.failures, memory_mib=peak.bytes / 2**20,
    )  # fmt: skip


def _rank(ranked: list[float], share: float) -> float:
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000


def measure(
    postgres: Postgres, sizes: list[int], overlaps: list[int], crowds: list[int], loops: int, seconds: float
) -> Iterator[Loop]:
    """Every size with every overlap and crowd."""
    for tasks in sizes:
        for overlap in overlaps:
            url = postgres.fresh("bench_loops")
            people = add_people(sum(crowds))
            add_comparisons(tasks, overlap)
            yield from _crowds(postgres, url, people, tasks, overlap, crowds, loops, seconds)


def _crowds(
    postgres: Postgres,
    url: str,
    people: People,
    tasks: int,
    overlap: int,
    crowds: list[int],
    loops: int,
    seconds: float,
) -> Iterator[Loop]:
    first = 0
    with tempfile.TemporaryDirectory() as home, serving(url, Path(home)) as web:
        for crowd in crowds:
            here = people.emails[first : first + crowd]
            first += crowd
            most = min(loops, tasks * overlap // (len(crowds) + 1) - WARM - crowd)
            yield cell(postgres, web, here, "all tasks", tasks, overlap, most, seconds)
