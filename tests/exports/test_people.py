"""What an export tells of who judged; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from labeler.db import transaction
from labeler.demographics import service as demographics
from labeler.errors import Invalid
from labeler.exports.models import Export
from labeler.exports.verify import verify
from labeler.projects.models import Project
from tests.exports.build import BETTER_0, BETTER_1, add_judgment
from tests.exports.conftest import LATER
from tests.exports.test_service import folder, lines
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

Make = Callable[..., Export]
DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("settled")


@pytest.fixture
def crowd(database: Database) -> tuple[Project, list[UUID]]:
    """Thirty labelers with a judgment each; twenty-two say something of themselves, twelve let it stand on rows."""
    with transaction() as session:
        project = add_project(session, overlap=30)
        (task,) = add_tasks(session, project, 1)
        people = [add_labeler(session, ready=False) for _ in range(30)]
        for n, labeler in enumerate(people):
            add_judgment(session, project, task, labeler, BETTER_0)
            if n < 22:
                uses = {"in_tables": "yes"} | ({"on_rows": "yes"} if n < 12 else {})
                said = {"gender": "woman" if n < 11 else "man", "age": "25-34"}
                demographics.keep(session, labeler.id, {**said, **uses}, NOW)
        return project, [labeler.id for labeler in people]


def people_of(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads((path / "people.json").read_bytes())
    return made


def test_a_table_and_rows_of_ten_people_where_asked_for_and_the_same_again(
    database: Database, crowd: Any, make: Make
) -> None:
    chosen = {"demographics": "rows", "labeler_names": "export"}
    path = folder(database, make(crowd[0], **chosen))
    assert people_of(path)["table"]["values"]["age"] == [], "eight others would be left over"
    assert people_of(path)["table"]["people"] == 30
    rows, judgments = lines(path, "labelers"), lines(path, "judgments")
    assert len(rows) == 12 and [row["labeler"] for row in rows] == sorted(row["labeler"] for row in rows)
    assert {row["labeler"] for row in rows} < {row["labeler"] for row in judgments}
    shown = Counter(tuple(value for name, value in row.items() if name != "labeler") for row in rows)
    assert shown == {(None, "25-34", None, None, None): 12}, "one man would be left of them"
    assert verify(path).rows["labelers"] == 12
    readme = (path / "README.md").read_text()
    again = folder(database, make(crowd[0], LATER + timedelta(hours=1), at=LATER, **chosen))
    for file in ("people.json", "data/labelers.parquet", "jsonl/data/labelers.jsonl"):
        assert (path / file).read_bytes() == (again / file).read_bytes()
    assert "Who judged is in `people.json`" in readme and 'path: "data/labelers.parquet"' in readme


def test_rows_need_names_that_go_through_the_export(crowd: Any, make: Make) -> None:
    with pytest.raises(Invalid) as refused:
        make(crowd[0], demographics="rows")
    assert [each.field for each in refused.value.problems] == ["demographics"]


def test_one_who_joins_or_withdraws_shows_in_no_difference(database: Database, crowd: Any, make: Make) -> None:
    project, people = crowd
    usual = folder(database, make(project))
    assert not (usual / "people.json").exists() and not (usual / "data/labelers.parquet").exists()
    before = people_of(folder(database, make(project, demographics="tables")))
    with transaction() as session:
        demographics.keep(session, people[25], {"age": "65+", "in_tables": "yes"}, NOW)
    joined = people_of(folder(database, make(project, LATER + DAY, demographics="tables")))
    assert joined == before
    with transaction() as session:
        demographics.remove(session, people[3])
    without = people_of(folder(database, make(project, LATER + 2 * DAY, demographics="tables")))
    assert without["table"] is None and "withdrawn" in without["why_no_table"]


def test_a_table_is_of_the_whole_project_whatever_is_exported(database: Database, crowd: Any, make: Make) -> None:
    project, _ = crowd
    with transaction() as session:
        more = add_tasks(session, project, 1)[0]
        add_judgment(session, project, more, add_labeler(session, ready=False), BETTER_0)
        some = str(more.batch_id)
    whole = people_of(folder(database, make(project, demographics="tables")))
    part = people_of(folder(database, make(project, LATER + DAY, demographics="tables", batches=[some])))
    assert part == whole


def test_agreement_within_groups_is_measured_once_and_repeated(database: Database, make: Make) -> None:
    with transaction() as session:
        project = add_project(session, overlap=24)
        tasks = add_tasks(session, project, 4)
        people = [add_labeler(session, ready=False) for _ in range(24)]
        for n, labeler in enumerate(people):
            said = {"gender": "woman" if n < 12 else "man", "age": "25-34" if n % 2 else "65+", "in_tables": "yes"}
            demographics.keep(session, labeler.id, said, NOW)
            for number, task in enumerate(tasks):
                add_judgment(session, project, task, labeler, (BETTER_0, BETTER_1)[(number + (n < 12)) % 2])
    usual = folder(database, make(project))
    assert "agreement" not in str(orjson.loads((usual / "stats.json").read_bytes())["groups"]) and usual.exists()
    first = folder(database, make(project, demographics="tables"))
    table = people_of(first)["table"]
    measure = table["agreement"][0]
    found = {(each["by"], each["value"]): (each["alpha"]["value"], each["with_others"]) for each in measure["groups"]}
    assert measure["measure"] == "winner"
    assert found[("gender", "woman")] == found[("gender", "man")] == (1.0, -1.0)
    assert -0.2 < found[("age", "65+")][0] < 0.2, "both ages are of two minds"
    assert "| gender | woman | 1.00 [1.00, 1.00] | -1.00 |" in (first / "DATASHEET.md").read_text()
    with transaction() as session:
        more = add_tasks(session, project, 1)[0]
        for labeler in people:
            add_judgment(session, project, more, labeler, BETTER_0)
    second = folder(database, make(project, LATER + DAY, demographics="tables"))
    assert people_of(second)["table"] == table, "until there is a new table"
