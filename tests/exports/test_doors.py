"""A choice with everything wrong is told whole at every door. That of the command is in `tests/cli/test_exports.py`."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.exports.models import Export
from labeler.projects.models import Project
from tests.api.calls import Script
from tests.exports.wrong import WRONG, told
from tests.support.build import add_user, sign_in
from tests.support.database import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def nothing_was_asked_for() -> bool:
    with reading() as session:
        return not session.scalar(select(func.count()).select_from(Export))


def test_the_rules_name_every_field(database: Database, project: Project) -> None:
    assert {field for field, _ in told(project.id)} == set(WRONG)


def test_the_form_tells_all_of_it(database: Database, project: Project, client: FlaskClient) -> None:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    page = client.get("/projects/bread/exports/new").text
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    reply = client.post("/projects/bread/exports", data={**WRONG, "csrf_token": token})
    assert reply.status_code == 422
    text = unescape(reply.text)
    assert [field for field, message in told(project.id) if message not in text] == []
    assert nothing_was_asked_for()


OF_THE_PROJECT = {"views", "languages", "guidelines", "least_time"}
"""What only the project can say; the API looks at the form of a request first."""


@pytest.mark.parametrize("first", [True, False])
def test_the_api_tells_all_of_it(database: Database, project: Project, app: Flask, first: bool) -> None:
    sent = {name: value for name, value in WRONG.items() if (name in OF_THE_PROJECT) != first}
    reply = Script(app).post("/projects/bread/exports", json=sent)
    assert reply.status_code == 422
    assert {each["field"].split(".")[0] for each in reply.get_json()["problems"]} == set(sent)
    assert nothing_was_asked_for()
