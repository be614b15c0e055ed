"""How often content was declined in a project, in numbers of five people or more, on both databases (OPT-5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.declines import Ended, declined_last_week, last_week, shares
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.rules import LEASE
from labeler.clock import now as server_time
from labeler.db import transaction
from labeler.ids import new_id
from labeler.projects.models import Project, Task
from labeler.workforce.models import Labeler
from tasks.content import Category, Severity
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user
from tests.web.pages import Desktop
from tests.web.robot import sign_in

W01, W06 = Category("W01"), Category("W06")
DAY = timedelta(days=1)
NEXT_WEEK = NOW + 7 * DAY


def end(session: Session, task: Task, labeler: Labeler, state: AssignmentState, at: datetime = NOW) -> None:
    """An assignment that ended like this at this moment."""
    session.add(
        Assignment(
            task_id=task.id, labeler_id=labeler.id, guideline_version=1, fence=1, order=task.first_order,
            handed_at=at - timedelta(minutes=1), lease_until=at + LEASE, state=state, ended_at=at,
        )
    )  # fmt: skip
    session.flush()


def filled(session: Session, decliners: int, others: int, at: datetime = NOW, **fields: Any) -> Project:
    """Each of these people was given one task with W01: some declined it."""
    project = add_project(session, overlap=50, categories={"W01": 2, "W06": 2}, now=at - 30 * DAY, **fields)
    (task,) = add_tasks(session, project, 1, profile={"W01": 2})
    for n in range(decliners + others):
        how = AssignmentState.JUDGED
        if n < decliners:
            how = AssignmentState.SKIPPED if n % 2 else AssignmentState.REVOKED
        end(session, task, add_labeler(session), how, at)
    return project


def shown(session: Session, project: Project, now: datetime = NEXT_WEEK) -> dict[Category, float | None]:
    week = declined_last_week(session, project, now)
    assert week is not None
    return {each.category: each.share for each in week.kinds}


@pytest.mark.parametrize(
    ("decliners", "others", "share"), [(5, 15, 0.25), (5, 0, 1.0), (4, 15, None), (5, 4, None), (0, 20, None)]
)
def test_a_share_is_shown_when_five_people_or_more_are_on_both_sides(
    session: Session, decliners: int, others: int, share: float | None
) -> None:
    assert shown(session, filled(session, decliners, others)) == {W01: share, W06: None}


def test_two_accounts_of_one_person_are_one_person(session: Session) -> None:
    project = filled(session, 4, 10)
    first = add_labeler(session)
    (task,) = add_tasks(session, project, 1, profile={"W01": 2})
    end(session, task, first, AssignmentState.SKIPPED)
    assert shown(session, project)[W01] == 5 / 15
    again = filled(session, 3, 10)
    twin = add_labeler(session)
    twin.person_id = first.id
    (task,) = add_tasks(session, again, 1, profile={"W01": 2})
    end(session, task, first, AssignmentState.SKIPPED)
    end(session, task, twin, AssignmentState.SKIPPED)
    assert shown(session, again)[W01] is None


def test_only_a_week_that_is_over_counts_and_it_never_moves(session: Session) -> None:
    project = filled(session, 5, 15)
    assert last_week(NOW) == (NOW - 7 * DAY).date() and NOW.weekday() == 0
    assert shown(session, project, NOW + 6 * DAY)[W01] is None, "the week is not over"
    (task,) = add_tasks(session, project, 1, profile={"W01": 2})
    for _ in range(9):  # of the week after, and one that lapsed: neither is in it
        end(session, task, add_labeler(session), AssignmentState.SKIPPED, NEXT_WEEK)
        end(session, task, add_labeler(session), AssignmentState.EXPIRED)
    for day in range(7):
        assert shown(session, project, NEXT_WEEK + day * DAY)[W01] == 0.25


def test_a_project_without_declared_content_or_not_live_then_has_none(session: Session) -> None:
    plain = add_project(session)
    assert declined_last_week(session, plain, NEXT_WEEK) is None
    young = add_project(session, categories={"W01": 2}, now=NEXT_WEEK)
    assert declined_last_week(session, young, NEXT_WEEK) is None


def test_one_who_declines_most_hides_the_number() -> None:
    hard = {W01: Severity.DISTURBING}
    ended = [Ended(new_id(), hard, 10, 9), *(Ended(new_id(), hard, 10, 2) for _ in range(4))]
    assert shares(ended, [W01])[0].share is None
    ended[0] = Ended(new_id(), hard, 10, 8)
    assert shares(ended, [W01])[0].share == 16 / 50


def test_the_projects_page_tells_a_researcher_the_share_and_else_that_it_is_not_shown(app: Flask) -> None:
    now = server_time()
    with transaction() as session:
        at = now - 7 * DAY
        filled(session, 5, 15, at, slug="bread")
        researcher = add_user(session, Role.RESEARCHER).id
    page = Desktop(sign_in(app, researcher).client).open("/projects/bread")
    assert "25 %" in page.words and "fewer than five people: not shown" in page.words
