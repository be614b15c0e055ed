"""The second look in the browser: the switch, the list of what waits, both buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from labeler.accounts.permissions import Role
from labeler.clock import now
from labeler.db import transaction
from labeler.exports import service
from labeler.exports.models import Approval
from labeler.jobs import worker
from tests.exports.build import BETTER_0, add_judgment
from tests.exports.versions import add_version
from tests.support.build import add_labeler, add_project, add_tasks, add_user, sign_in
from tests.support.database import Database
from tests.web.pages import Page

if TYPE_CHECKING:
    from flask import Flask

    from labeler.accounts.models import User


def browser(app: Flask, user: User) -> FlaskClient:
    client = app.test_client()
    sign_in(client, user)
    return client


def form(page: Page, action: str) -> dict[str, str]:
    """What the form that goes to an address sends, as it stands."""
    return dict(next(each for each in page.forms if each.action == action).values)


def test_a_version_is_looked_at_and_then_taken(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with transaction() as session:
        owner, second = add_user(session, Role.RESEARCHER), add_user(session, Role.ADMIN, name="Ada Second")
        project = add_project(session, slug="bread", created_by=owner.id)
        add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), BETTER_0)
    hers, theirs = browser(app, owner), browser(app, second)
    switch = "/projects/bread/exports/approval"
    page = Page(hers.get("/projects/bread/exports"))
    assert hers.post(switch, data=form(page, switch) | {"approval": "on"}).status_code == 303
    with transaction() as session:
        made, job = service.request(session, owner.id, project.id, {}, now())
    assert worker.run(job)

    one = f"/projects/bread/exports/{made.number}"
    page = Page(hers.get(one))
    assert "Waits for a second person" in page.html and "Ask another researcher" in page.html
    assert "<summary>Read README.md</summary>" in page.html, "it can be read before it is approved"
    assert "/files/README.md" not in page.html and "export.tar" not in page.html
    for address in (f"{one}/files/README.md", f"{one}/export.tar", f"{one}/files/README.md?withdrawn=take"):
        refused = hers.get(address)
        assert refused.status_code == 409 and "waits for a second person" in refused.text
    token = form(Page(theirs.get(one)), f"{one}/approve")
    assert hers.post(f"{one}/approve", data={"csrf_token": form(page, "/sign-out")["csrf_token"]}).status_code == 403

    assert "bread, export 1" in theirs.get("/exports").text
    empty = theirs.post(f"{one}/refuse", data=token | {"note": " "})
    assert empty.status_code == 422 and "Say why" in empty.text
    assert theirs.post(f"{one}/approve", data=token | {"note": "Good."}).status_code == 303
    page = Page(hers.get(one))
    assert "Approved by <bdi>Ada Second</bdi>" in page.html and "Good." in page.html
    with hers.get(f"{one}/files/README.md") as taken:
        assert taken.status_code == 200
    assert "Waiting for approval" not in theirs.get("/exports").text


def test_a_refused_version_says_why_and_stays_shut(app: Flask) -> None:
    with transaction() as session:
        owner, second = add_user(session, Role.RESEARCHER), add_user(session, Role.RESEARCHER)
        project = add_project(session, slug="bread", created_by=owner.id, export_approval=True)
        add_version(session, project, approval=Approval.WAITING)
    one = "/projects/bread/exports/1"
    theirs = browser(app, second)
    sent = form(Page(theirs.get(one)), f"{one}/approve") | {"note": "Two languages are mixed."}
    assert theirs.post(f"{one}/refuse", data=sent).status_code == 303
    page = browser(app, owner).get(one).text
    assert "Refused by a second person" in page and "Two languages are mixed." in page
    assert theirs.post(f"{one}/approve", data=sent).status_code == 409
