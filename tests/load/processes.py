"""CPU time and memory of processes and of everything they have started, from /proc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeler.config import ROOT

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def tree(pid: int) -> list[int]:
    """The process and all its living descendants."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # it ended while we looked
    return found


def cpu(pid: int) -> float:
    """Seconds of CPU that the process and its descendants have used, those that ended and were waited for too."""
    total = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICK


def memory(pid: int) -> int:
    """Bytes that the process and its descendants hold, each shared page counted once (PSS)."""
    total = 0
    for each in tree(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


@dataclass
class Peak:
    """The most memory seen, in bytes."""

    bytes: int = 0


@contextmanager
def peak_memory(pid: int, every: float = 0.05) -> Iterator[Peak]:
    """Watch the memory of a process tree while the block runs."""
    peak, stop = Peak(), threading.Event()

    def watch() -> None:
        while not stop.wait(every):
            peak.bytes = max(peak.bytes, memory(pid))

    aside = threading.Thread(target=watch, daemon=True)
    aside.start()
    try:
        yield peak
    finally:
        stop.set()
        aside.join()
        peak.bytes = max(peak.bytes, memory(pid) if Path(f"/proc/{pid}").exists() else 0)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of work cost: seconds on the clock, and seconds of CPU by name."""

    wall: float
    cpu: dict[str, float]


@contextmanager
def spending(**pids: int) -> Iterator[list[Spent]]:
    """CPU seconds that named process trees use during the block; the list holds the result afterwards."""
    before = {name: cpu(pid) for name, pid in pids.items()}
    start = time.perf_counter()
    found: list[Spent] = []
    yield found
    wall = time.perf_counter() - start
    found.append(Spent(wall, {name: cpu(pid) - before[name] for name, pid in pids.items()}))


def measured_child(argv: list[str], url: str, database: int) -> tuple[Any, Spent, Peak]:
    """Run a module of ours that says when it has loaded everything, waits for a line, and answers with a line of JSON:
    that answer, the CPU that it (`child`) and the `database` took for it, and its peak.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", *argv], env={**os.environ, "DATABASE_URL": url}, cwd=ROOT,
        stdout=subprocess.PIPE, stdin=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.readline()
    with peak_memory(child.pid) as peak, spending(child=child.pid, database=database) as spent:
        child.stdin.write(b"go\n")
        child.stdin.flush()
        made = json.loads(child.stdout.readline())
    child.stdin.close()
    child.wait()
    child.stdout.close()
    return made, spent[0], peak
