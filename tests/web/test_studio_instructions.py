"""A project's instructions: written, previewed, kept in versions, and compared."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.projects.models import Guideline, Project
from labeler.projects.rules import ProjectState
from labeler.web.studio_instructions import Line, changed_lines
from tests.support.build import add_project, add_user, sign_in
from tests.web.pages import Desktop, Page

PATH = "/projects/bread/instructions"


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER, name="Rita Researcher")
        add_project(session, slug="bread", state=ProjectState.DRAFT, guideline="# Bread\n\nRead both.")
    sign_in(client, user)
    return Desktop(client)


def save(desktop: Desktop, text: str) -> Page:
    return desktop.send(desktop.open(PATH).form(PATH), text=text)


def versions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Guideline.text).order_by(Guideline.version)))


def test_a_text_is_kept_as_the_next_version_with_who_and_when(researcher: Desktop) -> None:
    page = save(researcher, "# Bread\r\n\r\nRead both.\r\nChoose one.")
    assert "Saved as version 2." in page.words
    assert versions()[1] == "# Bread\n\nRead both.\nChoose one."
    assert "Rita Researcher" in page.words
    assert page.links["Read it, and what it changed"] == f"{PATH}/2"


def test_versions_are_compared_line_by_line(researcher: Desktop) -> None:
    save(researcher, "# Bread\n\nRead all.\n\nChoose one.")
    page = researcher.open(f"{PATH}/2")
    assert "What changed since version 1" in page.words
    assert "<del>Read both.</del>" in page.html
    assert "<ins>Read all.</ins>" in page.html
    assert "<ins>Choose one.</ins>" in page.html
    back = researcher.open(f"{PATH}/1?against=2")
    assert "<ins>Read both.</ins>" in back.html


def test_a_version_that_is_not_there_is_missing(researcher: Desktop) -> None:
    assert researcher.open(f"{PATH}/9").status == 404
    assert researcher.open(f"{PATH}/1?against=9").status == 404


def test_the_preview_shows_the_text_as_labelers_read_it_and_keeps_nothing(researcher: Desktop) -> None:
    form = researcher.open(PATH).form(PATH)
    reply = researcher.client.post(f"{PATH}/preview", data=form.filled(text="Read **all** <script>x</script>"))
    assert "<strong>all</strong>" in reply.text
    assert "<script>" not in reply.text
    page = researcher.send(form, do="preview", text="Read **all**")
    assert "<strong>all</strong>" in page.html
    assert page.form(PATH).one("text") == "Read **all**"
    assert len(versions()) == 1


def test_the_same_text_makes_no_version(researcher: Desktop) -> None:
    page = save(researcher, "# Bread\n\nRead both.\n")
    assert "no version was made" in page.words
    assert len(versions()) == 1


@pytest.mark.parametrize("text", ["", "   \n", "a\0b"])
def test_what_cannot_be_kept_is_said_and_not_lost(researcher: Desktop, text: str) -> None:
    page = save(researcher, text)
    assert page.status == 422
    assert 'href="#text"' in page.html
    assert len(versions()) == 1


def test_somebody_elses_version_is_not_overwritten_unseen(researcher: Desktop) -> None:
    form = researcher.open(PATH).form(PATH)
    save(researcher, "Theirs.")
    page = researcher.send(form, text="Mine.")
    assert page.status == 422
    assert "Somebody saved version 2 while you wrote." in page.words
    assert page.form(PATH).one("text") == "Mine."
    assert "Saved as version 3." in researcher.send(page.form(PATH)).words


def test_a_change_to_a_live_project_says_what_it_means(researcher: Desktop) -> None:
    assert "Tasks handed out from now on" not in researcher.open(PATH).words
    with transaction() as session:
        session.scalars(select(Project)).one().state = ProjectState.LIVE
    words = researcher.open(PATH).words
    assert "Tasks handed out from now on will name version 2; tasks that labelers hold now keep version 1." in words


def test_the_instructions_of_a_closed_project_are_read_and_not_changed(researcher: Desktop) -> None:
    form = researcher.open(PATH).form(PATH)
    with transaction() as session:
        session.scalars(select(Project)).one().state = ProjectState.CLOSED
    page = researcher.open(PATH)
    assert "Read both." in page.words
    assert not page.has(PATH)
    assert researcher.send(form, text="Late.").status == 409


def test_lines_far_from_a_change_are_left_out() -> None:
    before = [f"line {n}" for n in range(30)]
    after = [*before[:20], "new", *before[20:]]
    lines = list(changed_lines("\n".join(before), "\n".join(after)))
    assert lines[0] == Line("…", "")
    assert [line.sign for line in lines[1:]] == [" ", " ", " ", "+", " ", " ", " "]


def test_texts_that_are_the_same_have_no_changes() -> None:
    assert list(changed_lines("a\nb", "a\nb")) == []
