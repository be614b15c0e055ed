"""Dataset versions by script: asked for, watched, downloaded, checked."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import select

from labeler import clock
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.exports.verify import verify
from labeler.exports.views.margins import MARGIN_MAPS
from labeler.exports.views.registry import known
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.signing.keys import Keys, Purpose
from tests.api.calls import ROOT, Script, is_problem, run_jobs
from tests.api.contract import read_document
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask


BESIDE = {"SHA256SUMS", "attestation.dsse.json", "signing-key.pub"}


@pytest.fixture(autouse=True)
def batch(script: Script) -> str:
    """A project with judgments; the id of its batch."""
    with transaction() as session:
        project = add_project(session, slug="meadow")
        labelers = [add_labeler(session) for _ in range(3)]
        tasks = add_tasks(session, project, 3)
        for task, answers in zip(tasks, [(BETTER_0, BETTER_0, TIE), (BETTER_1,) * 3, (TIE,)], strict=True):
            for labeler, answer in zip(labelers, answers, strict=False):
                add_judgment(session, project, task, labeler, answer)
        return str(tasks[0].batch_id)


def made(script: Script, **chosen: Any) -> dict[str, Any]:
    """An export, asked for and written by its job."""
    asked = script.post("/projects/meadow/exports", json=chosen)
    assert asked.status_code == 202, asked.text
    assert run_jobs() == 1
    found: dict[str, Any] = script.get(asked.headers["Location"]).get_json()
    assert found["state"] == "done", found
    return found


def test_an_export_is_asked_for_and_watched(script: Script) -> None:
    asked = script.post("/projects/meadow/exports")
    assert asked.status_code == 202
    assert asked.headers["Location"] == f"{ROOT}/projects/meadow/exports/1"
    waiting = asked.get_json()
    assert (waiting["number"], waiting["state"], waiting["files"], waiting["counts"]) == (1, "waiting", [], None)
    assert waiting["views"] == ["judgments", "preference"]
    is_problem(script.get("/projects/meadow/exports/1/files/README.md"), 409)
    run_jobs()
    done = script.get("/projects/meadow/exports/1").get_json()
    assert (done["state"], done["done_rows"], done["all_rows"], done["problem"]) == ("done", 7, 7, None)
    assert done["counts"]
    assert made(script)["number"] == 2
    listed = script.get("/projects/meadow/exports").get_json()["items"]
    assert [(each["number"], each["state"]) for each in listed] == [(2, "done"), (1, "done")]


def test_every_file_comes_as_the_manifest_says_and_the_folder_is_sound(script: Script, tmp_path: Path) -> None:
    done = made(script, views=["preference"])
    folder = tmp_path / "taken"
    for each in done["files"]:
        content = script.get(each["url"]).data
        assert len(content) == each["bytes"]
        if each["sha256"] is not None:
            assert hashlib.sha256(content).hexdigest() == each["sha256"], each["path"]
        path = folder / each["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    assert {each["path"] for each in manifest["files"]} | BESIDE | {"manifest.json"} == {
        each["path"] for each in done["files"]
    }
    assert done["manifest_hash"] == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert verify(folder).manifest_hash == done["manifest_hash"]


def test_a_broken_download_goes_on_where_it_broke_off(script: Script) -> None:
    url = next(each["url"] for each in made(script)["files"] if each["path"].endswith(".parquet"))
    whole = script.get(url)
    assert whole.headers["ETag"] == f'"{hashlib.sha256(whole.data).hexdigest()}"'
    assert whole.headers["Content-Disposition"].startswith("attachment")
    half = len(whole.data) // 2
    first = script.get(url, headers={"Range": f"bytes=0-{half - 1}"})
    rest = script.get(url, headers={"Range": f"bytes={half}-", "If-Range": whole.headers["ETag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.data + rest.data == whole.data
    assert rest.headers["Content-Range"] == f"bytes {half}-{len(whole.data) - 1}/{len(whole.data)}"
    other = script.get(url, headers={"Range": f"bytes={half}-", "If-Range": '"another file"'})
    assert (other.status_code, other.data) == (200, whole.data)
    assert script.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    past = script.get(url, headers={"Range": f"bytes={len(whole.data)}-"})
    is_problem(past, 416)
    assert past.headers["Content-Range"] == f"bytes */{len(whole.data)}"
    assert script.call("HEAD", url).headers["Content-Length"] == str(len(whole.data))


def test_who_took_what_is_in_the_record(script: Script) -> None:
    done = made(script)
    script.get(f"{ROOT}/projects/meadow/exports/1/files/README.md")
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "export.download")).one()
    assert (entry.actor_id, str(entry.subject_id)) == (script.user_id, done["id"])
    assert orjson.loads(entry.fields)["file"] == "README.md"


@pytest.mark.parametrize(
    "path",
    ["nothing", "../secret", "..%2fsecret", "%2e%2e/secret", "data", "", "README.md/", "/etc/passwd", "README.md%00"],
)
def test_no_path_leads_out_of_the_export(script: Script, path: str) -> None:
    made(script)
    is_problem(script.get(f"/projects/meadow/exports/1/files/{path}"), 404)
    with reading() as session:
        assert session.scalar(select(AuditEntry).where(AuditEntry.act == "export.download")) is None


def test_what_is_not_there_any_more_is_missing(script: Script, database: Database) -> None:
    made(script)
    (folder,) = (path for path in (database.home / "exports").iterdir() if path.is_dir())
    shutil.rmtree(folder)
    is_problem(script.get("/projects/meadow/exports/1"), 404)
    is_problem(script.get("/projects/meadow/exports/1/files/README.md"), 404)
    assert script.get("/projects/meadow/exports").get_json()["items"][0]["number"] == 1


def test_choices_are_kept_and_an_earlier_moment_can_be_looked_at(script: Script, batch: str) -> None:
    done = made(script, late="include", min_judgments=2, batches=[batch], snapshot_at="2026-03-02T09:00:00+00:00")
    chosen = {"late": "include", "min_judgments": 2, "batches": [batch], "labeler_names": "task"}
    chosen |= {"comments": "leave_out", "demographics": "leave_out"}
    assert {name: done["options"][name] for name in chosen} == chosen
    assert (done["options"]["split"], done["options"]["aggregation"], done["options"]["languages"]) == (0, None, [])
    assert done["all_rows"] == 0, "nothing had been judged by then"


def test_a_view_that_cannot_be_made_is_refused_with_the_names_of_those_that_can(script: Script) -> None:
    problem = is_problem(script.post("/projects/meadow/exports", json={"views": ["unpaired"]}), 422, "invalid")
    (told,) = problem["problems"]
    assert told["message"].startswith("Of this project no unpaired can be made. Choose from: judgments, preference, ")


def test_other_views_and_margins_come_as_asked_for(script: Script) -> None:
    done = made(script, views=["openai_dpo", "nemo_rl"], margin_map="share/1")
    assert done["views"] == ["openai_dpo", "nemo_rl"]
    assert done["options"]["margin_map"] == "share/1"
    paths = {each["path"] for each in done["files"]}
    assert {"schemas/openai_dpo.json", "data/nemo_rl.parquet", "jsonl/data/openai_dpo.jsonl"} <= paths
    assert "data/preference.parquet" not in paths


def test_the_published_description_names_every_view_and_margin_map(app: Flask) -> None:
    fields = read_document(app)["components"]["schemas"]["ExportRequest"]["properties"]
    assert not [name for name in known() if name not in fields["views"]["description"]]
    assert fields["margin_map"]["enum"] == list(MARGIN_MAPS)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"views": ["prefrence"]}, "views"),
        ({"views": "preference"}, "views"),
        ({"views": ["ratings"]}, "views"),
        ({"margin_map": "strong"}, "margin_map"),
        ({"label_scale": "clarity"}, "label_scale"),
        ({"label_from": 2}, "label_from"),
        ({"late": "maybe"}, "late"),
        ({"min_judgments": 0}, "min_judgments"),
        ({"batches": ["019a0000-0000-7000-8000-000000000000"]}, "batches"),
        ({"batches": ["x"]}, "batches.0"),
        ({"languages": ["tlh"]}, "languages"),
        ({"guidelines": [2]}, "guidelines"),
        ({"from_day": "2026-03-03", "until_day": "2026-03-02"}, "until_day"),
        ({"from_day": "2026-02-30"}, "from_day"),
        ({"least_time": 33}, "least_time"),
        ({"keep_out": [" "]}, "keep_out"),
        ({"aggregation": "vote/1"}, "aggregation"),
        ({"split": 51}, "split"),
        ({"seed": 1}, "seed"),
        ({"snapshot_at": "2999-01-01T00:00:00Z"}, "snapshot_at"),
        ({"snapshot_at": "2026-01-01T00:00:00"}, "snapshot_at"),
        ({"snapshot_at": "0001-01-01T00:00:00+14:00"}, "snapshot_at"),
        ({"snapshot_at": "9999-12-31T23:59:59-14:00"}, "snapshot_at"),
        ({"snapshot_at": 0}, "snapshot_at"),
        ({"number": 3}, "number"),
    ],
)
def test_a_wrong_choice_is_told(script: Script, sent: dict[str, Any], field: str) -> None:
    reply = script.post("/projects/meadow/exports", json=sent)
    assert [each["field"] for each in is_problem(reply, 422, "invalid")["problems"]] == [field]
    assert script.get("/projects/meadow/exports").get_json()["items"] == []


def test_what_an_export_would_take_is_told_before_it_is_made(script: Script, batch: str) -> None:
    told = script.get(f"/projects/meadow/exports/look?min_judgments=2&batches={batch}&guidelines=1&languages=en,en")
    assert told.status_code == 200, told.text
    look = told.get_json()
    steps = {each["name"]: each for each in look["steps"]}
    assert (steps["answers"]["judgments"], steps["answers"]["tasks"]) == (7, 3)
    assert steps["few"] == {
        "name": "few", "words": "of tasks with fewer judgments than asked for, so in judgments only",
        "left_out": 1, "judgments": 6, "tasks": 2,
    }  # fmt: skip
    assert look["as_of"] == look["snapshot_at"]
    assert script.get("/projects/meadow/exports").get_json()["items"] == [], "looking makes nothing"
    earlier = script.get("/projects/meadow/exports/look?snapshot_at=2026-03-02T09:00:00Z").get_json()
    assert earlier["steps"][0]["judgments"] == 0
    done = made(script, min_judgments=2)
    assert done["counts"]["steps"] == [{k: v for k, v in each.items() if k != "words"} for each in look["steps"]]


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ("until_day=2026-02-30", ["until_day"]),
        ("languages=tlh&guidelines=1,x&least_time=7", ["guidelines", "languages", "least_time"]),
        ("batches=nothing", ["batches"]),
        ("late=maybe", ["late"]),
        ("views=judgments", ["views"]),
    ],
)
def test_a_look_by_wrong_choices_is_told(script: Script, asked: str, fields: list[str]) -> None:
    problem = is_problem(script.get(f"/projects/meadow/exports/look?{asked}"), 422, "invalid")
    assert [each["field"] for each in problem["problems"]] == fields


def test_a_list_sent_along_is_kept_out_and_named_by_its_hash(script: Script, database: Database) -> None:
    done = made(script, keep_out=["how do i keep BASIL alive on a windowsill? (0)"], split=50, seed=2)
    listed = database.home / "exports" / "lists" / f"{done['options']['keep_out']}.json"
    assert hashlib.sha256(listed.read_bytes()).hexdigest() == done["options"]["keep_out"]
    (step,) = [each for each in done["counts"]["steps"] if each["name"] == "keep_out"]
    assert step["left_out"] == 3
    assert "data/judgments/test.parquet" in {each["path"] for each in done["files"]}


def test_an_export_belongs_to_its_project(script: Script) -> None:
    made(script)
    with transaction() as session:
        add_project(session, slug="other")
    is_problem(script.get("/projects/other/exports/1"), 404)
    is_problem(script.get("/projects/other/exports/1/files/README.md"), 404)


def test_a_withdrawn_version_says_so_and_is_taken_only_by_who_asks_for_it(script: Script) -> None:
    made(script)
    with transaction() as session:
        said = session.scalars(select(Judgment).order_by(Judgment.id)).first()
        assert said is not None
        withdraw(session, said.labeler_id, said.id, clock.now())
    run_jobs()
    old = script.get("/projects/meadow/exports/1").get_json()
    day = old["withdrawn_on"]
    assert old["withdrawn"] == [{"cause": "withdrawn", "since": day, "answers": None}]
    assert old["newer"] is None
    new = made(script)
    assert (new["withdrawn_on"], new["withdrawn"], new["newer"]) == (None, [], None)
    assert script.get("/projects/meadow/exports/1").get_json()["newer"] == 2
    listed = script.get("/projects/meadow/exports").get_json()["items"]
    assert [each["withdrawn_on"] for each in listed] == [None, day]
    file = "/projects/meadow/exports/1/files/README.md"
    assert "Take version 2." in is_problem(script.get(file), 409)["detail"]
    is_problem(script.get(f"{file}?withdrawn=maybe"), 422)
    assert script.get(f"{file}?withdrawn=take").status_code == 200
    assert script.get("/projects/meadow/exports/2/files/README.md").status_code == 200
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "export.take_withdrawn")).one()
    assert (entry.actor_id, str(entry.subject_id)) == (script.user_id, old["id"])


def test_a_version_says_which_key_signed_it(script: Script, database: Database) -> None:
    done = made(script)
    (key,) = Keys(database.home).known(Purpose.EXPORT)
    assert done["key_id"] == key.key_id


def test_other_projects_are_taken_in_by_their_slugs_and_counted_apart(script: Script) -> None:
    with transaction() as session:
        lake = add_project(session, slug="lake")
        add_judgment(session, lake, add_tasks(session, lake, 1)[0], add_labeler(session), BETTER_0)
        lake_id = str(lake.id)
        add_project(session, slug="cakes", kind="rating")
    look = script.get("/projects/meadow/exports/look?also=lake").get_json()
    assert [(each["project"], each["steps"][0]["judgments"]) for each in look["projects"]] == [
        ("meadow", 7),
        ("lake", 1),
    ]
    assert look["steps"][0]["judgments"] == 8
    assert script.get("/projects/meadow/exports/look").get_json()["projects"] == []
    found = made(script, also=["lake"], views=["judgments"])
    assert (found["options"]["also"], found["counts"]["in"]["judgments"]) == ([lake_id], 8)
    assert sorted(found["counts"]["projects"]) == ["lake", "meadow"]
    refused = script.post("/projects/meadow/exports", json={"also": ["cakes", "nowhere"]})
    assert [each["field"] for each in is_problem(refused, 422)["problems"]] == ["also", "also"]
