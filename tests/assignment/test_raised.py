"""A task that turns out worse than it was thought when it was handed out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.service import Handed, hand_out, reveal, skip
from labeler.projects.lanes import move_task
from labeler.projects.models import Project, Task
from labeler.wellbeing.models import Exposure, Training
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project, add_tasks

MINUTE = timedelta(minutes=1)


@pytest.fixture
def project(session: Session) -> Project:
    return add_project(session, categories={"W06": 3})


@pytest.fixture
def labeler(session: Session) -> Labeler:
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 3, NOW)
    return labeler


def handed(session: Session, labeler: Labeler) -> Handed:
    got = hand_out(session, labeler.id, NOW)
    assert isinstance(got, Handed)
    return got


def raise_to(session: Session, project: Project, profile: str) -> None:
    move_task(session, project.id, session.scalars(select(Task.id)).one(), "en", profile)


def test_the_time_with_it_counts_from_the_reveal(session: Session, project: Project, labeler: Labeler) -> None:
    add_tasks(session, project, 1)
    got = handed(session, labeler)
    raise_to(session, project, "W06:3")
    assert reveal(session, labeler.id, got.assignment_id, NOW + MINUTE) is None
    skip(session, labeler.id, got.assignment_id, NOW + 3 * MINUTE)
    row = session.scalars(select(Exposure)).one()
    assert (row.severity, row.profile, row.seconds, row.reserved_seconds) == (3, "W06:3", 120, 60)


def test_a_row_that_was_made_for_less_becomes_what_the_text_is(
    session: Session, project: Project, labeler: Labeler
) -> None:
    add_tasks(session, project, 1, profile={"W06": 2})
    got = handed(session, labeler)
    raise_to(session, project, "W06:3")
    assert reveal(session, labeler.id, got.assignment_id, NOW + MINUTE) is None
    row = session.scalars(select(Exposure)).one()
    assert (row.severity, row.profile) == (3, "W06:3")


def test_it_is_asked_about_as_if_it_were_handed_out_now(session: Session, project: Project, labeler: Labeler) -> None:
    add_tasks(session, project, 1, profile={"W06": 2})
    got = handed(session, labeler)
    for training in session.scalars(select(Training)):
        session.delete(training)
    raise_to(session, project, "W06:3")
    stop = reveal(session, labeler.id, got.assignment_id, NOW + MINUTE)
    assert stop is not None
    assert (stop.reason, stop.rule) == (Reason.TRAINING, "WRN-4")
