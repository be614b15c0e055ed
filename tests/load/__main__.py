"""`make bench`: everything in one run, with a PostgreSQL of its own; the tables go to the terminal and to bench-out/.

Options: --quick (small sizes, two minutes), --only floors,loops,growth,gate,writing,imports,exports,resuming,
statistics,record,pages,compliance,reports,anomalies, --repeat N (median and spread).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from labeler.config import ROOT
from tests.load import (
    anomalies,
    compliance,
    counting,
    exports,
    floors,
    gate,
    growth,
    imports,
    loops,
    pages,
    record,
    renders,
    reports,
    resuming,
    writing,
)
from tests.load.server import Postgres, database

OUT = ROOT / "bench-out"
PARTS = (
    "floors",
    "loops",
    "growth",
    "gate",
    "writing",
    "imports",
    "exports",
    "resuming",
    "statistics",
    "record",
    "pages",
    "compliance",
    "reports",
    "anomalies",
)


class Report:
    """What is printed, and kept beside it as Markdown and as JSON."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.facts: dict[str, Any] = {
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def say(self, line: str = "") -> None:
        """One line."""
        print(line, flush=True)
        self.lines.append(line)

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A Markdown table."""
        self.say(f"\n## {title}\n")
        self.say("| " + " | ".join(head) + " |")
        self.say("|" + "|".join("---" if n == 0 else "---:" for n in range(len(head))) + "|")
        for row in rows:
            self.say("| " + " | ".join(row) + " |")

    def keep(self) -> None:
        """Write everything down."""
        OUT.mkdir(exist_ok=True)
        (OUT / "bench.md").write_text("\n".join(self.lines) + "\n")
        (OUT / "bench.json").write_text(json.dumps(self.facts, indent=2, default=str) + "\n")


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and the range when there is more than one value."""
    middle = f"{statistics.median(values):,.{digits}f}"
    return middle if len(values) == 1 else f"{middle} [{min(values):,.{digits}f}–{max(values):,.{digits}f}]"


def run_floors(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """The floors of this machine, now."""
    quick = options.quick
    found = [
        floors.empty_view(postgres, 2 if quick else 5),
        floors.bare_claim(postgres, 100_000, 1, 2 if quick else 5),
        floors.bare_claim(postgres, 100_000, 8, 2 if quick else 5),
        *floors.bulk(postgres, 20_000 if quick else 100_000),
    ]
    report.facts["floors"] = [asdict(each) for each in found]
    report.table(
        "Floors",
        ("bare operation", "a second", "CPU ms server", "CPU ms database"),
        [(e.name, f"{e.per_second:,.0f} {e.unit}", f"{e.server_ms:.3f}", f"{e.database_ms:.3f}") for e in found],
    )


def run_loops(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """The labeler's loop."""
    sizes = [1_000, 20_000] if options.quick else [1_000, 100_000, 1_000_000]
    count, seconds = (300, 20.0) if options.quick else (2_000, 60.0)
    rounds: list[list[loops.Loop]] = []
    for _ in range(options.repeat):
        rounds.append(list(loops.measure(postgres, sizes, [1, 3], [1, 8, 32], count, seconds)))
    cells = list(zip(*rounds, strict=True))
    report.facts["loops"] = [[asdict(each) for each in cell] for cell in cells]
    rows = []
    for cell in cells:
        one = cell[0]
        rows.append(
            (
                f"{one.name}, {one.tasks:,}",
                str(one.overlap),
                str(one.labelers),
                spread([each.cpu_ms for each in cell]),
                spread([each.server_ms for each in cell]),
                spread([each.database_ms for each in cell]),
                spread([each.per_second for each in cell], 0),
                spread([each.p50 for each in cell]),
                spread([each.p95 for each in cell]),
                str(sum(each.failures for each in cell)),
                f"{max(each.memory_mib for each in cell):,.0f}",
            )
        )
    report.table(
        "The labeler's loop: submit and next, scripts off (bar: 15 ms CPU)",
        (
            "who, tasks",
            "overlap",
            "labelers",
            "CPU ms",
            "server",
            "database",
            "loops/s",
            "p50 ms",
            "p95 ms",
            "failed",
            "MiB",
        ),
        rows,
    )


def run_growth(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """Small and large projects in turn."""
    large, rounds, count = (20_000, 3, 100) if options.quick else (1_000_000, 7, 120)
    found = list(growth.measure(postgres, large, rounds, count))
    report.facts["growth"] = [asdict(each) for each in found]
    report.table(
        f"CPU of a loop over that at {growth.SMALL:,} tasks, run in turn (bar: 1.3)",
        ("who", "labelers", "small, CPU ms", "large, CPU ms", "ratio, median [range]"),
        [(e.name, str(e.labelers), f"{e.small_ms:.1f}", f"{e.large_ms:.1f}", spread(e.ratios, 2)) for e in found],
    )


def run_gate(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """What the limits cost somebody with a full week behind her."""
    found = list(gate.measure(postgres, 5 if options.quick else 11, 30 if options.quick else 100))
    report.facts["gate"] = [asdict(each) for each in found]
    report.table(
        f"CPU of the gate in a claim with {gate.EXPOSURES:,} exposures a week and {gate.OPT_OUTS} opt-outs (bar: 2 ms);"
        " of a claim and its return, without and with that week",
        (
            "database",
            "the gate, ms, median [range]",
            "first of a stretch",
            "nothing behind her, ms",
            "a full week, ms",
            "more, median [range]",
        ),
        [
            (
                e.database,
                spread(e.gate_ms, 2),
                spread(e.first_ms, 2),
                f"{e.new_ms:.2f}",
                f"{e.full_ms:.2f}",
                spread(e.more_ms, 2),
            )
            for e in found
        ],
    )


def run_writing(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """What the record costs the labeler's loop."""
    found = list(writing.measure(postgres, 100 if options.quick else 400, 20))
    report.facts["writing"] = [asdict(each) for each in found]
    report.table(
        f"CPU of writing the {writing.ENTRIES} entries of a loop, run in turn with and without them (bar: 1 ms)",
        ("database", "entries, ms, median [quartiles]", "a loop with them, ms", "without, ms"),
        [
            (
                e.database, "{1:.2f} [{0:.2f}–{2:.2f}]".format(*e.quartiles), f"{e.with_ms:.2f}",
                f"{e.without_ms:.2f}",
            )
            for e in found
        ],
    )  # fmt: skip


def run_imports(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """Rows into PostgreSQL."""
    sizes = [5_000, 20_000] if options.quick else [20_000, 100_000, 1_000_000]
    found = [imports.measure(postgres, rows, OUT / "files") for rows in sizes]
    report.facts["imports"] = [asdict(each) for each in found]
    report.table(
        "Import of 2 KB pairs into PostgreSQL (bar: 8,000 rows/s, constant memory)",
        ("rows", "rows/s", "s", "CPU s", "database CPU s", "peak MiB"),
        [
            (
                f"{e.rows:,}", f"{e.rows / e.seconds:,.0f}", f"{e.seconds:.1f}", f"{e.cpu_s:.1f}",
                f"{e.database_s:.1f}", f"{e.peak_mib:.0f}",
            )
            for e in found
        ],
    )  # fmt: skip


def run_exports(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """Rows out of PostgreSQL."""
    sizes = [10_000] if options.quick else [100_000, 400_000]
    found = [each for tasks in sizes for each in exports.measure(postgres, tasks)]
    report.facts["exports"] = [asdict(each) for each in found]
    report.table(
        "Export, Parquet and JSON Lines in one pass (bar: 15,000 rows/s, 300 MB)",
        ("views", "rows", "rows/s", "CPU s", "database CPU s", "peak MiB", "files MiB"),
        [
            (
                e.views, f"{e.rows:,}", f"{e.per_second:,.0f}", f"{e.cpu_s:.1f}", f"{e.database_s:.1f}",
                f"{e.peak_mib:.0f}", f"{e.files_mib:.0f}",
            )
            for e in found
        ],
    )  # fmt: skip


def run_resuming(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """An export whose worker is killed half-way."""
    found = [resuming.measure(postgres, 20_000 if options.quick else 1_000_000) for _ in range(options.repeat)]
    report.facts["resuming"] = [asdict(each) for each in found]
    report.table(
        "An export whose worker was killed (bar: done within 120 s of it, the same bytes)",
        ("judgments", "killed at", "anew after s", "done after s", "once more, undisturbed, s", "same bytes"),
        [
            (
                f"{e.judgments:,}", f"{e.at:.0%}", f"{e.begun_s:.1f}", f"{e.done_s:.1f}", f"{e.whole_s:.1f}",
                "yes" if e.same_bytes else "NO",
            )
            for e in found
        ],
    )  # fmt: skip


def run_record(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """The sealed record."""
    found = [record.measure(postgres, 20_000 if options.quick else 1_000_000) for _ in range(options.repeat)]
    report.facts["record"] = [asdict(each) for each in found]
    report.table(
        "The sealed record (bar at 1,000,000: walk 60 s, proof 1,024 bytes, check 10 ms)",
        ("entries", "sealing s", "walk s", "clean", "proof bytes", "proving ms, slowest", "checking ms, slowest"),
        [
            (
                f"{e.entries:,}", f"{e.seal_s:.1f}", f"{e.walk_s:.1f}", "yes" if e.clean else "NO",
                f"{e.proof_bytes:,}", f"{e.prove_ms:.1f}", f"{e.check_ms:.2f}",
            )
            for e in found
        ],
    )  # fmt: skip


def run_reports(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """A report's pack, made and recomputed."""
    sizes = (5_000,) if options.quick else (20_000, 88_000)
    found = [reports.measure(size) for size in sizes for _ in range(options.repeat)]
    report.facts["reports"] = [asdict(each) for each in found]
    report.table(
        "An auditor's pack made, and verified by making it again",
        (
            "entries", "pack CPU s", "recompute CPU s", "figures alone CPU s", f"after {reports.EARLIER} others CPU s",
            "MiB before", "after the pack", "after recomputing",
        ),
        [
            (
                f"{e.entries:,}", f"{e.pack_seconds:.1f}", f"{e.recompute_seconds:.1f}", f"{e.alone_seconds:.1f}",
                f"{e.again_seconds:.1f}", *(f"{mib:.0f}" for mib in e.mib),
            )
            for e in found
        ],
    )  # fmt: skip


def run_anomalies(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """The daily look at requesters and vendors."""
    found = list(anomalies.measure(postgres, 35_000 if options.quick else 1_000_000))
    report.facts["anomalies"] = [asdict(each) for each in found]
    report.table(
        "The daily look for anomalies (bar at 1,000,000 answers in a week: 60 s; writers wait for less than 1 s)",
        ("database", "answers", "breaks", "s", "CPU s", "database CPU s", "writing, s", "cases"),
        [
            (
                e.database, f"{e.answers:,}", f"{e.breaks:,}", f"{e.seconds:.1f}", f"{e.cpu_s:.1f}",
                f"{e.database_s:.1f}", f"{e.writing_s:.2f}", str(e.cases),
            )
            for e in found
        ],
    )  # fmt: skip


def run_compliance(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """A quarter, assessed."""
    found = [compliance.measure(20_000 if options.quick else 200_000) for _ in range(options.repeat)]
    report.facts["compliance"] = [asdict(each) for each in found]
    report.table(
        "A quarter assessed (bar at 200,000 hand-outs: 60 s of processor time)",
        ("hand-outs", "entries", "CPU s", "slowest check", "its s", "MiB more"),
        [
            (
                f"{e.hand_outs:,}", f"{e.events:,}", f"{e.seconds:.1f}", e.slowest, f"{e.slowest_seconds:.1f}",
                f"{e.mib:.0f}",
            )
            for e in found
        ],
    )  # fmt: skip


def run_statistics(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """A look at the statistics of a project."""
    sizes = [10_000] if options.quick else [33_334, 333_334]
    found = [counting.measure(postgres, tasks) for tasks in sizes]
    report.facts["statistics"] = [asdict(each) for each in found]
    report.table(
        "Statistics of a project, one look (bar: 10 s CPU for 1,000,000 judgments, constant memory)",
        ("judgments", "s", "CPU s", "database CPU s", "peak MiB"),
        [
            (f"{e.judgments:,}", f"{e.seconds:.1f}", f"{e.cpu_s:.1f}", f"{e.database_s:.1f}", f"{e.peak_mib:.0f}")
            for e in found
        ],
    )


def run_pages(report: Report, postgres: Postgres, options: argparse.Namespace) -> None:
    """What is seen in a browser, and what rendering hostile texts costs."""
    worst = renders.measure()
    report.facts["renders"] = worst
    report.table(
        "Texts made to take long, CPU ms to render 64 KB (bar: 200)",
        ("text", "ms"),
        [(name, f"{ms:.0f}") for name, ms in sorted(worst.items(), key=lambda each: -each[1])[:5]],
    )
    seen = pages.measure(postgres, 50 if options.quick else 300)
    if seen is None:
        report.say("\nNo Chromium here: pages were not measured.")
        return
    report.facts["pages"] = asdict(seen)
    report.table(
        "Pages in Chromium, loopback (bars: 150 ms, 60 KB)",
        ("measure", "value"),
        [
            ("submit to next on screen, p50", f"{seen.p50:.0f} ms"),
            ("submit to next on screen, p95", f"{seen.p95:.0f} ms"),
            ("submit to next on screen, worst", f"{seen.worst:.0f} ms"),
            ("the same with a CPU 4 times slower, p95", f"{seen.slowed_p95:.0f} ms"),
            (f"first load of a task, gzipped, {seen.requests} requests", f"{seen.first_load / 1024:.1f} KB"),
        ],
    )


RUN: dict[str, Callable[[Report, Postgres, argparse.Namespace], None]] = {
    "floors": run_floors,
    "loops": run_loops,
    "growth": run_growth,
    "gate": run_gate,
    "writing": run_writing,
    "imports": run_imports,
    "exports": run_exports,
    "resuming": run_resuming,
    "record": run_record,
    "statistics": run_statistics,
    "pages": run_pages,
    "compliance": run_compliance,
    "reports": run_reports,
    "anomalies": run_anomalies,
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--repeat", type=int, default=1, help="rounds of the loop, for median and spread")
    options = parser.parse_args()
    report, start = Report(), time.monotonic()
    report.say(f"# Benchmark, {report.facts['at']}, {report.facts['machine']}")
    with database() as postgres:
        for part in options.only.split(","):
            RUN[part](report, postgres, options)
            report.keep()
    report.say(f"\nMeasured in {(time.monotonic() - start) / 60:.0f} minutes; kept in bench-out/.")
    report.keep()


if __name__ == "__main__":
    main()
