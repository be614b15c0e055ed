"""What a labeler may say about herself: on a page nobody sends her to, without a script, and hers alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from labeler.db import reading, transaction
from labeler.demographics.models import SelfDescription
from tests.support.build import add_labeler
from tests.web.robot import Robot, sign_in


@pytest.fixture
def me(app: Flask) -> UUID:
    with transaction() as session:
        return add_labeler(session).id


@pytest.fixture
def robot(app: Flask, me: UUID) -> Robot:
    return sign_in(app, me)


def kept() -> list[SelfDescription]:
    with reading() as session:
        return list(session.scalars(select(SelfDescription)))


def test_what_she_writes_is_kept_shown_changed_and_removed(robot: Robot, me: UUID) -> None:
    page = robot.open("/me/about")
    assert "Remove everything" not in page.words and "prefer not to say" in page.words.lower()
    page = robot.press(page.form("/me/about"), gender="woman", origin_words="from the coast", in_tables="yes")
    assert "Saved." in page.words and "from the coast" in page.html
    (row,) = kept()
    assert (row.labeler_id, row.gender, row.in_tables, row.on_rows) == (me, "woman", True, False)
    both = {"gender": "", "age": "65+", "origin_words": "from the coast", "in_tables": "yes"}
    page = robot.press(page.form("/me/about"), **both)
    (row,) = kept()
    assert (row.gender, row.age, row.origin_words) == (None, "65+", "from the coast")
    page = robot.press(page.form("/me/about/remove"))
    assert "Removed. Nothing of it is kept." in page.words and kept() == []


def test_a_form_without_a_use_is_refused_and_loses_nothing(robot: Robot) -> None:
    page = robot.press(robot.open("/me/about").form("/me/about"), age="65+", origin_words="x" * 81)
    assert page.status == 422
    assert "There are 2 problems" in page.words
    assert 'value="65+" selected' in page.html and "x" * 81 in page.html
    assert kept() == []


def test_an_empty_form_keeps_nothing(robot: Robot) -> None:
    page = robot.press(robot.open("/me/about").form("/me/about"), in_tables="yes")
    assert "nothing is kept" in page.words and kept() == []


def test_only_her_list_of_pages_leads_there(robot: Robot) -> None:
    assert "/me/about" in robot.open("/account").html
    for path in ("/work", "/me/choices", "/me/limits"):
        main = robot.open(path).html.split("<main", 1)[1]
        assert "/me/about" not in main
    assert robot.client.get("/me/about").headers["Cache-Control"] == "no-store"
