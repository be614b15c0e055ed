"""A program that imports files one after another, as a worker would, and tells what came of each and what it took.

It reads requests from standard input, one JSON object a line, and answers each with one. The peak of its memory is
counted anew for each file; more than two gigabytes of addresses it does not get.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from labeler import clock, db
from labeler.db import transaction
from labeler.jobs.import_batch import import_file
from labeler.projects import service
from labeler.projects.models import Batch, Lane, Project, Task, TaskContent
from labeler.projects.reading import Limits
from labeler.projects.rules import ProjectState
from tests.support.build import add_project

MIB = 1024 * 1024


def main(url: str, home: str) -> None:
    engine = db.connect(url)
    resource.setrlimit(resource.RLIMIT_AS, (2048 * MIB, 2048 * MIB))
    with transaction() as session:
        project = add_project(session, state=ProjectState.DRAFT)
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(answer(project, Path(asked["path"]), Path(home), asked.get("limits", {}))) + "\n")
        sys.stdout.flush()
    engine.dispose()


def answer(project: Project, path: Path, home: Path, limits: dict[str, int]) -> dict[str, Any]:
    with transaction() as session:
        batch = service.request_import(session, project.created_by, project.id, path.name, path, {}, clock.now())
    forget_peak()
    spooled = import_file(batch.id, path, home, lambda done, of: None, limits=Limits(**limits))
    used = peak()
    with transaction() as session:
        kept = session.get_one(Batch, batch.id)
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (Task, TaskContent, Lane)]
        return {
            "state": kept.state.value,
            "problems": [[each.line, each.field, each.message] for each in spooled.problems[:200]],
            "count": spooled.problem_count,
            "rows": kept.rows,
            "reported": len((kept.report or {}).get("problems", [])),
            "tasks": counts,
            "left": sorted(each.name for each in (home / "imports").iterdir() if "problems" not in each.name),
            "peak": used,
        }


def forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # then the peak is that of all files so far


def peak() -> int:
    """MiB that this process and the one that reads Parquet have used at most."""
    status = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return (own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
