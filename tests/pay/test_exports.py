"""PAY-5: unpaid work is not exported. Real exports, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.exports.rows import Pseudonyms
from labeler.jobs import worker
from labeler.jobs.pay import settle_due
from labeler.judgments.models import Judgment
from labeler.pay.closing import close, mark_paid
from labeler.pay.models import PayPeriod, Settlement
from labeler.pay.queries import unpaid
from labeler.pay.rules import WEEK
from labeler.pay.settling import settle
from labeler.pay.terms import set_rate
from labeler.projects.models import Project
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor, sign_in
from tests.support.database import Database

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=NOW.tzinfo)
OVER = MONDAY + WEEK + 25 * HOUR
PAST_DUE = MONDAY + 2 * WEEK + HOUR

INVARIANT = text(
    """
    SELECT judgment.id FROM judgment LEFT JOIN settlement ON settlement.source_id = judgment.assignment_id
    WHERE judgment.id IN (SELECT id FROM exported) AND settlement.settled_at IS NULL
    """
)
"""PAY-5 as a query: no row."""


@pytest.fixture
def settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are read at once, and this process has the settings of the test's installation."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def project(settled: None) -> Project:
    """Three judgments of people who have a rate, two of one who has none."""
    with transaction() as session:
        project = add_project(session, slug="bread", overlap=5)
        tasks = add_tasks(session, project, 3)
        stingy = add_vendor(session, "Stingy", per_hour=None)
        people = [add_labeler(session) for _ in range(3)]
        for n, person in enumerate(people):
            add_judgment(session, project, tasks[n], person, BETTER_0, paid=False)
        unpaid_one = add_labeler(session, stingy)
        for n in range(2):
            add_judgment(session, project, tasks[n], unpaid_one, BETTER_0, at=NOW + (n + 1) * HOUR, paid=False)
        return project


def export(project: Project, now: datetime, at: datetime | None = None) -> Export:
    with transaction() as session:
        asked, job = service.request(session, project.created_by, project.id, {}, now, at)
    assert worker.run(job)
    with reading() as session:
        done = session.get_one(Export, asked.id)
        assert done.state is ExportState.DONE, done.problem
        return done


def rows(database: Database, made: Export) -> list[dict[str, Any]]:
    assert made.folder
    path = database.home / Path(made.folder)
    return [orjson.loads(line) for line in (path / "jsonl/data/judgments.jsonl").read_bytes().splitlines()]


def test_work_without_a_rate_is_left_out_counted_and_told(database: Database, project: Project) -> None:
    made = export(project, NOW + 3 * HOUR)
    assert len(rows(database, made)) == 3
    assert made.counts is not None and made.counts["in"]["unpaid"] == 2 and made.counts["in"]["judgments"] == 3
    assert made.folder and "Left out because unpaid: 2." in (database.home / made.folder / "README.md").read_text()
    with transaction() as session:
        vendor = add_vendor(session, "Stingy")
        set_rate(session, None, vendor.id, 1000, "XTS", NOW - HOUR, NOW + 3 * HOUR)
    again = export(project, NOW + 3 * HOUR)
    assert len(rows(database, again)) == 5 and again.counts is not None and again.counts["in"]["unpaid"] == 0


def test_the_invariant_of_the_standard_has_no_row(database: Database, project: Project) -> None:
    """PAY-5 of the standard over a real export; the exported judgments are those of the settled assignments."""
    made = export(project, NOW + 3 * HOUR)
    assert len(rows(database, made)) == 3
    found = exported(database, project, made)
    assert len(found) == 3
    as_stored = (lambda key: key.hex) if database.name == "sqlite" else (lambda key: key)
    with transaction() as session:
        session.execute(
            text(f"CREATE TEMPORARY TABLE exported (id {'CHAR(32)' if database.name == 'sqlite' else 'uuid'})")
        )
        for key in found:
            session.execute(text("INSERT INTO exported VALUES (:id)"), {"id": as_stored(key)})
        assert session.execute(INVARIANT).all() == []
        unsettled = session.scalars(select(Judgment.id).where(Judgment.id.not_in(found))).first()
        session.execute(text("INSERT INTO exported VALUES (:id)"), {"id": as_stored(unsettled)})
        assert len(session.execute(INVARIANT).all()) == 1, "the query finds what it looks for"
        session.execute(text("DROP TABLE exported"))


def exported(database: Database, project: Project, made: Export) -> list[UUID]:
    """The judgments whose names stand in the files, by the key that their names are made with."""
    secret = (database.home / "exports" / "secret").read_bytes()
    names = Pseudonyms(secret, project.id, made.snapshot_at, "")
    with reading() as session:
        known = {names.judgment(key): key for key in session.scalars(select(Judgment.id))}
    return [known[row["id"]] for row in rows(database, made)]


def test_work_whose_statement_is_past_due_is_left_out_until_it_is_paid(database: Database, project: Project) -> None:
    with transaction() as session:
        people = list(session.scalars(select(Judgment.labeler_id).distinct().order_by(Judgment.labeler_id)))
        for person in people:
            settle(session, person, OVER, OVER)
            close(session, person, OVER)
        statements = session.scalars(select(PayPeriod).order_by(PayPeriod.labeler_id)).all()
        assert len(statements) == 3
        everything = list(session.scalars(select(Judgment.assignment_id)))
        assert len(unpaid(session, everything, PAST_DUE - 2 * HOUR)) == 2
        assert len(unpaid(session, everything, PAST_DUE)) == 5
    assert len(rows(database, export(project, PAST_DUE - 2 * HOUR))) == 3
    assert rows(database, export(project, PAST_DUE)) == []
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        mark_paid(session, admin, statements[0].id, MONDAY + WEEK + 24 * HOUR, "run 7", PAST_DUE)
    made = export(project, PAST_DUE)
    assert len(rows(database, made)) == 1 and made.counts is not None and made.counts["in"]["unpaid"] == 4
    early = export(project, PAST_DUE, at=NOW + HOUR)  # an earlier snapshot does not go round it
    assert len(rows(database, early)) == 1


def test_the_export_settles_first_what_nobody_had_written(database: Database, project: Project) -> None:
    with reading() as session:
        assert session.scalars(select(Settlement.source_id)).all() == []
    assert len(rows(database, export(project, NOW + 3 * HOUR))) == 3
    with reading() as session:
        assert len(session.scalars(select(Settlement.source_id)).all()) == 3


def test_the_pages_of_exports_tell_in_plain_words(project: Project, app: Flask, client: FlaskClient) -> None:
    with transaction() as session:
        researcher = add_user(session, Role.RESEARCHER)
    sign_in(client, researcher)
    page = client.get("/projects/bread/exports/new").text
    assert "<strong>2</strong> of the judgments are not paid for, and would be left out" in page
    made = export(project, NOW + 3 * HOUR)
    page = client.get(f"/projects/bread/exports/{made.number}").text
    assert "2 judgments, because their labelers have not been paid for them" in page


def test_the_schedule_writes_lines_and_statements(database: Database, project: Project) -> None:
    settle_due()
    settle_due()
    with reading() as session:
        assert len(session.scalars(select(Settlement.source_id)).all()) == 3
        assert {each.from_at for each in session.scalars(select(PayPeriod))} == {MONDAY}
