"""A project with judgments, and exports made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labeler.db import reading, transaction
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.jobs import worker
from labeler.projects.models import Project
from tasks import kind
from tests.exports.build import BAD, BETTER_0, BETTER_1, TIE, UNSURE, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

LATER = NOW + timedelta(hours=1)

Make = Callable[..., Path]


@pytest.fixture
def settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are read at once, and this process has the settings of the test's installation."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def project(database: Database) -> Project:
    """Two clear tasks at overlap 3, a tie, a divided one, one nobody could judge, one with a late answer only."""
    with transaction() as session:
        project = add_project(session, slug="bread", categories={"W01": 3})
        labelers = [add_labeler(session) for _ in range(3)]
        tasks = add_tasks(session, project, 5) + add_tasks(session, project, 1, profile={"W01": 3})
        answers = [
            (BETTER_0, BETTER_0, BETTER_1),
            (BETTER_1, BETTER_1, TIE),
            (TIE, TIE, BAD),
            (BETTER_0, BETTER_1, TIE),
            (UNSURE,),
        ]
        for task, given in zip(tasks, answers, strict=False):
            for labeler, answer in zip(labelers, given, strict=False):
                add_judgment(session, project, task, labeler, answer)
        add_judgment(session, project, tasks[5], labelers[0], BETTER_0, late=True)
        return project


@pytest.fixture
def rated(database: Database) -> Project:
    """A rating project with two rated tasks."""
    with transaction() as session:
        project = add_project(session, kind="rating")
        labelers = [add_labeler(session) for _ in range(2)]
        options = kind("rating").Options.model_validate(project.options)
        for task in add_tasks(session, project, 2):
            for labeler in labelers:
                given = {scale.name: scale.first for scale in options.scales}  # type: ignore[attr-defined]
                add_judgment(session, project, task, labeler, {"verdict": "rated", "ratings": given})
        return project


@pytest.fixture
def make(settled: None) -> Callable[..., Export]:
    """An export, asked for and written by its job."""

    def made(project: Project, now: datetime = LATER, at: datetime | None = None, **chosen: Any) -> Export:
        with transaction() as session:
            export, job = service.request(session, project.created_by, project.id, chosen, now, at)
        assert worker.run(job)
        with reading() as session:
            done = session.get_one(Export, export.id)
            assert done.state is ExportState.DONE, done.problem
            return done

    return made
