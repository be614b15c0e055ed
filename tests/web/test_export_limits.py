"""Limits on dataset versions in the browser and by script: set by an administrator, told to whoever reaches one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.testing import FlaskClient

from labeler.accounts.permissions import Role
from labeler.clock import now
from labeler.db import transaction
from labeler.exports.quotas import service as quotas
from tests.api.calls import Script, is_problem
from tests.exports.versions import add_version, put_files
from tests.support.build import add_project, add_user, sign_in
from tests.support.database import Database
from tests.web.pages import Page

if TYPE_CHECKING:
    from flask import Flask


def signed_in(app: Flask, role: Role) -> FlaskClient:
    client = app.test_client()
    with transaction() as session:
        user = add_user(session, role)
    sign_in(client, user)
    return client


def test_an_administrator_sets_them_and_whoever_reaches_one_is_told(app: Flask, database: Database) -> None:
    with transaction() as session:
        project = add_project(session, slug="bread")
        put_files(database.settings.folder, add_version(session, project))
    admin, script = signed_in(app, Role.ADMIN), Script(app)
    form = next(each for each in Page(admin.get("/exports/limits")).forms if each.action == "/exports/limits")
    wrong = admin.post("/exports/limits", data=form.filled(writing="none at all"))
    assert wrong.status_code == 422 and 'value="none at all"' in wrong.text
    assert admin.post("/exports/limits", data=form.filled(writing="1", bytes_per_day="10")).status_code == 303

    page = Page(admin.get("/exports/limits"))
    form = next(each for each in page.forms if each.action == "/exports/limits/requesters")
    assert admin.post(form.action, data=form.filled(imports_per_day="many")).status_code == 422
    assert admin.post(form.action, data=form.filled(imports_per_day="0")).status_code == 303
    refused = script.upload("bread", b'{"prompt": "a", "completions": ["b", "c"]}')
    assert "Imports that one person asks for" in is_problem(refused, 429, "over-quota")["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    facts = {each["name"]: each for each in script.get("/requester-limits").get_json()["limits"]}
    assert facts["imports_per_day"]["limit"] == 0 and facts["project_tasks_per_day"]["limit"] is None

    her = signed_in(app, Role.RESEARCHER)
    own = dict(Page(her.get("/exports")).forms[0].values)
    assert her.post(form.action, data=own | {"imports_per_day": "9"}).status_code == 403
    shown = her.get("/exports/limits").text
    assert "<dd>1</dd>" in shown and 'name="writing"' not in shown
    page = Page(her.get("/projects/bread/exports/new"))
    made = next(each for each in page.forms if any(name == "views" for name, _ in each.values))
    assert her.post("/projects/bread/exports", data=made.filled()).status_code == 303
    again = her.post("/projects/bread/exports", data=made.filled())
    assert again.status_code == 429 and "1 at once are allowed" in again.text and 'name="views"' in again.text
    taken = her.get("/projects/bread/exports/1/files/manifest.json")
    assert taken.status_code == 429 and int(taken.headers["Retry-After"]) > 0 and "of the 10 bytes" in taken.text

    refused = script.post("/projects/bread/exports")
    assert is_problem(refused, 429, "over-quota") and refused.headers["Retry-After"] == "60"
    told = is_problem(script.get("/projects/bread/exports/1/files/manifest.json"), 429, "over-quota")
    assert "would take 13 bytes" in told["detail"]
    part = script.get("/projects/bread/exports/1/files/manifest.json", headers={"Range": "bytes=3-9"})
    assert part.status_code == 206
    facts = {each["name"]: each for each in script.get("/exports/limits").get_json()["limits"]}
    assert (facts["bytes_per_day"]["limit"], facts["bytes_per_day"]["used"]) == (10, 7)
    with transaction() as session:
        quotas.set_limits(session, add_user(session, Role.ADMIN).id, {"bytes_per_day": "13"}, now())
    with script.get("/projects/bread/exports/1/files/manifest.json") as whole:
        assert whole.status_code == 200, "seven of its bytes are counted already"
