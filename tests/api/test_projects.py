"""Projects by script: made, looked at, changed, listed, and led through their life."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed
from labeler.audit.models import AuditEntry
from labeler.clock import now
from labeler.db import reading, transaction
from labeler.judgments.service import submit
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.web.handing import next_task
from tests.api.calls import PLAN, ROOT, Script, is_problem
from tests.support.build import add_labeler, add_project, add_tasks, add_vendor

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


def acts(about: str) -> list[str]:
    with reading() as session:
        return list(
            session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith(about)).order_by(AuditEntry.id))
        )


def test_a_project_is_made_and_shown_whole(script: Script) -> None:
    made = script.post("/projects", json={**PLAN, "slug": "meadow"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{ROOT}/projects/meadow"
    facts = made.get_json()
    assert {name: facts[name] for name in PLAN if name != "guideline"} == {
        name: value for name, value in PLAN.items() if name != "guideline"
    }
    assert (facts["state"], facts["guideline_version"], facts["published_at"]) == ("draft", 1, None)
    assert script.get(made.headers["Location"]).get_json() == facts
    assert acts("project.") == ["project.create"]


def test_a_project_needs_no_more_than_a_name_and_a_kind(script: Script) -> None:
    made = script.post("/projects", json={"name": "Bread, and how to bake it", "kind": "rating"}).get_json()
    assert made["slug"] == "bread-and-how-to-bake-it"
    assert (made["languages"], made["overlap"], made["categories"]) == (["en"], 3, None)
    again = script.post("/projects", json={"name": "Bread, and how to bake it", "kind": "rating"}).get_json()
    assert again["slug"] == "bread-and-how-to-bake-it-2"


def test_a_slug_belongs_to_one_project(script: Script) -> None:
    assert script.post("/projects", json={**PLAN, "slug": "meadow"}).status_code == 201
    is_problem(script.post("/projects", json={**PLAN, "slug": "meadow"}), 409)


@pytest.mark.parametrize("sent", [{"slug": "meadow"}, {}])
def test_of_projects_made_at_once_at_one_address_one_gets_it(script: Script, sent: dict[str, str]) -> None:
    def make(_: int) -> TestResponse:
        return script.post("/projects", json={**PLAN, **sent})

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(make, range(6)))
    made = [reply.get_json()["slug"] for reply in replies if reply.status_code == 201]
    assert len(set(made)) == len(made) >= 1
    for reply in replies:
        if reply.status_code != 201:
            is_problem(reply, 409)
    assert len(made) == 1 or not sent


def test_one_field_changes_and_the_others_stay(script: Script) -> None:
    before = script.post("/projects", json={**PLAN, "slug": "meadow"}).get_json()
    reply = script.patch("/projects/meadow", json={"pay_rate": "14 EUR an hour"})
    assert reply.status_code == 200
    assert reply.get_json() == {**before, "pay_rate": "14 EUR an hour"}
    assert script.get("/projects/meadow").get_json() == reply.get_json()


def test_changes_made_at_once_do_not_undo_each_other(script: Script) -> None:
    script.post("/projects", json={**PLAN, "slug": "meadow"})
    changes: list[dict[str, object]] = [
        {"priority": 7}, {"pay_rate": "1 EUR"}, {"overlap": 9}, {"name": "Bread"}, {"languages": ["sw"]}
    ]  # fmt: skip
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda change: script.patch("/projects/meadow", json=change), changes))
    assert [reply.status_code for reply in replies] == [200] * 5
    facts = script.get("/projects/meadow").get_json()
    for change in changes:
        assert change.items() <= facts.items()


def test_nothing_sent_changes_nothing(script: Script) -> None:
    before = script.post("/projects", json={**PLAN, "slug": "meadow"}).get_json()
    assert script.patch("/projects/meadow", json={}).get_json() == before
    assert acts("project.") == ["project.create"]


def test_a_field_can_be_emptied_again(script: Script) -> None:
    script.post("/projects", json={**PLAN, "slug": "meadow"})
    assert script.patch("/projects/meadow", json={"purpose": None}).get_json()["purpose"] is None


def test_everything_wrong_with_a_change_is_told_at_once_and_nothing_changes(script: Script) -> None:
    before = script.post("/projects", json={**PLAN, "slug": "meadow"}).get_json()
    wrong = {"overlap": 0, "priority": 101, "languages": ["not a tag"], "colour": "red", "pay_rate": "9 EUR"}
    problems = is_problem(script.patch("/projects/meadow", json=wrong), 422, "invalid")["problems"]
    assert {each["field"] for each in problems} == {"overlap", "priority", "languages.0", "colour"}
    assert script.get("/projects/meadow").get_json() == before


def test_a_guideline_sent_with_a_change_is_a_new_version(script: Script) -> None:
    script.post("/projects", json={**PLAN, "slug": "meadow"})
    changed = script.patch("/projects/meadow", json={"guideline": {"text": "Be kind."}}).get_json()
    assert changed["guideline_version"] == 2
    same = script.patch("/projects/meadow", json={"guideline": {"text": "Be kind."}}).get_json()
    assert same["guideline_version"] == 2


def test_another_kind_begins_with_its_own_options(script: Script) -> None:
    script.post("/projects", json={**PLAN, "slug": "meadow", "options": {"scale": "seven"}})
    changed = script.patch("/projects/meadow", json={"kind": "rating"})
    assert changed.status_code == 200, changed.text
    assert "scale" not in changed.get_json()["options"]


def test_vendors_are_named_and_unknown_ones_are_told(script: Script) -> None:
    with transaction() as session:
        add_vendor(session, "Lake Vendor")
    made = script.post("/projects", json={**PLAN, "slug": "meadow", "offered_to": ["Lake Vendor"]}).get_json()
    assert made["offered_to"] == ["Lake Vendor"]
    wrong = script.patch("/projects/meadow", json={"offered_to": ["Nobody", "Lake Vendor", "No one"]})
    assert len(is_problem(wrong, 422, "invalid")["problems"]) == 2
    assert script.patch("/projects/meadow", json={"offered_to": []}).get_json()["offered_to"] == []


def test_what_judgments_depend_on_stands_once_a_project_was_live(script: Script) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, slug="meadow", categories={"W06": 2}, sensitive_share=0.1), 1)
    change = {"overlap": 5, "kind": "rating", "categories": {"W06": 1}, "pay_rate": "20 EUR an hour"}
    problems = is_problem(script.patch("/projects/meadow", json=change), 422, "invalid")["problems"]
    assert {"overlap", "kind", "categories"} <= {each["field"] for each in problems}
    assert script.patch("/projects/meadow", json={"categories": {"W06": 3}}).status_code == 200


def test_a_list_shows_everything_once_while_new_ones_come(script: Script) -> None:
    with transaction() as session:
        old = [add_project(session).slug for _ in range(7)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = script.get(f"/projects?limit=2{f'&cursor={cursor}' if cursor else ''}").get_json()
        assert len(reply["items"]) <= 2
        seen += [each["slug"] for each in reply["items"]]
        cursor = reply["next_cursor"]
        with transaction() as session:
            add_project(session)
    assert seen == old[::-1]
    assert len(script.get("/projects").get_json()["items"]) == 7 + 4


def test_progress_counts_what_is_wanted_held_and_judged(script: Script) -> None:
    with transaction() as session:
        project = add_project(session, slug="meadow", overlap=2, categories={"W04": 4}, sensitive_share=0.1)
        add_tasks(session, project, 3)
        add_tasks(session, project, 1, profile={"W04": 4})
        first, second = add_labeler(session), add_labeler(session)
    held = next_task(first.id, now())
    assert isinstance(held, Handed)
    with transaction() as session:
        submit(session, first.id, held.assignment_id, {"choice": ["a2"]}, "0123456789abcdef", now())
    assert isinstance(next_task(second.id, now()), Handed)
    progress = script.get("/projects/meadow/progress").get_json()
    assert (progress["tasks"], progress["wanted"], progress["claimed"], progress["held_back"]) == (3, 6, 2, 1)
    assert progress["judged"] == {"counted": 1}
    assert [(lane["profile"], lane["tasks"]) for lane in progress["by_lane"]] == [({}, 3), ({"W04": 4}, 1)]


class TestLife:
    """From a draft to the end."""

    def owing(self, script: Script) -> None:
        script.post("/projects", json={"name": "x", "kind": "comparison", "slug": "meadow"})

    def ready(self, script: Script, state: ProjectState = ProjectState.DRAFT) -> None:
        with transaction() as session:
            add_tasks(session, add_project(session, slug="meadow", state=state), 1)

    def test_a_check_names_everything_that_labelers_are_owed(self, script: Script) -> None:
        self.owing(script)
        found = script.post("/projects/meadow/check").get_json()
        assert (found["ready"], found["state"]) == (False, "draft")
        assert {each["field"] for each in found["problems"]} == {
            "purpose", "client_name", "categories", "sensitive_share", "pay_rate", "seconds_estimate", "guideline",
            "tasks",
        }  # fmt: skip
        problems = is_problem(script.post("/projects/meadow/publish"), 422, "invalid")["problems"]
        assert problems == found["problems"]

    def test_checked_live_paused_live_closed(self, script: Script) -> None:
        self.ready(script)
        assert script.post("/projects/meadow/check").get_json() == {"ready": True, "state": "checked", "problems": []}
        for move, state in (("publish", "live"), ("pause", "paused"), ("resume", "live"), ("close", "closed")):
            reply = script.post(f"/projects/meadow/{move}")
            assert (reply.status_code, reply.get_json()["state"]) == (200, state)
            assert script.get("/projects/meadow").get_json()["state"] == state
        assert acts("project.") == [
            "project.check", "project.publish", "project.pause", "project.publish", "project.close",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "wrong"),
        [
            (ProjectState.DRAFT, ("publish", "pause", "resume")),
            (ProjectState.CHECKED, ("pause", "resume")),
            (ProjectState.LIVE, ("publish", "resume")),
            (ProjectState.PAUSED, ("pause",)),
            (ProjectState.CLOSED, ("publish", "pause", "resume", "close")),
        ],
    )
    def test_a_move_at_the_wrong_moment_changes_nothing(
        self, script: Script, state: ProjectState, wrong: tuple[str, ...]
    ) -> None:
        self.ready(script, state)
        for move in wrong:
            is_problem(script.post(f"/projects/meadow/{move}"), 409)
        assert script.get("/projects/meadow").get_json()["state"] == state

    def test_a_freeze_is_announced_and_moved_later_only(self, script: Script) -> None:
        self.ready(script, ProjectState.LIVE)
        first = (now() + timedelta(days=20)).replace(microsecond=0)

        def ask(moment: datetime | str) -> TestResponse:
            return script.post("/projects/meadow/freeze", json={"freeze_at": str(moment)})

        assert script.get("/projects/meadow").get_json()["freeze_at"] is None
        assert datetime.fromisoformat(ask(first).get_json()["freeze_at"]) == first
        for wrong in (first - timedelta(days=1), "2026-01-01T00:00:00", "9999-12-31T23:59:59-14:00", "soon"):
            found = is_problem(ask(wrong), 422, "invalid")
            assert [each["field"] for each in found["problems"]] == ["freeze_at"]
        assert ask(first + timedelta(days=1)).status_code == 200
        assert acts("project.") == ["project.freeze"] * 2

    def test_a_change_makes_a_checked_project_a_draft_again(self, script: Script) -> None:
        self.ready(script, ProjectState.CHECKED)
        assert script.patch("/projects/meadow", json={"pay_rate": "1 EUR"}).get_json()["state"] == "draft"

    def test_a_closed_project_stays_as_it_is(self, script: Script) -> None:
        self.ready(script, ProjectState.CLOSED)
        is_problem(script.patch("/projects/meadow", json={"pay_rate": "1 EUR"}), 409)
        is_problem(script.post("/projects/meadow/guidelines", json={"text": "x"}), 409)
        is_problem(script.upload("meadow", b"{}"), 409)

    def test_a_live_project_cannot_stop_saying_what_labelers_are_owed(self, script: Script) -> None:
        self.ready(script, ProjectState.LIVE)
        is_problem(script.patch("/projects/meadow", json={"purpose": None}), 422, "invalid")

    def test_pausing_leaves_what_labelers_hold_in_their_hands(self, script: Script) -> None:
        self.ready(script, ProjectState.LIVE)
        with transaction() as session:
            labeler = add_labeler(session)
        held = next_task(labeler.id, now())
        assert isinstance(held, Handed)
        script.post("/projects/meadow/pause")
        with transaction() as session:
            done = submit(session, labeler.id, held.assignment_id, {"choice": ["a2"]}, "0123456789abcdef", now())
            assert done.new
            assert session.get_one(Assignment, held.assignment_id).ended_at is not None

    def test_of_two_moves_at_once_one_is_made(self, script: Script) -> None:
        self.ready(script, ProjectState.LIVE)
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda _: script.post("/projects/meadow/pause"), range(4)))
        assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
        assert acts("project.") == ["project.pause"]
        with reading() as session:
            assert session.scalars(select(Project.state)).one() is ProjectState.PAUSED


class TestGuidelines:
    """Instructions, version by version."""

    @pytest.fixture(autouse=True)
    def project(self, script: Script) -> None:
        script.post("/projects", json={**PLAN, "slug": "meadow"})

    def test_a_version_is_added_and_the_old_one_stays(self, script: Script) -> None:
        added = script.post("/projects/meadow/guidelines", json={"text": "# Second\n\nمرحبا"})
        assert added.status_code == 201
        assert added.headers["Location"] == f"{ROOT}/projects/meadow/guidelines/2"
        assert script.get(added.headers["Location"]).get_json() == added.get_json()
        assert added.get_json()["created_by"] == str(script.user_id)
        assert script.get("/projects/meadow/guidelines/1").get_json()["text"] == PLAN["guideline"]["text"]
        listed = script.get("/projects/meadow/guidelines").get_json()["items"]
        assert [each["version"] for each in listed] == [2, 1]
        assert script.get("/projects/meadow").get_json()["guideline_version"] == 2

    def test_versions_come_a_page_at_a_time(self, script: Script) -> None:
        for n in range(4):
            script.post("/projects/meadow/guidelines", json={"text": f"version {n + 2}"})
        first = script.get("/projects/meadow/guidelines?limit=3").get_json()
        rest = script.get(f"/projects/meadow/guidelines?limit=3&cursor={first['next_cursor']}").get_json()
        assert [each["version"] for each in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
        assert rest["next_cursor"] is None

    @pytest.mark.parametrize("sent", [{}, {"text": ""}, {"text": "   "}, {"text": "x" * 200_001}, {"text": 3}])
    def test_an_empty_or_endless_guideline_is_refused(self, script: Script, sent: dict[str, object]) -> None:
        is_problem(script.post("/projects/meadow/guidelines", json=sent), 422, "invalid")
        assert len(script.get("/projects/meadow/guidelines").get_json()["items"]) == 1

    def test_versions_added_at_once_get_numbers_of_their_own(self, script: Script) -> None:
        with ThreadPoolExecutor(5) as pool:
            replies = list(
                pool.map(lambda n: script.post("/projects/meadow/guidelines", json={"text": f"text {n}"}), range(5))
            )
        assert sorted(reply.get_json()["version"] for reply in replies) == [2, 3, 4, 5, 6]
