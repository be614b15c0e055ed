"""Weeks become statements, and are paid; on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.pay.classes import FloorKind, Measure, PayKind, TimeClass
from labeler.pay.closing import close, decide_own, floor_of, mark_paid, to_close
from labeler.pay.models import OwnTime, PayLine, PayPeriod, TimeLine
from labeler.pay.queries import statements, week_totals
from labeler.pay.rules import WEEK
from labeler.pay.service import add_money, add_time, answer_contest, contest, say_own_time
from labeler.pay.settling import add_marks
from labeler.pay.terms import add_benchmark, set_place, set_rate
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_user, add_vendor

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=NOW.tzinfo)
OVER = MONDAY + WEEK + 25 * HOUR


@pytest.fixture
def labeler(session: Session) -> Labeler:
    """Somebody who worked ten hours of a week at 18.00 an hour."""
    labeler = add_labeler(session)
    add_time(session, None, labeler.id, TimeClass.REWORK, NOW, NOW + 10 * HOUR, NOW + 10 * HOUR)
    return labeler


def floor(
    session: Session, labeler: Labeler, per_hour: int, currency: str = "XTS", dated: date = date(2026, 1, 1)
) -> None:
    made = add_benchmark(
        session, None, "Exampleland", FloorKind.LIVING, "one adult", Measure.GROSS, 40, per_hour, currency, dated,
        "made up", "none", NOW,
    )  # fmt: skip
    set_place(session, None, labeler.vendor_id, made.id, MONDAY - WEEK, NOW)


def statement(session: Session, labeler: Labeler, now: datetime = OVER) -> PayPeriod:
    assert close(session, labeler.id, now) == 1
    return session.scalars(select(PayPeriod).where(PayPeriod.labeler_id == labeler.id)).one()


def test_a_week_that_is_over_gets_one_statement(session: Session, labeler: Labeler) -> None:
    assert close(session, labeler.id, MONDAY + WEEK + HOUR) == 0, "a day is left for what ends late"
    assert labeler.id in to_close(session, OVER)
    made = statement(session, labeler)
    assert (made.seconds, made.base, made.total, made.top_up, made.floor) == (36_000, 18_000, 18_000, 0, None)
    assert (made.until_at, made.due_at) == (MONDAY + WEEK, MONDAY + 2 * WEEK)
    assert close(session, labeler.id, OVER) == 0 and labeler.id not in to_close(session, OVER)
    fields = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "pay.close")).one()
    told = orjson.loads(fields)
    assert (told["labeler"], told["seconds"], told["base"], told["total"]) == (str(labeler.id), 36_000, 18_000, 18_000)
    assert (told["currency"], told["floor"], told["fee"]) == ("XTS", None, 0)
    assert datetime.fromisoformat(told["until_at"]) == MONDAY + WEEK
    assert datetime.fromisoformat(told["due_at"]) == MONDAY + 2 * WEEK


def test_below_the_floor_a_top_up_is_written_by_itself(session: Session, labeler: Labeler) -> None:
    floor(session, labeler, 2000)
    made = statement(session, labeler)
    assert (made.top_up, made.total, made.floor) == (2_000, 20_000, 2000)
    line = session.scalars(select(PayLine)).one()
    assert (line.kind, line.amount, line.by) == (PayKind.TOP_UP, 2_000, None)


def test_a_fee_and_a_cost_are_made_up_for_where_they_go_below_the_floor(session: Session, labeler: Labeler) -> None:
    floor(session, labeler, 1800)
    admin = add_user(session, Role.ADMIN).id
    add_money(session, admin, labeler.id, PayKind.FEE, 300, "bank fee", NOW + 11 * HOUR)
    add_money(session, admin, labeler.id, PayKind.COST, 500, "headset", NOW + 11 * HOUR)
    made = statement(session, labeler)
    assert (made.fee, made.cost, made.top_up, made.total) == (300, 500, 800, 18_500)


def test_a_floor_in_another_currency_is_no_floor(session: Session, labeler: Labeler) -> None:
    floor(session, labeler, 2000, "XXX")
    assert statement(session, labeler).floor is None


def test_the_newest_benchmark_of_its_sort_is_the_floor(session: Session, labeler: Labeler) -> None:
    floor(session, labeler, 2000)
    add_benchmark(
        session, None, "Exampleland", FloorKind.LIVING, "one adult", Measure.GROSS, 40, 2100, "XTS",
        date(2026, 2, 1), "made up", "none", NOW,
    )  # fmt: skip
    found = floor_of(session, labeler.vendor_id, NOW)
    assert found is not None and found.per_hour == 2100
    earlier = floor_of(session, labeler.vendor_id, datetime(2026, 1, 20, tzinfo=NOW.tzinfo))
    assert earlier is None, "the place was named later"
    assert floor_of(session, add_vendor(session).id, NOW) is None


@pytest.mark.parametrize(("minutes", "seconds"), [(600, 0), (550, 0), (700, 6_000), (750, 9_000)])
def test_her_own_count_is_taken_up_to_a_quarter_more(
    session: Session, labeler: Labeler, minutes: int, seconds: int
) -> None:
    say_own_time(session, labeler.id, MONDAY, minutes, NOW + 11 * HOUR)
    made = statement(session, labeler)
    own = session.scalars(select(TimeLine).where(TimeLine.kind == TimeClass.OWN)).all()
    assert [line.seconds for line in own] == ([seconds] if seconds else [])
    assert made.seconds == 36_000 + seconds and made.base == (36_000 + seconds) // 2


def test_more_than_a_quarter_waits_for_a_person(session: Session, labeler: Labeler) -> None:
    say_own_time(session, labeler.id, MONDAY, 900, NOW + 11 * HOUR)
    assert statement(session, labeler).seconds == 36_000
    said = session.scalars(select(OwnTime)).one()
    assert said.held_at == OVER
    admin = add_user(session, Role.ADMIN).id
    decide_own(session, admin, said.id, take=True, now=OVER + HOUR)
    line = session.scalars(select(TimeLine).where(TimeLine.kind == TimeClass.OWN)).one()
    assert (line.seconds, line.period_from) == (18_000, MONDAY + WEEK), "its own week has its statement"
    with pytest.raises(Conflict):
        decide_own(session, admin, said.id, take=False, now=OVER + HOUR)


def test_a_week_with_a_statement_takes_no_more_own_time(session: Session, labeler: Labeler) -> None:
    statement(session, labeler)
    with pytest.raises(Conflict):
        say_own_time(session, labeler.id, MONDAY, 700, OVER)
    with pytest.raises(Invalid):
        say_own_time(session, labeler.id, MONDAY + WEEK, 0, OVER)
    with pytest.raises(Conflict):
        say_own_time(session, labeler.id, MONDAY + 2 * WEEK, 60, OVER)


def test_time_of_a_closed_week_is_paid_in_the_present_one(session: Session, labeler: Labeler) -> None:
    statement(session, labeler)
    add_time(session, None, labeler.id, TimeClass.FAULT, NOW - HOUR, NOW, OVER)
    line = session.scalars(select(TimeLine).where(TimeLine.kind == TimeClass.FAULT)).one()
    assert line.period_from == MONDAY + WEEK
    assert close(session, labeler.id, OVER + WEEK) == 1


def test_time_that_is_paid_already_is_not_paid_again(session: Session, labeler: Labeler) -> None:
    assert add_time(session, None, labeler.id, TimeClass.APPEAL, NOW + 9 * HOUR, NOW + 11 * HOUR, OVER) == 3600
    assert add_time(session, None, labeler.id, TimeClass.APPEAL, NOW, NOW + HOUR, OVER) == 0
    with pytest.raises(Invalid):
        add_time(session, None, labeler.id, TimeClass.TASK, NOW + HOUR, NOW, OVER)


def test_a_statement_is_paid_once_by_an_admin_or_its_own_vendor(session: Session, labeler: Labeler) -> None:
    made = statement(session, labeler)
    day = MONDAY + WEEK + 24 * HOUR
    vendor = add_vendor(session, "Lake Vendor")
    mine = add_user(session, Role.VENDOR_MANAGER, vendor=vendor).id
    strange = add_user(session, Role.VENDOR_MANAGER).id
    with pytest.raises(Missing):
        mark_paid(session, strange, made.id, day, "run 1", OVER)
    with pytest.raises(Invalid) as wrong:
        mark_paid(session, mine, made.id, OVER + HOUR, " ", OVER)
    assert [problem.field for problem in wrong.value.problems] == ["paid_on", "reference"]
    assert mark_paid(session, mine, made.id, day, "run 1", OVER).paid_at == day
    with pytest.raises(Conflict):
        mark_paid(session, mine, made.id, day, "run 2", OVER)


def test_a_vendor_sees_totals_of_five_and_sums_to_pay_but_never_for_what(session: Session) -> None:
    vendor = add_vendor(session)
    people = [add_labeler(session, vendor) for _ in range(5)]
    for n, person in enumerate(people[:4]):
        add_time(session, None, person.id, TimeClass.REWORK, NOW, NOW + (n + 1) * HOUR, NOW + 5 * HOUR)
        close(session, person.id, OVER)
    (week,) = week_totals(session, vendor.id)
    assert (week.people, week.seconds, week.total) == (None, None, None)
    add_time(session, None, people[4].id, TimeClass.REWORK, NOW, NOW + HOUR, NOW + 5 * HOUR)
    close(session, people[4].id, OVER)
    (week,) = week_totals(session, vendor.id)
    assert (week.people, week.seconds, week.total) == (5, 11 * 3600, 11 * 1800)
    due = statements(session, vendor.id)
    assert sorted(each.total for each in due) == [1800, 1800, 3600, 5400, 7200]
    assert {"seconds", "base", "bonus", "allowance"}.isdisjoint(type(due[0]).__dataclass_fields__)
    assert statements(session, add_vendor(session).id) == []


def test_a_total_that_is_mostly_one_persons_is_not_shown(session: Session) -> None:
    vendor = add_vendor(session)
    for n in range(5):
        person = add_labeler(session, vendor)
        add_time(session, None, person.id, TimeClass.REWORK, NOW, NOW + (9 if n == 0 else 1) * HOUR, NOW + 9 * HOUR)
        close(session, person.id, OVER)
    assert week_totals(session, vendor.id)[0].total is None


def test_pay_goes_up_by_a_correction_that_names_its_line_and_never_down(session: Session, labeler: Labeler) -> None:
    admin = add_user(session, Role.ADMIN).id
    line = session.scalars(select(TimeLine)).one()
    now = NOW + 11 * HOUR
    made = add_money(session, admin, labeler.id, PayKind.CORRECTION, 250, "wrong class", now, corrects=line.id)
    assert (made.corrects_time_id, made.by) == (line.id, admin)
    again = add_money(session, admin, labeler.id, PayKind.CORRECTION, 10, "still wrong", now, corrects=made.id)
    assert again.corrects_pay_id == made.id
    for amount in (-100, 0, None):
        with pytest.raises(Invalid):
            add_money(session, admin, labeler.id, PayKind.CORRECTION, amount, "less", now, corrects=line.id)
    with pytest.raises(Invalid) as wrong:
        add_money(session, admin, add_labeler(session).id, PayKind.CORRECTION, 10, "", now, corrects=line.id)
    assert [problem.field for problem in wrong.value.problems] == ["note", "corrects"]
    with pytest.raises(Invalid):
        add_money(session, admin, labeler.id, PayKind.TOP_UP, 10, "by hand", now)


def test_an_objection_is_answered_by_somebody_who_is_not_of_the_vendor(session: Session, labeler: Labeler) -> None:
    line = session.scalars(select(TimeLine)).one()
    raised = contest(session, labeler.id, line.id, "I worked longer.", OVER)
    assert raised.due_at == OVER + timedelta(days=7)
    with pytest.raises(Conflict):
        contest(session, labeler.id, line.id, "Again.", OVER)
    with pytest.raises(Missing):
        contest(session, add_labeler(session).id, line.id, "Not mine.", OVER)
    for text in ("", "x" * 2001):
        with pytest.raises(Invalid):
            contest(session, labeler.id, line.id, text, OVER)
    manager = add_user(session, Role.VENDOR_MANAGER, vendor=add_vendor(session, "Lake Vendor")).id
    with pytest.raises(Forbidden):
        answer_contest(session, manager, raised.id, "No.", OVER)
    admin = add_user(session, Role.ADMIN).id
    with pytest.raises(Invalid):
        answer_contest(session, admin, raised.id, " ", OVER)
    answered = answer_contest(session, admin, raised.id, "You are right.", OVER, amount=500)
    correction = session.get_one(PayLine, answered.correction_id)
    assert (correction.amount, correction.corrects_time_id) == (500, line.id)
    with pytest.raises(Conflict):
        answer_contest(session, admin, raised.id, "Twice.", OVER)
    entries = session.scalars(select(AuditEntry.fields).where(AuditEntry.act.in_(["pay.contest", "pay.answer"]))).all()
    assert sorted(entries) == ['{"corrected":true}', "{}"], "no word of it stands in the record"


# Rates and floors


def test_a_rate_begins_now_or_later_but_for_a_vendors_first(session: Session) -> None:
    vendor = add_vendor(session, per_hour=None)
    labeler = add_labeler(session, vendor)
    start = NOW - 8 * WEEK
    set_rate(session, None, vendor.id, 1000, "XTS", start, NOW)
    with pytest.raises(Invalid) as wrong:
        set_rate(session, None, vendor.id, 0, "EUR", NOW - HOUR, NOW)
    assert [problem.field for problem in wrong.value.problems] == ["per_hour", "currency", "from_at"]
    set_rate(session, None, vendor.id, 900, "XTS", start - WEEK, NOW)  # where there was none at all
    set_rate(session, None, vendor.id, 1100, "XTS", NOW, NOW)
    with pytest.raises(Invalid):
        set_rate(session, None, vendor.id, 1200, "XTS", NOW, NOW)
    with pytest.raises(Invalid):
        set_rate(session, None, vendor.id, 1200, "XTS", start - 2 * WEEK, NOW, labeler_id=labeler.id)
    set_rate(session, None, vendor.id, 1200, "XTS", NOW, NOW, labeler_id=labeler.id)
    with pytest.raises(Missing):
        set_rate(session, None, add_vendor(session).id, 1200, "XTS", NOW, NOW, labeler_id=labeler.id)
    with pytest.raises(Invalid):
        set_rate(session, None, vendor.id, 1200, "eur", NOW, NOW)


def test_everything_wrong_with_a_benchmark_is_said_at_once(session: Session) -> None:
    with pytest.raises(Invalid) as wrong:
        add_benchmark(session, None, "", FloorKind.LIVING, "a\nb", Measure.NET, 0, None, "euro", None, "s", "l", NOW)
    fields = [problem.field for problem in wrong.value.problems]
    assert fields == ["place", "household", "hours_week", "per_hour", "currency", "dated"]


def test_a_floor_is_not_changed_for_the_past(session: Session, labeler: Labeler) -> None:
    floor(session, labeler, 2000)
    made = add_benchmark(
        session, None, "Elsewhere", FloorKind.MINIMUM, "one adult", Measure.GROSS, 40, 1, "XTS", date(2026, 1, 1),
        "made up", "none", NOW,
    )  # fmt: skip
    with pytest.raises(Invalid):
        set_place(session, None, labeler.vendor_id, made.id, NOW - HOUR, NOW)
    with pytest.raises(Invalid):
        add_benchmark(
            session, None, "Elsewhere", FloorKind.MINIMUM, "one adult", Measure.GROSS, 40, 1, "XTS", date(2026, 1, 1),
            "made up", "none", NOW,
        )  # fmt: skip
    set_place(session, None, labeler.vendor_id, made.id, NOW, NOW)
    assert floor_of(session, labeler.vendor_id, NOW + HOUR).per_hour == 1  # type: ignore[union-attr]


def test_marks_are_made_once(session: Session, labeler: Labeler) -> None:
    add_marks(session)
    assert session.scalar(select(func.count()).select_from(PayPeriod)) == 0
