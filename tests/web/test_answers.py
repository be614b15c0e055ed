"""My answers: all of them by pages, each with its way to be withdrawn (OPT-9); and what a break page does not do."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.judgments.models import Judgment, Withdrawal
from labeler.judgments.own_answers import PAGE
from labeler.projects.freezing import announce_freeze
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks, add_user
from tests.web.pages import Desktop
from tests.web.robot import Robot, sign_in

DAY = timedelta(days=1)


class Place:
    """A labeler with answers in one project, and her browser."""

    def __init__(self, app: Flask, answers: int = 1) -> None:
        now = clock.now()
        with transaction() as session:
            labeler = add_labeler(session)
            self.me: UUID = labeler.id
            self.project: Project = add_project(session, name="Bread", slug="bread")
            for n, task in enumerate(add_tasks(session, self.project, answers + 1)[:answers]):
                add_judgment(session, self.project, task, labeler, BETTER_0, at=now - timedelta(minutes=n))
        self.robot: Robot = sign_in(app, self.me)

    def freeze(self, freeze_at) -> None:  # type: ignore[no-untyped-def]
        with transaction() as session:
            session.get_one(Project, self.project.id).freeze_at = freeze_at


def withdrawn() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Withdrawal)) or 0


def test_an_answer_is_withdrawn_in_two_steps_that_say_what_it_means(app: Flask) -> None:
    place = Place(app)
    page = place.robot.open("/answers")
    assert "Bread : You can withdraw your answers. Before that ends, the last day is told here" in page.words
    page = place.robot.open(page.links["Withdraw"])
    for words in ("not be in datasets that are made from now on", "Your pay, your rating", "You can't undo it"):
        assert words in page.words
    assert withdrawn() == 0, "looking changes nothing"
    page = place.robot.press(page.form("/withdraw"))
    assert withdrawn() == 1
    assert "Withdrawn. The answer is in no dataset that is made from now on. Your pay stays as it is." in page.words
    assert "Withdraw" not in page.links and "Change" not in page.links


def test_sending_it_twice_is_sending_it_once(app: Flask) -> None:
    place = Place(app)
    form = place.robot.open(place.robot.open("/answers").links["Withdraw"]).form("/withdraw")
    assert [place.robot.press(form).status for _ in range(2)] == [200, 200]
    assert withdrawn() == 1


def test_a_withdrawn_answer_can_be_neither_changed_nor_withdrawn_again(app: Flask) -> None:
    place = Place(app)
    path = place.robot.open("/answers").links["Withdraw"]
    place.robot.press(place.robot.open(path).form("/withdraw"))
    for again in (path, path.replace("/withdraw", "/revise")):
        page = place.robot.open(again)
        assert page.status == 409 and "You withdrew this answer." in page.words


def test_the_freeze_is_told_on_the_card_and_with_the_answers_and_then_binds(app: Flask) -> None:
    place = Place(app)
    path = place.robot.open("/answers").links["Withdraw"]
    form = place.robot.open(path).form("/withdraw")
    place.freeze(clock.now() + 15 * DAY)
    for page in (place.robot.open("/work"), place.robot.open("/answers")):
        assert re.search(r"You can withdraw your answers until \w{3} \d+ \w{3}", page.words)
    place.freeze(clock.now() - DAY)
    page = place.robot.open("/answers")
    assert "Answers can't be withdrawn any more: this dataset was frozen" in page.words
    assert "Withdraw" not in page.links and "Change" in page.links
    for refused in (place.robot.open(path), place.robot.press(form)):
        assert refused.status == 409 and "This dataset was frozen on" in refused.words
    assert withdrawn() == 0


def test_all_answers_are_listed_by_pages_and_the_last_ten_can_be_changed(app: Flask) -> None:
    place = Place(app, PAGE + 3)
    first = place.robot.open("/answers")
    assert first.html.count("/revise") == 10 and first.html.count("/withdraw") == PAGE
    second = place.robot.open(first.links["Older answers"])
    assert second.html.count("/revise") == 0 and second.html.count("/withdraw") == 3
    assert second.links["Newest answers"] == "/answers" and "Older answers" not in second.links
    assert place.robot.open("/answers?before=x").status == 404
    other = sign_in(app, add_other())
    assert "There are no older answers." in other.open(first.links["Older answers"]).words


def add_other() -> UUID:
    with transaction() as session:
        return add_labeler(session).id


def test_nobody_withdraws_for_somebody_else(app: Flask) -> None:
    place = Place(app)
    form = place.robot.open(place.robot.open("/answers").links["Withdraw"]).form("/withdraw")
    other = sign_in(app, add_other())
    token = other.open("/work").form("/work/next").hidden
    form.hidden.update(token)
    assert other.press(form).status == 404 and other.open(form.action).status == 404
    assert withdrawn() == 0


# The researcher's side


@pytest.fixture
def researcher(app: Flask) -> Desktop:
    with transaction() as session:
        who = add_user(session, Role.RESEARCHER).id
    return Desktop(sign_in(app, who).client)


def test_a_researcher_announces_the_freeze_and_moves_it_later(app: Flask, researcher: Desktop) -> None:
    place = Place(app)
    page = researcher.open(researcher.open("/projects/bread").links["Announce a day"])
    assert "never earlier" in page.words
    day = (clock.now() + 20 * DAY).date()
    soon = researcher.send(page.form("/freeze"), freeze_at=(clock.now() + DAY).date())
    assert soon.status == 422 and "at least 14 days ahead" in soon.words
    assert researcher.send(page.form("/freeze"), freeze_at="").status == 422
    done = researcher.send(page.form("/freeze"), freeze_at=day)
    assert "Announced." in done.words and "Labelers may withdraw answers until" in done.words
    again = researcher.open(done.links["Move it later"])
    assert again.form("/freeze").one("freeze_at") == str(day)
    assert researcher.send(again.form("/freeze"), freeze_at=day - DAY).status == 422
    assert "Announced." in researcher.send(again.form("/freeze"), freeze_at=day + DAY).words
    assert str((day + DAY).day) in place.robot.open("/answers").words
    place.freeze(clock.now() - DAY)
    page = researcher.open("/projects/bread/freeze")
    assert "That stands." in page.words and not page.has("/freeze")
    assert "Move it later" not in researcher.open("/projects/bread").links


def test_a_closed_projects_freeze_can_still_be_announced(app: Flask, researcher: Desktop) -> None:
    place = Place(app)
    with transaction() as session:
        session.get_one(Project, place.project.id).state = ProjectState.CLOSED
    page = researcher.open(researcher.open("/projects/bread").links["Announce a day"])
    assert "Announced." in researcher.send(page.form("/freeze"), freeze_at=(clock.now() + 20 * DAY).date()).words


def test_a_withdrawal_shows_in_no_page_of_a_researcher_but_as_a_number(app: Flask, researcher: Desktop) -> None:
    place = Place(app, 3)
    before = researcher.open("/projects/bread").words
    assert "3 of " in before
    place.robot.press(place.robot.open(place.robot.open("/answers").links["Withdraw"]).form("/withdraw"))
    assert "2 of " in researcher.open("/projects/bread").words
    assert "withdrawn by their labelers 1 2 " in researcher.open("/projects/bread/exports/new").words
    with transaction() as session:  # and after the freeze nothing moves any more
        announce_freeze(session, place.project.created_by, place.project.id, clock.now() + 15 * DAY, clock.now())
        assert session.scalar(select(func.count()).select_from(Judgment)) == 3


# Off shift (MON-4)


def test_on_a_break_nothing_of_the_page_asks_or_tells_the_server_anything(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    assert "data-assignment" in page.html
    page = place.robot.press(page.form("/breaks"))
    assert "You are on a break" in page.words
    main = page.html[page.html.index("<main") : page.html.index("</main>")]
    assert not re.findall(r"\s(?:data-[\w-]+|hx-[\w-]+)=?", main), "what starts a heartbeat, a draft or a look"
    assert "/heartbeat" not in page.html and "every " not in page.html
    assert not re.search(r"<(?:iframe|embed|object|meta http-equiv=.refresh)", page.html)
    assert 'id="check-in"' in main
