"""Statistics of a project with many answers: what one look costs, in a process of its own whose memory is watched."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from labeler import clock, db
from labeler.pay.rules import week_of
from labeler.projects.models import Project
from labeler.quality.summary import statistics
from tests.load.processes import measured_child
from tests.load.server import Postgres
from tests.load.world import add_comparisons, add_people

OVERLAP = 3
PEOPLE = 30


@dataclass(frozen=True, slots=True)
class Counted:
    """What the statistics of so many judgments cost."""

    judgments: int
    seconds: float
    cpu_s: float
    database_s: float
    peak_mib: float


def measure(postgres: Postgres, tasks: int) -> Counted:
    """Three judgments by different people for each of so many comparisons, a fifth of them with a comment; one look."""
    url = postgres.fresh("bench_statistics")
    people = add_people(PEOPLE).ids
    project = add_comparisons(tasks, OVERLAP)
    for turn in range(OVERLAP):
        _judge_all(people, project, turn)
    with db._sessions() as session:  # VACUUM runs in no transaction
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM ANALYZE"))
    made, cost, peak = measured_child(["tests.load.counting", str(project)], url, postgres.pid)
    return Counted(made["judgments"], made["seconds"], cost.cpu["child"], cost.cpu["database"], peak.bytes / 2**20)


def _judge_all(people: list[UUID], project_id: UUID, turn: int) -> None:
    given = {"people": people, "project": project_id, "turn": turn, "now": clock.now()}
    with db.transaction() as session:
        session.execute(
            text(
                """
                WITH done AS (
                    UPDATE task SET claims = claims + 1, handed = handed + 1 FROM lane
                    WHERE lane.id = task.lane_id AND lane.project_id = :project
                    RETURNING task.id, task.first_order, task.position
                ), given AS (
                    INSERT INTO assignment (id, task_id, labeler_id, guideline_version, fence, "order", handed_at,
                                            lease_until, state, seen_seconds, ended_at)
                    SELECT gen_random_uuid(), id, (CAST(:people AS uuid[]))[1 + (position * 7 + :turn * 11) % 30], 1,
                           :turn + 1, CASE WHEN random() < 0.5 THEN '01' ELSE '10' END, CAST(:now AS timestamptz),
                           CAST(:now AS timestamptz), 'judged', 0, CAST(:now AS timestamptz)
                    FROM done RETURNING id, task_id, labeler_id, "order", random() AS dice, random() AS more
                )
                INSERT INTO judgment (id, assignment_id, task_id, labeler_id, project_id, guideline_version, kind,
                                      kind_version, "order", answer, standing, idem_key, fingerprint, handed_at,
                                      shown_seconds, submitted_at, fence, version)
                SELECT gen_random_uuid(), id, task_id, labeler_id, :project, 1, 'comparison', 1, "order",
                       '{"reasons":["More correct"],"comment":' ||
                       CASE WHEN more < 0.2 THEN '"About ' || id || '"' ELSE 'null' END || ',"verdict":"' ||
                       CASE WHEN dice < 0.1 THEN 'tie","preferred":null,"margin":null}'
                            WHEN dice < 0.15 THEN 'cant_judge","preferred":null,"margin":null}'
                            ELSE 'preference","preferred":' ||
                                 CASE WHEN (task_id < gen_random_uuid()) = (dice < 0.8) THEN '0' ELSE '1' END
                                 || ',"margin":' || 1 + CAST(floor(more * 4) AS int) || '}' END,
                       'counted', CAST(id AS text), decode(repeat('00', 32), 'hex'), CAST(:now AS timestamptz),
                       10 + 90 * more, CAST(:now AS timestamptz), 1, 1
                FROM given
            """.replace('":', '"\\:')
            ),
            given,
        )
        session.execute(
            text(
                "INSERT INTO settlement (source_id, labeler_id, until_at, period_from, settled_at)"
                " SELECT id, labeler_id, ended_at, :week, ended_at FROM assignment WHERE fence = :turn + 1"
            ),
            {"week": week_of(given["now"]), "turn": turn},
        )


def _child(project_id: UUID) -> None:
    db.connect(os.environ["DATABASE_URL"], pool=2)
    with db.reading() as session:
        project = session.get_one(Project, project_id)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    with db.reading() as session:
        made = statistics(session, project, clock.now())
    print(json.dumps({"judgments": made.judgments, "seconds": time.perf_counter() - start}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _child(UUID(sys.argv[1]))
