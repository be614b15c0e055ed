"""A small quarter, made once for each worker on SQLite and copied; PostgreSQL makes its own."""

from __future__ import annotations

import copy
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.compliance.quarter import Quarter, found, prepare, run
from tests.support import database as databases
from tests.support.database import Database

SIZES, DAYS, ANSWERS = (6, 6), (3, 40), 4


def live(folder: Path) -> Quarter:
    """Two vendors with six labelers each, who work on two days of the quarter."""
    made = found(folder, SIZES, tasks=200)
    prepare(made, opted_out=1)
    run(made, DAYS, answers=ANSWERS)
    return made


@pytest.fixture(scope="session")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Quarter]:
    """A data folder in which the quarter has been lived."""
    folder = tmp_path_factory.mktemp("quarter")
    with databases.sqlite(sqlite_template, folder) as made:
        story = live(made.home)
        made.engine.dispose()
    return folder / "home", story


@pytest.fixture
def quarter(lived: tuple[Path, Quarter], database: Database) -> Quarter:
    """The quarter, in the test's own database and folder. What was lived comes first: whoever connects last is used."""
    if database.name == "postgresql":
        return live(database.home)
    home, story = lived
    database.engine.dispose()
    for path in home.rglob("*"):
        if path.is_file() and not path.name.endswith(("-wal", "-shm")):
            target = database.home / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    return replace(copy.deepcopy(story), folder=database.home)
