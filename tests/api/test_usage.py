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


def test_an_approval_is_withdrawn_by_who_gave_it(app: Flask, script: Script) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, slug="meadow", created_by=script.user_id, approved=False), 1)
    second, third = (Script(app, [Scope.PROJECTS_READ, Scope.PROJECTS_APPROVE]) for _ in range(2))
    asked = script.post(f"{APPROVAL}/ask", json={"intended_use": USE.intended_use, "harmless": True}).get_json()
    said = {"digest": asked["asks"][0]["digest"], "why": "The client is not who it says."}
    is_problem(second.post(f"{APPROVAL}/withdraw", json=said), 409)
    second.post(f"{APPROVAL}/approve", json={"digest": said["digest"]})
    for other in (script, third):
        is_problem(other.post(f"{APPROVAL}/withdraw", json=said), 403)
    is_problem(second.post(f"{APPROVAL}/withdraw", json={**said, "why": "No."}), 422)
    told = second.post(f"{APPROVAL}/withdraw", json=said).get_json()
    assert (told["standing"], told["asks"][0]["withdrawn_why"]) == ("withdrawn", said["why"])
    is_problem(script.post("/projects/meadow/publish"), 409)
