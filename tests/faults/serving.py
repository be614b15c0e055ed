"""The real web server over a test's database, and the ways in which it is hurt."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labeler.config import Settings
from labeler.jobs.supervisor import Child, web
from tests.support.database import Database


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(parent: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, above = (folder / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue  # it has just ended
        if int(above) == parent and state != "Z":
            found.append(int(folder.name))
    return found


@dataclass
class Served:
    """A web server as the supervisor starts it: gunicorn with its master and workers, in a group of its own.

    It is started and started again by the thread that opened it: the kernel ends it with that thread.
    """

    child: Child
    port: int

    @property
    def master(self) -> int:
        """The process that leads the server."""
        assert self.child.process is not None
        return self.child.process.pid

    def kill_worker(self, dice: random.Random) -> bool:
        """`kill -9` of one worker; gunicorn starts another. False when none is running at this moment."""
        if self.child.process is None:
            return False
        running = children(self.master)
        try:
            os.kill(dice.choice(running), signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return False
        return True

    def kill_master(self) -> None:
        """`kill -9` of the server's first process. What is left of it is swept away, and it is started again."""
        os.kill(self.master, signal.SIGKILL)
        assert self.child.process is not None
        self.child.process.wait()
        self.child.wait = 0.0  # many kills in a minute are this test's doing, and no reason to start ever more slowly
        while self.child.process is None or self.child.process.poll() is not None:
            self.child.tend()
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether a request gets an answer now."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                probe.sendall(b"GET /static/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return bool(probe.recv(1))
        except OSError:
            return False


@contextmanager
def serving(database: Database, *, workers: int = 2) -> Iterator[Served]:
    """The web server over this database; on SQLite it has one worker, whatever is asked for."""
    port = free_port()
    settings = Settings(home=database.home, database_url=database.url, port=port, workers=workers)
    env = {**os.environ, **database.environment, "PORT": str(port), "WEB_WORKERS": str(workers)}
    served = Served(Child("web", web(settings), env), port)
    served.child.start()
    try:
        until = time.monotonic() + 60
        while not served.answers():
            assert time.monotonic() < until, "the web server did not answer within a minute"
            time.sleep(0.05)
        yield served
    finally:
        served.child.end_group(signal.SIGKILL)
        assert served.child.process is not None
        served.child.process.wait()
