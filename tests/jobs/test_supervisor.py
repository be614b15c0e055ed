"""Everything under one parent: started together, mended when it breaks, ended together, one of it a folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labeler import clock
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.jobs import outbox
from labeler.jobs.models import Job, JobState
from tests.support.database import Database

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")


def within(seconds: float, condition: Callable[[], object]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def children(parent: int) -> dict[str, int]:
    """The supervisor's children by name."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            theirs = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if theirs == parent:
            line = " ".join(words)
            name = next((name for name in ("gunicorn", "labeler worker", "valkey", "redis") if name in line), line)
            found[name] = int(folder.name)
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Served:
    """A running `labeler serve` over a database."""

    def __init__(self, database: Database) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.env = {**os.environ, **database.environment, "PORT": str(self.port)}
        self.process = self.start(stdout=subprocess.PIPE)

    def start(self, **more: int) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "labeler", "serve"]
        return subprocess.Popen(argv, cwd=ROOT, env=self.env, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload, no-any-return]

    def ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("Ready: ")

    def page(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=20) as answer:
            return int(answer.status)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=40)
        return self.process.returncode


@pytest.fixture
def served(database: Database) -> Iterator[Served]:
    served = Served(database)
    try:
        served.ready()
        yield served
    finally:
        if served.process.poll() is None:
            served.end(signal.SIGTERM)


def test_one_command_serves_works_and_ends_everything(database: Database, served: Served) -> None:
    assert served.page() == 200
    running = children(served.process.pid)
    assert len(running) == 3, running

    with transaction() as session:
        # No such export: the worker refuses or fails it, and that it does so is what we look at.
        job_id = outbox.enqueue(session, "no-such-kind", clock.now()).id

    def attempted() -> bool:
        with reading() as session:
            job = session.get_one(Job, job_id)
            return job.attempt > 0 and job.state is not JobState.RUNNING  # taken, and put back

    assert within(20, attempted), "the sweep rings for what was asked for by a process without a bell"
    with reading() as session:
        assert session.get_one(Job, job_id).state is JobState.QUEUED

    assert served.end() == 0
    assert not [name for name, pid in running.items() if alive(pid)]


def test_a_child_that_breaks_is_started_again(served: Served) -> None:
    before = children(served.process.pid)
    for name in before:
        os.kill(before[name], signal.SIGKILL)

    def others() -> bool:  # the killed ones are still there for a moment
        there = set(children(served.process.pid).values())
        return len(there) == 3 and not there & set(before.values())

    assert within(20, others)

    def answers() -> bool:
        try:
            return served.page() == 200
        except OSError:
            return False

    assert within(20, answers)


def test_a_folder_is_served_once(served: Served) -> None:
    second = served.start()
    _, said = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"Process {served.process.pid} already serves" in said
    assert served.page() == 200


def test_a_killed_supervisor_leaves_nobody_behind(served: Served) -> None:
    running = children(served.process.pid)
    served.end(signal.SIGKILL)
    assert within(30, lambda: not [pid for pid in running.values() if alive(pid)])
