"""A project's webhook in the browser: set, shown once, tested, seen to fail, switched off, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.egress.fetcher import Egress
from labeler.egress.rules import parse_hosts
from labeler.jobs import worker
from tests.support.build import add_project, add_user, sign_in
from tests.support.database import Database
from tests.web.pages import Page

if TYPE_CHECKING:
    from flask import Flask

PAGE = "/projects/bread/webhook"


def signed_in(app: Flask, role: Role) -> FlaskClient:
    client = app.test_client()
    with transaction() as session:
        user = add_user(session, role)
    sign_in(client, user)
    return client


def test_from_an_address_to_its_removal(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with transaction() as session:
        add_project(session, slug="bread")
    client = signed_in(app, Role.RESEARCHER)
    assert "LABELER_EGRESS_HOSTS" in client.get(PAGE).text, "nothing is allowed yet"
    app.extensions["settings"].__dict__["egress"] = Egress(parse_hosts("hooks.example.org"))
    page = Page(client.get(PAGE))
    token = {"csrf_token": page.forms[-1].one("csrf_token")}
    wrong = client.post(PAGE, data={**token, "url": "https://169.254.169.254/latest"})
    assert wrong.status_code == 422 and "full name of a host" in wrong.text and "169.254.169.254/latest" in wrong.text
    made = client.post(PAGE, data={**token, "url": "https://hooks.example.org/labels"})
    assert made.status_code == 200 and "whsec_" in made.text and made.headers["Cache-Control"] == "no-store"
    assert "whsec_" not in client.get(PAGE).text
    assert client.post(f"{PAGE}/test", data=token).status_code == 303
    job = worker.next_due()
    assert job is not None and worker.run(job)  # the process that sends has no host that it may tell
    assert "This installation sends nothing out" in client.get(PAGE).text
    assert "whsec_" in client.post(f"{PAGE}/rotate", data=token).text
    assert client.post(f"{PAGE}/off", data=token).status_code == 303
    page = Page(client.get(PAGE))
    assert "Switched off" in page.html and f"{PAGE}/test" not in [form.action for form in page.forms]
    assert client.post(f"{PAGE}/test", data=token).status_code == 409
    assert client.post(f"{PAGE}/on", data=token).status_code == 303
    assert client.post(f"{PAGE}/remove", data=token).status_code == 303
    assert client.post(f"{PAGE}/rotate", data=token).status_code == 404


def test_whoever_makes_no_exports_sees_no_address(app: Flask) -> None:
    with transaction() as session:
        add_project(session, slug="bread")
    assert signed_in(app, Role.ADMIN).get(PAGE).status_code == 403
