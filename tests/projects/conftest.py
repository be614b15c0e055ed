"""A process that imports files, so that its memory can be measured and its end survived."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labeler.config import ROOT

MOST_MEMORY = 512
"""MiB that an import may take, whatever the file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file."""

    state: str
    problems: list[tuple[int | None, str, str]]
    """Line, field and message of each."""
    count: int
    rows: int
    reported: int
    tasks: list[int]
    """How many tasks, contents and lanes there are in the database."""
    left: list[str]
    """Files that the import left behind."""
    peak: int
    """MiB that it took at most."""


Import = Callable[..., Outcome]


@pytest.fixture(scope="module")
def importing(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Import]:
    """Imports a file in a process of its own: `importing(path, row_bytes=…)`. Limits may be set by name."""
    home = tmp_path_factory.mktemp("importer")
    shutil.copyfile(sqlite_template, home / "labeler.db")
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        if not started or started[-1].poll() is not None:
            command = [sys.executable, "-m", "tests.projects.importer", f"sqlite:///{home / 'labeler.db'}", str(home)]
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            started.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, **pipes))
        return started[-1]

    def run(path: Path, **limits: int) -> Outcome:
        process = start()
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"path": str(path), "limits": limits}) + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        assert said, f"the importer ended with {process.wait()}"
        answer = json.loads(said)
        return Outcome(**{**answer, "problems": [tuple(each) for each in answer["problems"]]})

    yield run
    for process in started:
        process.communicate()


def assert_refused(outcome: Outcome, sentence: str, line: int | None = None) -> None:
    """Nothing came of the file, it took little memory, and the sentence stands among its problems."""
    assert outcome.state == "refused", outcome
    assert outcome.tasks == [0, 0, 0]
    assert outcome.left == []
    assert outcome.peak < MOST_MEMORY
    said = [(at, message) for at, _, message in outcome.problems if sentence in message]
    assert said, outcome.problems
    assert line is None or line in [at for at, _ in said], outcome.problems
