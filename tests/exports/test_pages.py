"""Exports in the browser: made, watched, taken; and closed to whom they do not concern."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.exports.models import Export
from labeler.exports.standalone import verify_dataset
from labeler.jobs import worker
from labeler.jobs.models import Job
from labeler.projects.models import Project
from labeler.signing.keys import Keys, Purpose
from tests.exports.build import BETTER_0, add_judgment
from tests.exports.conftest import LATER
from tests.support.build import add_labeler, add_project, add_tasks, add_user, sign_in
from tests.support.database import Database


def signed_in(client: FlaskClient, role: Role) -> FlaskClient:
    with transaction() as session:
        user = add_user(session, role)
    sign_in(client, user)
    return client


def test_a_researcher_makes_an_export_and_takes_it(settled: None, project: Project, client: FlaskClient) -> None:
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/exports/new").text
    assert "Answers there were</th><td></td><td>14</td><td>6</td>" in page
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
    assert done.index("graphic violence (severity 3)") < done.index("What came out")
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


def test_choices_are_counted_first_and_nothing_is_made(settled: None, project: Project, client: FlaskClient) -> None:
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/exports/new").text
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    form = {
        "csrf_token": token,
        "views": ["judgments"],
        "min_judgments": "3",
        "keep_out": "Why is the sky red?",
        "seed": "0",
    }
    looked = client.post("/projects/bread/exports/new", data=form)
    assert looked.status_code == 200
    assert (
        "Left out: of tasks with fewer judgments than asked for, so in judgments only</th><td>1</td><td>12</td>"
        in looked.text
    )
    assert 'about prompts that are to be kept out</th><td colspan="3">counted while it is written' in looked.text
    assert "Why is the sky red?</textarea>" in looked.text
    wrong = {
        "from_day": "2026-03-09",
        "until_day": "2026-03-02",
        "split": "90",
        "keep_out": '{"prompt": 1}',
        "least_time": "25",
    }
    for path in ("/projects/bread/exports/new", "/projects/bread/exports"):
        refused = client.post(path, data={**form, **wrong})
        assert refused.status_code == 422
        for words in ("No day is from 2026-03-09 on", "Write a whole number from 0 to 50", "Line 1 of the list is not"):
            assert refused.text.count(words) == 2, "in the summary and beside the field"
        assert '<option value="25" selected>' in refused.text
    with reading() as session:
        assert not session.scalars(select(Export.id)).all()


def test_a_version_shows_its_steps_its_splits_and_what_was_chosen(
    settled: None, project: Project, client: FlaskClient
) -> None:
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/exports/new").text
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    form = {
        "csrf_token": token, "split": "50", "seed": "2", "aggregation": "unanimous/1",
        "keep_out_file": (io.BytesIO(b"How do I keep basil alive on a windowsill? (0)"), "listed.txt"),
    }  # fmt: skip
    asked = client.post("/projects/bread/exports", data=form)
    assert asked.status_code == 303
    with reading() as session:
        job = session.scalars(select(Job.id)).one()
    assert worker.run(job)
    done = client.get(asked.location).text
    # three of that task, and one of a task that asks nearly the same
    assert "Left out: about prompts that are to be kept out</th><td>4</td>" in done
    for words in ("preference, split train", "unanimous/1", "50 % of the prompts&#39; clusters, seed 2"):
        assert words in done or words.replace("&#39;", "'") in done, words
    assert "files/data/judgments/test.parquet" in done


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


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_stranger_finds_the_keys_and_the_program_that_checks(
    project: Project, make: Callable[..., Export], client: FlaskClient, database: Database
) -> None:
    assert client.get("/.well-known/labeler-keys.json").json == {"format": "labeler-keys/1", "keys": []}
    export = make(project)
    (first,) = client.get("/.well-known/labeler-keys.json").get_json()["keys"]
    assert (first["purpose"], first["key_id"], first["until"]) == ("export", export.key_id, None)
    assert first["public_key"] == (database.home / str(export.folder) / "signing-key.pub").read_text()
    Keys(database.home).rotate(Purpose.EXPORT, LATER)
    old, new = client.get("/.well-known/labeler-keys.json").get_json()["keys"]
    assert (old["key_id"], old["until"]) == (export.key_id, new["from"])
    assert client.get("/verify_dataset.py").data == Path(verify_dataset.__file__).read_bytes()
    digest = str(export.manifest_hash)
    page = signed_in(client, Role.RESEARCHER).get("/projects/bread/exports/1").text
    assert client.get(f"/exports/sha256/{digest.upper()}").location == "/projects/bread/exports/1"
    assert client.get(f"/exports/sha256/{'0' * 64}").status_code == 404
    assert f"labeler verify FOLDER --key {export.key_id}" in page
    assert "a key that was retired" in page
    Keys(database.home).distrust(str(export.key_id), LATER)
    old = client.get("/.well-known/labeler-keys.json").get_json()["keys"][0]
    assert old["distrusted"] == "2026-03-02T10:00:00Z"
    assert "should not be believed since" in client.get("/projects/bread/exports/1").text


def test_other_projects_are_chosen_on_the_form_and_told_on_the_page(
    settled: None, project: Project, client: FlaskClient
) -> None:
    with transaction() as session:
        soup = add_project(session, slug="soup", categories={"W01": 4}, languages=("en",))
        add_judgment(session, soup, add_tasks(session, soup, 1)[0], add_labeler(session), BETTER_0)
        add_project(session, slug="plain", options={"scale": "two_way"})
        add_project(session, kind="rating", slug="cakes")
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/exports/new").text
    assert re.findall(r'name="also" value="([^"]+)"', page) == ["soup"], "what fits, and nothing else"
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
    form = {"csrf_token": token, "views": ["judgments"], "also": ["soup"]}
    looked = client.post("/projects/bread/exports/new", data=form)
    assert 'name="also" value="soup" checked' in looked.text
    assert '<th scope="row">soup</th><td>1</td><td>1</td><td>1</td><td>1</td>' in looked.text
    assert looked.text.count('name="batches"') == 3, "its batches can be chosen too"
    refused = client.post("/projects/bread/exports", data={**form, "also": ["plain"]})
    assert refused.status_code == 422
    assert "plain can&#39;t be taken in: its scale is two_way, here it is four." in refused.text
    asked = client.post("/projects/bread/exports", data=form)
    with reading() as session:
        job = session.scalars(select(Job.id)).one()
    assert worker.run(job)
    done = client.get(asked.location).text
    assert (
        '<dt>Projects</dt><dd><a href="/projects/bread/exports">bread</a>, <a href="/projects/soup/exports">soup'
        in done
    )
    assert "graphic violence (severity 4)" in done, "the highest that is declared in any of them"
    assert 'href="/projects/soup/datasheet"' in done
    assert "Version 1 of" in client.get("/projects/soup/exports").text
