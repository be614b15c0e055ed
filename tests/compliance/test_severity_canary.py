"""A task marked severity 4 waits for the named person like any other, and nobody and nothing else ever meets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.compliance import canaries
from labeler.compliance.canary import fits
from labeler.compliance.looking_models import Canary, CanaryKind
from labeler.db import transaction
from labeler.errors import Missing
from labeler.jobs.looking_at_itself import let_go
from labeler.projects.hidden import HIDDEN
from labeler.projects.models import Batch, Lane, Project, Task, TaskContent
from labeler.projects.queries import project_by_slug, projects
from labeler.projects.rules import ProjectState
from labeler.warnings import escalating
from labeler.warnings.models import EscalationSource
from labeler.warnings.queries import decisions, escalations
from tests.support.build import add_project, add_tasks, add_user, sign_in

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DICE = Random(7)
WHY = "I could not look at it, so it stays away."


@pytest.fixture
def project(session: Session) -> Project:
    made = add_project(session, state=ProjectState.LIVE)
    add_tasks(session, made, 3)
    return made


@pytest.fixture
def named(session: Session, project: Project) -> User:
    """The person who decides."""
    person = add_user(session, Role.ADMIN)
    escalating.name_contact(session, add_user(session, Role.ADMIN).id, person.id, NOW)
    return person


@pytest.fixture
def canary(session: Session, named: User) -> Canary:
    """This quarter's, before it goes out."""
    canaries.plan(session, NOW, DICE)
    return session.scalars(select(Canary).where(Canary.kind == CanaryKind.SEVERITY)).one()


def go_on(session: Session, canary: Canary, later: timedelta = timedelta()) -> list[dict[str, Any]]:
    canaries.go_on(session, canary.id, canary.due_at + later, DICE)
    told = select(AuditEntry.fields).where(AuditEntry.act == "canary.answer")
    return [orjson.loads(each) for each in session.scalars(told)]


def test_none_is_made_before_a_project_is_live(session: Session) -> None:
    add_project(session, state=ProjectState.DRAFT)
    assert [each.kind for each in canaries.plan(session, NOW, DICE)] == [CanaryKind.GRIEVANCE]


def test_it_waits_like_a_task_of_a_live_project_and_says_in_its_text_what_it_is(
    session: Session, canary: Canary, project: Project
) -> None:
    (real,) = add_tasks(session, project, 1, {"W02": 4}, now=canary.due_at)
    for _ in range(2):
        go_on(session, canary)
    waiting = escalations(session)
    assert {(each.project, each.slug, each.source, each.since) for each in waiting} == {
        (project.name, project.slug, EscalationSource.IMPORT, canary.due_at)
    }
    (sent,) = [each for each in waiting if each.task_id != real.id]
    assert sent.task_id.version == real.id.version == 7, "its key is like others'"
    assert sent.task_id.int >> 80 == int(canary.due_at.timestamp() * 1000)
    own = session.scalars(select(TaskContent.row_id).where(TaskContent.task_id != sent.task_id)).all()
    assert sent.row_id and sent.row_id not in own and sent.row_id.startswith("row-")
    assert session.get_one(TaskContent, sent.task_id).item.startswith('{"placeholder":"[placeholder: ')


def test_no_list_no_claim_and_no_count_meets_it(session: Session, canary: Canary, project: Project) -> None:
    go_on(session, canary)
    own = session.scalars(select(Project).where(Project.kind == HIDDEN)).one()
    assert [each.id for each in projects(session)] == [project.id]
    with pytest.raises(Missing):
        project_by_slug(session, own.slug)
    assert own.state is ProjectState.DRAFT and own.id != project.id
    open_ = select(Task).join(Lane).where(Lane.project_id == own.id, Task.claims < Task.overlap)
    assert session.scalars(open_).all() == []
    assert session.scalar(select(func.sum(Batch.tasks))) == 3, "no sum of tasks has it"
    assert session.scalar(select(func.count(Task.id)).join(Lane).where(Lane.project_id == project.id)) == 3


def test_kept_away_in_time_is_told_with_a_proof_that_fits(session: Session, canary: Canary, named: User) -> None:
    go_on(session, canary)
    (sent,) = escalations(session)
    assert go_on(session, canary, 2 * DAY) == []
    escalating.decide(session, named.id, sent.task_id, None, WHY, canary.due_at + 3 * DAY)
    assert not escalations(session) and decisions(session)[0].project == "A trial by the product itself"
    for _ in range(2):
        (answer,) = go_on(session, canary, 4 * DAY)
    run = session.scalars(select(AuditEntry.fields).filter_by(act="canary.run", subject_id=canary.id)).one()
    assert (answer["kind"], answer["outcome"], answer["seconds"]) == ("severity-4", "answered", 3 * 86_400)
    assert UUID(answer["about"]) == sent.task_id
    assert fits("severity-4", orjson.loads(run)["token"], answer["secret"], answer["about"])
    assert not fits("severity-4", orjson.loads(run)["token"], answer["secret"], str(UUID(int=sent.task_id.int ^ 1)))


def test_what_is_not_decided_in_time_is_late_and_waits_no_more(session: Session, canary: Canary) -> None:
    go_on(session, canary)
    (answer,) = go_on(session, canary, 7 * DAY + timedelta(seconds=1))
    assert answer["outcome"] == "late" and not escalations(session)


def test_who_lets_it_through_has_not_answered_and_still_nobody_can_be_given_it(
    session: Session, canary: Canary, named: User
) -> None:
    go_on(session, canary)
    (sent,) = escalations(session)
    escalating.decide(session, named.id, sent.task_id, 0, WHY, canary.due_at + DAY)
    task = session.get_one(Task, sent.task_id, populate_existing=True)
    assert task.claims == task.overlap
    assert [each["outcome"] for each in go_on(session, canary, 2 * DAY)] == ["allowed"]


def test_the_job_sends_it_and_the_page_of_escalations_and_the_studio_do_not_tell_it_from_others(app: Flask) -> None:
    with transaction() as session:
        made = add_project(session, state=ProjectState.LIVE)
        add_tasks(session, made, 3)
        admin = add_user(session, Role.ADMIN)
        escalating.name_contact(session, admin.id, admin.id, NOW)
    for _ in range(2):
        let_go(NOW, SystemRandom())
        let_go(NOW + 61 * DAY, SystemRandom())
    client = app.test_client()
    sign_in(client, admin)
    page = client.get("/escalations").text
    assert "What waits (1)" in page and made.name in page and "trial" not in page
    assert "trial" not in client.get("/studio").text
