"""The live preview: the desk's own templates, inert, with a sensitive text only where it was asked for."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.projects.models import Project, Task
from labeler.projects.rules import ProjectState
from labeler.wellbeing.models import Exposure
from tests.support.build import add_project, add_tasks, add_user, sign_in
from tests.web.pages import Desktop, Form, Page

HARD = "[placeholder: hate and slurs, severity 2]"


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return Desktop(client)


def form_of(page: Page) -> Form:
    return next(each for each in page.forms if each.id == "project-form")


def previewed(desktop: Desktop, form: Form, **changes: object) -> Page:
    reply = desktop.client.post("/projects/preview", data=form.filled(**changes), headers={"HX-Request": "true"})
    return Page(reply)


@pytest.fixture
def own_tasks(researcher: Desktop) -> tuple[str, str]:
    """The ids of a harmless and of a sensitive task of a draft."""
    with transaction() as session:
        made = add_project(session, slug="bread", state=ProjectState.DRAFT, categories={"W06": 2})
        (plain,) = add_tasks(session, made, 1)
        (hard,) = add_tasks(session, made, 1, profile={"W06": 2})
        hard.batch_id = plain.batch_id
        return str(plain.id), str(hard.id)


def test_the_form_shows_the_example_on_the_desks_own_page(researcher: Desktop) -> None:
    page = researcher.open("/projects/new/comparison")
    assert "My bread comes out dense." in page.words
    assert "Which answer is better?" in page.words
    assert "inert" in page.html
    assert "model-1" not in page.html


def test_it_follows_the_options(researcher: Desktop) -> None:
    form = form_of(researcher.open("/projects/new/comparison"))
    four = previewed(researcher, form)
    two = previewed(researcher, form, options__scale="two_way", options__reasons="Warmer\nColder")
    assert four.html.count('name="choice"') == 11
    assert two.html.count('name="choice"') == 5
    assert "Warmer" in two.words


def test_options_that_do_not_fit_are_said_in_its_place(researcher: Desktop) -> None:
    form = form_of(researcher.open("/projects/new/comparison"))
    page = previewed(researcher, form, options__scale="seven", options__tie=None)
    assert page.status == 422
    assert "The preview shows again once this is mended:" in page.words
    assert "0 is the tie" in page.words


def test_the_card_says_what_labelers_are_told_before_they_open_it(researcher: Desktop) -> None:
    form = form_of(researcher.open("/projects/new/comparison"))
    assert "One task not said yet Content not said yet" in previewed(researcher, form).words
    page = previewed(
        researcher, form, name="Bread", client_name="Meadow", purpose="To learn.", pay_rate="12 EUR",
        seconds_estimate="120", content="some", level__W06="2", sensitive_share="25",
    )  # fmt: skip
    assert "Bread Comparison of two answers · for Meadow To learn." in page.words
    assert "about 2 minutes Content hate and slurs (up to disturbing). Expected in 25 of 100 tasks." in page.words


def test_without_scripts_a_button_brings_it_up_to_date(researcher: Desktop) -> None:
    form = form_of(researcher.open("/projects/new/comparison"))
    page = researcher.send(form, do="preview", name="Bread", options__scale="two_way")
    assert page.html.count('name="choice"') == 5
    assert form_of(page).one("name") == "Bread"


def test_a_project_shows_tasks_of_its_own(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    page = previewed(researcher, form_of(researcher.open("/projects/bread/form")), sample=own_tasks[0])
    assert "How do I keep basil alive on a windowsill?" in page.words
    assert "model-a" not in page.html


def test_a_sensitive_task_is_hidden_until_it_is_asked_for(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    form = form_of(researcher.open("/projects/bread/form"))
    page = previewed(researcher, form, sample=own_tasks[1])
    assert "Before you open this task This batch: hate and slurs (disturbing)" in page.words
    assert HARD not in page.html
    assert HARD in previewed(researcher, form, sample=own_tasks[1], reveal="yes").html
    without_scripts = researcher.send(form, sample=own_tasks[1], do="preview")
    assert HARD not in without_scripts.html
    assert HARD in researcher.send(form, sample=own_tasks[1], do="reveal").html


def exposures() -> list[tuple[str, str, int, int]]:
    """What was written of hard texts: where, which, how hard, how long; and that it ends when it says."""
    with transaction() as session:
        rows = session.scalars(select(Exposure).order_by(Exposure.from_at)).all()
    for row in rows:
        assert row.ended_at == row.from_at + timedelta(seconds=row.seconds)
    return [(row.path.value, row.profile, row.severity, row.seconds) for row in rows]


def test_what_a_researcher_is_shown_counts_as_seen(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    form = form_of(researcher.open("/projects/bread/form"))
    previewed(researcher, form, sample=own_tasks[1])
    previewed(researcher, form, sample=own_tasks[0], reveal="yes")  # nothing hard in it
    assert exposures() == []
    previewed(researcher, form, sample=own_tasks[1], reveal="yes")
    assert exposures() == [("preview", "W06:2", 2, 60)]
    researcher.send(form, sample=own_tasks[1], do="reveal")
    assert len(exposures()) == 2
    with transaction() as session:
        assert set(session.scalars(select(Exposure.task_id))) == {UUID(own_tasks[1])}


def test_the_estimate_of_the_project_counts_where_it_is_longer(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    with transaction() as session:
        session.scalars(select(Project).where(Project.slug == "bread")).one().seconds_estimate = 240
    form = form_of(researcher.open("/projects/bread/form"))
    previewed(researcher, form, sample=own_tasks[1], reveal="yes")
    assert exposures() == [("preview", "W06:2", 2, 240)]


def test_tasks_of_another_project_are_never_shown(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    with transaction() as session:
        add_project(session, slug="rye", state=ProjectState.DRAFT)
    form = form_of(researcher.open("/projects/rye/form"))
    page = previewed(researcher, form, sample=own_tasks[0])
    assert "basil" not in page.html
    assert "My bread comes out dense." in page.words


def test_a_live_project_is_shown_with_the_options_that_stand(researcher: Desktop) -> None:
    with transaction() as session:
        add_project(session, slug="bread", options={"scale": "two_way"})
    form = form_of(researcher.open("/projects/bread/form"))
    assert previewed(researcher, form, options__scale="four").html.count('name="choice"') == 5


def test_who_may_only_look_sees_what_the_project_says(client: FlaskClient, own_tasks: tuple[str, str]) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
    sign_in(client, admin)
    looking = Desktop(client)
    page = previewed(looking, form_of(looking.open("/projects/bread/form")), sample=own_tasks[0])
    assert page.html.count('name="choice"') == 11
    assert "basil" in page.words


def test_looking_changes_nothing(researcher: Desktop, own_tasks: tuple[str, str]) -> None:
    previewed(researcher, form_of(researcher.open("/projects/bread/form")), sample=own_tasks[0], name="Other")
    with transaction() as session:
        assert session.scalars(select(Project.name).where(Project.slug == "bread")).one() != "Other"
        assert set(session.scalars(select(Task.handed))) == {0}


def test_labelers_get_no_preview(client: FlaskClient) -> None:
    with transaction() as session:
        user = add_user(session, Role.AUDITOR)
    sign_in(client, user)
    token = Desktop(client).open("/account").form("/sign-out").one("csrf_token")
    assert client.post("/projects/preview", data={"csrf_token": token, "kind": "comparison"}).status_code == 403
