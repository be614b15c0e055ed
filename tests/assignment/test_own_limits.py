"""*My limits*: the numbers are those the gate goes by, over all accounts of one person, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.joining import set_payroll_id
from labeler.assignment.own_limits import Sort, Used, own_limits
from labeler.assignment.service import Handed, Nothing, hand_out, reveal, skip, take_break
from labeler.assignment.trying import tried
from labeler.wellbeing.ledger import ledger
from labeler.wellbeing.models import ExposurePool, StandDown, Stretch
from labeler.wellbeing.policies import asked, set_number
from labeler.wellbeing.service import give_consent
from tasks.content import Category, Severity
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def me(session: Session) -> UUID:
    return add_labeler(session, time_zone="Africa/Nairobi").id


def used(session: Session, labeler: UUID, minutes: int) -> dict[Sort, Used]:
    return {each.sort: each for each in own_limits(session, labeler, NOW + minutes * MINUTE).used}


def busy(session: Session, labeler: UUID, minutes: int, start: int = 0) -> None:
    for minute in range(start, start + minutes + 1, 5):
        handed = hand_out(session, labeler, NOW + minute * MINUTE)
        assert isinstance(handed, Handed), handed
        skip(session, labeler, handed.assignment_id, NOW + minute * MINUTE)


def test_before_the_first_task_nothing_is_used(session: Session, me: UUID) -> None:
    mine = own_limits(session, me, NOW)
    assert {each.used for each in mine.used} == {0}
    assert {each.at for each in mine.used} == {None}
    assert Sort.SHARE not in {each.sort for each in mine.used}


def test_work_counts_into_break_day_and_week_and_says_by_when(session: Session, me: UUID) -> None:
    add_tasks(session, add_project(session), 30)
    busy(session, me, 30)
    mine = used(session, me, 32)
    assert mine[Sort.BREAK].at == NOW + 60 * MINUTE
    assert mine[Sort.BREAK].used == 32 * 60
    for sort in (Sort.DAY_HOURS, Sort.WEEK_HOURS, Sort.LONGER_REST):
        assert mine[sort].used == 30 * 60
    assert mine[Sort.DAY_HOURS].left == 480 * 60 - 30 * 60
    assert mine[Sort.DAILY_REST].at == NOW + 13 * HOUR
    assert mine[Sort.WEEKLY_REST].at == NOW + 133 * HOUR


def test_looking_at_the_page_is_no_work(session: Session, me: UUID) -> None:
    add_tasks(session, add_project(session), 30)
    busy(session, me, 10)
    assert used(session, me, 300)[Sort.DAY_HOURS].used == 10 * 60
    assert used(session, me, 300)[Sort.BREAK].used == 0


def test_a_full_day_says_when_there_is_room_again(session: Session, me: UUID) -> None:
    add_tasks(session, add_project(session), 30)
    for n in range(8):
        start = NOW - (20 - n * 2) * HOUR
        session.add(Stretch(person_id=me, labeler_id=me, from_at=start, until_at=start + HOUR))
    session.flush()
    assert isinstance(hand_out(session, me, NOW), Nothing)
    full = used(session, me, 0)[Sort.DAY_HOURS]
    assert (full.used, full.left, full.percent) == (8 * 3_600, 0, 100.0)
    assert full.at == NOW + 4 * HOUR  # when the oldest hour begins to leave the window


def test_hard_content_is_counted_by_strength(session: Session, me: UUID) -> None:
    project = add_project(session, categories={"W01": 3, "W06": 2})
    give_consent(session, me, Category.W01, 3, NOW)
    add_tasks(session, project, 1, profile={"W01": 3})
    handed = hand_out(session, me, NOW)
    assert isinstance(handed, Handed)
    assert reveal(session, me, handed.assignment_id, NOW) is None
    skip(session, me, handed.assignment_id, NOW + 5 * MINUTE)
    mine = used(session, me, 6)
    for sort in (Sort.SEVERE_DAY, Sort.SEVERE_WEEK, Sort.HARD_DAY, Sort.RUN, Sort.SEVERE_BREAK):
        assert mine[sort].used == 300, sort
    assert mine[Sort.RUN_TASKS].used == 1
    assert mine[Sort.RUN].at == NOW + 20 * MINUTE
    (yes,) = own_limits(session, me, NOW + 6 * MINUTE).consents
    assert yes[:2] == (Category.W01, Severity.EGREGIOUS)
    shown = ledger(session, me, NOW + 6 * MINUTE).exposure
    assert [(each.category, int(each.severity), each.seconds) for each in shown] == [(Category.W01, 3, 300)]


def test_the_share_is_told_only_when_it_is_of_enough_people(session: Session, me: UUID) -> None:
    session.add(ExposurePool(median_seconds=3_600, people=4, at=NOW))
    session.flush()
    assert Sort.SHARE not in used(session, me, 0)
    session.get_one(ExposurePool, 1).people = 5
    session.flush()
    assert used(session, me, 0)[Sort.SHARE].most == 7_200


def test_paid_waiting_of_today(session: Session, me: UUID) -> None:
    row = StandDown(
        person_id=me, labeler_id=me, rule="EXP-1", from_at=NOW, until_at=NOW + HOUR, ended_at=NOW + 30 * MINUTE
    )
    session.add(row)
    session.flush()
    assert used(session, me, 40)[Sort.WAITING].left == 90 * 60


def test_two_accounts_of_one_person_see_the_sums(session: Session, me: UUID) -> None:
    add_tasks(session, add_project(session), 60)
    other = add_labeler(session, now=NOW + HOUR).id
    stranger = add_labeler(session).id
    busy(session, me, 20)
    for account in (me, other):
        set_payroll_id(session, None, account, "17", "a secret of thirty-two characters", NOW + 20 * MINUTE)
    session.expire_all()
    busy(session, other, 10, start=25)
    for account in (me, other):
        assert used(session, account, 36)[Sort.DAY_HOURS].used == 35 * 60
        assert len(ledger(session, account, NOW + 36 * MINUTE).stretches) == 1
    assert used(session, stranger, 36)[Sort.DAY_HOURS].used == 0
    assert not ledger(session, stranger, NOW + 36 * MINUTE).stretches


def test_the_numbers_are_those_in_force(session: Session, me: UUID) -> None:
    admin, project = add_user(session, Role.ADMIN).id, add_project(session, name="Careful")
    add_tasks(session, project, 1)
    set_number(session, admin, "severe_day", 30, NOW, NOW)
    set_number(session, admin, "day_hours", 240, NOW, NOW, project_id=project.id)
    set_number(session, admin, "break_ask", 30, NOW, NOW)
    set_number(session, admin, "break_stop", 40, NOW, NOW)
    mine = own_limits(session, me, NOW)
    assert used(session, me, 0)[Sort.SEVERE_DAY].most == 1_800
    busy(session, me, 0)
    assert used(session, me, 5)[Sort.BREAK].at == NOW + 40 * MINUTE
    assert mine.tighter == [("Careful", [("day_hours", 240)])]


def test_the_history_has_stretches_and_breaks(session: Session, me: UUID) -> None:
    add_tasks(session, add_project(session), 60)
    busy(session, me, 20)
    take_break(session, me, NOW + 21 * MINUTE)
    mine = ledger(session, me, NOW + 25 * MINUTE)
    assert [(each.from_at, each.until_at) for each in mine.stretches] == [(NOW, NOW + 21 * MINUTE)]
    assert [(each.rule, each.ended_at) for each in mine.breaks] == [(None, None)]


def test_a_number_is_tried_on_what_really_happened(session: Session) -> None:
    project, other = add_project(session), add_project(session)
    add_tasks(session, project, 60)
    people = [add_labeler(session).id for _ in range(3)]
    for who in people[:2]:
        busy(session, who, 40)
    now = NOW + HOUR
    found = tried(session, asked(session, "break_stop", 50, now, now), now)
    assert (found.stopped_before, found.stopped_after, found.people) == (0, 0, 2)
    set_number(session, add_user(session, Role.ADMIN).id, "break_ask", 30, now, now)
    tight = asked(session, "break_stop", 30, now, now)
    assert tried(session, tight, now).stopped_after == 2
    here = asked(session, "break_stop", 30, now, now, project_id=project.id)
    assert tried(session, here, now).stopped_after == 2
    elsewhere = asked(session, "break_stop", 30, now, now, project_id=other.id)
    assert tried(session, elsewhere, now).people == 0
