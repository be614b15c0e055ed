"""Paid waiting at a limit on hard content (EXP-11), on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.service import Handed, Nothing, hand_out
from labeler.audit.models import AuditEntry
from labeler.wellbeing.models import Exposure, ExposurePath, StandDown
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import give_consent
from tests.support.build import NOW, add_labeler, add_project, add_tasks

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def me(session: Session) -> UUID:
    """A labeler who has seen an hour of severe content, where there is nothing else."""
    project = add_project(session, categories={"W06": 3})
    add_tasks(session, project, 5, profile={"W06": 3})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 3, NOW)
    session.add(
        Exposure(person_id=labeler.id, path=ExposurePath.DESK, profile="W06:3", severity=3, from_at=NOW - 2 * HOUR,
                 seconds=3600, ended_at=NOW - HOUR)
    )  # fmt: skip
    session.flush()
    return labeler.id


def nothing(session: Session, me: UUID, now=NOW) -> Nothing:  # type: ignore[no-untyped-def]
    result = hand_out(session, me, now, wait=True)
    assert isinstance(result, Nothing), result
    return result


def rows(session: Session) -> list[StandDown]:
    return list(session.scalars(select(StandDown).order_by(StandDown.from_at)))


def test_it_begins_when_a_cap_binds_and_there_is_no_other_work(session: Session, me: UUID) -> None:
    result = nothing(session, me)
    assert (result.reason, result.rule, result.number) == (Reason.CAP_SENSITIVE, "EXP-1", 60)
    assert result.until == NOW - HOUR + 24 * HOUR
    (row,) = rows(session)
    assert (row.rule, row.from_at, row.until_at, row.ended_at) == ("EXP-1", NOW, NOW + 2 * HOUR, None)
    assert session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == row.id)).all() == ["stand_down.start"]


def test_one_that_a_clock_set_back_ended_before_it_began_lengthens_no_other(session: Session, me: UUID) -> None:
    nothing(session, me)
    (row,) = rows(session)
    row.ended_at = NOW - 10 * MINUTE
    session.flush()
    nothing(session, me, NOW + 5 * MINUTE)
    assert rows(session)[-1].until_at == NOW + 5 * MINUTE + 2 * HOUR


def test_asking_again_begins_no_second_one(session: Session, me: UUID) -> None:
    nothing(session, me)
    nothing(session, me, NOW + 5 * MINUTE)
    assert len(rows(session)) == 1


def test_it_lasts_no_longer_than_two_hours_in_a_day(session: Session, me: UUID) -> None:
    nothing(session, me)
    nothing(session, me, NOW + 3 * HOUR)
    assert len(rows(session)) == 1


def test_it_does_not_last_beyond_the_limit(session: Session, me: UUID) -> None:
    nothing(session, me, NOW + 22 * HOUR + 30 * MINUTE)
    (row,) = rows(session)
    assert row.until_at == NOW + 23 * HOUR


def test_it_ends_when_other_work_comes(session: Session, me: UUID) -> None:
    nothing(session, me)
    add_tasks(session, add_project(session), 1)
    assert isinstance(hand_out(session, me, NOW + 20 * MINUTE), Handed)
    (row,) = rows(session)
    assert row.ended_at == NOW + 20 * MINUTE
    acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == row.id).order_by(AuditEntry.id))
    assert acts.all() == ["stand_down.start", "stand_down.end"]


def test_it_goes_on_with_what_is_left_of_the_day(session: Session, me: UUID) -> None:
    nothing(session, me)
    task = add_tasks(session, add_project(session), 1)[0]
    hand_out(session, me, NOW + 20 * MINUTE)
    task.claims = task.overlap
    session.execute(select(StandDown))
    from labeler.assignment.service import skip

    held = hand_out(session, me, NOW + 20 * MINUTE)
    assert isinstance(held, Handed)
    task.claims = 1
    skip(session, me, held.assignment_id, NOW + 30 * MINUTE)
    nothing(session, me, NOW + 31 * MINUTE)
    first, second = rows(session)
    assert second.until_at - second.from_at == 2 * HOUR - (first.ended_at - first.from_at)  # type: ignore[operator]


def test_none_begins_where_a_break_or_her_choice_is_the_reason(session: Session) -> None:
    add_tasks(session, add_project(session, categories={"W06": 3}), 1, profile={"W06": 3})
    assert nothing(session, add_labeler(session).id).reason is Reason.YOUR_CHOICES
    assert rows(session) == []
