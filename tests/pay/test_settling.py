"""What happened becomes lines, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.assignment.resuming import resume
from labeler.assignment.service import Handed, expire, hand_out, reveal, skip, take_break
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.judgments.service import submit
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.events import with_something_due
from labeler.pay.models import PayLine, PayMark, Settlement, TimeLine
from labeler.pay.settling import add_marks, settle
from labeler.pay.terms import set_rate
from labeler.wellbeing.models import Exposure, ExposurePath, StandDown, Stretch, Training
from labeler.wellbeing.service import end_break, give_consent
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project, add_rate, add_tasks, add_vendor
from tests.support.database import Database

MINUTE = timedelta(minutes=1)
A_BETTER = {"choice": ["a4"]}
LATER = NOW + timedelta(hours=6)

OVERLAPS = text(
    """
    SELECT one.id FROM time_line one JOIN time_line other
    ON one.labeler_id = other.labeler_id AND one.id <> other.id
    AND one.from_at < other.until_at AND other.from_at < one.until_at
    """
)
"""PAY: each second is paid once. No row, ever."""


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session, overlap=3), 30)
    return add_labeler(session)


def held(session: Session, labeler: Labeler, now: datetime) -> Any:
    result = hand_out(session, labeler.id, now)
    assert isinstance(result, Handed)
    return result.assignment_id


def answered(session: Session, labeler: Labeler, start: datetime, minutes: float) -> Any:
    key = held(session, labeler, start)
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", start + minutes * MINUTE)
    return key


def lines(session: Session, labeler: Labeler) -> list[tuple[str, float, int]]:
    rows = session.scalars(select(TimeLine).where(TimeLine.labeler_id == labeler.id).order_by(TimeLine.from_at))
    return [(row.kind.value, (row.from_at - NOW) / MINUTE, row.seconds) for row in rows]


def all_of(session: Session, labeler: Labeler, now: datetime = LATER) -> None:
    while settle(session, labeler.id, now, now).more:
        pass
    assert session.execute(OVERLAPS).all() == []


def test_an_answered_and_a_skipped_task_are_paid_for_their_time(session: Session, labeler: Labeler) -> None:
    answered(session, labeler, NOW, 5)
    skip(session, labeler.id, held(session, labeler, NOW + 5 * MINUTE), NOW + 7 * MINUTE)
    all_of(session, labeler)
    assert lines(session, labeler) == [("task", 0, 300), ("task", 5, 120)]
    assert session.scalar(select(func.count()).select_from(Settlement)) == 2


def test_settling_again_writes_nothing(session: Session, labeler: Labeler) -> None:
    answered(session, labeler, NOW, 5)
    all_of(session, labeler)
    before = lines(session, labeler)
    assert settle(session, labeler.id, LATER, LATER).lines == 0
    assert lines(session, labeler) == before
    entries = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "pay.settle")).all()
    assert entries == ['{"lines":1,"seconds":300}']


def test_what_has_no_rate_waits_for_one(session: Session) -> None:
    add_tasks(session, add_project(session), 3)
    vendor = add_vendor(session, "Unpaid", per_hour=None)
    labeler = add_labeler(session, vendor)
    answered(session, labeler, NOW, 5)
    all_of(session, labeler)
    assert lines(session, labeler) == []
    set_rate(session, None, vendor.id, 1000, "XTS", NOW - MINUTE, LATER)
    all_of(session, labeler)
    assert lines(session, labeler) == [("task", 0, 300)]


def test_a_break_within_a_task_is_a_break_and_both_are_paid(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW)
    take_break(session, labeler.id, NOW + 5 * MINUTE)
    end_break(session, labeler.id, NOW + 17 * MINUTE)
    all_of(session, labeler, NOW + 18 * MINUTE)
    assert lines(session, labeler) == [("break", 5, 720)]
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 20 * MINUTE)
    all_of(session, labeler)
    assert lines(session, labeler) == [("task", 0, 300), ("break", 5, 720), ("task", 17, 180)]


def test_a_break_that_is_never_ended_is_paid_as_long_as_it_was_promised(session: Session, labeler: Labeler) -> None:
    take_break(session, labeler.id, NOW)
    all_of(session, labeler, NOW + 10 * MINUTE)
    assert lines(session, labeler) == []
    all_of(session, labeler)
    assert lines(session, labeler) == [("break", 0, 1800)]
    end_break(session, labeler.id, LATER)
    all_of(session, labeler, LATER + MINUTE)
    assert lines(session, labeler) == [("break", 0, 1800)]


def test_waiting_stand_down_and_training_are_paid(session: Session, labeler: Labeler) -> None:
    me = labeler.id
    answered(session, labeler, NOW + 2 * MINUTE, 5)
    session.add(Stretch(person_id=me, labeler_id=me, from_at=NOW, until_at=NOW + 20 * MINUTE))
    session.add(
        StandDown(person_id=me, labeler_id=me, rule="EXP-1", from_at=NOW + 30 * MINUTE, until_at=NOW + 60 * MINUTE)
    )
    session.add(Training(labeler_id=me, version=1, started_at=NOW + 60 * MINUTE, finished_at=NOW + 75 * MINUTE))
    session.flush()
    all_of(session, labeler)
    assert lines(session, labeler) == [
        ("waiting", 0, 120), ("task", 2, 300), ("waiting", 7, 780), ("stand-down", 30, 1800), ("training", 60, 900),
    ]  # fmt: skip


def test_a_stretch_in_which_a_task_is_still_open_waits_for_it(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW + 5 * MINUTE)
    session.add(Stretch(person_id=labeler.id, labeler_id=labeler.id, from_at=NOW, until_at=NOW + 20 * MINUTE))
    session.flush()
    all_of(session, labeler, NOW + 21 * MINUTE)
    assert lines(session, labeler) == []
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 10 * MINUTE)
    all_of(session, labeler)
    assert lines(session, labeler) == [("waiting", 0, 300), ("task", 5, 300), ("waiting", 10, 600)]


def test_the_time_before_a_sensitive_text_is_shown_is_the_warnings(session: Session) -> None:
    add_tasks(session, add_project(session, categories={"W01": 2}), 3, profile={"W01": 2})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W01", 2, NOW)
    key = held(session, labeler, NOW)
    reveal(session, labeler.id, key, NOW + 2 * MINUTE)
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 6 * MINUTE)
    skip(session, labeler.id, held(session, labeler, NOW + 6 * MINUTE), NOW + 8 * MINUTE)
    all_of(session, labeler)
    assert lines(session, labeler) == [("warning", 0, 120), ("task", 2, 240), ("warning", 6, 120)]


def test_the_allowance_is_of_seconds_with_a_severe_text_however_the_task_ended(session: Session) -> None:
    add_tasks(session, add_project(session, categories={"W01": 3}), 3, profile={"W01": 3})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W01", 3, NOW)
    for n in range(2):
        start = NOW + n * 10 * MINUTE
        key = held(session, labeler, start)
        reveal(session, labeler.id, key, start)
        seen = session.scalars(select(Exposure).where(Exposure.assignment_id == key)).one_or_none()
        if seen is None:
            seen = Exposure(
                person_id=labeler.id, path=ExposurePath.DESK, profile="W01:3", severity=3, from_at=start,
                assignment_id=key,
            )  # fmt: skip
            session.add(seen)
        if n:
            skip(session, labeler.id, key, start + 5 * MINUTE)
        else:
            submit(session, labeler.id, key, A_BETTER, f"key-{key}", start + 5 * MINUTE)
        seen.seconds = 300
        session.flush()
    all_of(session, labeler)
    all_of(session, labeler)
    paid = session.execute(select(PayLine.kind, PayLine.amount, PayLine.by)).all()
    assert [tuple(row) for row in paid] == [(PayKind.ALLOWANCE, 38, None)] * 2  # 300 s at a quarter of 18.00 an hour


def test_the_allowance_of_a_text_left_open_is_paid_to_the_leases_end_and_what_comes_after(session: Session) -> None:
    add_tasks(session, add_project(session, categories={"W01": 3}), 3, profile={"W01": 3})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W01", 3, NOW)
    key = held(session, labeler, NOW)
    reveal(session, labeler.id, key, NOW)
    expire(session, NOW + 31 * MINUTE)
    all_of(session, labeler, NOW + 40 * MINUTE)
    amounts = select(PayLine.amount).where(PayLine.kind == PayKind.ALLOWANCE).order_by(PayLine.id)
    assert session.scalars(amounts).all() == [225]  # 30 minutes at a quarter of 18.00 an hour
    assert isinstance(resume(session, labeler.id, key, NOW + 120 * MINUTE), Handed)
    assert reveal(session, labeler.id, key, NOW + 120 * MINUTE) is None
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 124 * MINUTE)
    all_of(session, labeler)
    assert session.scalars(amounts).all() == [225, 30]


def test_a_lapsed_task_is_paid_to_its_leases_end_and_again_from_the_return(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW)
    expire(session, NOW + 31 * MINUTE)
    all_of(session, labeler, NOW + 40 * MINUTE)
    assert lines(session, labeler) == [("task", 0, 1800)]
    assert isinstance(resume(session, labeler.id, key, NOW + 120 * MINUTE), Handed)
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 125 * MINUTE)
    all_of(session, labeler)
    first, second = session.scalars(select(TimeLine).order_by(TimeLine.from_at)).all()
    assert (first.seconds, second.seconds, second.corrects_id) == (1800, 300, first.id)


def test_a_late_answer_is_paid(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW)
    expire(session, NOW + 31 * MINUTE)
    all_of(session, labeler, NOW + 40 * MINUTE)
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 90 * MINUTE)
    all_of(session, labeler)
    assert lines(session, labeler) == [("task", 0, 1800), ("task", 89, 60)]


def test_her_own_rate_goes_before_her_vendors_from_its_day_on(session: Session, labeler: Labeler) -> None:
    vendor = add_vendor(session, "Lake Vendor")
    add_rate(session, vendor, 2400, NOW + 10 * MINUTE, labeler)
    add_rate(session, vendor, 9900, NOW + 12 * MINUTE)
    key = held(session, labeler, NOW)
    submit(session, labeler.id, key, A_BETTER, f"key-{key}", NOW + 15 * MINUTE)
    all_of(session, labeler)
    rows = session.execute(select(TimeLine.seconds, TimeLine.per_hour).order_by(TimeLine.from_at)).all()
    assert [tuple(row) for row in rows] == [(600, 1800), (300, 2400)]


def test_the_mark_moves_on_and_only_who_has_something_due_is_looked_at(session: Session, labeler: Labeler) -> None:
    other = add_labeler(session)
    add_marks(session)
    add_marks(session)
    answered(session, labeler, NOW, 5)
    assert with_something_due(session, LATER) == [labeler.id]
    assert with_something_due(session, NOW) == []
    all_of(session, labeler)
    assert with_something_due(session, LATER) == []
    assert session.get_one(PayMark, labeler.id).from_at == LATER - 10 * MINUTE
    held(session, other, NOW)
    all_of(session, other)
    assert session.get_one(PayMark, other.id).from_at < NOW


def _day(session: Session, labeler: Labeler, dice: random.Random, declines: bool) -> Sequence[tuple[Any, ...]]:
    """A made-up day: tasks, pauses and short breaks; some of the tasks are declined, if any are."""
    now = NOW
    for _ in range(dice.randrange(1, 7)):
        length, pause, declined = dice.randrange(1, 700), dice.randrange(0, 120), dice.random() < 0.5
        key = held(session, labeler, now)
        now += timedelta(seconds=length)
        if declines and declined:
            skip(session, labeler.id, key, now)
        else:
            submit(session, labeler.id, key, A_BETTER, f"key-{key}", now)
        now += timedelta(seconds=pause)
    all_of(session, labeler, now + 10 * MINUTE)
    found = select(TimeLine.kind, TimeLine.from_at, TimeLine.until_at, TimeLine.per_hour)
    rows = session.execute(found.where(TimeLine.labeler_id == labeler.id).order_by(TimeLine.from_at))
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("seed", range(12))
def test_the_same_history_with_and_without_declines_has_the_same_pay_per_second(session: Session, seed: int) -> None:
    """House rule 13, OPT-3, OPT-4."""
    add_tasks(session, add_project(session, overlap=9), 40)
    one, other = add_labeler(session), add_labeler(session)
    with_declines = _day(session, one, random.Random(seed), declines=True)
    assert with_declines == _day(session, other, random.Random(seed), declines=False)


def test_two_who_settle_at_once_write_each_second_once(database: Database) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=9), 30)
        labeler = add_labeler(session)
        for n in range(12):
            answered(session, labeler, NOW + n * 3 * MINUTE, 2.5)
        add_marks(session)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with transaction() as session:
                settle(session, labeler.id, LATER, LATER)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with reading() as session:
        assert session.execute(OVERLAPS).all() == []
        assert session.scalar(select(func.sum(TimeLine.seconds))) == 12 * 150
        assert session.scalar(select(func.count()).select_from(Settlement)) == 12
        assert session.scalar(select(func.count()).select_from(Assignment)) == 12
        assert set(session.scalars(select(TimeLine.kind))) == {TimeClass.TASK}
