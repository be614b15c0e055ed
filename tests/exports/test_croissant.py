"""mlcroissant, the format's own reader, finds nothing wrong with a version and reads every row of every view.

It wants packages that the product does not, so it lives in an environment beside ours: `make oracles` makes it, and
without it these tests say so and are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labeler.config import ROOT
from labeler.db import transaction
from labeler.exports import queries
from labeler.exports.models import Export
from labeler.projects.models import Project
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

PYTHON = Path(os.environ.get("LABELER_ORACLES", ROOT / ".venv-oracles")) / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="the reader of Croissant is not installed: make oracles"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def told(folder: Path, home: Path) -> dict[str, Any]:
    """What the reader says of a version."""
    script = Path(__file__).parent / "oracles" / "croissant.py"
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {"HOME": str(home)}
    ran = subprocess.run(
        [str(PYTHON), "-W", "ignore", str(script), str(folder)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("which", ["project", "rated"])
def test_every_view_is_read_row_by_row(
    database: Database, request: pytest.FixtureRequest, make: Callable[..., Export], tmp_path: Path, which: str
) -> None:
    project: Project = request.getfixturevalue(which)
    views = [view.name for view in queries.views(project)]
    export = make(project, views=views)
    assert export.counts is not None
    found = told(database.home / str(export.folder), tmp_path)
    assert found["issues"] == ""
    assert found["records"] == {name: [export.counts["views"][name]["rows"]] * 2 for name in views}
    assert found["wrong"] == {name: [] for name in views}


def test_each_split_is_read_row_by_row(database: Database, make: Callable[..., Export], tmp_path: Path) -> None:
    with transaction() as session:
        project, labeler = add_project(session), add_labeler(session)
        for task in add_tasks(session, project, 20):
            add_judgment(session, project, task, labeler, BETTER_0)
    export = make(project, views=["judgments", "preference"], split=40, seed=3)
    found = told(database.home / str(export.folder), tmp_path)
    assert found["issues"] == ""
    assert len(found["records"]) == 4 and all(one == other > 0 for one, other in found["records"].values())
    assert found["wrong"] == {name: [] for name in found["records"]}
