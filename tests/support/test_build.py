"""The fixtures hold what they promise."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.db import reading, transaction
from labeler.projects.models import Task
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database


def test_builders_make_rows_that_the_schema_accepts(session: Session) -> None:
    project = add_project(session, overlap=2, categories={"W01": 2})
    add_tasks(session, project, 5)
    add_tasks(session, project, 2, profile={"W01": 2})
    add_tasks(session, add_project(session, kind="rating"), 3)
    add_labeler(session, languages=("en", "sw"))
    assert session.scalar(select(func.count()).select_from(Task)) == 10


def test_what_one_test_keeps_the_next_does_not_see(database: Database) -> None:
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 0
        add_tasks(session, add_project(session), 1)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1


def test_what_one_test_keeps_another_does_not_see_either(database: Database) -> None:
    test_what_one_test_keeps_the_next_does_not_see(database)
