"""Exporting: both files of each view in one pass, in a process of its own whose memory is watched."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from labeler import clock, db
from labeler.exports import service
from labeler.exports.models import Export
from labeler.pay.rules import week_of
from labeler.projects.models import Project
from labeler.signing.keys import Keys, Purpose
from tests.load.processes import measured_child
from tests.load.server import Postgres
from tests.load.world import add_comparisons, add_people


@dataclass(frozen=True, slots=True)
class Exported:
    """What one export cost. `rows` counts those of all its views; each is written as Parquet and as JSON Lines."""

    views: str
    rows: int
    seconds: float
    cpu_s: float
    database_s: float
    peak_mib: float
    files_mib: float

    @property
    def per_second(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measure(postgres: Postgres, tasks: int) -> Iterator[Exported]:
    """Export so many judged tasks: the training view alone, then with every judgment."""
    url = postgres.fresh("bench_exports")
    labeler = add_people(1).ids[0]
    project = add_comparisons(tasks, 1)
    judge_all(labeler, project)
    for views in (["preference"], ["judgments", "preference"]):
        yield _export(postgres, url, project, views)


def judge_all(labeler_id: UUID, project_id: UUID) -> None:
    """One settled judgment for every task of the project, by one labeler."""
    given = {"me": labeler_id, "project": project_id, "now": clock.now()}
    with db.transaction() as session:
        session.execute(
            text(
                """
                WITH done AS (
                    UPDATE task SET claims = 1, handed = 1 FROM lane
                    WHERE lane.id = task.lane_id AND lane.project_id = :project
                    RETURNING task.id, task.first_order, task.position
                ), given AS (
                    INSERT INTO assignment (id, task_id, labeler_id, guideline_version, fence, "order", handed_at,
                                            lease_until, state, seen_seconds, ended_at)
                    SELECT gen_random_uuid(), id, :me, 1, 1, first_order, CAST(:now AS timestamptz),
                           CAST(:now AS timestamptz), 'judged', 0, CAST(:now AS timestamptz)
                    FROM done RETURNING id, task_id, "order"
                )
                INSERT INTO judgment (id, assignment_id, task_id, labeler_id, project_id, guideline_version, kind,
                                      kind_version, "order", answer, standing, idem_key, fingerprint, handed_at,
                                      shown_seconds, submitted_at, fence, version)
                SELECT gen_random_uuid(), id, task_id, :me, :project, 1, 'comparison', 1, "order",
                       '{"reasons":["More correct"],"comment":null,"verdict":"preference","preferred":' ||
                       CASE WHEN "order" = '01' THEN '0' ELSE '1' END || ',"margin":2}', 'counted', CAST(id AS text),
                       decode(repeat('00', 32), 'hex'), CAST(:now AS timestamptz), 30, CAST(:now AS timestamptz), 1, 1
                FROM given
            """.replace('":', '"\\:')
            ),
            given,
        )
        # what is not settled is not exported; in a real week the schedule has done it by then
        session.execute(
            text(
                "INSERT INTO settlement (source_id, labeler_id, until_at, period_from, settled_at)"
                " SELECT id, labeler_id, ended_at, :week, ended_at FROM assignment WHERE labeler_id = :me"
            ),
            {"me": labeler_id, "week": week_of(given["now"])},
        )
    with db._sessions() as session:  # VACUUM runs in no transaction
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM ANALYZE"))


def _export(postgres: Postgres, url: str, project_id: UUID, views: list[str]) -> Exported:
    with db.transaction() as session:
        actor = session.get_one(Project, project_id).created_by
        asked, _ = service.request(session, actor, project_id, {"views": views}, clock.now())
    with tempfile.TemporaryDirectory() as folder:
        made, cost, peak = measured_child(["tests.load.exports", str(asked.id), folder], url, postgres.pid)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return Exported(
        " + ".join(views), made["rows"], made["seconds"], cost.cpu["child"], cost.cpu["database"],
        peak.bytes / 2**20, size / 2**20,
    )  # fmt: skip


def _child(export_id: UUID, folder: Path) -> None:
    db.connect(os.environ["DATABASE_URL"], pool=2)
    with db.reading() as session:
        session.get_one(Export, export_id)
    print("ready", flush=True)
    sys.stdin.readline()
    key = Keys(folder.parent).current(Purpose.EXPORT, clock.now())
    start = time.perf_counter()
    with db.reading() as session:
        made = service.write(session, export_id, folder, b"0" * 32, key, lambda *_: None)
    rows = sum(view["rows"] for view in made.counts["views"].values())
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - start}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _child(UUID(sys.argv[1]), Path(sys.argv[2]))
