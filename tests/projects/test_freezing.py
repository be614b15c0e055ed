"""When a dataset is frozen: told at least 14 days ahead, moved later only (OPT-9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Invalid, Missing
from labeler.ids import new_id
from labeler.projects.freezing import announce_freeze
from labeler.projects.rules import FREEZE_NOTICE, ProjectState, freeze_problem, is_frozen
from tests.support.build import NOW, add_project

DAY = timedelta(days=1)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=100))


@given(st.lists(st.tuples(SPANS, SPANS), max_size=8))
def test_whatever_is_asked_nobody_loses_a_day_that_was_announced(asked: list[tuple[timedelta, timedelta]]) -> None:
    """Each announcement `ahead` of a moment, `later` than the one before."""
    now, announced, told = NOW, None, NOW
    for later, ahead in asked:
        now += later
        wanted = now + ahead
        if freeze_problem(announced, wanted, now) is None:
            assert announced is None or (wanted >= announced and not is_frozen(announced, now))
            told = now if announced is None else told
            announced = wanted
    assert announced is None or announced - told >= FREEZE_NOTICE


@pytest.mark.parametrize(
    ("announced", "wanted", "fits"),
    [
        (None, FREEZE_NOTICE, True),
        (None, FREEZE_NOTICE - timedelta(seconds=1), False),
        (20 * DAY, 21 * DAY, True),
        (20 * DAY, 20 * DAY, True),
        (20 * DAY, 19 * DAY, False),
        (5 * DAY, 6 * DAY, True),
        (timedelta(0), 30 * DAY, False),
        (None, 4000 * DAY, False),
    ],
)
def test_when_it_may_be(announced: timedelta | None, wanted: timedelta, fits: bool) -> None:
    stands = None if announced is None else NOW + announced
    assert (freeze_problem(stands, NOW + wanted, NOW) is None) == fits


def test_it_is_announced_moved_later_and_on_the_record(session: Session) -> None:
    project = add_project(session, state=ProjectState.CLOSED)
    for days in (14, 20, 20):
        announce_freeze(session, project.created_by, project.id, NOW + days * DAY, NOW)
    assert project.freeze_at == NOW + 20 * DAY
    with pytest.raises(Invalid) as refused:
        announce_freeze(session, project.created_by, project.id, NOW + 19 * DAY, NOW)
    assert [problem.field for problem in refused.value.problems] == ["freeze_at"]
    with pytest.raises(Conflict):
        announce_freeze(session, project.created_by, project.id, NOW + 90 * DAY, NOW + 20 * DAY)
    with pytest.raises(Missing):
        announce_freeze(session, project.created_by, new_id(), NOW + 90 * DAY, NOW)
    said = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "project.freeze")).all()
    assert said == ['{"freeze_at":"2026-03-16T09:00:00Z"}', '{"freeze_at":"2026-03-22T09:00:00Z"}']


def test_a_moment_is_kept_as_it_was_given(session: Session) -> None:
    project = add_project(session)
    moment = datetime.fromisoformat("2026-12-09T23:59:00+02:00")
    announce_freeze(session, project.created_by, project.id, moment, NOW)
    session.flush()
    session.expire_all()
    assert project.freeze_at == moment
