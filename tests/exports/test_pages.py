"""Exports in the browser: made, watched, taken; and closed to whom they do not concern."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable

import orjson
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.exports.models import Export
from labeler.jobs import worker
from labeler.jobs.models import Job
from labeler.projects.models import Project
from tests.support.build import add_project, add_user, sign_in


def signed_in(client: FlaskClient, role: Role) -> FlaskClient:
    with transaction() as session:
        user = add_user(session, role)
    sign_in(client, user)
    return client


def test_a_researcher_makes_an_export_and_takes_it(settled: None, project: Project, client: FlaskClient) -> None:
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/exports/new").text
    assert "<strong>14</strong> judgments of <strong>6</strong> tasks, of which 1 came late" in page
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    form = {"csrf_token": token, "views": ["judgments", "preference"], "late": "exclude", "min_judgments": "1"}
    wrong = client.post("/projects/bread/exports", data={**form, "min_judgments": "none"})
    assert wrong.status_code == 422
    assert "Write a whole number from 1 to 50." in wrong.text
    asked = client.post("/projects/bread/exports", data=form)
    assert (asked.status_code, asked.location) == (303, "/projects/bread/exports/1")
    assert "Waiting for a worker" in client.get(asked.location).text
    assert client.get(f"{asked.location}/files/README.md").status_code == 409
    with reading() as session:
        job = session.scalars(select(Job.id)).one()
    assert worker.run(job)
    done = client.get(asked.location).text
    assert "preference, left out: tasks on which no side had the most votes" in done
    assert "Export 1" in client.get("/exports").text
    file = f"{asked.location}/files/data/preference.parquet"
    with client.get(file) as answer:
        whole = answer.data
    with client.get(file, headers={"Range": "bytes=4-9"}) as part:
        assert (part.status_code, part.data) == (206, whole[4:10])
    with tarfile.open(fileobj=io.BytesIO(client.get(f"{asked.location}/export.tar").data)) as taken:
        inside = taken.extractfile("bread-v1/data/preference.parquet")
        assert inside is not None
        assert inside.read() == whole
    with reading() as session:
        files = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "export.download")).all()
    assert sorted((line["file"], line["way"]) for line in map(orjson.loads, files)) == [
        ("all", "page"),
        *[("data/preference.parquet", "page")] * 2,
    ]


def test_the_form_offers_what_the_project_can_give_and_chooses_the_usual_views(
    settled: None, project: Project, client: FlaskClient
) -> None:
    with transaction() as session:
        add_project(session, kind="rating", slug="cakes")
        add_project(session, slug="plain", options={"scale": "two_way"})
    signed_in(client, Role.RESEARCHER)
    pages = {slug: client.get(f"/projects/{slug}/exports/new").text for slug in ("bread", "cakes", "plain")}
    offered = {slug: re.findall(r'name="views" value="([^"]+)"', page) for slug, page in pages.items()}
    chosen = {slug: re.findall(r'name="views" value="([^"]+)" checked', page) for slug, page in pages.items()}
    assert chosen["bread"] == ["judgments", "preference"]
    assert chosen["cakes"] == ["judgments", "ratings"]
    assert {"openai_dpo", "helpsteer3", "arena"} <= set(offered["bread"])
    assert set(offered["bread"]) - set(offered["plain"]) == {"helpsteer3"}
    assert offered["cakes"] == ["judgments", "ratings", "unpaired", "helpsteer2", "ultrafeedback"]
    assert ['name="margin_map"' in page for page in pages.values()] == [True, False, True]
    assert ['name="label_from"' in page for page in pages.values()] == [False, True, False]
    assert "llama2-large/1" not in pages["plain"]


def test_what_was_chosen_stays_in_the_form_and_wrong_rules_are_told(
    settled: None, project: Project, client: FlaskClient
) -> None:
    with transaction() as session:
        add_project(session, kind="rating", slug="cakes")
    signed_in(client, Role.RESEARCHER)
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/projects/cakes/exports/new").text))
    form = {"csrf_token": token, "views": ["unpaired"], "label_scale": "clarity", "label_from": "9"}
    wrong = client.post("/projects/cakes/exports", data=form)
    assert wrong.status_code == 422
    assert "Write a number above 0 and up to 4: clarity runs between them." in wrong.text
    assert '<option value="clarity" selected>' in wrong.text
    other = client.post("/projects/cakes/exports", data={**form, "label_from": "", "views": ["hh"]})
    assert "Of this project no hh can be made. Choose from: judgments, ratings, unpaired" in other.text
    asked = client.post("/projects/cakes/exports", data={**form, "label_from": "2.5"})
    assert asked.status_code == 303
    with reading() as session:
        job = session.scalars(select(Job.id)).one()
    assert worker.run(job)
    assert "of clarity, good from 2.5 on" in client.get(asked.location).text


def test_no_path_leads_out_of_the_export(project: Project, make: Callable[..., Export], client: FlaskClient) -> None:
    make(project)
    signed_in(client, Role.RESEARCHER)
    for path in ("..%2f..%2flabeler.db", "%2fetc%2fhostname", "data", "nothing", "data/../README.md/.."):
        assert client.get(f"/projects/bread/exports/1/files/{path}").status_code in (404, 308)
    with reading() as session:
        assert not session.scalars(select(AuditEntry).where(AuditEntry.act == "export.download")).all()


def test_labelers_vendors_and_auditors_see_no_exports(
    project: Project, make: Callable[..., Export], client: FlaskClient
) -> None:
    make(project)
    for role in (Role.LABELER, Role.VENDOR_MANAGER, Role.AUDITOR):
        signed_in(client, role)
        for path in ("/exports", "/projects/bread/exports", "/projects/bread/exports/1/files/README.md"):
            assert client.get(path).status_code == 403, (role, path)
    signed_in(client, Role.ADMIN)
    assert client.get("/projects/bread/exports").status_code == 200
    assert client.get("/projects/bread/exports/new").status_code == 403
