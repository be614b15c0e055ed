"""The list of projects and one project's page: where it stands, what it lacks, how far it is."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, hand_out
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.projects.files import read_toml
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from tests.exports.build import BAD, BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, sign_in
from tests.support.database import Database
from tests.web.pages import Desktop

OWED = ("purpose", "client_name", "categories", "sensitive_share", "pay_rate", "seconds_estimate", "guideline", "tasks")


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return Desktop(client)


def project(state: ProjectState = ProjectState.LIVE, tasks: int = 4, **fields: object) -> None:
    with transaction() as session:
        made = add_project(session, slug="bread", name="Bread", state=state, **fields)  # type: ignore[arg-type]
        if tasks:
            add_tasks(session, made, tasks)


def bare() -> None:
    """A draft that says nothing of what labelers are owed."""
    with transaction() as session:
        made = add_project(
            session, slug="bread", name="Bread", state=ProjectState.DRAFT, purpose=None, client_name=None,
            sensitive_share=None, pay_rate=None, seconds_estimate=None,
        )  # fmt: skip
        made.categories, made.guideline_version = None, 0


def state_of(slug: str = "bread") -> ProjectState:
    with reading() as session:
        return session.scalars(select(Project.state).where(Project.slug == slug)).one()


def acts(act: str) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(AuditEntry.act == act)) or 0


def test_the_list_says_how_far_each_project_is(researcher: Desktop) -> None:
    with transaction() as session:
        made = add_project(session, name="Bread", overlap=2, languages=["en", "sw"])
        tasks = add_tasks(session, made, 3)
        add_tasks(session, made, 5, profile={"W01": 4})
        add_judgment(session, made, tasks[0], add_labeler(session), BETTER_0)
        tasks[0].claims = 1
        add_project(session, name="Rye", state=ProjectState.DRAFT)
    page = researcher.open("/projects")
    assert "Bread Comparison of two answers live 1 of 6 en, sw" in page.words
    assert "Rye Comparison of two answers draft no tasks yet" in page.words


def test_without_projects_the_list_says_how_to_begin(researcher: Desktop) -> None:
    page = researcher.open("/projects")
    assert "There is no project yet." in page.words
    assert page.links["New project"] == "/projects/new"


def test_a_draft_lists_what_labelers_are_owed_and_where_to_say_it(researcher: Desktop) -> None:
    bare()
    page = researcher.open("/projects/bread")
    assert set(OWED) <= set(page.ids)
    assert "Labelers are owed 8 more things" in page.words
    assert page.links["Pay"] == "/projects/bread/form#pay_rate"
    assert page.links["Instructions"].startswith("/projects/bread/instructions")
    assert page.links["Tasks"] == "/projects/bread/imports/new"
    assert "pay_rate" in researcher.open("/projects/bread/form").ids


def test_checking_too_early_names_everything_at_once(researcher: Desktop) -> None:
    bare()
    page = researcher.send(researcher.open("/projects/bread").form("/check"))
    assert page.status == 422
    assert "There are 8 problems" in page.words
    assert all(f'href="#{name}"' in page.html for name in OWED)
    assert state_of() is ProjectState.DRAFT


def test_publishing_too_early_changes_nothing(researcher: Desktop) -> None:
    project(ProjectState.DRAFT)
    stale = researcher.open("/projects/bread").form("/check")
    with transaction() as session:
        session.scalars(select(Project)).one().pay_rate = None
    stale.action = "/projects/bread/publish"
    page = researcher.send(stale)
    assert page.status == 422
    assert "Say what is paid" in page.words
    assert state_of() is ProjectState.DRAFT


def test_a_project_goes_from_draft_to_closed(researcher: Desktop) -> None:
    project(ProjectState.DRAFT)
    steps = [
        ("/check", ProjectState.CHECKED, "You can publish."),
        ("/publish", ProjectState.LIVE, "Tasks are handed out from now on."),
        ("/pause", ProjectState.PAUSED, "What labelers hold they may finish"),
        ("/resume", ProjectState.LIVE, "Live again."),
    ]
    for button, then, said in steps:
        page = researcher.send(researcher.open("/projects/bread").form(button))
        assert (state_of(), said in page.words) == (then, True), button
    page = researcher.send(researcher.open("/projects/bread/close").form("/close"))
    assert state_of() is ProjectState.CLOSED
    assert "This project has ended." in page.words
    assert not any(page.has(act) for act in ("/check", "/publish", "/pause", "/resume"))


def test_a_button_pressed_twice_has_one_effect(researcher: Desktop) -> None:
    project(ProjectState.CHECKED)
    form = researcher.open("/projects/bread").form("/publish")
    assert researcher.send(form).status == researcher.send(form).status == 200
    assert (state_of(), acts("project.publish")) == (ProjectState.LIVE, 1)


def test_a_button_that_no_longer_fits_says_so(researcher: Desktop) -> None:
    project(ProjectState.PAUSED)
    form = researcher.open("/projects/bread").form("/resume")
    with transaction() as session:
        session.scalars(select(Project)).one().state = ProjectState.CLOSED
    page = researcher.send(form)
    assert page.status == 409
    assert "This project is closed" in page.words


def test_closing_says_first_what_it_means(researcher: Desktop, app: Flask) -> None:
    project(overlap=1)
    with transaction() as session:
        labeler = add_labeler(session).id
    with transaction() as session:
        assert isinstance(hand_out(session, labeler, NOW + timedelta(days=1)), Handed)
    page = researcher.open("/projects/bread/close")
    assert "1 task is in labelers' hands now: they may finish, and it is paid." in page.words
    assert "4 of 4 wanted judgments will not be given." in page.words
    assert "It can't be opened again." in page.words
    assert state_of() is ProjectState.LIVE


def test_progress_tells_judged_held_late_and_held_back(researcher: Desktop) -> None:
    with transaction() as session:
        made = add_project(session, slug="bread", overlap=2, categories={"W01": 4})
        tasks = add_tasks(session, made, 3)
        add_tasks(session, made, 2, profile={"W01": 4})
        for task in tasks[:2]:
            add_judgment(session, made, task, add_labeler(session), BETTER_1)
            task.claims = 1
        add_judgment(session, made, tasks[2], add_labeler(session), TIE, late=True)
        holder = add_labeler(session)
        held = Assignment(
            task_id=tasks[2].id, labeler_id=holder.id, guideline_version=1, fence=9, order="01", handed_at=NOW,
            lease_until=NOW,
        )  # fmt: skip
        session.add(held)
        tasks[2].claims = 1
    words = researcher.open("/projects/bread").words
    assert "2 of 6 judgments given" in words
    assert "3 tasks, 2 judgments each" in words
    assert "1 in labelers' hands now" in words
    assert "1 came late" in words
    assert "2 more tasks are at severity 4." in words
    assert "nothing sensitive en 3 6 2 1" in words
    assert "graphic violence (held back) held back en 2 – 0 0" in words


@pytest.fixture
def judged(database: Database) -> datetime:
    """Four answers to one project, all on one day."""
    with transaction() as session:
        made = add_project(session, slug="bread", overlap=4)
        task, other = add_tasks(session, made, 2)
        task.first_order, other.first_order = "01", "10"
        for each, answer in ((task, BETTER_0), (other, BETTER_0), (other, BETTER_1), (task, BAD)):
            add_judgment(session, made, each, add_labeler(session, name="Secret Name"), answer)
    return NOW + timedelta(hours=3)


def test_figures_are_drawn_with_their_tables(judged: datetime, client: FlaskClient) -> None:
    with time_machine.travel(judged, tick=False):
        with transaction() as session:
            user = add_user(session, Role.RESEARCHER)
        sign_in(client, user)
        page = Desktop(client).open("/projects/bread")
    assert page.html.count("<svg") == 3
    assert "2026-03-02 4" in page.words
    assert "Preference 3 75.0 %" in page.words
    assert "Both bad 1 25.0 %" in page.words
    assert "shown first 2 66.7 % 20.8 % – 93.9 %" in page.words
    assert "The interval holds 50 %: no habit shows." in page.words


def test_figures_name_nobody(judged: datetime, client: FlaskClient) -> None:
    with time_machine.travel(judged, tick=False):
        with transaction() as session:
            user = add_user(session, Role.RESEARCHER)
            people = [str(each) for each in session.scalars(select(Assignment.labeler_id))]
        sign_in(client, user)
        html = Desktop(client).open("/projects/bread").html
    assert "Secret Name" not in html
    assert not [each for each in people if each in html]


def test_a_project_can_be_taken_as_a_file_and_made_again(researcher: Desktop) -> None:
    project(categories={"W01": 2}, sensitive_share=0.25, purpose='Say "why".')
    taken = researcher.client.get("/projects/bread/project.toml")
    assert 'filename="bread.toml"' in taken.headers["Content-Disposition"]
    plan = read_toml(taken.text)
    assert (plan.purpose, plan.sensitive_share, plan.guideline is not None) == ('Say "why".', 0.25, True)
    assert "# What is paid, as labelers will read it." in taken.text
    assert tomllib.loads(taken.text)["categories"] == {"W01": 2}


def test_an_admin_looks_and_changes_nothing(client: FlaskClient) -> None:
    project()
    with transaction() as session:
        user = add_user(session, Role.ADMIN)
    sign_in(client, user)
    admin = Desktop(client)
    page = admin.open("/projects/bread")
    assert page.status == 200
    assert not page.has("/pause")
    assert "New project" not in admin.open("/projects").words
    token = page.form("/sign-out").one("csrf_token")
    assert client.post("/projects/bread/pause", data={"csrf_token": token}).status_code == 403
    assert client.get("/projects/bread/close").status_code == 403
    assert state_of() is ProjectState.LIVE


def test_a_labeler_is_told_of_nothing_harder_than_what_is_handed_out(client: FlaskClient) -> None:
    project(categories={"W04": 4}, sensitive_share=0.5)
    with transaction() as session:
        labeler = add_labeler(session)
    sign_in(client, labeler)
    page = Desktop(client).open("/me/choices/W04")
    assert page.status == 200
    assert "up to severe, some of the 50 in 100 tasks" in page.words


def test_labelers_vendors_and_auditors_see_no_projects(client: FlaskClient) -> None:
    project()
    for role in (Role.LABELER, Role.VENDOR_MANAGER, Role.AUDITOR):
        with transaction() as session:
            user = add_labeler(session) if role is Role.LABELER else add_user(session, role)
        sign_in(client, user)
        for path in ("", "/bread", "/bread/form", "/bread/instructions", "/bread/imports", "/bread/project.toml"):
            assert client.get(f"/projects{path}").status_code == 403, (role, path)


def test_a_project_that_is_not_there_is_missing(researcher: Desktop) -> None:
    for path in ("", "/form", "/instructions", "/instructions/1", "/imports", "/close", "/project.toml"):
        assert researcher.open(f"/projects/nothing{path}").status == 404, path


def test_every_page_of_a_project_leads_to_the_others(researcher: Desktop) -> None:
    project()
    parts = {
        "Overview": "",
        "Form": "/form",
        "Instructions": "/instructions",
        "Data": "/imports",
        "Exports": "/exports",
    }
    for name, path in parts.items():
        page = researcher.open(f"/projects/bread{path}")
        assert {word: page.links[word] for word in parts} == {
            word: f"/projects/bread{each}" for word, each in parts.items()
        }
        assert f'aria-current="page">{name}</a>' in page.html
        assert '<a href="/projects" aria-current="true">' in page.html
