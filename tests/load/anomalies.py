"""The daily look for anomalies at a crowd's whole week: what it costs, and for how long it keeps writers out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from labeler import clock, db, schema
from labeler.anomalies import service
from labeler.anomalies.facts import everything
from labeler.assignment.models import Assignment, AssignmentState
from labeler.db import table
from labeler.ids import new_id
from labeler.judgments.models import Judgment, Standing
from labeler.wellbeing.models import Break
from labeler.workforce.models import Vendor
from tests.load.processes import spending
from tests.load.server import Postgres
from tests.support.build import add_labeler, add_project, add_tasks, add_vendor

VENDORS, A_VENDOR = 10, 35
DAYS, BREAKS_A_DAY = 7, 8


@dataclass(frozen=True, slots=True)
class Watched:
    """One daily look: seconds on the clock, CPU of this process and of the database, seconds of them in which the look
    may write, how many cases it opened."""

    database: str
    answers: int
    breaks: int
    seconds: float
    cpu_s: float
    database_s: float
    writing_s: float
    cases: int


def measure(postgres: Postgres, answers: int) -> Iterator[Watched]:
    """About so many answers of one week, on PostgreSQL and then on SQLite."""
    postgres.fresh("bench_anomalies")
    yield _look("PostgreSQL", answers, postgres.pid)
    with tempfile.TemporaryDirectory() as home:
        schema.upgrade(db.connect(f"sqlite:///{Path(home) / 'labeler.db'}", pool=4))
        yield _look("SQLite", answers, None)


def _look(name: str, answers: int, server: int | None) -> Watched:
    now = clock.now()
    made, breaks = _fill(answers, now)
    with spending(own=os.getpid(), **({} if server is None else {"database": server})) as spent:
        with db.reading() as session:
            found = list(everything(session, now))
        writing = perf_counter()
        with db.transaction() as session:
            cases = service.open_cases(session, found, now)
        wrote = perf_counter() - writing
    own, database = spent[0].cpu["own"], spent[0].cpu.get("database", 0.0)
    # The database's processes are children of this one.
    return Watched(name, made, breaks, spent[0].wall, own - database, database, wrote, cases)


def _fill(answers: int, now: datetime) -> tuple[int, int]:
    """Every labeler answers every task once, in 8 hours a day with 8 breaks; those of one vendor of ten like clocks."""
    dice = Random(7)
    each = max(1, answers // (VENDORS * A_VENDOR))
    a_day = -(-each // DAYS)
    gap = timedelta(hours=8) / a_day
    with db.transaction() as session:
        people = [add_labeler(session, vendor).id for vendor in _vendors(session) for _ in range(A_VENDOR)]
        project = add_project(session)
        tasks = [task.id for task in add_tasks(session, project, each)]
        project_id = project.id
    count = breaks = 0
    for number, labeler in enumerate(people):
        assignments, judgments, pauses = [], [], []
        for place, task in enumerate(tasks):
            day, turn = divmod(place, a_day)
            jitter = gap * dice.random() if number >= A_VENDOR else timedelta(0)
            at = now - timedelta(days=DAYS - day) + timedelta(hours=1) + gap * turn + jitter
            given, answer = _answer(labeler, task, project_id, at)
            assignments.append(given)
            judgments.append(answer)
            if turn % -(-a_day // BREAKS_A_DAY) == 0:
                begun = at + timedelta(hours=8) / BREAKS_A_DAY * dice.random()
                pauses.append(
                    {"id": new_id(), "person_id": labeler, "labeler_id": labeler, "started_at": begun,
                     "paid_until": begun + gap, "ended_at": begun + gap}
                )  # fmt: skip
        with db.transaction() as session:
            for model, rows in ((Assignment, assignments), (Judgment, judgments), (Break, pauses)):
                session.execute(insert(table(model)), rows)
        count, breaks = count + len(judgments), breaks + len(pauses)
    return count, breaks


def _vendors(session: Session) -> list[Vendor]:
    return [add_vendor(session) for _ in range(VENDORS)]


def _answer(labeler: UUID, task: UUID, project: UUID, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    given = {
        "id": new_id(), "task_id": task, "labeler_id": labeler, "guideline_version": 1, "fence": 1, "order": "01",
        "handed_at": at, "lease_until": at, "state": AssignmentState.JUDGED, "seen_seconds": 0, "ended_at": at,
    }  # fmt: skip
    answer = {
        "id": new_id(), "assignment_id": given["id"], "task_id": task, "labeler_id": labeler, "project_id": project,
        "guideline_version": 1, "kind": "comparison", "kind_version": 1, "order": "01", "answer": "{}",
        "standing": Standing.COUNTED, "idem_key": str(given["id"]), "fingerprint": bytes(32), "handed_at": at,
        "shown_seconds": 30.0, "submitted_at": at, "fence": 1, "version": 1,
    }  # fmt: skip
    return given, answer
