"""Which rows differ from the version before: added, gone, with another verdict; and what is told when none is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from labeler.db import transaction
from labeler.exports.documents import differences
from labeler.exports.documents.differences import BESIDE, VERDICT, Rows
from labeler.exports.models import Export
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.projects.models import Project, Task
from tests.exports.build import BETTER_0, BETTER_1, add_judgment, revise
from tests.exports.conftest import LATER
from tests.exports.documents.test_papers import VIEWS
from tests.exports.test_service import folder
from tests.support.build import add_labeler
from tests.support.database import Database

Make = Callable[..., Export]
DAY = timedelta(days=1)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_has_a_verdict_to_compare_or_no_ids(name: str) -> None:
    columns = list(VIEWS[name].row.model_fields)
    told = differences.verdict(name, columns)
    assert bool(told) == ("id" in columns)
    assert not {"prompt", "labeler", "comment", "id"} & set(told)
    assert set(VERDICT) | set(BESIDE) <= set(VIEWS), "no view is named that is not there"


VALUES: dict[str, pa.Array] = {
    "texts": pa.array(["a", None, "", "a"]),
    "long texts": pa.array(["x" * 70, None, "x" * 69 + "y", "x" * 70]),
    "numbers": pa.array([1.5, None, 0.0, 1.5]),
    "whole": pa.array([1, None, 0, 1]),
    "flags": pa.array([True, None, False, True]),
    "lists": pa.array([["a", "b"], None, ["b", "a"], ["a", "b"]]),
    "structs": pa.array([{"n": 1, "critique": "x"}, None, {"n": 2, "critique": "x"}, {"n": 1, "critique": "y"}]),
    "turns": pa.array([[{"role": "user", "content": "Hi"}], [], [{"role": "Hi", "content": "user"}],
                       [{"role": "user", "content": "Hi"}]]),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_equal_values_have_equal_numbers_and_others_have_others(name: str) -> None:
    one, two, three, again = differences.numbers(VALUES[name]).tolist()
    assert one == again and len({one, two, three}) == 3
    assert differences.numbers(VALUES[name].slice(2)).tolist() == [three, again]


def view_file(root: Path, rows: list[tuple[str, Any]], path: str = "data/hh.parquet") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": [key for key, _ in rows], "chosen": [said for _, said in rows]}), root / path)


def test_rows_are_found_again_across_splits_and_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "BATCH_ROWS", 7)
    before, after = [(f"r{n}", "a") for n in range(40)], [(f"r{n}", "b" if n % 10 == 0 else "a") for n in range(5, 60)]
    view_file(tmp_path / "one", before)
    view_file(tmp_path / "two", after[:30], "data/hh/train.parquet")
    view_file(tmp_path / "two", after[30:], "data/hh/test.parquet")
    calls = []
    columns = {"hh": {"id": "string", "chosen": "string"}}
    old = {"columns": columns, "rules": {}, "options": {"late": "exclude"}, "files": [{"path": "data/hh.parquet"}]}
    earlier = differences.Earlier(tmp_path / "one", old, "")

    def compared(**changed: Any) -> Any:
        files = {"hh": ["data/hh/train.parquet", "data/hh/test.parquet"]}
        given = {"columns": columns, "rules": {}, "late": "exclude", **changed}
        return differences.compared(earlier, tmp_path / "two", files=files, alive=lambda: calls.append(1), **given)

    assert compared() == {"hh": Rows(added=20, removed=5, changed=3)}
    assert calls, "the job hears that it is alive"
    assert compared(late="include") == {"hh": differences.OTHER_RULES}
    assert compared(columns={"hh": {"id": "string", "chosen": "int64"}}) == {"hh": differences.OTHER_COLUMNS}
    assert compared(columns={}) == {"hh": differences.NOT_THERE}
    (tmp_path / "one/data/hh.parquet").write_bytes(b"no more")
    assert compared() == {"hh": differences.NO_FILES}


def test_the_next_version_says_which_rows_came_went_and_turned(
    database: Database, project: Project, make: Make
) -> None:
    first = make(project, views=["judgments", "preference", "openai_dpo"])
    with transaction() as session:
        session.get_one(Export, first.id).finished_at = LATER
        said = session.scalars(select(Judgment).order_by(Judgment.id)).all()
        tasks = session.scalars(select(Task).order_by(Task.id)).all()
        withdraw(session, said[0].labeler_id, said[0].id, LATER)
        revise(session, project, said[1], BETTER_1, LATER + DAY)
        add_judgment(session, project, tasks[4], add_labeler(session), BETTER_0, at=LATER + DAY)
    made = make(project, LATER + 2 * DAY, views=["judgments", "preference", "openai_dpo"])
    root = folder(database, made)
    found = orjson.loads((root / "manifest.json").read_bytes())["changes"]
    assert found["rows"]["judgments"] == {"before": 14, "after": 14, "added": 2, "removed": 2, "changed": 0}
    # the first task turned: of three votes for the one, the other has both that are left
    assert found["rows"]["preference"] == {"before": 2, "after": 3, "added": 1, "removed": 0, "changed": 1}
    assert found["rows_not_compared"] == {"openai_dpo": differences.NO_IDS}
    page = (root / "CHANGELOG.md").read_text()
    assert "| preference | 2 | 3 | +1 | 1 | 0 | 1 |" in page
    assert "- `openai_dpo`: only counted, since its rows have no id that outlives a version." in page
    assert "made-up names" in page


def test_without_the_files_of_the_version_before_only_counts_are_told(
    database: Database, project: Project, make: Make
) -> None:
    first = make(project)
    with transaction() as session:
        session.get_one(Export, first.id).finished_at = LATER
        session.get_one(Export, first.id).folder = "exports/gone"
    root = folder(database, make(project, LATER + DAY))
    found = orjson.loads((root / "manifest.json").read_bytes())["changes"]
    assert found["rows"]["judgments"] == {"before": 14, "after": 14}
    assert set(found["rows_not_compared"].values()) == {differences.NO_FILES}
    assert "Compared are counts and options" in (root / "CHANGELOG.md").read_text()
    assert differences.opened(root, "0" * 64).problem == differences.OTHER_FILES
