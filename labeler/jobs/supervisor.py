"""Everything of one machine under one parent: broker, web server and worker, started together and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from labeler.config import ROOT, Settings
from labeler.jobs import broker

log = logging.getLogger(__name__)

GRACE = 25.0
"""Seconds a child has to finish what it does before it is killed; a request may take 20 of them."""
STEADY = 30.0
"""A child that lived this long has recovered: the next restart comes at once again."""
SLOWEST = 30.0
"""The longest wait before a restart, in seconds."""


class NotStarted(Exception):
    """Nothing was started; the message says why and what to do."""


@dataclass(slots=True)
class Child:
    """A process we keep alive. It leads a group of its own, so that whatever it starts ends with it."""

    name: str
    argv: list[str]
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = 0.0
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start it now."""
        self.process = subprocess.Popen(
            self.argv,
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the children in order
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- this process has no threads
        )
        self.started = time.monotonic()

    def tend(self) -> None:
        """Start it again when it has ended: at once the first time, then ever more slowly."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self.end_group(signal.SIGKILL)
            self.process = None
            self.wait = 0.5 if now - self.started > STEADY else min(max(self.wait, 0.25) * 2, SLOWEST)
            self.due = now + self.wait
            log.warning("%s ended (%s); it is started again in %.1f s.", self.name, _reason(code), self.wait)
        elif now >= self.due:
            self.start()

    def end(self) -> None:
        """Ask it to finish, wait, then end it and whatever it left running."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            log.warning("%s did not finish in %.0f s and is killed.", self.name, GRACE)
        self.end_group(signal.SIGKILL)
        self.process.wait()

    def end_group(self, number: signal.Signals) -> None:
        """Send a signal to everything in its group."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def serve(settings: Settings, ready: Callable[[], None]) -> None:
    """Run everything until SIGINT or SIGTERM. `ready` is called once the web server answers. Raises NotStarted."""
    stop: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        stop.append(number)

    with only_one(settings.folder):
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        children: list[Child] = []
        try:
            _free(settings.host, settings.port)
            for child in _children(settings):
                child.start()
                children.append(child)
                if child.name == "broker" and not broker.wait(broker.url(settings.folder)):
                    log.warning("The broker does not answer yet; the worker looks into the outbox meanwhile.")
            waiting = True
            while not stop:
                for child in children:
                    child.tend()
                if waiting and _answers(settings.host, settings.port):
                    waiting = False
                    ready()
                time.sleep(0.1 if waiting else 0.25)
        finally:
            for child in reversed(children):
                child.end()
            for number, handler in before.items():
                signal.signal(number, handler)


def _children(settings: Settings) -> Iterator[Child]:
    """Broker, worker, web: ended in the other order, so that no request rings at a broker that is gone."""
    env = {**os.environ, "LABELER_HOME": str(settings.folder), "LABELER_SUPERVISOR": str(os.getpid())}
    env["PYTHONUNBUFFERED"] = "1"
    if not settings.redis_url:
        binary = broker.server()
        if binary is None:
            log.warning("No Valkey or Redis here: the worker looks into the outbox every second instead.")
        else:
            broker.end_orphan(settings.folder)
            yield Child("broker", broker.command(binary, settings.folder), env)
            env = {**env, "REDIS_URL": broker.url(settings.folder)}
    yield Child("worker", [sys.executable, "-m", "labeler", "worker"], env)
    yield Child("web", web(settings), env)


def web(settings: Settings) -> list[str]:
    """The web server's command. SQLite has one writer, so there one process with threads serves everybody."""
    options = {
        "bind": f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}",
        "worker-class": "gthread",
        "workers": "1" if settings.embedded else str(settings.workers),
        "threads": str(settings.threads),
        "timeout": "60",
        "graceful-timeout": "20",
        "keep-alive": "15",
        "chdir": str(ROOT),
        "log-level": "warning",
    }
    if Path("/dev/shm").is_dir():  # noqa: S108 -- gunicorn makes a nameless file there for its heartbeat
        options["worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    flags = [part for key, value in options.items() for part in (f"--{key}", value)]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *flags, "wsgi:app"]


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder. Raises NotStarted when another process serves it."""
    with (folder / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise NotStarted(
                f"Process {lock.read().strip() or '?'} already serves {folder}. Stop it first,"
                " or set LABELER_HOME to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = f"{host}:{port} cannot be used ({error.strerror})."
            raise NotStarted(f"{why} Choose another port, for example PORT=8001.") from None


def _answers(host: str, port: int) -> bool:
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- we only ask, on the loopback
    try:
        with socket.create_connection((local, port), timeout=0.5) as probe:
            # A bound port is not a loaded application: ask for something and wait for the first byte.
            probe.settimeout(10)
            probe.sendall(b"GET /static/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return bool(probe.recv(1))
    except OSError:
        return False


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: even a killed supervisor leaves nobody behind
