"""A write that is sent again has one effect and gets the same reply."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import ApiReply
from labeler.audit.models import AuditEntry
from labeler.clock import now
from labeler.db import reading, transaction
from labeler.egress.fetcher import Egress
from labeler.egress.rules import parse_hosts
from labeler.exports.documents.service import answer
from labeler.exports.models import Approval, Export, ExportState
from labeler.jobs.models import Job
from labeler.jobs.schedule import KEEP_REPLIES, purge
from labeler.projects.models import Project
from labeler.projects.usage.queries import in_force
from labeler.projects.usage.service import ask
from labeler.webhooks.models import Webhook
from tests.api.calls import PLAN, ROOT, Script, is_problem, pairs
from tests.exports.delivery.conftest import write_version
from tests.exports.documents.answers import ALL
from tests.exports.versions import add_version as add_finished
from tests.support.build import USE, add_project, add_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

AHEAD = now() + timedelta(days=100)
WRITES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "create_project": ("POST", "/projects", {"json": PLAN}, {"json": {**PLAN, "overlap": 4}}),
    "change_project": ("PATCH", "/projects/meadow", {"json": {"priority": 3}}, {"json": {"priority": 4}}),
    "change_options": (
        "PATCH",
        "/projects/meadow",
        {"json": {"options": {"scale": "seven"}}},
        {"json": {"options": {}}},
    ),
    "add_guideline": ("POST", "/projects/meadow/guidelines", {"json": {"text": "a"}}, {"json": {"text": "b"}}),
    "check_project": ("POST", "/projects/meadow/check", {}, {}),
    "publish_project": ("POST", "/projects/checked/publish", {}, {}),
    "pause_project": ("POST", "/projects/live/pause", {}, {}),
    "resume_project": ("POST", "/projects/paused/resume", {}, {}),
    "close_project": ("POST", "/projects/live/close", {}, {}),
    "freeze_project": (
        "POST",
        "/projects/live/freeze",
        {"json": {"freeze_at": str(AHEAD)}},
        {"json": {"freeze_at": str(AHEAD + timedelta(days=1))}},
    ),
    "ask_approval_of_project": (
        "POST",
        "/projects/checked/approval/ask",
        {"json": {"intended_use": USE.intended_use, "harmless": True, "safeguards": "One."}},
        {"json": {"intended_use": USE.intended_use, "harmless": True, "safeguards": "Two."}},
    ),
    "approve_project": (
        "POST",
        "/projects/paused/approval/approve",
        {"json": {"digest": "d" * 64}},
        {"json": {"digest": "d" * 64, "reasons": "Looked at."}},
    ),
    "refuse_project": (
        "POST",
        "/projects/paused/approval/refuse",
        {"json": {"digest": "d" * 64, "reasons": "It names no model at all."}},
        {"json": {"digest": "d" * 64, "reasons": "It names no client at all."}},
    ),
    "withdraw_approval": (
        "POST",
        "/projects/paused/approval/withdraw",
        {"json": {"digest": "d" * 64, "why": "Its client is another one."}},
        {"json": {"digest": "d" * 64, "why": "Its use is another one."}},
    ),
    "create_export": ("POST", "/projects/live/exports", {}, {"json": {"min_judgments": 2}}),
    "write_datasheet": (
        "POST",
        "/projects/live/datasheet",
        {"json": {"answers": {"licence": "MIT"}}},
        {"json": {"answers": {"licence": "CC-BY-4.0"}}},
    ),
    "make_export_again": ("POST", "/projects/live/exports/1/again", {}, {}),
    "publish_export": ("POST", "/projects/live/exports/1/publish", {}, {}),
    "create_delivery": (
        "POST",
        "/projects/live/exports/1/deliveries",
        {"json": {"destination": "archive"}},
        {"json": {"destination": "cellar"}},
    ),
    "approve_export": ("POST", "/projects/live/exports/2/approve", {}, {"json": {"note": "Good."}}),
    "refuse_export": (
        "POST",
        "/projects/live/exports/3/refuse",
        {"json": {"note": "Mixed up."}},
        {"json": {"note": "Too small."}},
    ),
    "switch_export_approval": (
        "POST",
        "/projects/live/export-approval",
        {"json": {"on": True}},
        {"json": {"on": False}},
    ),
    "set_webhook": (
        "POST",
        "/projects/checked/webhook",
        {"json": {"url": "https://hooks.example.org/a"}},
        {"json": {"url": "https://hooks.example.org/b"}},
    ),
    "rotate_webhook": ("POST", "/projects/paused/webhook/rotate", {}, {}),
    "test_webhook": ("POST", "/projects/paused/webhook/test", {}, {}),
    "switch_webhook": ("POST", "/projects/paused/webhook/switch", {"json": {"on": False}}, {"json": {"on": True}}),
    "remove_webhook": ("POST", "/projects/paused/webhook/remove", {}, {}),
    "import_batch": ("POST", "/projects/meadow/batches?name=a.jsonl", {"data": pairs(1)}, {"data": pairs(2)}),
    "import_form": (
        "POST",
        "/projects/meadow/batches",
        {"data": {"file": (pairs(1), "a.jsonl"), "language": "en"}},
        {"data": {"file": (pairs(1), "a.jsonl"), "language": "en-GB"}},
    ),
}
"""Every write: method, address, what is sent, and something else that could be sent there."""


@pytest.fixture(autouse=True)
def projects(script: Script) -> None:
    with transaction() as session:
        for state in ("draft", "checked", "live", "paused"):
            slug = "meadow" if state == "draft" else state
            project = add_project(session, slug=slug, state=state)  # type: ignore[arg-type]
            add_tasks(session, project, 1)
            if slug == "live":
                add_version(session, project, script.app.extensions["settings"].folder)
                for _ in range(2):
                    add_finished(session, project, approval=Approval.WAITING).folder = None
            if slug == "paused":
                # The digest of what waits is known only now.
                asked = ask(session, project.created_by, project.id, USE.intended_use, (), "Guarded.", True, now())
                WRITES["approve_project"][2]["json"]["digest"] = asked.digest
                WRITES["refuse_project"][2]["json"]["digest"] = asked.digest
                given = in_force(session, project)
                assert given is not None
                given.decided_by = script.user_id
                WRITES["withdraw_approval"][2]["json"]["digest"] = given.digest
                url = "https://hooks.example.org/"
                session.add(Webhook(project_id=project.id, url=url, made_by=project.created_by, made_at=now()))
    script.app.extensions["settings"].__dict__["egress"] = Egress(parse_hosts("hooks.example.org"))


def add_version(session: Session, project: Project, home: Path) -> None:
    """A finished version of a dataset whose datasheet lacks nothing, and a destination for it."""
    hashed = write_version(home / "exports" / "one")
    (home / "destinations.toml").write_text(f'[archive]\nkind = "folder"\nfolder = "{home.with_name("archive")}"\n')
    answer(session, project.created_by, project.id, ALL, None, AHEAD - timedelta(days=300))
    session.add(
        Export(
            project_id=project.id, number=1, views=["judgments"], options={}, snapshot_at=now(), created_at=now(),
            created_by=project.created_by, state=ExportState.DONE, counts={}, manifest_hash=hashed,
            folder="exports/one",
        )
    )  # fmt: skip


def fresh(more: dict[str, Any]) -> dict[str, Any]:
    """What is sent, with its file at the start."""
    data = more.get("data")
    if not isinstance(data, dict):
        return more
    content, name = data["file"]
    return {"data": {**data, "file": (io.BytesIO(content), name)}, "content_type": "multipart/form-data"}


def effects() -> tuple[int, int]:
    """How much stands in the record, and how many jobs were asked for."""
    with reading() as session:
        return (
            session.scalar(select(func.count()).select_from(AuditEntry)) or 0,
            session.scalar(select(func.count()).select_from(Job)) or 0,
        )


def test_these_are_all_writes(script: Script) -> None:
    described = script.app.test_client().get(f"{ROOT}/openapi.json").get_json()["paths"]
    names = {
        operation["operationId"]
        for operations in described.values()
        for operation in operations.values()
        if any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
    }
    assert names == set(WRITES) - {"change_options", "import_form"}


@pytest.mark.parametrize("name", WRITES)
def test_sent_again_after_a_lost_reply_it_has_one_effect_and_the_same_reply(script: Script, name: str) -> None:
    method, path, sent, _ = WRITES[name]
    first = script.call(method, path, idem="the-key", **fresh(sent))
    assert first.status_code in (200, 201, 202), first.text
    assert "Idempotent-Replay" not in first.headers
    after = effects()
    for _ in range(3):
        again = script.call(method, path, idem="the-key", **fresh(sent))
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.headers.get("Location") == first.headers.get("Location")
        assert again.headers["Idempotent-Replay"] == "true"
    assert effects() == after


@pytest.mark.parametrize("name", WRITES)
def test_another_request_under_the_same_key_is_refused(script: Script, name: str) -> None:
    method, path, sent, other = WRITES[name]
    assert script.call(method, path, idem="the-key", **fresh(sent)).status_code < 300
    after = effects()
    if other != sent:
        is_problem(script.call(method, path, idem="the-key", **fresh(other)), 422, "idempotency-key-reused")
    if "meadow" in path:
        elsewhere = script.call(method, path.replace("meadow", "checked"), idem="the-key", **fresh(sent))
    else:
        elsewhere = script.post("/projects/meadow/check", idem="the-key")
    is_problem(elsewhere, 422, "idempotency-key-reused")
    assert effects() == after


def test_the_same_content_written_otherwise_is_the_same_request(script: Script) -> None:
    first = script.post("/projects", idem="k", data=b'{"name":"x","kind":"rating"}', content_type="application/json")
    again = script.post(
        "/projects",
        idem="k",
        data=b'{ "kind": "rating",\n"name": "x" }',
        content_type="application/json; charset=utf-8",
    )
    assert again.data == first.data


@pytest.mark.parametrize("name", ["create_project", "add_guideline", "create_export", "import_batch", "pause_project"])
def test_ten_at_once_have_one_effect(script: Script, name: str) -> None:
    method, path, sent, _ = WRITES[name]

    def send(_: int) -> TestResponse:
        return script.call(method, path, idem="the-key", **fresh(sent))

    before = effects()
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(send, range(10)))
    good = {(reply.status_code, reply.data) for reply in replies if reply.status_code < 300}
    assert len(good) == 1
    for reply in replies:
        if reply.status_code >= 300:
            is_problem(reply, 409, "under-way")
            assert reply.headers["Retry-After"]
    assert sum("Idempotent-Replay" not in reply.headers for reply in replies if reply.status_code < 300) == 1
    entries, jobs = effects()
    assert (entries - before[0], jobs - before[1]) == _one(name)


def _one(name: str) -> tuple[int, int]:
    return {
        "create_project": (2, 0),  # the project and its guideline
        "add_guideline": (1, 0),
        "create_export": (1, 1),
        "import_batch": (1, 1),
        "pause_project": (1, 0),
    }[name]


def test_a_refused_request_leaves_its_key_free(script: Script) -> None:
    is_problem(script.post("/projects", idem="k", json={"name": "x"}), 422, "invalid")
    is_problem(script.post("/projects/draft/publish", idem="k"), 404)
    is_problem(script.post("/projects/live/publish", idem="k"), 409)
    is_problem(script.post("/projects", idem="k", json={**PLAN, "slug": "meadow"}), 409)
    is_problem(script.upload("meadow", b"", idem="k"), 422, "invalid")
    made = script.post("/projects", idem="k", json=PLAN)
    assert (made.status_code, "Idempotent-Replay" in made.headers) == (201, False)


def test_a_key_belongs_to_the_api_key_that_used_it(script: Script) -> None:
    other = Script(script.app, user_id=script.user_id)
    first = script.post("/projects", idem="k", json=PLAN).get_json()
    second = other.post("/projects", idem="k", json=PLAN).get_json()
    assert first["id"] != second["id"]


@pytest.mark.parametrize("value", ["", " ", "a b", "é", "x" * 256, "a\tb"])
def test_a_write_without_a_usable_key_is_refused(script: Script, value: str) -> None:
    headers = {"Authorization": f"Bearer {script.secret}"} | ({"Idempotency-Key": value} if value else {})
    before = effects()
    for path in ("/projects", "/projects/meadow/check", "/projects/meadow/exports"):
        reply = script.app.test_client().post(ROOT + path, headers=headers, json=PLAN if path == "/projects" else {})
        is_problem(reply, 400, "idempotency-key-missing")
    assert effects() == before


def test_a_reply_is_kept_for_a_month(script: Script) -> None:
    first = script.post("/projects", idem="k", json=PLAN)
    with transaction() as session:
        session.scalars(select(ApiReply)).one().at = now() - KEEP_REPLIES + timedelta(hours=1)
    purge()
    assert script.post("/projects", idem="k", json=PLAN).data == first.data
    with transaction() as session:
        session.scalars(select(ApiReply)).one().at = now() - KEEP_REPLIES - timedelta(hours=1)
    purge()
    assert script.post("/projects", idem="k", json=PLAN).data != first.data
