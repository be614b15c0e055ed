"""What a project is for, and its approval, by script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeler.accounts.permissions import Scope
from labeler.db import transaction
from labeler.projects.rules import ProjectState
from tests.api.calls import Script, is_problem
from tests.support.build import USE, add_project, add_tasks

if TYPE_CHECKING:
    from flask import Flask

APPROVAL = "/projects/meadow/approval"


def test_a_project_is_approved_and_published_by_script(app: Flask, script: Script) -> None:
    with transaction() as session:
        made = add_project(
            session, slug="meadow", created_by=script.user_id, state=ProjectState.CHECKED, approved=False
        )
        add_tasks(session, made, 1)
    second = Script(app, [Scope.PROJECTS_READ, Scope.PROJECTS_APPROVE])
    assert script.get("/usage-policy").get_json()["prohibited"][0]["code"] == "P01"
    is_problem(script.post("/projects/meadow/publish"), 409, "project-not-approved")
    is_problem(script.post(f"{APPROVAL}/ask", json={"intended_use": "Short.", "harmless": False}), 422)
    asked = script.post(f"{APPROVAL}/ask", json={"intended_use": USE.intended_use, "harmless": True}).get_json()
    assert (asked["standing"], asked["asks"][0]["state"]) == ("waiting", "waiting")
    digest = asked["asks"][0]["digest"]
    is_problem(script.post(f"{APPROVAL}/approve", json={"digest": digest}), 403)
    is_problem(second.post(f"{APPROVAL}/approve", json={"digest": "0" * 64}), 409)
    is_problem(second.post(f"{APPROVAL}/refuse", json={"digest": digest, "reasons": "No."}), 422)
    assert second.post(f"{APPROVAL}/approve", json={"digest": digest}).get_json()["standing"] == "approved"
    assert script.post("/projects/meadow/publish").get_json()["state"] == "live"
    assert script.patch("/projects/meadow", json={"pay_rate": "1 EUR"}).get_json()["state"] == "paused"
    assert second.get(APPROVAL).get_json()["changed"] == ["pay_rate"]
    is_problem(script.post("/projects/meadow/resume"), 409, "project-not-approved")
