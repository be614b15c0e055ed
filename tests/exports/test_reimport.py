"""An export of ours, imported and judged in the same way again, is exported as the same rows, to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.db import transaction
from labeler.exports.models import Export
from labeler.jobs.import_batch import import_file
from labeler.projects.models import Batch, Project, Task, TaskContent
from labeler.projects.reading.exported import together
from labeler.projects.service import request_import
from tests.exports.build import add_judgment
from tests.support.build import NOW, add_labeler, add_project
from tests.support.database import Database

ODD = "“Ünïcode” \u2028\u2029 \u0085 \ufeff 👩🏽‍🌾 \r\n\ttab ﷽ e\u0301 é \x7f <b>&amp;</b>  "
CALLS = '[{"id": "c1", "function": {"name": "oven", "arguments": "{\\"at\\":  250.0}"}}]'


def says(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


TALK = [
    says("system", "Be brief."),
    says("user", ODD),
    says("assistant", "", tool_calls=CALLS),
    says("tool", '{"degrees":250}', name="oven"),
    says("user", "And now?"),
]
ROWS: list[dict[str, Any]] = [
    {"id": "a", "prompt": ODD, "completions": [f"one {ODD}", {"text": "two", "model": "heron-2"}]},
    {
        "id": "b", "language": "sw", "prompt": TALK, "categories": {"W06": 1, "W10": 2},
        "completions": [
            {"messages": [says("assistant", "x", name="ann")], "model": ODD},
            {"messages": [says("assistant", "y", tool_calls=CALLS), says("tool", "z"), says("assistant", "w")]},
        ],
        "source_label": {"chosen": 0, "scores": [1.5, -0.0, 1e300, 9007199254740993], "who": None},
        "meta": {"z": {"b": [True, None, {"ä": ODD}]}, "a": ""},
    },
    {"prompt": "No name, three answers.", "completions": ["p", "q", "r"], "categories": {}, "meta": {"n": 1}},
    {"prompt": "No name, three answers.", "completions": ["p", "q", "r"], "categories": {}, "meta": {"n": 1}},
    {"id": "d", "prompt": "Four.", "completions": [{"text": t, "model": f"m-{t}"} for t in "stuv"], "categories": {}},
]  # fmt: skip
NEW = {"id", "task_id", "batch", "labeler", "order", "preferred_place", "seconds"}
"""Columns that are of one project and one judging."""


def brought_in(database: Database, kind: str, path: Path) -> Project:
    with transaction() as session:
        project = add_project(
            session, kind=kind, overlap=2, languages=("en", "sw"), categories={"W06": 3, "W10": 3}, now=NOW
        )
        batch = request_import(session, project.created_by, project.id, path.name, path, {}, NOW)
    spooled = import_file(batch.id, path, database.home, lambda *_: None)
    assert not spooled.problems
    return project


def judged(project: Project, kind: str) -> None:
    """Every task judged twice, each time by what it holds: the same task is judged in the same way anywhere."""
    with transaction() as session:
        people = [add_labeler(session) for _ in range(2)]
        for task, content in of(session, project):
            weight = sum(content.item.encode())
            for n, person in enumerate(people):
                side, margin = (weight + n) % 2, 1 + weight % 4
                answer: dict[str, Any] = {"verdict": "preference", "preferred": side, "margin": margin}
                if kind == "rating":
                    names = ("helpfulness", "correctness", "clarity")
                    answer = {"verdict": "rated", "ratings": dict.fromkeys(names, (weight + n) % 5)}
                add_judgment(session, project, task, person, answer)


def of(session: Session, project: Project) -> list[Any]:
    return list(
        session.execute(
            select(Task, TaskContent)
            .join(TaskContent, TaskContent.task_id == Task.id)
            .join(Batch, Batch.id == Task.batch_id)
            .where(Batch.project_id == project.id)
        )
    )


def native(path: Path) -> list[bytes]:
    """The rows as they lie in the file, without what is new each time; a task's rows in an order of their own."""
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    kept = [{name: value for name, value in row.items() if name not in NEW} for row in rows]
    return [json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") for row in sorted(kept, key=str)]


@pytest.mark.parametrize("kind", ["comparison", "rating"])
def test_an_export_comes_back_as_it_went_out(
    database: Database, make: Callable[..., Export], tmp_path: Path, kind: str
) -> None:
    rows = ROWS if kind == "comparison" else [*ROWS, {"prompt": "One.", "completions": ["only"], "categories": {}}]
    given = tmp_path / "given.jsonl"
    given.write_text("".join(json.dumps(row) + "\n" for row in rows))
    first = brought_in(database, kind, given)
    judged(first, kind)
    folder = database.home / str(make(first, views=["judgments"]).folder)
    tasks = 2 + 3 + 3 + 6 if kind == "comparison" else 2 + 2 + 3 + 3 + 4 + 1
    went_out = native(folder / "jsonl/data/judgments.jsonl")
    assert len(went_out) == 2 * tasks
    out = {row["row_id"]: row for row in map(orjson.loads, went_out)}
    given_row, talk = out["b"], [{"name": None, "tool_calls": None, **turn} for turn in TALK]
    assert out["a"]["prompt"][0]["content"] == ODD
    assert (given_row["prompt"], given_row["language"]) == (talk, "sw")
    assert [json.loads(given_row[name]) for name in ("source_label", "meta")] == [
        ROWS[1][name] for name in ("source_label", "meta")
    ]
    for form in ("jsonl/data/judgments.jsonl", "data/judgments.parquet"):
        again = brought_in(database, kind, folder / form)
        with transaction() as session:
            assert len(of(session, again)) == tasks
        judged(again, kind)
        back = database.home / str(make(again, views=["judgments"]).folder)
        assert native(back / "jsonl/data/judgments.jsonl") == went_out, form


def row(task: str, places: list[int], texts: list[str], **more: Any) -> dict[str, Any]:
    return {"task_id": task, "of_row": places, "completions": texts, "prompt": "p", **more}


def test_judgments_of_a_task_and_tasks_of_a_row_are_one_row() -> None:
    pair, first, second, other = (
        row("t0", [], ["a", "b"]),
        row("t1", [0, 1], ["a", "b"]),
        row("t2", [1, 2], ["b", "c"]),
        row("t3", [0, 1], ["a", "b"]),
    )
    given = list(enumerate([pair, pair, first, first, second, other, row("t4", [0, 1], ["a", "b"], meta="{}")], 1))
    found = list(together(given))
    assert [(line, each["completions"]) for line, each in found] == [  # type: ignore[call-overload]
        (1, ["a", "b"]), (3, ["a", "b", "c"]), (6, ["a", "b"]), (7, ["a", "b"]),
    ]  # fmt: skip


def test_what_cannot_be_put_together_passes_as_it_is() -> None:
    bad: list[Any] = [["a problem"], {"task_id": "t", "of_row": [0], "completions": "x"}, {"of_row": None}, {"a": 1}]
    bad += [{"of_row": [0, 1], "completions": ["x", "y"]}, {"of_row": [True], "completions": ["x"], "task_id": []}]
    assert [each for _, each in together(enumerate(bad))] == bad


def test_no_row_grows_beyond_what_a_row_may_have() -> None:
    given = [row(f"t{n}", [2 * n, 2 * n + 1], [f"{n}a", f"{n}b"]) for n in range(20)]
    assert [len(each["completions"]) for _, each in together(enumerate(given))] == [16, 16, 8]  # type: ignore[call-overload]
