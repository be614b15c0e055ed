"""What the gate costs in a claim, for somebody with a full week behind her, over what it costs for somebody new.

Two people take turns at the same work on the same database: one with 1,400 exposures in a week, 40 opt-outs and a
stretch of work every hour, one with nothing. Severe lanes are open to both. CPU of this process and of the database.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from labeler import clock, db, schema
from labeler.assignment.facts import read
from labeler.assignment.service import Handed, skip
from labeler.assignment.stopping import open_lanes, owed_now
from labeler.db import reading, transaction
from labeler.ids import new_id
from labeler.web.handing import next_task
from labeler.wellbeing.clock import peek
from labeler.wellbeing.models import Exposure, ExposurePath, ExposurePool, OptOut, OptOutScope, Policy, Stretch
from labeler.wellbeing.service import give_consent
from tests.load.processes import spending
from tests.load.server import Postgres
from tests.support.build import add_labeler, add_project, add_tasks, add_user

EXPOSURES, OPT_OUTS = 1_400, 40


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of a claim: without a history, with one, and the difference, by round."""

    database: str
    new_ms: float
    full_ms: float
    more_ms: list[float]
    gate_ms: list[float]
    first_ms: list[float]
    """All that the gate asks and works out for the full week, beside the clock that is locked anyway: in any claim, and
    in the first one of a stretch."""

    @property
    def gate(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.gate_ms)

    @property
    def more(self) -> float:
        """The median of the differences."""
        return statistics.median(self.more_ms)


def set_up() -> tuple[UUID, UUID]:
    """A new person, and one with a full week behind her."""
    now = clock.now()
    with transaction() as session:
        for n in range(5):
            project = add_project(session, overlap=50, categories={"W06": 3, "W10": 2}, priority=40 + n)
            for profile in ({}, {"W10": 2}, {"W06": 3}):
                add_tasks(session, project, 200, profile=profile)
        new, full = add_labeler(session, now=now), add_labeler(session, now=now)
        session.add(ExposurePool(median_seconds=10_000, people=20, at=now))
        session.add(
            Policy(name="break_stop", value=55, from_at=now - timedelta(days=1),
                   made_at=now - timedelta(days=1),
                   made_by=add_user(session).id)
        )  # fmt: skip
        _history(session, full.id, now)
        ids = new.id, full.id
    with transaction() as session:
        for each in ids:
            for code in ("W06", "W10"):
                give_consent(session, each, code, 3, now)
    return ids


def _history(session: Session, me: UUID, now: datetime) -> None:
    for n in range(EXPOSURES):
        ended = now - timedelta(minutes=30) - timedelta(minutes=7 * n)
        session.add(
            Exposure(
                person_id=me, path=ExposurePath.DESK, profile="W06:3", severity=3, from_at=ended, seconds=1,
                reserved_seconds=60, ended_at=ended, task_id=new_id(), assignment_id=new_id(),
            )
        )  # fmt: skip
    for n in range(60):
        until = now - timedelta(hours=2 * n + 12)
        session.add(Stretch(person_id=me, labeler_id=me, from_at=until - timedelta(minutes=20), until_at=until))
    for n in range(OPT_OUTS):
        project = add_project(session) if n < 10 else None
        session.add(
            OptOut(
                labeler_id=me, scope=OptOutScope.PROJECT if project else OptOutScope.CATEGORY, from_at=now,
                project_id=project.id if project else None, category=None if project else f"W{11 + n % 5}",
                ended_at=None,
            )
        )  # fmt: skip


def claims(me: UUID, count: int) -> None:
    """So many claims, each given back at once."""
    for _ in range(count):
        now = clock.now()
        given = next_task(me, now)
        assert isinstance(given, Handed), given
        with transaction() as session:
            skip(session, me, given.assignment_id, now)


def gate(me: UUID, count: int, *, first: bool = False) -> None:
    """So many times what the gate asks in a claim: facts, hours, hard content, lanes sorted.

    `first`: as for the first claim of a stretch, which reads the week's; the others know how long it may last.
    """
    for _ in range(count):
        now = clock.now()
        with reading() as session:
            locked = peek(session, me)
            assert locked is not None
            locked.clock = replace(locked.clock, free_until=None if first else now + timedelta(minutes=30))
            facts = read(session, locked, now)
            rest, _ = owed_now(session, locked, facts.limits, now)
            lanes, _ = open_lanes(session, locked, facts, facts.lanes, now)
            assert rest is None and lanes


def clocks(me: UUID, count: int) -> None:
    """So many transactions that only look at the clock: what `gate` costs beside the gate."""
    for _ in range(count):
        with reading() as session:
            assert peek(session, me) is not None


def _round(me: UUID, postgres: Postgres | None, count: int, work: Callable[[UUID, int], None] = claims) -> float:
    begin = time.process_time()
    if postgres is None:
        work(me, count)
        return (time.process_time() - begin) / count * 1000
    with spending(database=postgres.pid) as spent:
        work(me, count)
    return (time.process_time() - begin + sum(spent[0].cpu.values())) / count * 1000


def measure(postgres: Postgres, rounds: int, count: int) -> Iterator[Cost]:
    """PostgreSQL, then SQLite; both people in turn, so that noise meets both."""
    postgres.fresh("bench_gate")
    yield _in_turn("PostgreSQL", postgres, rounds, count)
    with tempfile.TemporaryDirectory() as folder:
        engine = db.connect(f"sqlite:///{Path(folder) / 'gate.db'}")
        schema.upgrade(engine)
        yield _in_turn("SQLite", None, rounds, count)
        engine.dispose()


def _in_turn(name: str, postgres: Postgres | None, rounds: int, count: int) -> Cost:
    new, full = set_up()
    for each in (new, full):
        claims(each, 5)
    costs = [(_round(new, postgres, count), _round(full, postgres, count)) for _ in range(rounds)]
    return Cost(
        name,
        statistics.median(a for a, _ in costs),
        statistics.median(b for _, b in costs),
        [b - a for a, b in costs],
        [_round(full, postgres, count, gate) - _round(full, postgres, count, clocks) for _ in range(rounds)],
        [
            _round(full, postgres, count, partial(gate, first=True)) - _round(full, postgres, count, clocks)
            for _ in range(rounds)
        ],
    )
