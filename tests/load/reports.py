"""How long a report takes to make, and to verify and recompute from its pack, and how much memory; and how long one
takes to make that others on the same quarter were asked for before.

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
from labeler.compliance.report.asked import Earlier
from labeler.compliance.report.verify import load, verify
from tests.compliance import reported
from tests.load.compliance import PROJECT, story

EARLIER = 8
"""Reports on the same quarter that were asked for before."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Entries of both logs; seconds of processor time for the whole pack, for `verify --recompute` of it, and for the
    figures alone without an earlier report and with `EARLIER`; the most memory of this process in MiB before, after the
    pack, and after recomputing."""

    entries: int
    pack_seconds: float
    recompute_seconds: float
    alone_seconds: float
    again_seconds: float
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
    most = (before, after, _mib())
    _, alone = _timed(lambda: reported.made_of(record))
    _, later = _timed(lambda: reported.made_of(record, _earlier(record)))
    return Reported(entries, made, checked, alone, later, most)


def _earlier(record: reported.Sealed) -> tuple[Earlier, ...]:
    """As many reports on the same entries but the last ones of the vendor's log."""
    asked = reported.asked(record)
    return tuple(
        Earlier(number, asked.profile, asked.vendor_size - EARLIER - 1 + number, asked.platform_size)
        for number in range(1, EARLIER + 1)
    )


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    return work(), time.process_time() - start


def _mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
