"""How long a report takes to make, and to verify and recompute from its pack, and how much memory.

No database: entries are made up, and sealed in memory as the product seals them.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeler.audit.logs import PLATFORM
from labeler.compliance.report import again
from labeler.compliance.report.verify import load, verify
from tests.compliance import reported
from tests.load.compliance import PROJECT, story


@dataclass(frozen=True, slots=True)
class Reported:
    """Entries of both logs; seconds of processor time for the whole pack, and for `verify --recompute` of it; the
    most memory of this process in MiB before, after the pack, and after recomputing."""

    entries: int
    pack_seconds: float
    recompute_seconds: float
    mib: tuple[float, float, float]


def measure(hand_outs: int) -> Reported:
    """Make the pack of a quarter of about so many hand-outs, and check it by making it again."""
    record = reported.Sealed()
    for at, act, actor, subject, fields in sorted(story(hand_outs), key=lambda each: each[0]):
        record.add(PLATFORM if subject == PROJECT else reported.VENDOR, act, at, actor, subject, **fields)
    entries = sum(map(len, record.leaves.values()))
    before = _mib()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "pack"
        _, made = _timed(lambda: reported.bundle(root, record, pack=True))
        after = _mib()

        def check() -> None:
            files = load(root)
            again.recompute(files, verify(files))

        _, checked = _timed(check)
    return Reported(entries, made, checked, (before, after, _mib()))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return work(), time.process_time() - start


def _mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
