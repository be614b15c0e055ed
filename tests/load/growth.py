"""Whether the loop's cost grows with the project: a small project and a large one in turn, so that noise meets both."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.load.loops import WARM, at_work
from tests.load.processes import spending
from tests.load.robots import Robot, work
from tests.load.server import Postgres, Web, serving
from tests.load.world import People, add_comparisons, add_people, far_ahead

SMALL, OVERLAP, CROWDS = 1_000, 3, (1, 8, 32)


@dataclass(frozen=True, slots=True)
class Growth:
    """CPU of server and database for one loop in the large project over that in the small one, round by round."""

    name: str
    labelers: int
    small_ms: float
    large_ms: float
    ratios: list[float]

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)


def measure(postgres: Postgres, large: int, rounds: int, loops: int) -> Iterator[Growth]:
    """Every crowd, then the labeler who may see 5 % of the tasks, and the one who has done 50,000 of them."""
    with ExitStack() as stack:
        big_web, big, project = _site(stack, postgres, "bench_large", large, sum(CROWDS) + 1, 1.0)
        for place, crowd in enumerate(CROWDS):
            web, small, _ = _site(stack, postgres, f"bench_small_{place}", SMALL, crowd, 1.0)
            here = big.emails[sum(CROWDS[:place]) :][:crowd]
            yield _in_turn(postgres, f"all of {large:,} tasks", (web, small.emails), (big_web, here), rounds, loops)
        lanes_web, lanes, _ = _site(stack, postgres, "bench_lanes", large, 1, 0.05)
        web, small, _ = _site(stack, postgres, "bench_small_3", SMALL, 1, 1.0)
        yield _in_turn(
            postgres, f"who may see 5 % of {large:,}", (web, small.emails), (lanes_web, lanes.emails), rounds, loops
        )
        ahead = min(50_000, large // 4)
        postgres.use("bench_large")
        far_ahead(big.ids[-1], project, ahead)
        web, small, _ = _site(stack, postgres, "bench_small_4", SMALL, 1, 1.0)
        yield _in_turn(
            postgres, f"who has done {ahead:,}", (web, small.emails), (big_web, big.emails[-1:]), rounds, loops
        )


def _site(
    stack: ExitStack, postgres: Postgres, name: str, tasks: int, labelers: int, seen: float
) -> tuple[Web, People, UUID]:
    url = postgres.fresh(name)
    people = add_people(labelers)
    project = add_comparisons(tasks, OVERLAP, seen=seen)
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return stack.enter_context(serving(url, home)), people, project


def _in_turn(
    postgres: Postgres, name: str, small: tuple[Web, list[str]], large: tuple[Web, list[str]], rounds: int, loops: int
) -> Growth:
    costs: tuple[list[float], list[float]] = ([], [])
    with at_work(*small) as few, at_work(*large) as many:
        sides = ((small[0], few, costs[0]), (large[0], many, costs[1]))
        for _, robots, _ in sides:
            work(robots, WARM + len(robots), 60)
        for _ in range(rounds):
            for web, robots, found in sides:
                found.append(_cost(postgres, web, robots, loops))
    ratios = [after / before for before, after in zip(*costs, strict=True)]
    return Growth(name, len(few), statistics.median(costs[0]), statistics.median(costs[1]), ratios)


def _cost(postgres: Postgres, web: Web, robots: list[Robot], loops: int) -> float:
    with spending(server=web.pid, database=postgres.pid) as spent:
        done = len(work(robots, loops, 120).loops)
    return sum(spent[0].cpu.values()) / done * 1000
