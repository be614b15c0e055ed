"""Time and money in the browser: hers for her alone, sums for those who pay."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.assignment.service import Handed, hand_out
from labeler.db import reading, transaction
from labeler.jobs.pay import settle_due
from labeler.pay.classes import FloorKind, Measure, PayKind, TimeClass
from labeler.pay.closing import close
from labeler.pay.models import OwnTime, PayContest, PayLine, PayPeriod, Rate, TimeLine, WageBenchmark
from labeler.pay.rules import WEEK
from labeler.pay.service import add_money, add_time
from labeler.pay.terms import add_benchmark, set_place
from labeler.web.own_pay import hours_of, safe, week_in, week_name
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor, sign_in
from tests.web.pages import Desktop

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=NOW.tzinfo)
OVER = MONDAY + WEEK + 25 * HOUR


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    """The server's clock, set to Monday evening; a session lives as long as the test needs."""
    with time_machine.travel(NOW + 10 * HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lena(app: Flask, travel: time_machine.Traveller) -> Desktop:
    """A labeler with two hours of rework, half an hour for a fault, and a bonus; at her browser."""
    with transaction() as session:
        me = add_labeler(session, name="Lena").id
        add_time(session, None, me, TimeClass.REWORK, NOW, NOW + 2 * HOUR, NOW + 10 * HOUR)
        add_time(session, None, me, TimeClass.FAULT, NOW + 2 * HOUR, NOW + 2.5 * HOUR, NOW + 10 * HOUR)
        admin = add_user(session, Role.ADMIN).id
        add_money(session, admin, me, PayKind.BONUS, 500, '=HYPERLINK("x")', NOW + 10 * HOUR)
    return at(app, me)


def at(app: Flask, user: object) -> Desktop:
    client = app.test_client()
    sign_in(client, user)  # type: ignore[arg-type]
    return Desktop(client)


def someone(app: Flask, role: Role, **more: object) -> Desktop:
    with transaction() as session:
        user = add_user(session, role, **more)  # type: ignore[arg-type]
    return at(app, user)


def test_she_sees_her_week_by_class_and_what_it_comes_to(lena: Desktop) -> None:
    page = lena.open("/me/time")
    assert page.status == 200 and "Doing work again" in page.words and "Faults of ours" in page.words
    assert "2:30 h" in page.words and "18.00 XTS an hour" in page.words and "50.00 XTS" in page.words
    assert "In all 50.00 XTS" in page.words and "An hour brought 20.00 XTS" in page.words
    assert 'aria-label="Your time by class:' in page.html and "not set for your vendor" in page.words
    assert "Mon 16 Mar" in page.words, "due seven days after the week"


def test_a_task_that_is_open_shows_at_once(app: Flask, travel: time_machine.Traveller) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 2)
        me = add_labeler(session).id
        assert isinstance(hand_out(session, me, NOW + 10 * HOUR), Handed)
    browser = at(app, me)
    travel.shift(5 * 60)
    page = browser.open("/me/time")
    assert "Tasks" in page.words and "0:05" in page.words and "being written" in page.words
    assert "0:05 h" in page.words and "1.50 XTS" in page.words


def test_without_a_rate_the_time_shows_and_the_page_says_what_lacks(app: Flask, travel: time_machine.Traveller) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 2)
        me = add_labeler(session, add_vendor(session, per_hour=None)).id
        assert isinstance(hand_out(session, me, NOW + 10 * HOUR), Handed)
    browser = at(app, me)
    travel.shift(5 * 60)
    page = browser.open("/me/time")
    assert "0:05" in page.words and "There is none yet" in page.words


def test_other_weeks_are_found_and_nonsense_is_not(lena: Desktop) -> None:
    assert "There is no paid time in this week yet" in lena.open("/me/time?week=2026-W09").words
    assert "2:30" in lena.open("/me/time?week=2026-W10&day=2026-03-02&from=-5").words
    for wrong in ("2026-W99", "x", "2026-10", "9999-W01", "0001-W01"):
        assert lena.open(f"/me/time?week={wrong}").status == 404


def test_something_is_wrong_with_a_line_and_it_is_answered_by_somebody_else(app: Flask, lena: Desktop) -> None:
    with reading() as session:
        line = session.scalars(select(TimeLine.id).where(TimeLine.kind == TimeClass.FAULT)).one()
    page = lena.open(f"/me/time/lines/{line}")
    assert "1,800 seconds" in page.words
    page = lena.send(page.form("/contest"), words=" ")
    assert page.status == 422 and "There is a problem" in page.words
    page = lena.send(page.form("/contest"), words="It was a whole hour.")
    assert "Somebody who is not of your vendor answers here" in page.words and not page.has("/contest")
    assert "You wrote to us" in lena.open("/me/time").words
    assert lena.client.post(f"/me/time/lines/{line}/contest", data={"words": "x"}).status_code == 400
    admin = someone(app, Role.ADMIN)
    page = admin.open("/pay")
    assert "Lena" in page.words
    with reading() as session:
        raised = session.scalars(select(PayContest.id)).one()
    page = admin.open(f"/pay/objections/{raised}")
    assert "It was a whole hour." in page.words and "18.00 XTS an hour" in page.words
    page = admin.send(page.form(str(raised)), answer="", amount="-5")
    assert page.status == 422
    page = admin.send(page.form(str(raised)), answer="You are right.", amount="9.00")
    assert "Answered." in page.words and "Nobody objects" in page.words
    page = lena.open(f"/me/time/lines/{line}")
    assert "You are right." in page.words and page.has("/contest")
    words = lena.open("/me/time").words  # five minutes for writing are paid too
    assert "Correction" in words and "Asking for a review" in words and "60.50 XTS" in words


def test_her_own_count_is_sent_and_looked_at(app: Flask, lena: Desktop, travel: time_machine.Traveller) -> None:
    page = lena.open("/me/time")
    page = lena.send(page.form("/own"), hours="a lot")
    assert page.status == 422 and "Write it like 31:30." in page.words and 'value="a lot"' in page.html
    page = lena.send(page.form("/own"), hours="5:00")
    assert "You said 5:00 h" in page.words
    with transaction() as session:
        labeler = session.scalars(select(OwnTime.labeler_id)).one()
        close(session, labeler, OVER)
    travel.move_to(OVER)
    admin = someone(app, Role.ADMIN)
    page = admin.open("/pay")
    assert "says 5:00 h, counted 2:30 h" in page.words
    with reading() as session:
        said = session.scalars(select(OwnTime.id)).one()
    page = admin.send(page.form(str(said)))
    assert "the difference is paid" in page.words
    with reading() as session:
        assert session.scalars(select(TimeLine.seconds).where(TimeLine.kind == TimeClass.OWN)).all() == [9000]


def test_her_record_is_a_file_that_no_spreadsheet_runs(lena: Desktop) -> None:
    reply = lena.client.get("/me/time.csv")
    assert reply.content_type.startswith("text/csv") and "attachment" in reply.headers["Content-Disposition"]
    assert reply.text.count("\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert [(row["what"], row["seconds"], row["amount"]) for row in rows] == [
        ("rework", "7200", "36.0000"), ("fault", "1800", "9.0000"), ("bonus", "", "5.0000"),
    ]  # fmt: skip
    assert rows[0]["from_utc"] == "2026-03-02T09:00:00Z" and rows[0]["paid_in_week"] == "2026-W10"
    assert rows[2]["note"] == '\'=HYPERLINK("x")'
    assert len(lena.client.get("/me/time.csv?week=2026-W09").text.splitlines()) == 1


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("@x", "'@x"), ("-2.50", "-2.50"), ("-x", "'-x"), ("a=b", "a=b")],
)
def test_no_cell_begins_like_a_formula(cell: str, kept: str) -> None:
    assert safe(cell) == kept


def test_words_for_weeks_and_hours() -> None:
    assert week_name(MONDAY) == "2026-W10" and week_in("2026-W10") == MONDAY
    assert week_in("2026-W53").date() == date(2026, 12, 28)
    assert [hours_of(each) for each in (0, 45, 60, 3660, 360_000)] == ["0:00:00", "0:00:45", "0:01", "1:01", "100:00"]


# Those who pay


def test_an_administrator_sets_a_rate_a_benchmark_and_a_floor(app: Flask, travel: time_machine.Traveller) -> None:
    with transaction() as session:
        vendor = add_vendor(session, "Lake", per_hour=None).id
    admin = someone(app, Role.ADMIN)
    page = admin.open("/pay")
    assert "No rate is set" in page.words and "No floor is set" in page.words
    page = admin.open("/pay/rates")
    assert len(page.ids) == len(set(page.ids)), "no two parts of a page have the same name"
    page = admin.send(
        page.form("/pay/rates"), rate__vendor=str(vendor), rate__per_hour="nothing", rate__currency="EURO"
    )
    assert page.status == 422 and "Write the currency's code" in page.words and 'value="nothing"' in page.html
    page = admin.send(page.form("/pay/rates"), rate__per_hour="12.50", rate__currency="xts", rate__from_on="2026-01-01")
    assert "The rate is set." in page.words and "12.50 XTS" in page.words
    page = admin.send(
        page.form("/pay/rates"), rate__vendor=str(vendor), rate__per_hour="9", rate__currency="XTS",
        rate__from_on="2026-02-01",
    )  # fmt: skip
    assert page.status == 422 and "can't begin in the past" in page.words.replace("\u2019", "'")
    page = admin.send(
        page.form("/pay/benchmarks"), benchmark__place="Exampleland", benchmark__household="one adult",
        benchmark__hours_week="40", benchmark__per_hour="14", benchmark__currency="XTS", benchmark__dated="2025-02-01",
        benchmark__source="made up", benchmark__licence="none",
    )  # fmt: skip
    assert "older than a year" in page.words
    page = admin.send(page.form("/pay/places"), place__vendor=str(vendor), place__benchmark="")
    assert page.status == 422
    with reading() as session:
        named = session.scalars(select(WageBenchmark.id)).one()
    page = admin.send(page.form("/pay/places"), place__vendor=str(vendor), place__benchmark=str(named))
    assert "The floor is set." in page.words
    assert "more than twelve months ago" in admin.open("/pay").words
    with reading() as session:
        assert session.scalars(select(Rate.per_hour)).all() == [1250]


def test_statements_are_marked_as_paid(app: Flask, lena: Desktop, travel: time_machine.Traveller) -> None:
    travel.move_to(OVER)
    settle_due()
    with reading() as session:
        made = session.scalars(select(PayPeriod)).one()
    admin = someone(app, Role.ADMIN)
    page = admin.open("/pay")
    assert "50.00 XTS" in page.words
    page = admin.send(page.form(f"{made.id}/paid"), reference="", paid_on="2030-01-01")
    assert page.status == 422 and "Write the reference" in page.words
    page = admin.send(page.form(f"{made.id}/paid"), reference="run 7", paid_on="2026-03-10")
    assert "Marked as paid." in page.words and "run 7" in page.words
    assert "reference run 7" in at(app, made.labeler_id).open("/me/time?week=2026-W10").words


def test_a_vendor_manager_sees_what_to_pay_and_never_for_what(
    app: Flask, lena: Desktop, travel: time_machine.Traveller
) -> None:
    with transaction() as session:
        vendor = add_vendor(session, "Lake Vendor")
        other = add_labeler(session, add_vendor(session), name="Zoe Stranger").id
        add_time(session, None, other, TimeClass.REWORK, NOW, NOW + HOUR, NOW + 10 * HOUR)
        floor = add_benchmark(
            session, None, "Exampleland", FloorKind.LIVING, "one adult", Measure.GROSS, 40, 1400, "XTS",
            date(2026, 1, 1), "made up", "none", NOW,
        )  # fmt: skip
        set_place(session, None, vendor.id, floor.id, NOW, NOW)
    travel.move_to(OVER)
    settle_due()
    manager = someone(app, Role.VENDOR_MANAGER, vendor=vendor)
    page = manager.open("/pay/vendor")
    assert "Lena" in page.words and "50.00 XTS" in page.words and "18.00 XTS an hour" in page.words
    assert "fewer than 5 people" in page.words and "Zoe" not in page.words
    for told in ("2:30", "rework", "Doing work again", "Fault", "Bonus"):
        assert told not in page.words
    with reading() as session:
        mine = session.scalars(select(PayPeriod.id).where(PayPeriod.vendor_id == vendor.id)).one()
    page = manager.send(page.form(f"{mine}/paid"), reference="bank 1", paid_on="2026-03-10")
    assert "Marked as paid." in page.words and "bank 1" in page.words
    for path in ("/pay", "/pay/rates", "/me/time", "/me/time.csv"):
        assert manager.open(path).status == 403


def test_a_money_line_can_be_objected_to_as_well(lena: Desktop) -> None:
    with reading() as session:
        bonus = session.scalars(select(PayLine.id)).one()
    page = lena.open(f"/me/time/lines/{bonus}")
    assert "5.00 XTS" in page.words
    assert "answers here within 7 days" in lena.send(page.form("/contest"), words="It was to be ten.").words
