"""*My limits* as a labeler meets them: numbers, a drawing beside them, clock times, and her own rows only."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment
from labeler.assignment.own_limits import Sort
from labeler.assignment.service import Handed, reveal, skip
from labeler.db import repeated, transaction
from labeler.web.handing import next_task
from labeler.web.my_limits import MEASURES
from labeler.wellbeing.models import Break, Exposure, Stretch
from labeler.wellbeing.service import give_consent
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user
from tests.web.robot import sign_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def me(app: Flask) -> UUID:
    with transaction() as session:
        who = add_labeler(session, time_zone="Africa/Nairobi").id
        project = add_project(session, categories={"W01": 2})
        add_tasks(session, project, 3, profile={"W01": 2})
        give_consent(session, who, "W01", 2, NOW)
        session.add(Stretch(person_id=who, labeler_id=who, from_at=NOW - 90 * MINUTE, until_at=NOW - 40 * MINUTE))
        session.add(
            Break(
                person_id=who, labeler_id=who, started_at=NOW - 40 * MINUTE, paid_until=NOW, ended_at=NOW, rule="BRK-1"
            )
        )  # fmt: skip
    return who


def hand(who: UUID) -> UUID:
    found = next_task(who, NOW)
    assert isinstance(found, Handed)
    assert repeated(lambda session: reveal(session, who, found.assignment_id, NOW)) is None
    return found.assignment_id


def test_every_limit_has_its_words() -> None:
    assert set(MEASURES) == set(Sort)


def test_she_sees_each_limit_with_what_is_used_and_by_when(app: Flask, me: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        robot = sign_in(app, me)
        assert robot.open("/account").links["My limits"] == "/me/limits"
        hand(me)
        at.shift(10 * MINUTE)
        page = robot.open("/me/limits")
        assert page.status == 200
        assert "Hours in a day work in the last 24 hours 60 minutes 8 hours 7 hours BRK-9" in page.words
        assert "A break comes by Mon 2 Mar, 13:00 if you go on" in page.words  # her own clock
        assert "Hard content in a day disturbing and severe content in the last 24 hours 10 minutes" in page.words
        assert "up to disturbing" in page.words
        for rule in ("BRK-1", "BRK-5", "BRK-6", "BRK-7", "BRK-8", "EXP-1", "EXP-2", "EXP-3", "EXP-5", "EXP-11"):
            assert rule in page.words
        for rule in ("EXP-13", "EXP-14", "WRN-4"):
            assert rule in page.words
        assert 'width="12.5%"' in page.html
        for word in ("hurry", "minutes left", "only", "<meter", "style="):
            assert word not in page.html.replace("Only you", "")


def test_her_last_days_are_hers_alone(app: Flask, me: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        held = hand(me)
        at.shift(10 * MINUTE)
        robot = sign_in(app, me)
        repeated(lambda session: skip(session, me, held, NOW + 10 * MINUTE))
        page = robot.open("/me/limits/history")
        assert "rule BRK-1" in page.words
        assert "50 min" in page.words
        assert "2026-03-02" in page.words
        assert "disturbing 600" in page.words
        with transaction() as session:
            stranger = add_labeler(session).id
            others = [add_user(session, role).id for role in Role if role is not Role.LABELER]
        page = sign_in(app, stranger).open("/me/limits/history")
        assert page.words.count("None.") == 3
        for user in others:
            for path in ("/me/limits", "/me/limits/history"):
                assert sign_in(app, user).open(path).status == 403


def test_signing_out_hides_the_text_that_is_open(app: Flask, me: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        robot = sign_in(app, me)
        held = hand(me)
        at.shift(3 * MINUTE)
        robot.press(robot.open("/me/limits").form("/sign-out"))
        at.shift(20 * MINUTE)
        with transaction() as session:
            assignment = session.get_one(Assignment, held)
            assert (assignment.revealed_at, assignment.seen_seconds) == (None, 180)
            assert session.scalars(select(Exposure.ended_at)).one() is None  # the task is still hers
        page = sign_in(app, me).open("/work")
        assert "[placeholder" not in page.html


def test_signing_out_everywhere_else_hides_it_too(app: Flask, me: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        sign_in(app, me)  # at another computer
        robot = sign_in(app, me)
        held = hand(me)
        at.shift(2 * MINUTE)
        robot.press(robot.open("/account").form("/account/sessions/end"))
        with transaction() as session:
            assert session.get_one(Assignment, held).seen_seconds == 120
        assert robot.open("/work").has("/reveal")


def test_signing_out_without_a_task_is_as_before(app: Flask, me: UUID) -> None:
    robot = sign_in(app, me)
    assert "Sign in" in robot.press(robot.open("/me/choices").form("/sign-out")).words
