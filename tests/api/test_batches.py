"""Files of tasks by script: sent, read by a job, shown with everything that is wrong, all of them or nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from labeler.db import reading, transaction
from labeler.projects.models import Batch, Task
from tests.api.calls import ROOT, Script, is_problem, pairs, run_jobs
from tests.support.build import add_project, add_tasks
from tests.support.database import Database

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


@pytest.fixture(autouse=True)
def project(script: Script) -> None:
    with transaction() as session:
        add_project(session, slug="meadow", languages=("en", "sw"), categories={"W06": 3}, sensitive_share=0.2)


def imported(script: Script, reply: TestResponse) -> dict[str, Any]:
    """The batch after its job."""
    assert reply.status_code == 202, reply.text
    assert run_jobs() == 1
    found: dict[str, Any] = script.get(reply.headers["Location"]).get_json()
    return found


def tasks() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Task)) or 0


def left(database: Database) -> list[str]:
    """Files that lie in the folder of imports."""
    folder = database.home / "imports"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def form(content: bytes, name: str = "pairs.jsonl", **fields: str) -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(content), name), **fields}, "content_type": "multipart/form-data"}


def test_a_file_is_stored_first_and_read_by_a_job(script: Script, database: Database) -> None:
    content = pairs(3)
    reply = script.upload("meadow", content)
    assert reply.headers["Location"].startswith(f"{ROOT}/projects/meadow/batches/")
    waiting = reply.get_json()
    assert (waiting["state"], waiting["tasks"], waiting["report"]) == ("waiting", 0, None)
    assert tasks() == 0
    done = imported(script, reply)
    assert (done["state"], done["rows"], done["tasks"], done["format"]) == ("done", 3, 3, "jsonl")
    assert done["content_hash"] == hashlib.sha256(content).hexdigest()
    assert done["report"]["problem_count"] == 0
    assert done["report"]["mapping"]
    assert tasks() == 3
    assert left(database) == []
    assert str(database.home) not in json.dumps(done), "where a file lies stays inside"


@pytest.mark.parametrize("packed", [False, True])
def test_a_form_brings_its_file_with_its_name(script: Script, packed: bool) -> None:
    content = gzip.compress(pairs(2)) if packed else pairs(2)
    name = "pairs.jsonl.gz" if packed else "pairs.jsonl"
    done = imported(script, script.post("/projects/meadow/batches", **form(content, name)))
    assert (done["name"], done["tasks"]) == (name, 2)


def test_a_name_loses_its_folders(script: Script) -> None:
    reply = script.post("/projects/meadow/batches", **form(pairs(1), "../../etc/\u202epairs.jsonl"))
    assert reply.get_json()["name"] == "pairs.jsonl"


@pytest.mark.parametrize("way", ["query", "form"])
def test_how_a_file_is_read_is_said_in_the_address_or_the_form(script: Script, way: str) -> None:
    said = {"categories": "W06=2", "language": "sw", "shape": "native"}
    if way == "query":
        done = imported(script, script.upload("meadow", pairs(2), query=said))
    else:
        done = imported(script, script.post("/projects/meadow/batches", **form(pairs(2), **said)))
    assert done["settings"] == {"categories": {"W06": 2}, "language": "sw", "shape": "native", "again": False}
    (lane,) = script.get("/projects/meadow/progress").get_json()["by_lane"]
    assert (lane["language"], lane["profile"]) == ("sw", {"W06": 2})


def test_rows_may_be_said_to_hold_nothing_sensitive(script: Script) -> None:
    imported(script, script.upload("meadow", pairs(1), query={"categories": "none"}))
    imported(script, script.upload("meadow", pairs(1, start=9)))
    lanes = script.get("/projects/meadow/progress").get_json()["by_lane"]
    assert [lane["profile"] for lane in lanes] == [{}, {"W06": 3}], "unknown counts as the highest declared"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("categories", ""), ("categories", "W06"), ("categories", "W06=9"), ("categories", "W99=1"),
        ("categories", "W06=1,W06=2"), ("language", "not a tag"), ("language", ""), ("shape", "nothing"),
        ("again", "perhaps"), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_before_the_file_is_kept(
    script: Script, database: Database, field: str, value: str
) -> None:
    for reply in (
        script.upload("meadow", pairs(1), query={field: value}),
        script.post("/projects/meadow/batches", **form(pairs(1), **{field: value})),
        script.post(f"/projects/meadow/batches?{field}={value}", **form(pairs(1))),
    ):
        assert [each["field"] for each in is_problem(reply, 422, "invalid")["problems"]] == [field]
    assert left(database) == []


def test_the_same_thing_said_twice_is_refused(script: Script, database: Database) -> None:
    reply = script.post("/projects/meadow/batches?language=en", **form(pairs(1), language="sw"))
    assert [each["field"] for each in is_problem(reply, 422, "invalid")["problems"]] == ["language"]
    assert left(database) == []


def test_a_raw_body_needs_a_name(script: Script) -> None:
    reply = script.post("/projects/meadow/batches", data=pairs(1), content_type="application/octet-stream")
    assert [each["field"] for each in is_problem(reply, 422, "invalid")["problems"]] == ["name"]


def test_no_file_or_two_files_are_refused(script: Script, database: Database) -> None:
    two = {"file": [(io.BytesIO(pairs(1)), "a.jsonl"), (io.BytesIO(pairs(2)), "b.jsonl")]}
    for reply in (
        script.upload("meadow", b""),
        script.post("/projects/meadow/batches", data={"x": "1"}, content_type="multipart/form-data"),
        script.post("/projects/meadow/batches", data=two, content_type="multipart/form-data"),
    ):
        assert reply.status_code == 422, reply.text
        is_problem(reply, 422, "invalid")
    assert left(database) == []


def test_a_wrong_file_is_refused_whole_with_its_report(script: Script, database: Database) -> None:
    content = pairs(2) + b'{"prompt": "x"}\n{"prompt": "x", "completions": ["a", "a", 3]}\n' + pairs(1, start=7)
    done = imported(script, script.upload("meadow", content))
    assert (done["state"], done["tasks"], done["rows"]) == ("refused", 0, 5)
    assert tasks() == 0
    report = done["report"]
    assert report["problem_count"] == len(report["problems"]) >= 2
    assert {each["line"] for each in report["problems"]} == {3, 4}
    lines = script.get(done["problems_url"])
    assert [json.loads(line) for line in lines.text.splitlines()] == report["problems"]
    assert lines.headers["Content-Disposition"].endswith('-problems.jsonl"')
    assert [name for name in left(database) if not name.endswith(".problems.jsonl")] == []


def test_every_problem_can_be_downloaded_also_beyond_those_in_the_report(script: Script) -> None:
    wrong = b"".join(b'{"prompt": "%d"}\n' % n for n in range(2500))
    done = imported(script, script.upload("meadow", pairs(1) + wrong))
    assert done["report"]["problem_count"] >= 2500
    assert len(done["report"]["problems"]) == 1000
    listed = [json.loads(line) for line in script.get(done["problems_url"]).text.splitlines()]
    assert len(listed) == done["report"]["problem_count"]
    assert {each["line"] for each in listed} == set(range(2, 2502))


def test_without_problems_the_list_of_them_is_empty(script: Script) -> None:
    reply = script.upload("meadow", pairs(1))
    url = reply.get_json()["problems_url"]
    assert script.get(url).text == ""
    imported(script, reply)
    assert script.get(url).text == ""


def test_when_the_list_of_problems_is_gone_the_report_is_still_given(script: Script, database: Database) -> None:
    done = imported(script, script.upload("meadow", b"not a file of tasks"))
    for path in (database.home / "imports").glob("*.problems.jsonl"):
        path.unlink()
    listed = [json.loads(line) for line in script.get(done["problems_url"]).text.splitlines()]
    assert listed == done["report"]["problems"]


def test_the_same_file_twice_is_refused_unless_asked_for(script: Script) -> None:
    assert imported(script, script.upload("meadow", pairs(2)))["state"] == "done"
    twice = imported(script, script.upload("meadow", pairs(2), name="other.jsonl"))
    assert twice["state"] == "refused"
    assert "already" in twice["report"]["problems"][0]["message"]
    assert tasks() == 2
    assert imported(script, script.upload("meadow", pairs(2), query={"again": "true"}))["state"] == "done"
    assert tasks() == 4


def test_batches_are_listed_the_newest_first_refused_ones_too(script: Script) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session, slug="other"), 1)
    for n in range(3):
        imported(script, script.upload("meadow", pairs(1, start=n) if n else b"x", name=f"{n}.jsonl"))
    listed = script.get("/projects/meadow/batches").get_json()["items"]
    assert [(each["name"], each["state"]) for each in listed] == [
        ("2.jsonl", "done"), ("1.jsonl", "done"), ("0.jsonl", "refused"),
    ]  # fmt: skip


def test_a_batch_belongs_to_its_project(script: Script) -> None:
    with transaction() as session:
        add_project(session, slug="other")
    url = script.upload("meadow", pairs(1)).headers["Location"]
    for ending in ("", "/problems"):
        is_problem(script.get(url.replace("/meadow/", "/other/") + ending), 404)


class TestWhatDoesNotArrive:
    """Nothing is left behind by what was cut off, too large, or not let in."""

    def test_a_cut_upload(self, script: Script, database: Database) -> None:
        for media in ("application/octet-stream", "multipart/form-data; boundary=xxx"):
            body = b'--xxx\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{"prompt'
            reply = script.post(
                "/projects/meadow/batches?name=a.jsonl" if media.startswith("app") else "/projects/meadow/batches",
                input_stream=io.BytesIO(body),
                content_type=media,
                environ_overrides={"CONTENT_LENGTH": "100000"},
            )
            is_problem(reply, 400)
        assert left(database) == []
        with reading() as session:
            assert session.scalar(select(func.count()).select_from(Batch)) == 0

    def test_a_form_that_ends_early(self, script: Script, database: Database) -> None:
        body = b'--xxx\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{"prompt'
        reply = script.post("/projects/meadow/batches", data=body, content_type="multipart/form-data; boundary=xxx")
        is_problem(reply, 422, "invalid")
        assert left(database) == []

    @pytest.mark.parametrize("way", ["raw", "form", "without a length"])
    def test_too_large(self, script: Script, database: Database, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
        monkeypatch.setattr("labeler.uploads.MOST_BYTES", 1000)
        monkeypatch.setattr("labeler.uploads.FORM_BYTES", 1000)
        content = b"x" * 5000
        if way == "raw":
            reply = script.upload("meadow", content)
        elif way == "form":
            reply = script.post("/projects/meadow/batches", **form(content))
        else:
            reply = script.post(
                "/projects/meadow/batches?name=a",
                input_stream=io.BytesIO(content),
                headers={"Transfer-Encoding": "chunked"},
                environ_overrides={"wsgi.input_terminated": True},
            )
        is_problem(reply, 413)
        assert left(database) == []

    def test_a_file_larger_than_any_form_is_taken(self, script: Script) -> None:
        content = pairs(1) + b" " * 3_000_000 + b"\n" + pairs(1, start=5)
        assert imported(script, script.upload("meadow", content))["tasks"] == 2

    def test_one_without_an_idempotency_key(self, script: Script, database: Database) -> None:
        body = io.BytesIO(pairs(1))
        headers = {"Authorization": f"Bearer {script.secret}", "Content-Length": "100"}
        reply = script.app.test_client().post(
            f"{ROOT}/projects/meadow/batches?name=a", input_stream=body, headers=headers
        )
        is_problem(reply, 400, "idempotency-key-missing")
        assert body.tell() == 0, "asked before gigabytes are taken in"
        assert left(database) == []

    def test_one_sent_again_after_its_reply_was_lost(self, script: Script, database: Database) -> None:
        first = script.upload("meadow", pairs(2), idem="one")
        again = script.upload("meadow", pairs(2), idem="one")
        assert again.data == first.data
        assert len(left(database)) == 1
        assert run_jobs() == 1
        assert tasks() == 2
        after = script.upload("meadow", pairs(2), idem="one")
        assert (after.data, left(database), run_jobs()) == (first.data, [], 0)


class TestPreview:
    """How a file would be read, before anything is."""

    def test_the_mapping_and_the_first_rows(self, script: Script, database: Database) -> None:
        content = "".join(
            json.dumps({"prompt": "Hello", "chosen": f"Good day {n}", "rejected": f"Bye {n}"}) + "\n" for n in range(5)
        ).encode()
        reply = script.post("/projects/meadow/batches/preview?name=trl.jsonl", data=content)
        assert reply.status_code == 200, reply.text
        found = reply.get_json()
        assert (found["format"], found["looked_at"], found["problems"]) == ("jsonl", 5, [])
        assert {"chosen", "rejected"} <= set(found["mapping"])
        assert [each["line"] for each in found["rows"]] == [1, 2, 3]
        assert found["rows"][0]["row"]["prompt"][0]["content"] == "Hello"
        assert left(database) == []
        assert script.get("/projects/meadow/batches").get_json()["items"] == []

    def test_it_is_the_shape_that_the_import_finds(self, script: Script) -> None:
        found = script.post("/projects/meadow/batches/preview", **form(gzip.compress(pairs(2)))).get_json()
        done = imported(script, script.upload("meadow", gzip.compress(pairs(2))))
        assert {name: done["report"][name] for name in ("format", "shape", "mapping")} == {
            name: found[name] for name in ("format", "shape", "mapping")
        }

    def test_everything_wrong_with_the_first_rows(self, script: Script) -> None:
        content = pairs(1) + b'{"prompt": "x"}\n' * 150
        found = script.post("/projects/meadow/batches/preview?name=a", data=content).get_json()
        assert found["looked_at"] == 100
        assert {each["line"] for each in found["problems"]} == set(range(2, 101))

    @pytest.mark.parametrize(
        "content",
        [b"", b"not a file of tasks", gzip.compress(pairs(200))[:40], b'{"colour": 1}\n'],
        ids=["empty", "text", "cut", "unknown"],
    )
    def test_a_file_that_cannot_be_read(self, script: Script, database: Database, content: bytes) -> None:
        reply = script.post("/projects/meadow/batches/preview?name=a", data=content)
        assert is_problem(reply, 422, "invalid")["problems"]
        assert left(database) == []

    def test_no_idempotency_key_is_needed(self, script: Script) -> None:
        headers = {"Authorization": f"Bearer {script.secret}"}
        path = f"{ROOT}/projects/meadow/batches/preview?name=a"
        assert script.app.test_client().post(path, data=pairs(1), headers=headers).status_code == 200


def test_the_folder_of_imports_is_closed_to_others(script: Script, database: Database) -> None:
    script.upload("meadow", pairs(1))
    folder = Path(database.home / "imports")
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
