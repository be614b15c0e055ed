"""Exports on both databases: what is in them, that they load, are the same every time, and never half there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pyarrow.parquet as pq
import pytest
from sqlalchemy import URL, select

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.cases.marking import leave, mark
from labeler.cases.models import NotUsed
from labeler.cases.rules import Decider
from labeler.cases.service import ask_review, decide
from labeler.db import reading, transaction
from labeler.errors import Conflict, Invalid
from labeler.exports import queries, service
from labeler.exports.bundle import Bundle
from labeler.exports.models import Export, ExportState
from labeler.exports.verify import verify
from labeler.exports.views import registry
from labeler.jobs import worker, write_export
from labeler.jobs.import_batch import import_file
from labeler.jobs.models import Job, JobState
from labeler.models import metadata
from labeler.projects.models import Project, Task
from labeler.projects.rules import ProjectState
from labeler.projects.service import request_import
from labeler.signing.keys import Keys, Purpose
from labeler.storage import Storage
from tasks import KINDS
from tests.exports.build import BETTER_0, BETTER_1, add_judgment, revise
from tests.exports.conftest import LATER
from tests.support import database as databases
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database

Make = Callable[..., Export]
pytestmark = pytest.mark.usefixtures("settled")


NUMBERED = {"CHANGELOG.md", "DATASHEET.md", "croissant.json"}
"""What names the version, and what differs from the one before."""


def folder(database: Database, export: Export) -> Path:
    assert export.folder is not None
    return database.home / export.folder


def lines(path: Path, view: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (path / f"jsonl/data/{view}.jsonl").read_bytes().splitlines()]


def test_an_export_has_every_judgment_and_a_row_for_each_task_with_a_winner(
    database: Database, project: Project, make: Make
) -> None:
    export = make(project)
    path = folder(database, export)
    judgments, pairs = lines(path, "judgments"), lines(path, "preference")
    assert len(judgments) == 14
    assert [row["late"] for row in judgments].count(True) == 1
    assert [(row["n"], row["margin"] > 0) for row in pairs] == [(3, True), (3, True)]
    assert export.counts is not None
    assert export.counts["in"] == {
        "judgments": 14, "tasks": 6, "late": 1, "replaced_versions": 0, "withdrawn": 0, "not_used": 0,
        "unpaid": 0,
    }  # fmt: skip
    assert export.counts["views"]["preference"]["rows"] == 2
    for view in ("judgments", "preference"):
        assert pq.read_table(path / f"data/{view}.parquet").to_pylist() == lines(path, view)
    assert b"huggingface" not in (path / "data/preference.parquet").read_bytes()
    assert verify(path).rows == {"judgments": 14, "preference": 2}


def test_the_card_warns_first_and_tells_what_was_left_out(database: Database, project: Project, make: Make) -> None:
    text = (folder(database, make(project)) / "README.md").read_text()
    body = text.split("---\n", 2)[2]
    assert body.lstrip().startswith("> **Content warning.** Texts in this dataset may contain: graphic violence")
    assert "| `preference` | judgments that came late | 1 |" in body
    assert "Not chosen yet" in body


def test_late_judgments_count_where_asked_for(database: Database, project: Project, make: Make) -> None:
    assert len(lines(folder(database, make(project, late="include")), "preference")) == 3


def test_tasks_with_too_few_judgments_are_left_out_of_derived_views(
    database: Database, project: Project, make: Make
) -> None:
    export = make(project, min_judgments=2)
    assert export.counts is not None
    assert export.counts["views"]["preference"]["dropped"]["tasks with fewer judgments than this export asks for"] == 2
    assert export.counts["views"]["judgments"]["rows"] == 14


def test_only_the_batches_asked_for(database: Database, project: Project, make: Make) -> None:
    with reading() as session:
        first = queries.batches(session, project.id)[0].id
    export = make(project, batches=[str(first)])
    assert export.counts is not None
    assert export.counts["in"]["tasks"] == 5


def test_a_revision_counts_from_its_moment_on(database: Database, project: Project, make: Make) -> None:
    with transaction() as session:
        labeler = add_labeler(session)
        task = add_tasks(session, project, 1)[0]
        old = add_judgment(session, project, task, labeler, BETTER_0)
        revise(session, project, old, BETTER_1, LATER + timedelta(minutes=1))
    before = make(project, LATER + timedelta(hours=1), at=LATER)
    after = make(project, LATER + timedelta(hours=1))
    seen = [
        next(r for r in lines(folder(database, export), "judgments") if r["task_id"] == str(task.id))["preferred"]
        for export in (before, after)
    ]
    assert seen == [0, 1]
    assert after.counts is not None
    assert after.counts["in"]["replaced_versions"] == 1


def test_an_answer_that_is_not_used_is_left_out_while_that_decision_counts(
    database: Database, project: Project, make: Make
) -> None:
    day = timedelta(days=1)
    with transaction() as session:
        reviewer = Decider(add_user(session, Role.RESEARCHER).id, Role.RESEARCHER)
        judgment = add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), BETTER_0)
        case = mark(session, reviewer, judgment.id, "duplicate", "The same answer is there twice.", 1, "", LATER)
        leave(session, judgment.labeler_id, case, LATER + day)
        review = ask_review(session, judgment.labeler_id, case, "I disagree", LATER + 2 * day)
        decider = Decider(add_user(session, Role.ADMIN).id, Role.ADMIN)
        decide(session, decider, review, "changed", "It is there only once after all.", LATER + 3 * day)
    now = LATER + 9 * day
    marked, counts, ended = (make(project, now, at=LATER + days * day) for days in (0, 2, 3))
    for export, rows, left_out in ((marked, 15, 0), (counts, 14, 1), (ended, 15, 0)):
        assert export.counts is not None
        assert (export.counts["in"]["judgments"], export.counts["in"]["not_used"]) == (rows, left_out)
        assert len(lines(folder(database, export), "judgments")) == rows
    card = (folder(database, counts) / "README.md").read_text()
    assert "1 judgments are left out as not used" in card
    with reading() as session:
        session.scalars(select(NotUsed)).one()  # nothing is taken away: what was decided stays


def test_the_same_snapshot_and_choices_give_the_same_data(database: Database, project: Project, make: Make) -> None:
    first, again = make(project), make(project, LATER + timedelta(hours=1), at=LATER)
    files = [
        {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (folder(database, first), folder(database, again))
    ]
    assert files[0].keys() == files[1].keys()
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {
        "manifest.json", "SHA256SUMS", "attestation.dsse.json", *NUMBERED,
    }  # fmt: skip


def test_labelers_cannot_be_followed_between_exports_and_ids_tell_no_time(
    database: Database, project: Project, make: Make
) -> None:
    first, other = make(project), make(project, LATER + timedelta(hours=1))
    rows, others = (lines(folder(database, each), "judgments") for each in (first, other))
    assert {row["labeler"] for row in rows}.isdisjoint(row["labeler"] for row in others)
    assert [row["id"] for row in rows] == [row["id"] for row in others]
    text = b"".join(p.read_bytes() for p in folder(database, first).rglob("*.json"))
    with reading() as session:
        for labeler in session.scalars(select(User.id)):
            assert str(labeler).encode() not in text
            assert all(str(labeler) not in orjson.dumps(row).decode() for row in rows)


def test_a_name_is_good_for_one_task_unless_the_export_is_asked_for_longer_ones(
    database: Database, project: Project, make: Make
) -> None:
    usual = lines(folder(database, make(project)), "judgments")
    longer = lines(folder(database, make(project, labeler_names="export")), "judgments")
    assert len({row["labeler"] for row in usual}) == len(usual) == 14
    assert len({row["labeler"] for row in longer}) == 3


def test_comments_are_left_out_unless_asked_for_and_are_screened(
    database: Database, project: Project, make: Make
) -> None:
    said = {**BETTER_0, "comment": "Ask lena@example.org or +49 30 901820, lena@example.org."}
    with transaction() as session:
        add_judgment(session, project, add_tasks(session, project, 1)[0], add_labeler(session), said)
    usual, asked = folder(database, make(project)), folder(database, make(project, comments="screened"))
    assert {row["comment"] for row in lines(usual, "judgments")} == {None}
    assert orjson.loads((usual / "manifest.json").read_bytes())["screening"] is None
    assert "Ask [email] or [phone], [email]." in {row["comment"] for row in lines(asked, "judgments")}
    replaced = orjson.loads((asked / "manifest.json").read_bytes())["screening"]["replaced"]
    assert {label: number for label, number in replaced.items() if number} == {"email": 2, "phone": 1}
    assert b"lena@" not in b"".join(path.read_bytes() for path in asked.rglob("*") if path.is_file())
    assert "replaced: 2 email, 1 phone" in (asked / "README.md").read_text()


def test_everything_wrong_with_a_choice_is_said_at_once(database: Database, project: Project, make: Make) -> None:
    strange = [str(UUID(int=1))]
    chosen = {"views": ["prefrence"], "late": "maybe", "min_judgments": 0, "batches": strange, "color": "red"}
    with pytest.raises(Invalid) as refused, transaction() as session:
        service.request(session, project.created_by, project.id, chosen, LATER)
    assert [p.field for p in refused.value.problems] == ["late", "min_judgments", "color", "views", "batches"]


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", ["writing", "written", "kept"])
def test_a_killed_attempt_leaves_nothing_and_the_next_one_gives_the_same_bytes(
    database: Database, project: Project, make: Make, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    whole = make(project)
    with transaction() as session:
        export, job = service.request(session, project.created_by, project.id, {}, LATER + timedelta(hours=1), LATER)
    with monkeypatch.context() as broken:
        broken.setattr(Storage, "discard", lambda *_: None)  # a killed process tidies nothing up

        def die(*_: Any, **__: Any) -> Any:
            raise Killed

        if step == "writing":
            broken.setattr("labeler.exports.bundle.sync_folders", die)
        elif step == "written":
            broken.setattr(Storage, "keep", die)
        else:
            broken.setattr(service, "finish", die)
        with pytest.raises(Killed):
            worker.run(job)
    with reading() as session:
        assert session.get_one(Export, export.id).state is ExportState.WRITING
        with pytest.raises(Conflict):
            unfinished = session.get_one(Export, export.id)
            service.download(session, project.created_by, unfinished, "README.md", LATER, way="page", size=1)
    with transaction() as session:
        session.get_one(Job, job).lease_until = clock.now() - timedelta(seconds=1)
    assert worker.run(job)
    with reading() as session:
        done = session.get_one(Export, export.id)
        assert done.state is ExportState.DONE
        assert session.get_one(Job, job).state is JobState.DONE
    for name in ("data/judgments.parquet", "jsonl/data/preference.jsonl", "README.md"):
        assert (folder(database, done) / name).read_bytes() == (folder(database, whole) / name).read_bytes()
    left = sorted(p.name for p in (database.home / "exports").iterdir() if p.is_dir())
    assert left == sorted(Path(each.folder or "").name for each in (whole, done))


def test_an_attempt_that_lost_its_job_shows_nothing(
    database: Database, project: Project, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        export, job_id = service.request(session, project.created_by, project.id, {}, LATER)
    stalled = worker.take(job_id)
    assert stalled is not None
    with transaction() as session:
        session.get_one(Job, job_id).lease_until = clock.now() - timedelta(seconds=1)
    assert worker.run(job_id)
    with reading() as session:
        shown = session.get_one(Export, export.id)
    write_export.run(stalled)
    with reading() as session:
        assert session.get_one(Export, export.id).finished_at == shown.finished_at
    assert verify(folder(database, shown)).rows == {"judgments": 14, "preference": 2}


def test_a_job_that_fails_for_good_fails_its_export(database: Database, project: Project, make: Make) -> None:
    with transaction() as session:
        export, _ = service.request(session, project.created_by, project.id, {}, LATER)
    with transaction() as session:
        write_export.give_up(session, {"export": str(export.id)}, "The disk is full.", LATER)
    with reading() as session:
        failed = session.get_one(Export, export.id)
        assert (failed.state, failed.problem) == (ExportState.FAILED, "The disk is full.")
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == export.id)).all()
    assert sorted(acts) == ["export.fail", "export.request"]


LOAD = """
import sys
from datasets import load_dataset
folder, views = sys.argv[1], sys.argv[2].split(",")
for view in views:
    parquet, lines = load_dataset(folder, view), load_dataset(folder + "/jsonl", view)
    assert parquet.keys() == lines.keys()
    for split in parquet:
        assert parquet[split].features == lines[split].features, (parquet[split].features, lines[split].features)
        for one, other in zip(parquet[split], lines[split], strict=True):
            assert one == other, [(k, one[k], other[k]) for k in one if one[k] != other[k]]
    print(view, sum(map(len, parquet.values())), *(sorted(parquet) if len(parquet) > 1 else ()))
usual = (views[1:] or views)[0]
assert len(load_dataset(folder, split="train")) == len(load_dataset(folder, usual, split="train"))
"""


def loaded(path: Path, views: str, home: Path) -> str:
    """What `datasets` says of an export, offline and with a cache of its own."""
    pytest.importorskip("datasets")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(home / "hf")}
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, str(path), views], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def all_views(project: Project) -> list[str]:
    """Every view that can be made of a project."""
    return [view.name for view in queries.views(project)]


def test_no_view_of_the_registry_is_left_unloaded() -> None:
    """The two tests below load all that a comparison and a rating offer as they are: nothing else is on offer."""
    offered = {name: {view.name for view in registry.offered(each, each.Options())} for name, each in KINDS.items()}
    assert offered.keys() == {"comparison", "rating"}, "views of a new kind want a test here"
    assert set().union(*offered.values()) == set(registry.known())
    for scale in ("two_way", "seven", "four"):
        options = KINDS["comparison"].Options(scale=scale)
        assert {view.name for view in registry.offered(KINDS["comparison"], options)} <= offered["comparison"]


def test_every_view_of_a_comparison_loads_with_equal_rows_and_features(
    database: Database, project: Project, make: Make, tmp_path: Path
) -> None:
    names = all_views(project)
    path = folder(database, make(project, views=names))
    rows = {"judgments": 14, "helpsteer3": 4, "arena": 12}
    assert verify(path).rows == {name: rows.get(name, 2) for name in names}
    assert loaded(path, ",".join(names), tmp_path) == "".join(f"{name} {rows.get(name, 2)}\n" for name in names)


def test_every_view_of_a_rating_loads_with_equal_rows_and_features(
    database: Database, rated: Project, make: Make, tmp_path: Path
) -> None:
    names = all_views(rated)
    path = folder(database, make(rated, views=names))
    rows = {"judgments": 4, "unpaired": 2, "ratings": 2, "helpsteer2": 2, "ultrafeedback": 2}
    assert verify(path).rows == rows
    assert loaded(path, ",".join(names), tmp_path) == "".join(f"{name} {rows[name]}\n" for name in names)


def test_every_view_of_a_bundle_has_its_schema_its_place_on_both_cards_and_its_counts(
    database: Database, project: Project, make: Make
) -> None:
    names = all_views(project)
    export = make(project, views=names)
    path = folder(database, export)
    assert sorted(each.stem for each in (path / "schemas").iterdir()) == sorted(names)
    manifest = orjson.loads((path / "manifest.json").read_bytes())
    for name in names:
        for card, file in (("README.md", f"data/{name}.parquet"), ("jsonl/README.md", f"data/{name}.jsonl")):
            assert f'config_name: "{name}"' in (path / card).read_text()
            assert f'path: "{file}"' in (path / card).read_text()
        schema = orjson.loads((path / f"schemas/{name}.json").read_bytes())
        assert list(schema["properties"]) == list(manifest["columns"][name])
        assert schema["additionalProperties"] is False
        assert b"huggingface" not in (path / f"data/{name}.parquet").read_bytes()
        assert pq.read_table(path / f"data/{name}.parquet").to_pylist() == lines(path, name)
        if name not in ("judgments", "helpsteer3", "arena"):
            dropped = manifest["counts"]["views"][name]["dropped"]
            assert dropped["tasks that most labelers called about the same"] == 1, name
            assert dropped["tasks on which no side had the most votes"] == 1, name


def test_margins_are_made_by_the_map_that_was_chosen_and_the_manifest_names(
    database: Database, project: Project, make: Make
) -> None:
    usual, large = make(project), make(project, margin_map="llama2-large/1")
    assert [row["margin"] for row in lines(folder(database, usual), "preference")] == [1.0, pytest.approx(2 / 3)]
    path = folder(database, large)
    assert [row["margin"] for row in lines(path, "preference")] == [pytest.approx(2 / 3), 0.0]
    strengths = {"1": 0, "2": 1, "3": 2, "4": 3}
    rules = {"aggregation": {"name": "majority/1"}, "margin_map": {"name": "llama2-large/1", "strengths": strengths}}
    manifest = orjson.loads((path / "manifest.json").read_bytes())
    assert (manifest["rules"], manifest["options"]["margin_map"]) == (rules, "llama2-large/1")
    assert "- Margins: map `llama2-large/1` (degree 1 counts 0, degree 2 counts 1" in (path / "README.md").read_text()


def test_labels_are_made_by_the_threshold_that_was_chosen_and_the_manifest_names(
    database: Database, rated: Project, make: Make
) -> None:
    path = folder(database, make(rated, views=["unpaired"], label_scale="clarity", label_from=1))
    assert [row["label"] for row in lines(path, "unpaired")] == [False, False]
    manifest = orjson.loads((path / "manifest.json").read_bytes())
    assert manifest["rules"] == {"label": {"scale": "clarity", "from": 1.0}}
    assert "good is a mean of at least 1 on the scale `clarity`" in (path / "README.md").read_text()


def test_an_export_asked_for_before_there_were_rules_is_still_written(
    database: Database, project: Project, make: Make
) -> None:
    with transaction() as session:
        export, job = service.request(session, project.created_by, project.id, {}, LATER)
        session.get_one(Export, export.id).options = {"late": "exclude", "min_judgments": 1, "batches": []}
    assert worker.run(job)
    with reading() as session:
        assert session.get_one(Export, export.id).state is ExportState.DONE


def test_completions_of_one_imported_row_come_together_in_ultrafeedback(
    database: Database, make: Make, tmp_path: Path
) -> None:
    given = [
        {"id": name, "prompt": "Name a tree.", "completions": [{"text": tree, "model": "heron-2"} for tree in trees]}
        for name, trees in (("a", ["Oak", "Elm", "Ash"]), ("b", ["Fir", "Yew"]))
    ]
    file = tmp_path / "trees.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in given))
    with transaction() as session:
        project = add_project(session, kind="rating", state=ProjectState.DRAFT)
        batch = request_import(session, project.created_by, project.id, file.name, file, {}, NOW)
    assert not import_file(batch.id, file, database.home, lambda _done, _of: None).problems
    with transaction() as session:
        labeler = add_labeler(session)
        names = [scale.name for scale in queries.possible(session, project).scales]
        for task in session.scalars(select(Task).where(Task.batch_id == batch.id)).all():
            add_judgment(session, project, task, labeler, {"verdict": "rated", "ratings": dict.fromkeys(names, 3)})
    rows = lines(folder(database, make(project, views=["ultrafeedback"])), "ultrafeedback")
    told = [[each["response"] for each in row["completions"]] for row in rows]
    assert told == [["Oak", "Elm", "Ash"], ["Fir", "Yew"]]


def test_a_view_without_rows_is_named_as_such_and_not_offered_to_loaders(
    database: Database, project: Project, make: Make, tmp_path: Path
) -> None:
    path = folder(database, make(project, min_judgments=4))
    assert "Without rows, so not to be loaded: `preference`." in (path / "README.md").read_text()
    assert loaded(path, "judgments", tmp_path) == "judgments 14\n"
    empty = folder(database, make(project, at=NOW - timedelta(days=1)))
    assert verify(empty).rows == {"judgments": 0, "preference": 0}


def written_again(database: Database, export: Export, at: Path, key_at: datetime = LATER) -> Path:
    """The version written once more into a new folder, from whatever database is connected; nothing is kept of it."""
    at.mkdir(parents=True)
    store = Storage(database.home)
    key = Keys(database.home).current(Purpose.EXPORT, key_at)
    with reading() as session:
        service.write(session, export.id, at, store.secret(), key, lambda *_: None, store.list_of, database.home)
    return at


def same_files(one: Path, other: Path) -> None:
    paths = [{each.relative_to(root) for each in root.rglob("*") if each.is_file()} for root in (one, other)]
    assert paths[0] == paths[1]
    sums = ("manifest.json", "SHA256SUMS", "attestation.dsse.json")  # they differ with any other: told last
    for path in sorted(paths[0], key=lambda each: (each.name in sums and sums.index(each.name) + 1, each)):
        assert (one / path).read_bytes() == (other / path).read_bytes(), path


def written_on_postgresql(database: Database, export: Export, server: URL, name: str, home: Path) -> Path:
    """The version written once more on PostgreSQL, from a copy of every row."""
    with reading() as session:
        tables = [(table, session.execute(select(table)).mappings().all()) for table in metadata.sorted_tables]
    home.mkdir()
    with databases.postgresql(server, name, home) as other:
        with transaction() as session:
            for table, given in tables:
                if given:
                    session.execute(table.insert(), [dict(row) for row in given])
        made = written_again(database, export, home / "again")
        other.engine.dispose()
    return made


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_both_databases_give_the_same_bytes(
    database: Database, project: Project, make: Make, postgresql_server: URL, postgresql_database: str, tmp_path: Path
) -> None:
    first = make(project, views=all_views(project))
    again = written_on_postgresql(database, first, postgresql_server, postgresql_database, tmp_path / "other")
    same_files(folder(database, first), again)


def test_a_finished_version_is_never_written_again(database: Database, project: Project, make: Make) -> None:
    export = make(project)
    path = folder(database, export)
    assert export.manifest_hash is not None and path.name.endswith(f".{export.manifest_hash[:16]}")
    before = {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}
    assert {each.stat().st_mode & 0o777 for each in before} == {0o444}
    with transaction() as session:
        assert service.start(session, export.id) is None
        service.fail(session, export.id, "a late failure", LATER)
        service.progress(session, export.id, 1, 2)
        with pytest.raises(Conflict):
            service.finish(session, export.id, "elsewhere", Bundle("0" * 64, "0" * 64, {}, 0), LATER)
    write_export.run(worker.Taken(id=export.id, kind="write_export", args={"export": str(export.id)}, attempt=9))
    late = Storage(database.home).part(export.id, 1)  # an attempt that woke up too late
    (late / "manifest.json").write_text("{}")
    with reading() as session:
        now = session.get_one(Export, export.id)
        for name in ("state", "folder", "manifest_hash", "key_id", "counts", "finished_at", "done_rows"):
            assert getattr(now, name) == getattr(export, name), name
    assert {each: each.read_bytes() for each in path.rglob("*") if each.is_file()} == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_rotation_changes_who_signs_and_no_byte_of_the_data(database: Database, project: Project, make: Make) -> None:
    first = make(project)
    new, _ = Keys(database.home).rotate(Purpose.EXPORT, LATER)
    again = make(project, LATER + timedelta(hours=1), at=LATER)
    assert (again.key_id, first.key_id != again.key_id) == (new.key_id, True)
    one, two = folder(database, first), folder(database, again)
    for path in (each.relative_to(one) for each in one.rglob("*") if each.is_file()):
        if path.parts[0] in ("data", "jsonl", "schemas", "README.md"):
            assert (one / path).read_bytes() == (two / path).read_bytes(), path
    assert verify(one, key=first.key_id).insisted and verify(two, key=again.key_id).insisted
