"""Two accounts of one person share her break, her hours and her limits (BRK-10), on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.exposure import seen
from labeler.assignment.joining import set_payroll_id
from labeler.assignment.service import Handed, Nothing, hand_out, reveal, skip, take_break
from labeler.audit.models import AuditEntry
from labeler.audit.service import canonical
from labeler.db import repeated, transaction
from labeler.errors import Invalid, Missing
from labeler.ids import new_id
from labeler.wellbeing.clock import peek, stretches
from labeler.wellbeing.hours import flat
from labeler.wellbeing.models import Break, Exposure, ExposurePath, Stretch, WorkClock
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import give_consent
from labeler.workforce.joining import accounts_of
from labeler.workforce.models import Labeler
from tasks.content import Category
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_vendor
from tests.support.database import Database

SECRET = "a secret of thirty-two characters"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def two(session: Session) -> tuple[UUID, UUID]:
    """Two accounts at two vendors; nobody knows yet that they are one person's."""
    first = add_labeler(session, add_vendor(session, "First"), now=NOW - HOUR).id
    return first, add_labeler(session, add_vendor(session, "Second"), now=NOW).id


def pay(session: Session, account: UUID, payroll_id: str, now: datetime = NOW) -> None:
    set_payroll_id(session, None, account, payroll_id, SECRET, now)
    session.expire_all()


def person(session: Session, account: UUID) -> UUID:
    return session.get_one(Labeler, account).person_id


def test_accounts_with_one_payroll_id_are_one_person(session: Session, two: tuple[UUID, UUID]) -> None:
    other = add_labeler(session).id
    pay(session, two[1], " ab-17 ")
    assert person(session, two[1]) == two[1]
    pay(session, two[0], "AB-17")
    pay(session, other, "AB-18")
    assert {person(session, account) for account in two} == {two[0]}  # the older account
    assert person(session, other) == other
    assert accounts_of(session, two[1]) == (True, 1)


def test_the_id_is_kept_nowhere(session: Session, two: tuple[UUID, UUID]) -> None:
    pay(session, two[0], "SECRET-17")
    kept = session.get_one(Labeler, two[0]).payroll_hash
    assert kept is not None
    assert len(kept) == 32
    assert b"SECRET-17" not in kept
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "labeler.payroll")).one()
    assert (entry.subject_id, entry.fields) == (two[0], canonical({"person": two[0]}))


def test_another_secret_makes_another_hash(session: Session, two: tuple[UUID, UUID]) -> None:
    pay(session, two[0], "17")
    set_payroll_id(session, None, two[1], "17", "another secret of thirty-two letters", NOW)
    assert person(session, two[1]) == two[1]


@pytest.mark.parametrize("wrong", ["x" * 65, "a\0b", "a\nb"])
def test_an_id_that_cannot_be_one_is_refused(session: Session, two: tuple[UUID, UUID], wrong: str) -> None:
    with pytest.raises(Invalid):
        pay(session, two[0], wrong)
    with pytest.raises(Missing):
        pay(session, new_id(), "17")


def test_the_break_of_one_account_is_the_break_of_the_other(session: Session, two: tuple[UUID, UUID]) -> None:
    add_tasks(session, add_project(session), 9)
    hand_out(session, two[0], NOW)
    take_break(session, two[0], NOW + MINUTE)
    pay(session, two[0], "17")
    pay(session, two[1], "17", NOW + 2 * MINUTE)
    stopped = hand_out(session, two[1], NOW + 3 * MINUTE)
    assert isinstance(stopped, Handed | Nothing)
    assert session.scalars(select(Break.person_id)).all() == [two[0]]


def work(session: Session, account: UUID, start: datetime, minutes: int) -> datetime:
    """Get and skip a task every five minutes; returns the last moment."""
    for minute in range(0, minutes + 1, 5):
        handed = hand_out(session, account, start + minute * MINUTE)
        assert isinstance(handed, Handed), handed
        skip(session, account, handed.assignment_id, start + minute * MINUTE)
    return start + minutes * MINUTE


def test_work_at_both_accounts_leads_to_one_break(session: Session, two: tuple[UUID, UUID]) -> None:
    add_tasks(session, add_project(session), 60)
    middle = work(session, two[0], NOW, 30)
    pay(session, two[0], "17", middle)
    pay(session, two[1], "17", middle)
    end = work(session, two[1], middle + MINUTE, 25)
    for account in two:
        stopped = hand_out(session, account, end + 5 * MINUTE)
        assert isinstance(stopped, Nothing)
        assert (stopped.reason, stopped.rule) == (Reason.BREAK, "BRK-1")


def test_joined_in_the_middle_of_work_the_earlier_start_counts(session: Session, two: tuple[UUID, UUID]) -> None:
    add_tasks(session, add_project(session), 60)
    work(session, two[1], NOW + 20 * MINUTE, 25)
    end = work(session, two[0], NOW, 45)
    pay(session, two[0], "17", end)
    pay(session, two[1], "17", end)
    locked = peek(session, two[1])
    assert locked is not None
    assert locked.clock.stretch_from == NOW
    assert locked.person.joined
    assert session.scalars(select(WorkClock.person_id)).all() == [two[0]]


def test_hours_of_both_are_counted_once_each(session: Session, two: tuple[UUID, UUID]) -> None:
    for account, start in ((two[0], 0), (two[1], 30)):
        session.add(
            Stretch(
                person_id=account,
                labeler_id=account,
                from_at=NOW + start * MINUTE,
                until_at=NOW + (start + 60) * MINUTE,
            )
        )
    session.flush()
    pay(session, two[0], "17")
    pay(session, two[1], "17")
    (span,) = flat(stretches(session, two[0], NOW - HOUR))
    assert (span.from_at, span.until_at) == (NOW, NOW + 90 * MINUTE)


def test_caps_are_of_the_person(session: Session, two: tuple[UUID, UUID]) -> None:
    project = add_project(session, categories={"W01": 3}, seconds_estimate=1_800)
    add_tasks(session, project, 9, profile={"W01": 3})
    for account in two:
        give_consent(session, account, Category.W01, 3, NOW)
    first = hand_out(session, two[0], NOW)
    assert isinstance(first, Handed)
    assert reveal(session, two[0], first.assignment_id, NOW) is None
    skip(session, two[0], first.assignment_id, NOW + 14 * MINUTE)
    pay(session, two[0], "17", NOW + 15 * MINUTE)
    pay(session, two[1], "17", NOW + 15 * MINUTE)
    for account in two:
        locked = peek(session, account)
        assert locked is not None
        assert seen(session, locked.person, NOW + 16 * MINUTE).severe_day == 14 * 60
    stopped = hand_out(session, two[1], NOW + 16 * MINUTE, wait=True)
    assert isinstance(stopped, Nothing)
    assert stopped.rule == "EXP-5"


def test_a_wrong_joining_can_be_undone(session: Session, two: tuple[UUID, UUID]) -> None:
    add_tasks(session, add_project(session), 60)
    end = work(session, two[0], NOW, 20)
    pay(session, two[0], "17", end)
    pay(session, two[1], "17", end)
    end = work(session, two[1], end + 15 * MINUTE, 20)
    pay(session, two[1], "18", end)
    assert [person(session, account) for account in two] == list(two)
    assert accounts_of(session, two[0]) == (True, 0)
    assert set(session.scalars(select(Stretch.person_id).where(Stretch.labeler_id == two[0]))) == {two[0]}
    for account in two:  # what still ran goes on for both: nobody gains time by it
        locked = peek(session, account)
        assert locked is not None
        assert locked.clock.stretch_from == NOW + 35 * MINUTE


def test_when_the_oldest_account_leaves_the_others_stay_together(session: Session, two: tuple[UUID, UUID]) -> None:
    third = add_labeler(session, now=NOW + HOUR).id
    for account in (*two, third):
        session.add(Stretch(person_id=account, labeler_id=account, from_at=NOW - HOUR, until_at=NOW))
        session.flush()
        pay(session, account, "17")
    assert {person(session, account) for account in (*two, third)} == {two[0]}
    pay(session, two[0], "")
    assert [person(session, account) for account in (*two, third)] == [two[0], two[1], two[1]]
    assert session.scalars(select(Stretch.person_id).order_by(Stretch.labeler_id)).all() == [
        person(session, account) for account in session.scalars(select(Stretch.labeler_id).order_by(Stretch.labeler_id))
    ]


def test_of_two_open_breaks_the_longer_stays(session: Session, two: tuple[UUID, UUID]) -> None:
    for account, until in ((two[0], None), (two[1], NOW + 10 * MINUTE)):
        session.add(
            Break(
                person_id=account, labeler_id=account, started_at=NOW, paid_until=NOW + HOUR, until=until,
                rule="BRK-1" if until else None,
            )
        )  # fmt: skip
    session.flush()
    pay(session, two[0], "17", NOW + MINUTE)
    pay(session, two[1], "17", NOW + MINUTE)
    rows = session.scalars(select(Break).order_by(Break.until)).all()
    assert {row.person_id for row in rows} == {two[0]}
    assert [row.until for row in rows if row.ended_at is None] == [NOW + 10 * MINUTE]


def test_texts_seen_elsewhere_go_along_with_the_account(session: Session, two: tuple[UUID, UUID]) -> None:
    session.add(
        Exposure(
            person_id=two[1], path=ExposurePath.REVIEW, profile="W01:3", severity=3, from_at=NOW, seconds=60,
            ended_at=NOW,
        )
    )  # fmt: skip
    session.flush()
    pay(session, two[0], "17")
    pay(session, two[1], "17")
    assert session.scalars(select(Exposure.person_id)).all() == [two[0]]


def at_once(*works: Callable[[], object]) -> None:
    """Do these in threads of their own, and raise what any of them raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(each) for each in works]:
            done.result()


def test_two_who_name_one_id_at_once_find_each_other(database: Database) -> None:
    for n in range(5):
        with transaction() as session:
            accounts = [add_labeler(session).id for _ in range(3)]
        at_once(*(naming(account, f"PAY-{n}") for account in accounts))
        with transaction() as session:
            assert len(set(session.scalars(select(Labeler.person_id).where(Labeler.id.in_(accounts))))) == 1


def naming(account: UUID, payroll_id: str) -> Callable[[], object]:
    return lambda: repeated(lambda session: set_payroll_id(session, None, account, payroll_id, SECRET, NOW))


def test_work_goes_on_while_accounts_are_joined(database: Database) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 200)
        accounts = [add_labeler(session).id for _ in range(2)]

    def working(account: UUID) -> Callable[[], object]:
        def loop() -> None:
            for minute in range(15):
                now = NOW + minute * MINUTE
                handed = repeated(lambda session: hand_out(session, account, now))  # noqa: B023 -- done at once
                if isinstance(handed, Handed):
                    repeated(lambda session: skip(session, account, handed.assignment_id, now))  # noqa: B023 -- as above

        return loop

    at_once(*(working(account) for account in accounts), *(naming(account, "17") for account in accounts))
    with transaction() as session:
        (only,) = set(session.scalars(select(Labeler.person_id).where(Labeler.id.in_(accounts))))
        used = select(WorkClock.person_id).where(WorkClock.active_at.is_not(None))
        assert session.scalars(used).all() == [only]  # one begun for nobody in between may stand there, unused
        assert set(session.scalars(select(Stretch.person_id))) <= {only}
