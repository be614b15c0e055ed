"""Who may take a dataset version, and who took one: by script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.accounts.permissions import Scope
from labeler.clock import now
from labeler.db import transaction
from labeler.exports import service
from labeler.exports.models import Approval
from labeler.projects.rules import ProjectState
from tests.api.calls import Script, is_problem
from tests.exports.versions import add_version, put_files
from tests.support.build import add_project
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask

ONE = "/projects/meadow/exports/1"


def test_a_key_acts_for_its_person_in_the_second_look_too(app: Flask, script: Script, database: Database) -> None:
    second = Script(app, [Scope.EXPORTS_READ, Scope.EXPORTS_APPROVE])
    with transaction() as session:
        project = add_project(session, slug="meadow", created_by=script.user_id)
        for _ in range(2):
            put_files(database.settings.folder, add_version(session, project, approval=Approval.WAITING))
    file = f"{ONE}/files/manifest.json"
    is_problem(script.get(file), 409, "waits-for-approval")
    is_problem(script.post(f"{ONE}/approve"), 403)
    is_problem(Script(app, [Scope.EXPORTS_WRITE]).post(f"{ONE}/approve"), 403, "scope-missing")
    first = second.post(f"{ONE}/approve", json={"note": "Good."}, idem="once")
    assert (first.status_code, first.get_json()["approval"], first.get_json()["decision_note"]) == (
        200, "approved", "Good.",
    )  # fmt: skip
    assert second.post(f"{ONE}/approve", json={"note": "Good."}, idem="once").get_json() == first.get_json()
    assert script.get(file).status_code == 200
    other = "/projects/meadow/exports/2"
    is_problem(second.post(f"{other}/refuse", json={}), 422)
    assert second.post(f"{other}/refuse", json={"note": "Mixed up."}).get_json()["approval"] == "refused"
    is_problem(second.post(f"{other}/approve"), 409)
    is_problem(script.get(f"{other}/files/manifest.json"), 409, "refused")


def test_a_project_asks_for_a_second_person_by_script(script: Script) -> None:
    with transaction() as session:
        add_project(session, slug="meadow", created_by=script.user_id, state=ProjectState.DRAFT)
    assert script.get("/projects/meadow").get_json()["export_approval"] is False
    assert script.post("/projects/meadow/export-approval", json={"on": True}).get_json()["export_approval"] is True
    assert script.patch("/projects/meadow", json={"priority": 3}).get_json()["export_approval"] is True
    assert script.patch("/projects/meadow", json={"export_approval": False}).get_json()["export_approval"] is False


def test_the_ledger_is_read_a_page_at_a_time(app: Flask, script: Script) -> None:
    with transaction() as session:
        mine, other = add_project(session, slug="meadow"), add_project(session, slug="other")
        one, two = add_version(session, mine), add_version(session, other)
        for place, export in enumerate((one, two, one)):
            service.download(session, script.user_id, export, f"{place}.md", now(), way="api", size=place)
    first = script.get("/exports/ledger?limit=2").get_json()
    assert [(line["project"], line["version"], line["file"], line["bytes"]) for line in first["items"]] == [
        ("meadow", 1, "2.md", 2), ("other", 1, "1.md", 1),
    ]  # fmt: skip
    rest = script.get(f"/exports/ledger?limit=2&cursor={first['next_cursor']}").get_json()
    assert [line["file"] for line in rest["items"]] == ["0.md"] and rest["next_cursor"] is None
    assert {line["way"] for line in rest["items"]} == {"api"}
    only = script.get("/projects/meadow/exports/ledger").get_json()["items"]
    assert [line["file"] for line in only] == ["2.md", "0.md"]
    is_problem(script.get("/projects/nothing/exports/ledger"), 404)
    is_problem(Script(app, [Scope.EXPORTS_READ]).get("/exports/ledger"), 403, "scope-missing")
