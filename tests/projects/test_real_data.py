"""Two datasets that were published for research. They are not part of the project; without them this is skipped.

`LABELER_SHARED_DATA` names their folder, else it is looked for beside the checkout.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from labeler.config import ROOT
from labeler.projects.models import ImportState
from tasks.content import SENSITIVE, Item
from tests.projects.test_importing import a_project, lanes_of, run, tasks_of
from tests.support.database import Database

SHARED = Path(os.environ.get("LABELER_SHARED_DATA", ROOT.parent / "shared" / "data"))


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here: set LABELER_SHARED_DATA to the folder that has it")
    return path


def test_the_harmless_split_comes_in_whole_and_every_task_of_it_is_sensitive(database: Database) -> None:
    path = shared("hh-rlhf-harmless-test.jsonl.gz")
    project = a_project(categories={"W06": 3, "W07": 3, "W12": 2}, sensitive_share=1.0)
    batch, spooled = run(database, project, path, categories={"W06": 3, "W07": 3})
    assert (batch.state, batch.rows, batch.tasks) == (ImportState.DONE, 2312, 2312)
    assert spooled.about["shape"] == "hh"
    assert spooled.sensitive == 2312
    for task, content, lane in tasks_of(batch.id):
        assert lane.severity >= SENSITIVE
        assert {"W06:3", "W07:3"} <= set(lane.profile.split(","))
        assert json.loads(content.source_label or "") == {"chosen": 0, "rejected": 1}
        assert task.claims == 0


def test_every_transcript_of_the_harmless_split_can_be_put_together_again(database: Database) -> None:
    path = shared("hh-rlhf-harmless-test.jsonl.gz")
    batch, _ = run(database, a_project(), path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = [json.loads(line) for line in file]
    names = {"user": "Human", "assistant": "Assistant"}
    for (_, content, _), row in zip(tasks_of(batch.id), raw, strict=True):
        item = Item.model_validate_json(content.item)
        for completion, name in zip(item.completions, ("chosen", "rejected"), strict=True):
            turns = [f"\n\n{names[turn.role]}: {turn.content}" for turn in (*item.prompt, *completion.messages)]
            assert "".join(turns).replace(": ", ":") == row[name].replace(": ", ":")


def test_content_that_nobody_declared_is_found_by_the_word_list(database: Database) -> None:
    """Whoever imports the harmless split as if it were clean is not believed where it plainly is not."""
    batch, spooled = run(database, a_project(), shared("hh-rlhf-harmless-test.jsonl.gz"), categories={})
    assert spooled.raised == sum(n for (_, profile), n in lanes_of(batch.id).items() if profile)
    assert spooled.raised > 100
    assert batch.report is not None and batch.report["widened"].keys() >= {"W05", "W06"}


def replies_of(node: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The replies to each prompt of a tree, gathered without the reader."""
    found = [node["replies"]] if node["role"] == "prompter" else []
    return found + [each for reply in node["replies"] for each in replies_of(reply)]


def trees(path: Path) -> list[list[dict[str, Any]]]:
    lines = path.read_text("utf-8").split("\n")
    return [each for line in lines if line for each in replies_of(json.loads(line)["prompt"])]


@pytest.mark.parametrize(("kind", "least"), [("comparison", 2), ("rating", 1)])
def test_trees_give_every_pair_of_siblings_or_every_reply(kind: str, least: int, database: Database) -> None:
    path = shared("oasst-en-100-trees.jsonl")
    counts = [len(replies) for replies in trees(path) if len(replies) >= least]
    batch, spooled = run(database, a_project(kind=kind), path)
    assert batch.rows == len(counts)
    assert batch.tasks == sum(n * (n - 1) // 2 if kind == "comparison" else n for n in counts)
    assert spooled.about["passed_over"] == sum(1 for replies in trees(path) if 0 < len(replies) < least)


def test_replies_keep_their_models_and_their_ranks_aside(database: Database) -> None:
    path = shared("oasst-en-100-trees.jsonl")
    batch, _ = run(database, a_project(kind="rating"), path)
    found: Counter[tuple[Any, Any]] = Counter()
    for _, content, _ in tasks_of(batch.id):
        item = Item.model_validate_json(content.item)
        rank = json.loads(content.source_label or "")["ranks"][(item.of_row or (0,))[0]]
        found[rank, item.completions[0].model] += 1
    assert found == Counter((each.get("rank"), each.get("model_name")) for replies in trees(path) for each in replies)
