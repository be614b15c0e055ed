"""Splits, lists to keep out and learned verdicts in whole exports, on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from labeler.db import reading, transaction
from labeler.exports import keep_out, queries
from labeler.exports.models import Export
from labeler.exports.verify import Damaged, verify
from labeler.projects.models import Project
from labeler.storage import Storage
from tasks.content import Completion, Item, Message, Role
from tests.exports.build import BETTER_0, BETTER_1, add_judgment
from tests.exports.test_service import folder, lines, loaded
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

Make = Callable[..., Export]
pytestmark = pytest.mark.usefixtures("settled")

SPLITS = ("train", "test")
PROMPTS = [f"Question number {n * 7919}: what grows beside a {word} in {n} weeks?" for n, word in enumerate(
    ["river", "road", "wall", "fence", "lake", "barn", "mill", "bridge", "church", "harbour"])]  # fmt: skip


def items(prompts: Sequence[str], kind: str = "comparison") -> list[Item]:
    texts = ("Oak", "Elm")[: 2 if kind == "comparison" else 1]
    return [
        Item(
            prompt=(Message(role=Role.USER, content=prompt),),
            completions=tuple(
                Completion(messages=(Message(role=Role.ASSISTANT, content=f"{text} {n}"),), model="heron-2")
                for text in texts
            ),
        )
        for n, prompt in enumerate(prompts)
    ]


@pytest.fixture
def copied(database: Database) -> Project:
    """Ten prompts in one batch, the same in other letters in the next, nearly the same in a third; judged twice."""
    with transaction() as session:
        project = add_project(session, slug="trees")
        labelers = [add_labeler(session) for _ in range(2)]
        for form in ("{}", "  {} ", "{} Say why."):
            given = [form.format(text).upper() if form[0] == " " else form.format(text) for text in PROMPTS]
            for task in add_tasks(session, project, len(given), items=items(given)):
                for labeler in labelers:
                    add_judgment(session, project, task, labeler, BETTER_0)
        return project


def rows(path: Path, view: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a view by split."""
    return {
        split: [orjson.loads(line) for line in (path / f"jsonl/data/{view}/{split}.jsonl").read_bytes().splitlines()]
        for split in SPLITS
    }


def question(row: dict[str, Any]) -> str:
    return str(row["prompt"][0]["content"]).strip().lower().split(":")[0]


def manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((path / "manifest.json").read_bytes())
    return found


def test_no_prompt_lies_in_two_splits_whatever_its_batch_and_both_load(
    database: Database, copied: Project, make: Make, tmp_path: Path
) -> None:
    views = ["judgments", "preference", "arena"]
    export = make(copied, views=views, split=40, seed=3)
    path = folder(database, export)
    assert export.counts is not None
    for view in ("judgments", "preference"):
        found = rows(path, view)
        sides = {split: {question(row) for row in found[split]} for split in SPLITS}
        assert sides["train"].isdisjoint(sides["test"])
        assert len(sides["train"] | sides["test"]) == 10 and all(sides.values())
        assert sum(map(len, found.values())) == export.counts["views"][view]["rows"]
        assert {split: len(found[split]) for split in SPLITS} == export.counts["views"][view]["splits"]
    train = {row["task_id"] for row in rows(path, "judgments")["train"]}
    assert {row["id"] for row in rows(path, "preference")["train"]} == train
    assert {row["task_id"] for row in rows(path, "arena")["train"]} == train
    assert verify(path).rows == {"judgments": 60, "preference": 30, "arena": 60}
    told = manifest(path)["rules"]["split"]
    assert (told["test_percent"], told["seed"], told["prompts"], told["clusters"]) == (40, 3, 20, 10)
    assert told["largest_cluster_tasks"] == 3
    again = folder(database, make(copied, views=views, split=40, seed=3, late="include"))
    assert {row["id"] for row in rows(again, "preference")["train"]} == train, "the same seed, the same split"
    if database.name == "sqlite":  # the bytes are the same on both
        assert loaded(path, "preference", tmp_path) == "preference 30 test train\n"


def test_a_file_that_lacks_rows_of_a_split_is_noticed(database: Database, copied: Project, make: Make) -> None:
    path = folder(database, make(copied, views=["preference"], split=40, seed=3))
    for name in ("data/preference/test.parquet", "jsonl/data/preference/train.jsonl"):
        kept = (path / name).read_bytes()
        (path / name).write_bytes(kept[:-1])
        with pytest.raises(Damaged) as bad:
            verify(path)
        assert bad.value.file == name
        (path / name).write_bytes(kept)
    verify(path)


def test_a_split_without_rows_is_in_the_folder_but_not_on_the_card(database: Database, make: Make) -> None:
    with transaction() as session:
        project = add_project(session)
        (task,) = add_tasks(session, project, 1)
        add_judgment(session, project, task, add_labeler(session), BETTER_0)
    path = folder(database, make(project, split=1, seed=1))
    assert (path / "data/preference/test.parquet").is_file()
    card = (path / "README.md").read_text()
    assert "data/preference/train.parquet" in card and "test.parquet" not in card
    assert "Without rows, so not to be loaded: `judgments` in `test`, `preference` in `test`." in card
    assert verify(path).rows == {"judgments": 1, "preference": 1}


def test_completions_that_come_together_late_are_in_the_split_of_their_own_prompt(
    database: Database, make: Make
) -> None:
    with transaction() as session:
        project = add_project(session, kind="rating")
        labeler = add_labeler(session)
        given = {"helpfulness": 3, "correctness": 4, "clarity": 4}
        for task in add_tasks(session, project, 10, items=items(PROMPTS, "rating")):
            add_judgment(session, project, task, labeler, {"verdict": "rated", "ratings": given})
    path = folder(database, make(project, views=["ultrafeedback", "ratings"], split=40, seed=3))
    ratings, together = rows(path, "ratings"), rows(path, "ultrafeedback")
    for split in SPLITS:
        assert {row["id"] for row in together[split]} == {row["id"] for row in ratings[split]} != set()


def test_prompts_on_the_list_are_in_no_view_and_are_counted(database: Database, copied: Project, make: Make) -> None:
    listed = keep_out.kept([PROMPTS[0], PROMPTS[4].lower() + " please"])
    Storage(database.home).add_list(keep_out.name(listed), listed)
    export = make(copied, keep_out=keep_out.name(listed))
    path = folder(database, export)
    gone = {question({"prompt": [{"content": PROMPTS[n]}]}) for n in (0, 4)}
    for view in ("judgments", "preference"):
        assert gone.isdisjoint(map(question, lines(path, view)))
    assert export.counts is not None
    (step,) = [each for each in export.counts["steps"] if each["name"] == "keep_out"]
    assert step == {"name": "keep_out", "left_out": 12, "judgments": 48, "tasks": 24}
    assert manifest(path)["rules"]["keep_out"]["sha256"] == keep_out.name(listed)
    assert PROMPTS[0].encode() not in b"".join(each.read_bytes() for each in path.rglob("*.json"))


def test_the_verdicts_of_an_export_are_learned_from_the_answers_it_counts(database: Database, make: Make) -> None:
    with transaction() as session:
        project = add_project(session, overlap=5)
        sure, other, *guessing = [add_labeler(session) for _ in range(5)]
        tasks, dice = add_tasks(session, project, 24), random.Random(3)
        for n, task in enumerate(tasks):
            right = (BETTER_0, BETTER_1)[n % 2]
            for who in (sure, other):
                add_judgment(session, project, task, who, right)
            for who in guessing:
                add_judgment(session, project, task, who, dice.choice([BETTER_0, BETTER_1]))
    by = {
        name: {row["id"]: row for row in lines(folder(database, make(project, aggregation=name)), "preference")}
        for name in ("majority/1", "dawid-skene/1")
    }
    assert len(by["dawid-skene/1"]) == len(tasks)
    differing = 0
    for n, task in enumerate(tasks):
        found = by["dawid-skene/1"][str(task.id)]
        assert found["chosen_model"] == f"model-{'ab'[n % 2]}"
        assert found["p_win"] > 0.9 and found["weight"] == pytest.approx(2 * found["p_win"] - 1)
        most = by["majority/1"].get(str(task.id))
        differing += most is None or most["chosen_model"] != found["chosen_model"]
    assert differing > 0, "a majority would not have said the same"


def test_everything_at_once_is_the_same_on_a_second_writing(database: Database, copied: Project, make: Make) -> None:
    listed = keep_out.kept([PROMPTS[1]])
    Storage(database.home).add_list(keep_out.name(listed), listed)
    with reading() as session:
        batches = [each.id for each in queries.batches(session, copied.id)][:2]
    chosen: dict[str, Any] = {
        "split": 30, "seed": 9, "keep_out": keep_out.name(listed), "aggregation": "dawid-skene/1", "least_time": 25,
        "languages": ["en"], "guidelines": [1], "batches": batches, "min_judgments": 2, "views": ["preference"],
    }  # fmt: skip
    first, again = (make(copied, **chosen) for _ in range(2))
    assert first.counts == again.counts
    files = [
        {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (folder(database, first), folder(database, again))
    ]
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {
        "manifest.json", "SHA256SUMS", "attestation.dsse.json", "CHANGELOG.md", "DATASHEET.md", "croissant.json",
    }  # fmt: skip
    steps = {each["name"]: each for each in first.counts["steps"]} if first.counts else {}
    card = files[0]["README.md"].decode()
    for words in (
        "| Answers there were | | 60 | 30 |", "| Left out: of batches that were not chosen | 20 | 40 | 20 |",
        "Only tasks in: en.", "versions of the guideline: 1.", "surely took less than 25 % of the median",
        "one of 1 on a list",
        "Which one wins: `dawid-skene/1`", "of 10 clusters of prompts are in `test` (seed 9)",
    ):  # fmt: skip
        assert words in card, words
    assert (steps["batches"]["left_out"], steps["keep_out"]["left_out"], steps["few"]["tasks"]) == (20, 4, 18)


def test_a_list_that_is_gone_fails_the_export_in_words(database: Database, copied: Project, make: Make) -> None:
    listed = keep_out.kept(["Name a tree."])
    with pytest.raises(Exception, match="list of prompts to keep out is not on this machine"):
        make(copied, keep_out=keep_out.name(listed))
