"""How much a requester imports and publishes: refused with what the limit is, and when there is room again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, Role, may
from labeler.audit.models import AuditEntry
from labeler.db import repeated, transaction
from labeler.errors import Invalid, OverQuota
from labeler.projects import service
from labeler.projects.models import Batch, Project
from labeler.projects.quotas import rules
from labeler.projects.quotas import service as quotas
from labeler.projects.quotas.rules import DAY, WEEK, RequesterQuota
from labeler.projects.rules import ProjectState
from tests.support.build import NOW, add_project, add_tasks, add_user
from tests.support.database import Database

UNTIL_TOMORROW = 15 * 3600
"""Seconds from NOW, nine in the morning of a Monday, to midnight."""


def limit(session: Session, **typed: str) -> None:
    quotas.set_limits(session, add_user(session, Role.ADMIN).id, typed, NOW)


def request(session: Session, project: Project, by: UUID | None = None, now: datetime = NOW) -> Batch:
    return service.request_import(session, by or project.created_by, project.id, "a", Path("a"), {}, now)


def checked(session: Session, by: UUID) -> Project:
    project = add_project(session, state=ProjectState.CHECKED, created_by=by)
    add_tasks(session, project, 1)
    return project


def test_a_week_begins_on_monday_and_a_day_at_midnight_utc() -> None:
    sunday = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    assert rules.began(WEEK, sunday) == datetime(2026, 3, 2, tzinfo=UTC)
    assert rules.began(DAY, sunday) == datetime(2026, 3, 8, tzinfo=UTC)
    refusal = rules.over(RequesterQuota.PUBLISHED, 1, 1, 1, sunday)
    assert refusal is not None and refusal.retry_after == 1800
    assert rules.over(RequesterQuota.PUBLISHED, None, 10**9, 1, sunday) is None


def test_who_may_set_them() -> None:
    assert {role for role in Role if may(role, Permission.REQUESTERS_LIMIT)} == {Role.ADMIN}


def test_a_limit_is_set_once_for_each_change_and_all_mistakes_are_told(session: Session) -> None:
    limit(session, imports_per_day="1,000", tasks_per_day="none")
    limit(session, imports_per_day="1000")
    entries = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "limit.set")).all()
    assert entries == ['{"name":"imports_per_day","value":1000}', '{"name":"tasks_per_day","value":null}']
    with pytest.raises(Invalid) as wrong:
        limit(session, imports_per_day="-1", nothing="1", tasks_per_day="many")
    assert {each.field for each in wrong.value.problems} == {"imports_per_day", "nothing", "tasks_per_day"}
    assert quotas.limits(session)[RequesterQuota.IMPORTS] == 1000


def test_imports_of_a_person_and_of_a_project_are_counted_apart_until_the_day_ends(session: Session) -> None:
    limit(session, imports_per_day="2", project_imports_per_day="3")
    one, other = add_project(session), add_project(session)
    for project in (one, other):
        request(session, project, one.created_by)
    with pytest.raises(OverQuota, match="one person asks for in a day") as told:
        request(session, one)
    assert told.value.retry_after == UNTIL_TOMORROW
    request(session, one, other.created_by)
    third = add_user(session, Role.RESEARCHER).id
    request(session, one, third)
    with pytest.raises(OverQuota, match="into one project"):
        request(session, one, third)
    request(session, one, now=NOW + timedelta(days=1))


def test_tasks_are_counted_before_they_are_shown(session: Session) -> None:
    limit(session, tasks_per_day="5", project_tasks_per_day="4")
    one, other = add_project(session), add_project(session)
    add_tasks(session, one, 3)
    with pytest.raises(OverQuota, match=r"into one project .* 4 are allowed, and 3 are used. This one has 2"):
        quotas.room_for_tasks(session, one.created_by, one.id, 2, NOW)
    quotas.room_for_tasks(session, one.created_by, one.id, 1, NOW)
    with pytest.raises(OverQuota, match="one person imports"):
        quotas.room_for_tasks(session, one.created_by, other.id, 3, NOW)


def test_projects_taken_live_first_are_counted_for_a_week_and_going_on_is_free(session: Session) -> None:
    limit(session, published_per_week="1")
    who = add_user(session, Role.RESEARCHER).id
    first, second = checked(session, who), checked(session, who)
    service.publish(session, who, first.id, NOW)
    with pytest.raises(OverQuota, match="takes live for the first time"):
        service.publish(session, who, second.id, NOW)
    service.pause(session, who, first.id, NOW)
    service.resume(session, who, first.id, NOW)
    assert second.state is ProjectState.CHECKED
    service.publish(session, who, second.id, NOW + timedelta(days=7))


def test_of_several_at_once_the_last_place_goes_to_one(database: Database) -> None:
    with transaction() as session:
        limit(session, imports_per_day="1")
        who = add_user(session, Role.RESEARCHER).id
        projects = [add_project(session, created_by=who) for _ in range(4)]

    def one(project: Project) -> bool:
        try:
            repeated(lambda session: request(session, project))
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, projects)) == 1
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Batch)) == 1


@pytest.mark.parametrize("typed", ["-1", "1.5", "many", "١", "0" * 30 + "9" * 25, "9" * 5000, str(2**53 + 1)])
def test_a_limit_that_no_database_holds_is_refused_with_words(session: Session, typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        quotas.set_limits(session, add_user(session, Role.ADMIN).id, {"tasks_per_day": typed, "none": "1"}, NOW)
    assert [each.field for each in wrong.value.problems] == ["tasks_per_day", "none"]
    assert "Write a whole number of tasks from 0" in wrong.value.problems[0].message
