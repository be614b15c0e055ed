"""What is told of pay, breaks, hard content and declines: whole months, of ten people or more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.db import reading, transaction
from labeler.exports.documents import conditions
from labeler.exports.documents.conditions import months, people_told
from labeler.exports.projects import as_it_stands
from labeler.pay.models import PayPeriod
from labeler.projects.models import Project
from labeler.wellbeing.models import Break, Exposure, ExposurePath, Policy
from labeler.workforce.models import Labeler
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

LATER = datetime(2026, 6, 1, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


def test_months_are_whole_and_settled_and_never_move() -> None:
    since = datetime(2026, 1, 20, tzinfo=UTC)
    assert [each.name for each in months(since, datetime(2026, 3, 14, tzinfo=UTC))] == ["2026-01"]
    assert [each.name for each in months(since, datetime(2026, 3, 15, tzinfo=UTC))] == ["2026-01", "2026-02"]
    assert months(since, since) == []
    assert len(months(datetime(2020, 1, 1, tzinfo=UTC), since)) == conditions.MOST_MONTHS


def test_people_are_told_in_steps() -> None:
    assert [people_told(n) for n in (0, 9, 10, 14, 15)] == [None, None, 10, 10, 15]


def work(session: Session, people: int, *, short: int = 0, declined: int = 0) -> Project:
    """Each of so many people judges a hard text for two minutes, takes a break that was due, and is paid for the week;
    so many of them cut it short, so many decline another text."""
    project = add_project(session, categories={"W01": 3}, overlap=50)
    first, second = add_tasks(session, project, 2, profile={"W01": 3})
    for n in range(people):
        labeler = add_labeler(session)
        judged = add_judgment(session, project, first, labeler, BETTER_0)
        session.add(
            Exposure(
                person_id=labeler.person_id, path=ExposurePath.DESK, profile="W01:3", severity=3, from_at=NOW,
                seconds=120, assignment_id=judged.assignment_id, task_id=first.id, ended_at=NOW + 2 * MINUTES,
            )
        )  # fmt: skip
        ended = NOW + (5 if n < short else 10) * MINUTES
        session.add(
            Break(
                person_id=labeler.person_id, labeler_id=labeler.id, started_at=NOW, paid_until=NOW + 10 * MINUTES,
                rule="BRK-1", until=NOW + 10 * MINUTES, ended_at=ended,
            )
        )  # fmt: skip
        _end(session, labeler, second.id, second.first_order, AssignmentState.SKIPPED if n < declined else None)
    session.flush()
    session.execute(update(PayPeriod).values(seconds=3600, base=1500, currency="EUR", floor=1400))
    return project


def _end(session: Session, labeler: Labeler, task: Any, order: str, state: AssignmentState | None) -> None:
    session.add(
        Assignment(
            task_id=task, labeler_id=labeler.id, guideline_version=1, fence=1, order=order, handed_at=NOW,
            lease_until=NOW + 30 * MINUTES, state=state or AssignmentState.JUDGED, ended_at=NOW + MINUTES,
        )
    )  # fmt: skip


def told(project: Project, at: datetime = LATER) -> dict[str, Any]:
    with reading() as session:
        return conditions.facts(session, as_it_stands(session.get_one(Project, project.id)), at)


def march(found: dict[str, Any]) -> dict[str, Any]:
    (month,) = [each for each in found["months"] if each["month"] == "2026-03"]
    return dict(month)


@pytest.mark.parametrize(("people", "shown"), [(9, False), (20, True)])
def test_numbers_of_few_people_are_not_told(database: Database, people: int, shown: bool) -> None:
    with transaction() as session:
        project = work(session, people, declined=10 if people > 10 else 9)
    month = march(told(project))
    hourly = {"currency": "EUR", "minor_units": 1500 if shown else None, "weeks_at_floor": 1.0 if shown else None}
    assert month["effective_hourly"] == [hourly]
    assert month["people"] == (20 if shown else None)
    assert month["breaks_kept"] == (1.0 if shown else None)
    assert [each["minutes"] for each in month["exposure_minutes"]] == [40 if shown else None]
    assert [each["share"] for each in month["declined"]] == [0.25 if shown else None]
    page = "\n".join(conditions.page(told(project)))
    assert ("15.00 EUR" in page) is shown
    assert "graphic violence, severity 3" in page


def test_a_break_that_few_cut_short_is_told_for_nobody(database: Database) -> None:
    with transaction() as session:
        project = work(session, 20, short=1)
    assert march(told(project))["breaks_kept"] is None


def test_breaks_that_many_cut_short_are_told(database: Database) -> None:
    with transaction() as session:
        project = work(session, 40, short=10)
    assert march(told(project))["breaks_kept"] == 0.75


def test_what_comes_later_does_not_change_a_month(database: Database) -> None:
    with transaction() as session:
        project = work(session, 12)
    before = march(told(project))
    with transaction() as session:
        labeler = add_labeler(session)
        task = add_tasks(session, project, 1)[0]
        add_judgment(session, project, task, labeler, BETTER_0, at=NOW + timedelta(days=40))
    assert march(told(project, LATER + timedelta(days=60))) == before


def test_changed_numbers_are_told_without_who_changed_them(database: Database) -> None:
    with transaction() as session:
        project = work(session, 1)
        session.add(
            Policy(
                name="break_stop", value=55, from_at=NOW, made_at=NOW, made_by=project.created_by, project_id=project.id
            )
        )
    (change,) = told(project)["changed_numbers"]
    assert (change["name"], change["value"], change["standard"], change["for"]) == (
        "break_stop",
        55,
        60,
        "this project",
    )
    assert str(project.created_by) not in str(change)
    assert "55 min instead of 60" in "\n".join(conditions.page(told(project)))
