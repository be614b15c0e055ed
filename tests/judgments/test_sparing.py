"""Fewer people need to read what is severe (EXP-8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.service import Handed, hand_out, reveal
from labeler.judgments.service import submit
from labeler.projects.models import Lane, Project, Task
from labeler.projects.sparing import alike, cap_severe, spare_doubles
from labeler.wellbeing.service import give_consent
from tests.support.build import NOW, add_labeler, add_project, add_tasks, make_item

MINUTE = timedelta(minutes=1)


def judge(session: Session, choice: str, now: datetime, *, severity: int = 3) -> bool:
    """Another labeler gives this answer; False when there was no task for her."""
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", severity, now)
    got = hand_out(session, labeler.id, now, wait=True)
    if not isinstance(got, Handed):
        return False
    assert reveal(session, labeler.id, got.assignment_id, now) is None
    order = session.execute(select(Task.first_order, Task.handed)).one()
    first_is_a = order.first_order[0] == "0" if order.handed % 2 else order.first_order[0] == "1"
    mirrored = {"a": "b", "b": "a"}[choice[0]] + choice[1:]
    form = {"choice": [choice if first_is_a else mirrored]}
    submit(session, labeler.id, got.assignment_id, form, f"key-{labeler.id}", now + MINUTE)
    return True


@pytest.fixture
def project(session: Session) -> Project:
    """A project with one severe task that wants three judgments."""
    project = add_project(session, overlap=3, categories={"W06": 3})
    add_tasks(session, project, 1, profile={"W06": 3})
    return project


def test_two_people_who_agree_on_a_severe_task_are_enough(session: Session, project: Project) -> None:
    assert judge(session, "a4", NOW)
    assert judge(session, "a4", NOW)
    assert session.scalars(select(Task)).one().overlap == 2
    assert not judge(session, "a4", NOW)


def test_where_they_differ_a_third_one_is_asked(session: Session, project: Project) -> None:
    assert judge(session, "a4", NOW)
    assert judge(session, "b2", NOW)
    assert judge(session, "a4", NOW)
    assert session.scalars(select(Task)).one().overlap == 3


def test_lighter_content_gets_all_the_judgments_it_wants(session: Session) -> None:
    project = add_project(session, overlap=3, categories={"W06": 2})
    add_tasks(session, project, 1, profile={"W06": 2})
    for _ in range(3):
        assert judge(session, "a4", NOW, severity=2)


def test_texts_that_differ_only_in_case_space_and_signs_are_alike() -> None:
    text = make_item("comparison", 0).model_dump_json()
    assert alike(text) == alike(text.replace("basil", "  BASIL,"))
    assert alike(text) != alike(text.replace("basil", "mint"))
    assert alike(text) == alike(text.replace("model-a", "model-z")), "who wrote it is no part of the text"


def test_a_severe_task_that_says_the_same_again_is_read_by_nobody(session: Session) -> None:
    project = add_project(session, overlap=3, categories={"W06": 3})
    items = [make_item("comparison", 0), make_item("comparison", 1), make_item("comparison", 0)]
    add_tasks(session, project, 3, profile={"W06": 3}, items=items)
    light = add_tasks(session, project, 2, items=[items[0], items[0]])
    first = session.scalars(select(Task.batch_id).join(Lane).where(Lane.severity == 3).order_by(Task.id)).first()
    assert first is not None
    assert spare_doubles(session, project.id, first, lambda: None) == 1
    later = add_tasks(session, project, 1, profile={"W06": 3}, items=[items[1]])
    assert spare_doubles(session, project.id, later[0].batch_id, lambda: None) == 1
    session.expire_all()
    assert sorted(session.scalars(select(Task.overlap).join(Lane).where(Lane.severity == 3))) == [0, 0, 3, 3]
    assert {task.overlap for task in light} == {3}


def test_no_severe_task_of_a_batch_gets_more_judgments_than_the_policy_has(session: Session) -> None:
    project = add_project(session, overlap=5, categories={"W06": 3})
    severe = add_tasks(session, project, 2, profile={"W06": 3})
    cap_severe(session, severe[0].batch_id, 3)
    session.expire_all()
    assert {task.overlap for task in severe} == {3}
