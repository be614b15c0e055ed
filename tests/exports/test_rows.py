"""What becomes of a judgment on its way to a row: columns, names, versions, thresholds. No database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from labeler.errors import Invalid
from labeler.exports import formats, rows, yaml
from labeler.exports.formats import ViewFiles
from labeler.exports.plan import Possible, plan
from labeler.exports.rows import Given, Pseudonyms, latest
from tasks import KINDS

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Inner(BaseModel):
    word: str | None


class Row(BaseModel):
    name: str
    number: int | None
    share: float
    sure: bool
    words: list[str]
    parts: list[Inner]
    one: Inner


def test_columns_become_a_schema_and_a_header() -> None:
    assert rows.schema(Row) == pa.schema(
        [
            ("name", pa.string()),
            ("number", pa.int64()),
            ("share", pa.float64()),
            ("sure", pa.bool_()),
            ("words", pa.list_(pa.field("element", pa.string()))),
            ("parts", pa.list_(pa.field("element", pa.struct([("word", pa.string())])))),
            ("one", pa.struct([("word", pa.string())])),
        ]
    )
    assert yaml.lines(rows.features(Row))[-10:] == [
        '- name: "words"',
        '  list: "string"',
        '- name: "parts"',
        "  list:",
        '    - name: "word"',
        '      dtype: "string"',
        '- name: "one"',
        "  struct:",
        '    - name: "word"',
        '      dtype: "string"',
    ]


@pytest.mark.parametrize("name", KINDS)
def test_every_view_of_every_kind_has_columns_that_can_be_written(name: str) -> None:
    for view in KINDS[name].views(KINDS[name].Options()):
        assert rows.schema(view.row).names == [each["name"] for each in rows.features(view.row)]
        assert set(rows.json_schema(view)["required"]) == set(rows.schema(view.row).names)


def given(assignment: int, version: int) -> Given:
    key = UUID(int=assignment * 100 + version)
    return Given(key, UUID(int=1), UUID(int=assignment), UUID(int=9), version, "01", "{}", "counted", 1, 1, 4.0, AT)


def test_only_the_newest_version_of_an_answer_counts() -> None:
    newest, older = latest([given(1, 1), given(2, 1), given(1, 3), given(1, 2)])
    assert [(each.assignment_id.int, each.version) for each in newest if isinstance(each.assignment_id, UUID)] == [
        (1, 3),
        (2, 1),
    ]
    assert older == 2


def test_names_differ_by_project_snapshot_options_and_installation() -> None:
    project, person = UUID(int=1), UUID(int=7)
    names = {
        Pseudonyms(secret, of, at, options).labeler(person)
        for secret, of, at, options in (
            (b"a" * 32, project, AT, "{}"),
            (b"b" * 32, project, AT, "{}"),
            (b"a" * 32, UUID(int=2), AT, "{}"),
            (b"a" * 32, project, AT.replace(hour=10), "{}"),
            (b"a" * 32, project, AT, '{"late":"include"}'),
        )
    }
    assert len(names) == 5
    one, other = (Pseudonyms(b"a" * 32, project, AT, options) for options in ("{}", "[]"))
    assert one.judgment(person) == other.judgment(person)
    assert one.judgment(person) == one.judgment(person.hex)  # whichever way the driver gives an id


def test_a_plan_is_put_in_the_kinds_order_and_refused_whole() -> None:
    possible = Possible(views=("a", "b", "c"), usual=("a", "b"))
    assert plan({"views": ["c", "a"]}, possible, ()).views == ("a", "c")
    assert plan({}, possible, ()).views == ("a", "b")
    with pytest.raises(Invalid) as refused:
        plan({"views": "a", "late": 1, "batches": ["x"]}, possible, ())
    assert [problem.field for problem in refused.value.problems] == ["views", "late", "batches"]


def test_a_row_with_other_columns_is_a_fault_of_the_view(tmp_path: Path) -> None:
    with ViewFiles(tmp_path, "inner", Inner) as files:
        files.add({"word": None})
        with pytest.raises(ValueError, match="columns"):
            files.add({"word": "a", "more": 1})


def test_groups_end_sooner_where_many_views_share_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "ALL_GROUP_BYTES", 4_000)
    groups = []
    for views in (1, 4):
        with ViewFiles(tmp_path / str(views), "inner", Inner, views) as files:
            for _ in range(30):
                files.add({"word": "x" * 100})
            files.finish()
        with pq.ParquetFile(tmp_path / str(views) / "data/inner.parquet") as file:
            groups.append(file.num_row_groups)
            assert file.read().num_rows == 30
    assert groups == [1, 4]


def test_words_cannot_leave_their_line_in_a_header() -> None:
    name = 'Bread: "dense"\n---\u2028 #\x85 🍞'
    (line,) = yaml.lines({"pretty_name": name})
    assert len(line.splitlines()) == 1
    assert line == r'pretty_name: "Bread: \"dense\"\n---\u2028 #\u0085 🍞"'
