"""What we export trains: TRL's own trainers take two steps on it, keep every row, and see the margin.

They want packages of 1.5 GB, so they live in an environment beside ours: `make trainers` makes it, and without it these
tests say so and are skipped. The design names the recipe (`exports.md` 2.2).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from labeler.config import ROOT
from labeler.db import transaction
from labeler.exports.models import Export
from labeler.projects.models import Project
from tasks import kind
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

PYTHON = Path(os.environ.get("LABELER_TRAINERS", ROOT / ".venv-trainers")) / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="the trainers are not installed: make trainers"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def trained(folder: Path, home: Path) -> dict[str, dict[str, Any]]:
    """What each trainer says of an export."""
    script = Path(__file__).parent / "trainers" / "two_steps.py"
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment |= {"HOME": str(home), "HF_HOME": str(home / "hf"), "PYTHONHASHSEED": "4"}
    ran = subprocess.run(
        [str(PYTHON), str(script), str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith('{"trainer"')]
    return {line["trainer"]: line for line in lines}


def rows(folder: Path, view: str) -> int:
    count: int = pq.read_metadata(folder / "data" / f"{view}.parquet").num_rows
    return count


@pytest.fixture
def comparisons(database: Database) -> Project:
    """Sixty tasks: with a conversation before, with a winner of each strength, some of them tied."""
    with transaction() as session:
        project = add_project(session)
        labelers = [add_labeler(session) for _ in range(3)]
        given = ((BETTER_0,) * 3, (BETTER_1, BETTER_1, TIE), (BETTER_0, BETTER_0, BETTER_1), (TIE, TIE, TIE))
        for place, task in enumerate(add_tasks(session, project, 60)):
            for labeler, answer in zip(labelers, given[place % 4], strict=True):
                add_judgment(session, project, task, labeler, answer)
        return project


@pytest.fixture
def ratings(database: Database) -> Project:
    """Forty rated answers, half of them good."""
    with transaction() as session:
        project = add_project(session, kind="rating")
        labeler = add_labeler(session)
        options = kind("rating").Options.model_validate(project.options)
        for place, task in enumerate(add_tasks(session, project, 40)):
            value = {scale.name: scale.first if place % 2 else scale.last for scale in options.scales}  # type: ignore[attr-defined]
            add_judgment(session, project, task, labeler, {"verdict": "rated", "ratings": value})
        return project


def test_reward_and_dpo_trainers_take_every_pair_and_see_the_margin(
    database: Database, comparisons: Project, make: Callable[..., Export], tmp_path: Path
) -> None:
    folder = database.home / str(make(comparisons, views=("preference", "preference_implicit")).folder)
    said = trained(folder, tmp_path)
    assert set(said) == {"reward", "reward without margin", "dpo", "reward implicit"}
    assert {each["rows"] for each in said.values()} == {rows(folder, "preference")}
    assert all(len(each["losses"]) == 2 for each in said.values())
    assert said["reward"]["chosen_seen"] and said["reward implicit"]["chosen_seen"]
    assert said["reward"]["losses"][0] > said["reward without margin"]["losses"][0] + 0.1


def test_the_kto_trainer_takes_every_completion(
    database: Database, ratings: Project, make: Callable[..., Export], tmp_path: Path
) -> None:
    folder = database.home / str(make(ratings, views=("unpaired",)).folder)
    said = trained(folder, tmp_path)
    assert set(said) == {"kto"}
    assert said["kto"]["rows"] == rows(folder, "unpaired") > 0
    assert len(said["kto"]["losses"]) == 2
