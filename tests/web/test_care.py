"""A labeler's own pages: choices and what is told to her."""

from __future__ import annotations

import pytest
from flask import Flask

from labeler.db import transaction
from labeler.web.words import REASONS
from labeler.wellbeing.rules import Reason
from tests.support.build import add_labeler, add_project, add_tasks
from tests.web.robot import Robot, sign_in


@pytest.fixture
def robot(app: Flask) -> Robot:
    """A labeler with one sensitive project, who has not said yes to anything."""
    with transaction() as session:
        me = add_labeler(session).id
        project = add_project(session, categories={"W01": 2}, sensitive_share=0.5)
        add_tasks(session, project, 2, profile={"W01": 2})
    return sign_in(app, me)


def test_nothing_sensitive_comes_before_a_yes_and_a_yes_can_be_taken_back(robot: Robot) -> None:
    page = robot.press(robot.open("/work").form("/work/next"))
    assert "your-choices" in page.html and page.links["See my choices"] == "/me/choices"
    page = robot.open("/me/choices/W01")
    assert "up to disturbing" in page.words and "50 in 100" in page.words
    page = Robot(robot.client).press(_consent(page), severity="2")
    assert "Yes, up to disturbing, until" in page.words
    assert robot.press(robot.open("/work").form("/work/next")).has("/reveal")
    page = robot.press(robot.open("/me/choices").form("/W01/end"))
    assert "Yes, up to" not in page.words
    assert not robot.open("/work").has("/reveal")  # the open task went back at once


def test_a_weaker_yes_takes_what_is_stronger_away_at_once(app: Flask) -> None:
    with transaction() as session:
        me = add_labeler(session).id
        add_tasks(session, add_project(session, categories={"W01": 3}), 1, profile={"W01": 3})
    robot = sign_in(app, me)
    robot.press(_consent(robot.open("/me/choices/W01")), severity="3")
    assert robot.press(robot.open("/work").form("/work/next")).has("/reveal")
    robot.press(robot.open("/me/choices/W01").form("/W01"), severity="2")
    assert not robot.open("/work").has("/reveal")


def _consent(page):  # type: ignore[no-untyped-def]
    form = page.form("/W01")
    assert form.checked == {}  # nothing is chosen for her
    return form


def test_a_yes_without_a_strength_is_asked_for_again(robot: Robot) -> None:
    page = robot.press(_consent(robot.open("/me/choices/W01")))
    assert page.status == 422 and "Choose how strong it may be" in page.words


def test_no_to_all_sensitive_content_and_back(robot: Robot) -> None:
    page = robot.open("/me/choices")
    page = robot.press(next(form for form in page.forms if form.hidden.get("scope") == "sensitive"))
    assert "At the moment you get none at all" in page.words
    assert "At the moment you get none at all" not in robot.press(page.form("/undo")).words


def test_help_and_what_we_record_are_open_to_everybody(app: Flask, robot: Robot) -> None:
    visitor = Robot(app.test_client())
    for path in ("/me/help", "/me/what-we-record"):
        assert visitor.open(path).status == 200 and robot.open(path).status == 200
    assert "keys you press" in visitor.open("/me/what-we-record").words


def test_every_reason_has_its_words() -> None:
    assert set(REASONS) == set(Reason)
