"""`labeler pay`: what an operator does about rates, floors and statements."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from labeler import clock
from labeler.db import reading, transaction
from labeler.pay.classes import TimeClass
from labeler.pay.closing import close
from labeler.pay.models import PayLine, PayPlace, Rate, TimeLine
from labeler.pay.rules import WEEK, week_of
from labeler.pay.service import add_time as write_time
from labeler.workforce.models import Labeler
from tests.cli.conftest import Command

LENA = "lena@example.org"


def test_from_a_rate_to_a_paid_statement(command: Command, admin: str) -> None:
    command("user", "add", LENA, "--role", "labeler", "--vendor", "Lake", "--name", "Lena")
    assert "No rate is set" in command("pay", "rates").out
    said = command("pay", "rate", "Lake", "12.50", "XTS", "--from", "2025-01-01")
    assert said.code == 0 and "12.50 XTS an hour from 2025-01-01 00:00 UTC on." in said.out
    assert command("pay", "rate", "Lake", "13", "XTS", "--from", "2025-02-01").code == 1, "not into the past"
    assert command("pay", "rate", "Lake", "15", "XTS", "--labeler", LENA).code == 0
    assert command("pay", "rate", "Sea", "15", "XTS").code == 1
    words = ("--household", "one adult", "--dated", "2025-01-01", "--source", "made up", "--licence", "none")
    assert "Its id:" in command("pay", "benchmark", "Exampleland", "14", "XTS", *words).out
    assert command("pay", "place", "Lake", "Nowhere").code == 1
    assert "living wage of Exampleland" in command("pay", "place", "Lake", "Exampleland", "--from", "2025-01-01").out
    facts = command("pay", "rates", "--json").facts
    assert [rate["per_hour"] for rate in facts["rates"]] == [1500, 1250]
    assert "twelve months" in facts["findings"][0]["says"][0]
    assert command("pay", "add", LENA, "bonus", "5.00", "--for", "thanks").code == 0
    assert command("pay", "add", LENA, "bonus", "-5.00", "--for", "less").code in (1, 2)
    assert command("pay", "time", LENA, "fault", "2025-06-02T09:00Z", "2025-06-02T10:00Z").out.startswith("Added 3,600")
    assert command("pay", "settle").code == 0
    due = command("pay", "due", "--vendor", "Lake", "--json").facts
    assert [each["total"] for each in due] == [1400], "the hour at 12.50, topped up to 14.00"
    assert "14.00 XTS" in command("pay", "due").out
    assert command("pay", "paid", due[0]["id"], "--on", "2025-06-12", "--reference", "run 1").code == 0
    assert command("pay", "paid", due[0]["id"], "--on", "2025-06-12", "--reference", "run 1").code == 1
    assert command("pay", "due", "--json").facts == []
    with reading() as session:
        assert len(session.scalars(select(Rate.id)).all()) == 2
        assert session.scalars(select(PayPlace.place)).all() == ["Exampleland"]
        assert len(session.scalars(select(PayLine.id)).all()) == 2
        assert session.scalars(select(TimeLine.seconds)).all() == [3600]


def test_a_week_that_is_not_over_is_not_due(command: Command, admin: str) -> None:
    command("user", "add", LENA, "--role", "labeler", "--vendor", "Lake")
    command("pay", "rate", "Lake", "12.50", "XTS", "--from", "2025-01-01")
    now = clock.now()
    with transaction() as session:
        me = session.scalars(select(Labeler.id)).one()
        write_time(
            session, None, me, TimeClass.FAULT, week_of(now) - WEEK, week_of(now) - WEEK + timedelta(hours=1), now
        )
        assert close(session, me, week_of(now)) == 0
