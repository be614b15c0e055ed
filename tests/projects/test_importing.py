"""A batch comes in whole, once, into the right lanes; or not at all, and every reason is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.assignment.service import Handed, Nothing
from labeler.audit.models import AuditEntry
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.errors import Conflict
from labeler.jobs import import_batch, outbox, worker
from labeler.jobs.import_batch import import_file, problem_file
from labeler.jobs.models import Job, JobState
from labeler.projects import importing, service
from labeler.projects.models import Batch, ImportState, Lane, Project, Task, TaskContent
from labeler.projects.rules import ProjectState
from labeler.projects.spooling import Spooled
from labeler.web.handing import answer_and_next, next_task
from tasks import kind
from tasks.content import Item
from tests.projects.making import json_lines, pack, rows_of, write
from tests.projects.samples import HELPSTEER2, NATIVE, ULTRAFEEDBACK, Raw
from tests.support.build import NOW, add_labeler, add_project
from tests.support.database import Database


def pairs(count: int, **more: Any) -> list[Raw]:
    return [
        {"id": f"r-{n}", "prompt": f"Question {n}?", "completions": [f"Yes {n}.", f"No {n}."], **more}
        for n in range(count)
    ]


def a_project(**fields: Any) -> Project:
    with transaction() as session:
        return add_project(session, **{"state": ProjectState.DRAFT, **fields})


def request(project: Project, path: Path, **settings: Any) -> UUID:
    with transaction() as session:
        return service.request_import(session, project.created_by, project.id, path.name, path, settings, NOW).id


def run(database: Database, project: Project, path: Path, **settings: Any) -> tuple[Batch, Spooled]:
    batch_id = request(project, path, **settings)
    spooled = import_file(batch_id, path, database.home, lambda done, of: None)
    return the_batch(batch_id), spooled


def the_batch(batch_id: UUID) -> Batch:
    with reading() as session:
        return session.get_one(Batch, batch_id)


def tasks_of(batch_id: UUID) -> list[tuple[Task, TaskContent, Lane]]:
    with reading() as session:
        found = session.execute(
            select(Task, TaskContent, Lane)
            .join(TaskContent, TaskContent.task_id == Task.id)
            .join(Lane, Lane.id == Task.lane_id)
            .where(Task.batch_id == batch_id)
            .order_by(Task.id)
        ).all()
        return [(row[0], row[1], row[2]) for row in found]


def lanes_of(batch_id: UUID) -> dict[tuple[str, str], int]:
    return dict(Counter((lane.language, lane.profile) for _, _, lane in tasks_of(batch_id)))


def entries(subject: UUID, act: str) -> list[dict[str, Any]]:
    with reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == subject, AuditEntry.act == act))
        return [json.loads(each.fields) for each in found]


def count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


# What comes in


def test_every_row_becomes_its_tasks_in_order(database: Database, tmp_path: Path) -> None:
    project = a_project(overlap=4)
    path = write(tmp_path / "rows", pairs(300))
    batch, spooled = run(database, project, path)
    assert (batch.state, batch.format, batch.rows, batch.tasks) == (ImportState.DONE, "jsonl", 300, 300)
    found = tasks_of(batch.id)
    assert [content.row_id for _, content, _ in found] == [f"r-{n}" for n in range(300)]
    positions = [task.position for task, _, _ in found]
    assert sorted(positions) == list(range(1, 301))
    assert positions != sorted(positions), "who has a dataset in this order must not see when each task was handed out"
    assert {(task.overlap, task.claims, task.handed) for task, _, _ in found} == {(4, 0, 0)}
    assert {task.first_order for task, _, _ in found} == {"01", "10"}
    expected = [item for row in rows_of(path) for item in kind("comparison").items(row)]
    assert [content.item for _, content, _ in found] == [item.model_dump_json() for item in expected]
    assert all(content.matched is None and content.meta is None for _, content, _ in found)
    assert spooled.problems == []


def test_what_is_kept_aside_stays_aside(database: Database, tmp_path: Path) -> None:
    raw = {
        **NATIVE,
        "categories": {},
        "source_label": {"ranks": [1, 2, 3], "by": "Zoë \0 🐝"},
        "meta": {"n": [1.5, None, True]},
    }
    batch, _ = run(database, a_project(), write(tmp_path / "rows", [raw]))
    found = tasks_of(batch.id)
    assert len(found) == 3
    for _, content, _ in found:
        assert json.loads(content.source_label or "") == raw["source_label"]
        assert json.loads(content.meta or "") == raw["meta"]
        assert "ranks" not in content.item
    assert [Item.model_validate_json(content.item).of_row for _, content, _ in found] == [(0, 1), (0, 2), (1, 2)]


def test_a_completion_of_four_gives_six_pairs_or_four_ratings(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "rows", [ULTRAFEEDBACK])
    batch, _ = run(database, a_project(), path)
    assert (batch.rows, batch.tasks) == (1, 6)
    batch, _ = run(database, a_project(kind="rating"), path)
    assert (batch.rows, batch.tasks) == (1, 4)
    assert {task.first_order for task, _, _ in tasks_of(batch.id)} == {"0"}


def test_an_import_is_recorded_with_its_facts(database: Database, tmp_path: Path) -> None:
    project = a_project()
    batch, _ = run(database, project, write(tmp_path / "rows", pairs(3)))
    assert entries(batch.id, "batch.import") == [
        {"project": str(project.id), "rows": 3, "tasks": 3, "content_hash": batch.content_hash}
    ]
    assert batch.report is not None
    assert (batch.report["shape"], batch.report["problem_count"]) == ("native", 0)


def test_nothing_is_left_on_the_disk(database: Database, tmp_path: Path) -> None:
    run(database, a_project(), write(tmp_path / "rows", pairs(3)))
    assert list((database.home / "imports").iterdir()) == []


def test_texts_of_every_script_come_through_the_database(database: Database, tmp_path: Path) -> None:
    text = "a\0b\\ \\N \t\r\n\u2028 \x7f \u200e\u200fשלום 漢字 \U0001f9d1\u200d\U0001f33e \\u0000 \\x"
    batch, _ = run(
        database,
        a_project(),
        write(tmp_path / "rows", [{"id": "\\N", "prompt": text, "completions": [text + "1", text]}]),
    )
    [(_, content, _)] = tasks_of(batch.id)
    item = Item.model_validate_json(content.item)
    assert item.prompt[0].content == text
    assert content.row_id == "\\N"


# All or nothing


def test_one_bad_row_of_many_and_nothing_comes_in(database: Database, tmp_path: Path) -> None:
    project = a_project()
    rows = pairs(2000)
    rows[1234]["completions"] = ["Same.", "Same."]
    batch, spooled = run(database, project, write(tmp_path / "rows", rows))
    assert batch.state is ImportState.REFUSED
    assert (batch.rows, batch.tasks) == (2000, 0)
    assert [(each.line, each.field) for each in spooled.problems] == [(1235, "completions")]
    assert (count(Task), count(TaskContent), count(Lane)) == (0, 0, 0)
    assert entries(batch.id, "batch.refuse") == [{"project": str(project.id), "problems": 1}]
    assert entries(batch.id, "batch.import") == []


def test_every_problem_is_in_the_file_of_problems(database: Database, tmp_path: Path) -> None:
    bad = b'{"prompt": 5, "completions": ["a", "b"]}\n'
    batch, spooled = run(database, a_project(), pack(tmp_path / "rows", (json_lines(pairs(1)) + bad) * 1500))
    assert spooled.problem_count == 1500
    kept = [json.loads(line) for line in problem_file(database.home, batch.id).read_text().splitlines()]
    assert kept == [
        {"line": n * 2, "field": "prompt", "message": "This must be text or a list of messages, not a number."}
        for n in range(1, 1501)
    ]
    assert batch.report is not None
    assert (batch.report["problem_count"], len(batch.report["problems"])) == (1500, 1000)


def test_a_problem_that_quotes_anything_can_be_kept(database: Database, tmp_path: Path) -> None:
    names = ["\0", "\ud800", "x" * 50_000, "a\nb", "\u202e"]
    rows = [json.dumps({**pairs(1)[0], name: 1}).encode() + b"\n" for name in names]
    batch, spooled = run(database, a_project(), pack(tmp_path / "rows", b"".join(rows)))
    assert batch.state is ImportState.REFUSED
    assert [each.line for each in spooled.problems] == [1, 2, 3, 4, 5]
    assert max(len(each.field) for each in spooled.problems) <= 121
    assert batch.report is not None and len(batch.report["problems"]) == 5


def test_a_refused_file_may_be_sent_again(database: Database, tmp_path: Path) -> None:
    project = a_project()
    path = write(tmp_path / "rows", pairs(2, language="de"))
    assert run(database, project, path)[0].state is ImportState.REFUSED
    with transaction() as session:
        session.get_one(Project, project.id).languages = ["en", "de"]
    assert run(database, project, path)[0].state is ImportState.DONE


def test_a_file_that_has_gone_is_told(database: Database, tmp_path: Path) -> None:
    batch, spooled = run(database, a_project(), tmp_path / "nowhere")
    assert batch.state is ImportState.REFUSED
    assert [each.message for each in spooled.problems] == ["The file is no longer there. Send it again."]


# The same file twice


def test_the_same_file_twice_is_refused_by_its_content(database: Database, tmp_path: Path) -> None:
    project = a_project()
    run(database, project, write(tmp_path / "rows", pairs(3)))
    batch, spooled = run(database, project, write(tmp_path / "other name", pairs(3)))
    assert batch.state is ImportState.REFUSED
    assert "This very file is in the project already" in spooled.problems[0].message
    assert count(Task) == 3
    assert run(database, a_project(), tmp_path / "rows")[0].state is ImportState.DONE, "another project"


def test_the_same_file_comes_in_again_when_asked(database: Database, tmp_path: Path) -> None:
    project = a_project()
    path = write(tmp_path / "rows", pairs(3))
    copies = [run(database, project, path, again=again)[0].copy for again in (False, True, True)]
    assert copies == [1, 2, 3]
    assert count(Task) == 9


@pytest.mark.parametrize("again", [False, True])
def test_the_same_file_at_the_same_moment(database: Database, again: bool, tmp_path: Path) -> None:
    """Both have been read before either is loaded: the last look decides."""
    project = a_project()
    path = write(tmp_path / "rows", pairs(50))
    batches = [request(project, path, again=again) for _ in range(4)]
    barrier = threading.Barrier(4)

    def one(batch_id: UUID) -> Spooled:
        met: list[int] = []

        def alive(done: int, of: int) -> None:
            if done == of and not met:
                met.append(barrier.wait(30))

        return import_file(batch_id, path, database.home, alive)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, batches))
    states = Counter(the_batch(each).state for each in batches)
    if again:
        assert states == {ImportState.DONE: 4}
        assert sorted(the_batch(each).copy for each in batches) == [1, 2, 3, 4]
    else:
        assert states == {ImportState.DONE: 1, ImportState.REFUSED: 3}
    assert count(Task) == 50 * states[ImportState.DONE]


def test_imports_that_need_the_same_lanes_in_another_order_do_not_stop_each_other(
    database: Database, tmp_path: Path
) -> None:
    codes = [f"W{n:02}" for n in range(1, 16)]
    project = a_project(categories=dict.fromkeys(codes, 2))
    contents = [{code: 2} for code in codes]
    files = [
        write(
            tmp_path / str(n), [{**pairs(1)[0], "id": f"{n}-{m}", "categories": each} for m, each in enumerate(order)]
        )
        for n, order in enumerate([contents, contents[::-1]] * 4)
    ]
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda path: run(database, project, path)[0], files))
    assert {batch.state for batch in done} == {ImportState.DONE}
    assert count(Lane) == 15
    with reading() as session:
        places = session.execute(select(Task.lane_id, Task.position)).all()
    assert len(set(places)) == len(places) == 120


# Content and language


def test_a_row_says_its_own_content(database: Database, tmp_path: Path) -> None:
    project = a_project(categories={"W06": 3, "W10": 2})
    rows = [*pairs(2, categories={"W06": 3}), *pairs(3, categories={"W06": 1, "W10": 2}), *pairs(4, categories={})]
    batch, _ = run(database, project, write(tmp_path / "rows", rows), categories={"W10": 1})
    assert lanes_of(batch.id) == {("en", "W06:3"): 2, ("en", "W06:1,W10:2"): 3, ("en", ""): 4}


def test_a_batch_says_it_for_rows_that_do_not(database: Database, tmp_path: Path) -> None:
    project = a_project(categories={"W06": 3, "W10": 2})
    path = write(tmp_path / "rows", [*pairs(2), *pairs(1, categories={"W06": 3})])
    assert lanes_of(run(database, project, path, categories={"W10": 2})[0].id) == {
        ("en", "W10:2"): 2,
        ("en", "W06:3"): 1,
    }
    again = run(database, project, path, categories={}, again=True)[0]
    assert lanes_of(again.id) == {("en", ""): 2, ("en", "W06:3"): 1}


def test_unknown_content_counts_as_the_highest_that_is_declared(database: Database, tmp_path: Path) -> None:
    batch, spooled = run(database, a_project(categories={"W06": 3, "W10": 1}), write(tmp_path / "rows", pairs(2)))
    assert lanes_of(batch.id) == {("en", "W06:3,W10:1"): 2}
    assert spooled.sensitive == 2
    with reading() as session:
        assert session.scalars(select(Lane.severity)).all() == [3]
    batch, _ = run(database, a_project(), write(tmp_path / "rows", pairs(2)))
    assert lanes_of(batch.id) == {("en", ""): 2}


def test_content_that_is_not_declared_is_refused(database: Database, tmp_path: Path) -> None:
    project = a_project(categories={"W06": 2})
    path = write(tmp_path / "rows", [*pairs(1), *pairs(1, categories={"W06": 3, "W03": 1})])
    _, spooled = run(database, project, path)
    assert {(each.line, each.field) for each in spooled.problems} == {(2, "categories.W06"), (2, "categories.W03")}
    _, spooled = run(database, project, path, categories={"W03": 2})
    assert [(each.line, each.field) for each in spooled.problems] == [(None, "categories.W03")]


def test_rows_are_in_the_languages_they_say(database: Database, tmp_path: Path) -> None:
    project = a_project(languages=["en", "sw"])
    rows = [*pairs(1), *pairs(2, language="sw"), *pairs(3, language="EN_gb")]
    batch, _ = run(database, project, write(tmp_path / "rows", rows))
    assert lanes_of(batch.id) == {("en", ""): 1, ("sw", ""): 2, ("en-GB", ""): 3}
    batch, _ = run(database, project, write(tmp_path / "others", rows), language="sw", again=True)
    assert lanes_of(batch.id) == {("sw", ""): 3, ("en-GB", ""): 3}
    _, spooled = run(database, project, write(tmp_path / "third", pairs(1, language="enx")))
    assert spooled.problems[0].field == "language"
    _, spooled = run(database, project, write(tmp_path / "third", pairs(1)), language="no such tongue")
    assert spooled.problems[0].field == "language"


def test_a_file_brings_only_so_many_sorts_of_content(database: Database, tmp_path: Path) -> None:
    codes = [f"W{n:02}" for n in range(1, 16)]
    project = a_project(categories=dict.fromkeys(codes, 3))
    rows = [
        {**pairs(1)[0], "categories": {codes[n % 15]: n % 3 + 1, codes[n // 15 % 15]: 2, codes[n // 225]: 1}}
        for n in range(2000)
    ]
    _, spooled = run(database, project, write(tmp_path / "rows", rows))
    assert "At most 400 different combinations" in spooled.problems[0].message
    assert count(Lane) == 0


# The word list


def hard(text: str, **more: Any) -> Raw:
    return {"prompt": "Please sum up.", "completions": [f"[placeholder] {text}", "[placeholder] short"], **more}


def test_the_word_list_raises_what_was_said_and_shows_its_words(database: Database, tmp_path: Path) -> None:
    project = a_project(categories={"W05": 3, "W03": 3})
    rows = [
        hard("about suicide", categories={"W05": 1}),
        hard("calm", categories={}),
        hard("Rape, SUICIDE", categories={}),
    ]
    batch, spooled = run(database, project, write(tmp_path / "rows", rows))
    assert lanes_of(batch.id) == {("en", "W05:2"): 1, ("en", ""): 1, ("en", "W03:3,W05:2"): 1}
    words = [json.loads(content.matched) if content.matched else None for _, content, _ in tasks_of(batch.id)]
    assert words == [["suicide"], None, ["rape", "suicide"]]
    assert (spooled.raised, dict(spooled.matched)) == (2, {"suicide": 2, "rape": 1})
    assert batch.report is not None
    assert (batch.report["lexicon_version"], batch.report["widened"]) == (1, {})
    assert [UUID(each) for each in batch.report["samples"]] == [tasks_of(batch.id)[n][0].id for n in (0, 2)]


def test_the_word_list_lowers_nothing(database: Database, tmp_path: Path) -> None:
    batch, spooled = run(
        database, a_project(categories={"W05": 3}), write(tmp_path / "rows", [hard("suicide", categories={"W05": 3})])
    )
    assert lanes_of(batch.id) == {("en", "W05:3"): 1}
    assert (spooled.raised, dict(spooled.matched)) == (0, {"suicide": 1})


@pytest.mark.parametrize(
    "text",
    [
        "_suicide_",
        "**Suicide**",
        "«suicide»",
        "SUICIDE!",
        "kill  myself",
        "kill\nmyself",
        "I’ll kill you",
        "self‑harm",
        "sui\u00adcide",
    ],
)
def test_the_word_list_sees_words_as_they_are_written(text: str, database: Database, tmp_path: Path) -> None:
    _, spooled = run(database, a_project(), write(tmp_path / "rows", [hard(text)]))
    assert spooled.raised == 1


@pytest.mark.parametrize("text", ["suicidex", "asuicide", "grapes", "drapery", "gored", "the end of my lifetime"])
def test_the_word_list_sees_whole_words_only(text: str, database: Database, tmp_path: Path) -> None:
    _, spooled = run(database, a_project(), write(tmp_path / "rows", [hard(text)]))
    assert spooled.matched == Counter()


def test_what_the_word_list_finds_beyond_the_declaration_widens_it_in_the_same_transaction(
    database: Database, tmp_path: Path
) -> None:
    project = a_project(categories={"W10": 1}, sensitive_share=0.0)
    batch, _ = run(database, project, write(tmp_path / "rows", [*pairs(30_000), hard("suicide", categories={})]))
    assert batch.report is not None and batch.report["widened"] == {"W05": 2}
    with reading() as session:
        now = session.get_one(Project, project.id)
        assert now.categories == {"W10": 1, "W05": 2}
        assert now.sensitive_share == 0.0001, "one in thirty thousand is not none"
    assert entries(project.id, "project.widen") == [{"categories": {"W05": 2}}]


def test_a_refused_import_widens_nothing(database: Database, tmp_path: Path) -> None:
    project = a_project()
    run(database, project, write(tmp_path / "rows", [hard("suicide"), {"prompt": "a", "completions": []}]))
    with reading() as session:
        assert session.get_one(Project, project.id).categories == {}
    assert entries(project.id, "project.widen") == []


def test_tasks_at_severity_4_come_in_and_are_never_served(database: Database, tmp_path: Path) -> None:
    project = a_project(categories={"W04": 4}, state=ProjectState.LIVE)
    batch, _ = run(database, project, write(tmp_path / "rows", pairs(3, categories={"W04": 4})))
    assert batch.tasks == 3
    with transaction() as session:
        labeler = add_labeler(session)
    assert isinstance(next_task(labeler.id, clock.now()), Nothing)


# Lanes and whoever works in them


def work_off(labeler_id: UUID, most: int = 1000) -> int:
    """Answer until there is nothing left, or so many times; how many."""
    result, answered = next_task(labeler_id, clock.now()), 0
    while isinstance(result, Handed) and answered < most:
        key = f"key-{result.assignment_id}"
        result = answer_and_next(labeler_id, result.assignment_id, {"choice": ["a2"]}, key, clock.now()).next
        answered += 1
    return answered


def test_whoever_found_the_lane_empty_gets_what_comes_later(database: Database, tmp_path: Path) -> None:
    project = a_project(state=ProjectState.LIVE)
    run(database, project, write(tmp_path / "one", pairs(3)))
    with transaction() as session:
        labeler = add_labeler(session)
    assert work_off(labeler.id) == 3
    run(database, project, write(tmp_path / "two", pairs(5)))
    assert work_off(labeler.id) == 5


def test_an_import_that_is_shown_after_a_later_one_is_not_lost(database: Database, tmp_path: Path) -> None:
    """The first has reserved the earlier positions of the lane, and the labeler has gone past them."""
    project = a_project(state=ProjectState.LIVE)
    with transaction() as session:
        labeler = add_labeler(session)
    first, second = write(tmp_path / "one", pairs(4)), write(tmp_path / "two", pairs(6))
    done: list[int] = []

    def meanwhile(done_bytes: int, of: int) -> None:
        return

    def beat(session: Session | None = None) -> None:
        return

    def overtake(session: Session) -> bool:
        if database.name == "postgresql" and not done:  # SQLite has one pen: nobody overtakes there
            run(database, project, second)
            done.append(work_off(labeler.id))
        return True

    import_file(request(project, first), first, database.home, meanwhile, beat, overtake)
    if not done:
        run(database, project, second)
    assert work_off(labeler.id) == 10 - sum(done)
    positions = [task.position for task, _, _ in tasks_of(latest(first)) + tasks_of(latest(second))]
    assert len(set(positions)) == 10


def latest(path: Path) -> UUID:
    with reading() as session:
        return session.scalars(select(Batch.id).where(Batch.name == path.name)).one()


def test_labelers_work_on_while_a_batch_is_loaded(database: Database, tmp_path: Path) -> None:
    """On PostgreSQL a labeler answers in the middle of the load; on SQLite she reads in it, and answers after it."""
    project = a_project(state=ProjectState.LIVE)
    run(database, project, write(tmp_path / "one", pairs(20)))
    with transaction() as session:
        labeler = add_labeler(session)
    beats: list[int] = []

    def beat(session: Session | None = None) -> None:
        beats.append(count(Task))
        if len(beats) == 2 and database.name == "postgresql":
            assert work_off(labeler.id) == 20

    path = write(tmp_path / "two", pairs(1500))
    import_file(request(project, path), path, database.home, lambda done, of: None, beat)
    assert len(beats) >= 2
    assert set(beats) == {20}, "half a batch shows"
    assert count(Task) == 1520
    assert work_off(labeler.id, most=30) == 30


def test_labelers_and_an_import_at_once(database: Database, tmp_path: Path) -> None:
    project = a_project(state=ProjectState.LIVE, overlap=2)
    run(database, project, write(tmp_path / "one", pairs(40)))
    with transaction() as session:
        labelers = [add_labeler(session).id for _ in range(3)]
    path = write(tmp_path / "two", pairs(60))
    counted: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            counted.add(count(Task))

    with ThreadPoolExecutor(5) as pool:
        watching = pool.submit(watch)
        working = [pool.submit(work_off, each) for each in labelers]
        batch, _ = run(database, project, path)
        first = sum(each.result() for each in working)
        over.set()
        watching.result()
    assert batch.state is ImportState.DONE
    assert counted <= {40, 100}
    assert first + sum(work_off(each) for each in labelers) == 200


# A project that changes while the file is read


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": ProjectState.CLOSED}, "was closed while the file was read"),
        ({"kind": "rating"}, "changed while the file was read"),
        ({"languages": ["sw"]}, "changed while the file was read"),
        ({"categories": {"W06": 1}}, "changed while the file was read"),
        ({"categories": {"W06": 3, "W10": 1}, "languages": ["en", "sw"]}, None),
    ],
)
def test_a_project_that_changes_meanwhile(
    change: dict[str, Any], said: str | None, database: Database, tmp_path: Path
) -> None:
    project = a_project(categories={"W06": 2})
    path = write(tmp_path / "rows", pairs(3))
    spooled = import_file(request(project, path), path, database.home, once(lambda: alter(project, change)))
    assert [each.message for each in spooled.problems if said and said in each.message] or said is None
    assert count(Task) == (3 if said is None else 0)


def once(change: Callable[[], None]) -> Callable[[int, int], None]:
    """Something that happens when the file has been read."""
    happened: list[bool] = []

    def alive(done: int, of: int) -> None:
        if done == of and not happened:
            happened.append(True)
            change()

    return alive


def alter(project: Project, change: dict[str, Any]) -> None:
    with transaction() as session:
        session.execute(update(Project).where(Project.id == project.id).values(**change))


def test_tasks_get_the_overlap_that_a_draft_has_by_then(database: Database, tmp_path: Path) -> None:
    project = a_project(overlap=3)
    path = write(tmp_path / "rows", pairs(3))
    batch_id = request(project, path)
    import_file(batch_id, path, database.home, once(lambda: alter(project, {"overlap": 5})))
    assert {task.overlap for task, _, _ in tasks_of(batch_id)} == {5}


# Killed, stale, given up


@pytest.mark.parametrize("stage", ["reading", "loading", "showing"])
def test_an_import_that_is_killed_leaves_nothing_and_comes_in_once_when_it_runs_again(
    stage: str, database: Database, tmp_path: Path
) -> None:
    project = a_project()
    path = write(tmp_path / "rows", pairs(2500))
    batch_id = request(project, path)
    command = [
        sys.executable,
        "-m",
        "tests.projects.stuck",
        database.url,
        str(database.home),
        str(batch_id),
        str(path),
        stage,
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    assert process.stdout and process.stdout.readline() == b"here\n"
    process.kill()
    process.communicate()
    assert (count(Task), count(TaskContent)) == (0, 0)
    assert the_batch(batch_id).state is ImportState.READING
    spooled = import_file(batch_id, path, database.home, lambda done, of: None)
    assert spooled.problems == []
    assert (count(Task), count(TaskContent)) == (2500, 2500)
    assert the_batch(batch_id).state is ImportState.DONE
    assert len(entries(batch_id, "batch.import")) == 1


def a_job(project: Project, path: Path) -> tuple[UUID, UUID]:
    with transaction() as session:
        batch = service.request_import(session, project.created_by, project.id, path.name, path, {}, NOW)
        return outbox.enqueue(session, "import_batch", clock.now(), batch=str(batch.id)).id, batch.id


def taken_by_another(job_id: UUID) -> None:
    with transaction() as session:
        session.execute(update(Job).where(Job.id == job_id).values(attempt=Job.attempt + 1))


@pytest.mark.parametrize("good", [True, False])
def test_an_attempt_that_lost_its_lease_shows_nothing(good: bool, database: Database, tmp_path: Path) -> None:
    project = a_project()
    path = write(tmp_path / "rows", pairs(3) if good else [{"prompt": 1, "completions": []}])
    job_id, batch_id = a_job(project, path)
    stale = worker.take(job_id)
    assert stale is not None
    taken_by_another(job_id)
    with pytest.raises(worker.Lost):
        import_file(batch_id, path, database.home, lambda done, of: None, stale.heartbeat, stale.still_mine)
    assert count(Task) == 0
    assert the_batch(batch_id).state is ImportState.READING


def test_an_attempt_that_comes_too_late_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "rows", pairs(3))
    batch, _ = run(database, a_project(), path)
    with pytest.raises(importing.Ended):
        import_file(batch.id, path, database.home, lambda done, of: None)
    with transaction() as session:
        import_batch.give_up(session, {"batch": str(batch.id)}, "too late", NOW)
    assert the_batch(batch.id).state is ImportState.DONE
    assert count(Task) == 3


class Eager(worker.Taken):
    """A job whose lease is about to end at every heartbeat."""

    def heartbeat(self, session: Session | None = None) -> None:
        self._renewed -= 1000
        super().heartbeat(session)


def test_the_lease_is_kept_while_a_large_batch_is_loaded(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock that decides who may show the batch must not be in the way of the heartbeat."""
    monkeypatch.setenv("LABELER_HOME", str(database.home))
    job_id, batch_id = a_job(a_project(), write(tmp_path / "rows", pairs(3500)))
    job = worker.take(job_id)
    assert job is not None
    import_batch.run(Eager(job.id, job.kind, job.args, job.attempt))
    assert the_batch(batch_id).state is ImportState.DONE
    assert count(Task) == 3500


def test_a_job_imports_and_throws_away_what_was_sent_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELER_HOME", str(database.home))
    (database.home / "imports").mkdir()
    sent = write(database.home / "imports" / "0123", pairs(3))
    own = write(tmp_path / "rows", [HELPSTEER2, {**HELPSTEER2, "response": "b"}])
    for path in (sent, own):
        job_id, batch_id = a_job(a_project(), path)
        assert worker.run(job_id)
        assert the_batch(batch_id).state is ImportState.DONE
        with reading() as session:
            assert session.get_one(Job, job_id).state is JobState.DONE
    assert not sent.exists()
    assert own.exists()


def test_an_import_that_is_given_up_is_refused_with_its_reason(database: Database, tmp_path: Path) -> None:
    batch_id = request(a_project(), write(tmp_path / "rows", pairs(1)))
    with transaction() as session:
        import_batch.give_up(session, {"batch": str(batch_id)}, "OSError: the disk is full", NOW)
    batch = the_batch(batch_id)
    assert batch.state is ImportState.REFUSED
    assert batch.report is not None and "OSError: the disk is full" in batch.report["problems"][0]["message"]


def test_a_closed_project_takes_no_file(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        request(a_project(state=ProjectState.CLOSED), write(tmp_path / "rows", pairs(1)))
