"""The approval page: what is asked, the second person's look, and what a change does."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from tests.support.build import USE, add_project, add_tasks, add_user, sign_in
from tests.web.pages import Desktop

WHY = "Health advice is checked by two doctors before it is used."


@pytest.fixture
def owner(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER, name="Remy")
        made = add_project(
            session, slug="bread", name="Bread", state=ProjectState.CHECKED, created_by=user.id, approved=False
        )
        add_tasks(session, made, 1)
    sign_in(client, user)
    return Desktop(client)


def browser(app: Flask, role: Role, name: str) -> Desktop:
    with transaction() as session:
        user = add_user(session, role, name=name)
    client = app.test_client()
    sign_in(client, user)
    return Desktop(client)


def state() -> ProjectState:
    with reading() as session:
        return session.scalars(select(Project.state)).one()


def test_everybody_can_read_the_usage_policy(client: FlaskClient) -> None:
    page = client.get("/usage-policy").text
    assert "Prohibited purposes" in page and "Sexual content about children" in page


def test_a_project_is_asked_for_looked_at_and_published(app: Flask, owner: Desktop) -> None:
    second = browser(app, Role.ADMIN, "Ada Second")
    page = owner.open("/projects/bread")
    assert "a second person must approve what it is for" in page.words and not page.has("/publish")

    form = owner.open("/projects/bread/approval").form("/approval/ask")
    page = owner.send(form, intended_use="Training", scrutiny=["S01"])
    assert page.status == 422 and "There are 3 problems" in page.words and "Training" in page.html
    page = owner.send(page.form("/approval/ask"), intended_use=USE.intended_use, harmless=["yes"], safeguards=WHY)
    assert page.status == 200 and "Waits for a second person" in page.words and not page.has("/approval/approve")

    assert "1 project waits for approval" in second.open("/projects").words
    assert "Remy" in second.open("/projects/approvals").words
    look = second.open("/projects/bread/approval")
    assert USE.intended_use in look.words and "Health" in look.words and "Meadow Research" in look.words
    page = second.send(look.form("/approval/approve"))
    assert page.status == 422 and "Write your reasons" in page.words
    page = second.send(look.form("/approval/approve"), reasons=WHY)
    assert page.status == 200 and "Approved by Ada Second" in page.words
    owner.send(owner.open("/projects/bread").form("/publish"))
    assert state() is ProjectState.LIVE

    owner.send(owner.open("/projects/bread/instructions").form("/instructions"), text="# Something else\n\nRead it.")
    assert state() is ProjectState.PAUSED
    page = owner.open("/projects/bread")
    assert "Since then changed: the instructions." in page.words and not page.has("/resume")
    second.send(look.form("/approval/approve"), reasons=WHY)  # her old page, sent again
    assert "Not what was approved" in second.open("/projects/bread/approval").words


def test_a_refusal_tells_its_reasons(app: Flask, owner: Desktop) -> None:
    second = browser(app, Role.RESEARCHER, "Rita Second")
    form = owner.open("/projects/bread/approval").form("/approval/ask")
    owner.send(form, intended_use=USE.intended_use, harmless=["yes"])
    refuse = second.open("/projects/bread/approval").form("/approval/approve")
    refuse.action = "/projects/bread/approval/refuse"
    assert second.send(refuse, reasons="No.").status == 422
    assert second.send(refuse, reasons="The client is not named in full anywhere.").status == 200
    page = owner.open("/projects/bread/approval")
    assert "Refused by Rita Second" in page.words and "The client is not named in full" in page.words
    assert state() is ProjectState.CHECKED


def test_an_approval_is_withdrawn_on_its_page(app: Flask, owner: Desktop) -> None:
    second, admin, third = (
        browser(app, role, name)
        for role, name in ((Role.RESEARCHER, "Rita Second"), (Role.ADMIN, "Ada Admin"), (Role.RESEARCHER, "Tom Third"))
    )
    owner.send(
        owner.open("/projects/bread/approval").form("/approval/ask"), intended_use=USE.intended_use, harmless=["yes"]
    )
    second.send(second.open("/projects/bread/approval").form("/approval/approve"))
    owner.send(owner.open("/projects/bread").form("/publish"))
    for nobody in (owner, third):
        assert not nobody.open("/projects/bread/approval").has("/approval/withdraw")
    assert admin.open("/projects/bread/approval").has("/approval/withdraw")
    page = second.send(second.open("/projects/bread/approval").form("/approval/withdraw"), why="It is not so.")
    assert page.status == 422 and "Write your reasons in 20 characters" in page.words and "It is not so." in page.html
    assert state() is ProjectState.LIVE
    page = second.send(page.form("/approval/withdraw"), why="The client is not who it says.")
    assert page.status == 200 and "Withdrawn. The project is handed out no more" in page.words
    assert state() is ProjectState.PAUSED
    page = owner.open("/projects/bread")
    assert "Its approval was withdrawn." in page.words and not page.has("/resume")
    page = owner.open("/projects/bread/approval")
    assert "Approval withdrawn by Rita Second" in page.words and "The client is not who it says." in page.words
    owner.send(page.form("/approval/ask"), harmless=["yes"])
    third.send(third.open("/projects/bread/approval").form("/approval/approve"))
    owner.send(owner.open("/projects/bread").form("/resume"))
    assert state() is ProjectState.LIVE
