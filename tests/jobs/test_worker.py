"""Machine work: asked for with the change, done by one at a time, tried again, never silently lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from labeler import clock
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.jobs import held, outbox, worker
from labeler.jobs.models import Job, JobState
from tests.jobs import steps
from tests.support.build import NOW
from tests.support.database import Database


@pytest.fixture(autouse=True)
def handlers(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(held, "home", database.home)
    monkeypatch.setitem(worker.HANDLERS, "step", "tests.jobs.steps:run")
    steps.said.clear()
    yield
    worker.stopping.clear()


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def ask(now: datetime | None = None, **args: Any) -> UUID:
    with transaction() as session:
        return outbox.enqueue(session, "step", now or clock.now(), **args).id


def job(job_id: UUID) -> Job:
    with reading() as session:
        return session.get_one(Job, job_id)


def test_a_job_is_done_once(database: Database) -> None:
    job_id = ask(do="say", word="hello")
    assert worker.next_due() == job_id
    assert worker.run(job_id) is True
    assert worker.run(job_id) is False
    assert steps.said == ["hello"]
    assert job(job_id).state is JobState.DONE
    assert worker.next_due() is None


def test_a_change_that_is_not_kept_asks_for_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        outbox.enqueue(session, "step", clock.now(), do="say", word="never")
        raise ZeroDivisionError
    assert worker.next_due() is None


def test_a_job_that_fails_is_tried_again_later(database: Database, at: time_machine.Traveller) -> None:
    job_id = ask(do="stumble", times=3)
    worker.run(job_id)
    assert worker.run(job_id) is False, "not due yet"
    assert job(job_id).problem == "RuntimeError: not yet"
    at.shift(worker.BACKOFF[0])
    worker.run(job_id)
    at.shift(worker.BACKOFF[1])
    worker.run(job_id)
    assert steps.said == ["attempt 1", "attempt 2", "attempt 3"]
    assert job(job_id).state is JobState.DONE
    assert job(job_id).problem is None


def test_after_the_last_attempt_whoever_waits_is_told(database: Database, at: time_machine.Traveller) -> None:
    job_id = ask(do="stumble", times=99)
    for seconds in (*worker.BACKOFF, 0):
        worker.run(job_id)
        at.shift(seconds)
    assert job(job_id).state is JobState.FAILED
    assert steps.said[-1] == "given up: RuntimeError: not yet"


def test_a_refusal_is_not_tried_again(database: Database) -> None:
    job_id = ask(do="refuse")
    worker.run(job_id)
    assert job(job_id).state is JobState.FAILED
    assert job(job_id).problem == "The file has no rows."


def test_only_one_holds_a_job(database: Database, at: time_machine.Traveller) -> None:
    job_id = ask(do="say", word="x")
    first = worker.take(job_id)
    assert first is not None
    assert worker.take(job_id) is None
    at.shift(worker.LEASE + timedelta(seconds=1))
    second = worker.take(job_id)
    assert second is not None and second.attempt == 2
    with transaction() as session:
        assert not first.still_mine(session)
        assert second.still_mine(session)
    first._renewed -= 60
    with pytest.raises(worker.Lost):
        first.heartbeat()


@pytest.mark.parametrize("inside", [False, True])
def test_a_heartbeat_keeps_the_lease(database: Database, at: time_machine.Traveller, inside: bool) -> None:
    taken = worker.take(ask(do="say", word="x"))
    assert taken is not None
    at.shift(50)
    taken._renewed -= 50
    if inside:
        with transaction() as session:
            taken.heartbeat(session)
    else:
        taken.heartbeat()
    at.shift(50)
    assert worker.take(taken.id) is None


def test_a_job_goes_back_when_its_worker_is_asked_to_end(database: Database) -> None:
    job_id = ask(do="stop")
    worker.run(job_id)
    assert job(job_id).state is JobState.QUEUED


def test_a_job_that_ends_its_worker_every_time_is_given_up(database: Database, at: time_machine.Traveller) -> None:
    job_id = ask(do="say", word="x")
    for _ in range(worker.ATTEMPTS):
        assert worker.take(job_id) is not None
        at.shift(worker.LEASE + timedelta(seconds=1))
    assert worker.take(job_id) is None
    assert worker.sweep() == 1
    assert job(job_id).state is JobState.FAILED
    assert steps.said == [f"given up: {job(job_id).problem}"]
    assert worker.sweep() == 0


def test_a_job_whose_process_was_killed_is_free_at_once(database: Database) -> None:
    job_id = ask(do="say", word="again")
    taken = worker.take(job_id)
    assert taken is not None
    code = f"""
import time
from pathlib import Path
from uuid import UUID
from labeler.jobs import held
held.home = Path({str(database.home)!r})
with held.held(UUID({str(job_id)!r}), {taken.attempt}):
    print("holds", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holds\n"
        worker.sweep()
        assert worker.next_due() is None, "its process lives"
        holder.kill()
        holder.wait()
    worker.sweep()
    assert worker.next_due() == job_id
    assert worker.run(job_id)
    assert (steps.said, job(job_id).attempt) == (["again"], 2)
    assert [*(database.home / held.FOLDER).iterdir()] == []


def test_whoever_was_left_for_dead_publishes_nothing(database: Database) -> None:
    job_id = ask(do="say", word="hello")
    taken = worker.take(job_id)
    assert taken is not None
    with held.held(job_id, taken.attempt):
        (database.home / held.FOLDER / f"{job_id}.{taken.attempt}").unlink()
    with transaction() as session:
        session.get_one(Job, job_id).lease_until = clock.now() - timedelta(seconds=1)
    assert worker.run(job_id)
    with transaction() as session:
        assert not taken.still_mine(session)
