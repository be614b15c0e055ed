"""Whatever is in a file, reading it ends in rows, in problems with sentences, or in a refusal; never in an accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from labeler.db import reading
from labeler.ids import new_id
from labeler.projects.models import TaskContent
from labeler.projects.reading import Limits, shape_names
from labeler.projects.reading.jsontext import Unreadable, parse
from labeler.projects.spooling import Asked, ImportSettings, spool
from tasks import KINDS
from tasks.content import Category, Item, Severity
from tests.projects.making import json_lines, pack, problems_of, write
from tests.projects.samples import SAMPLES
from tests.projects.test_importing import a_project, run
from tests.support.database import Database

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

TEXTS = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", "a", "\0", "\ud800", "\n\nHuman: a\n\nAssistant: b", "Human:", "[1]", '["a"]', '{"role": "user"}', "en", "W06"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from([2**63, 2**64, -(2**70), 1e308, 2.0])
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "system", "tool", "wizard", None, 5]),
        "from": st.sampled_from(["human", "gpt"]),
        "content": TEXTS | st.lists(st.fixed_dictionaries({}, optional={"type": TEXTS, "text": TEXTS})) | SCALARS,
        "value": TEXTS,
        "text": TEXTS,
        "messages": st.lists(st.just({"role": "assistant", "content": "a"}), max_size=3),
        "model": SCALARS,
        "tool_calls": st.lists(SCALARS) | TEXTS,
        "name": SCALARS,
        "response": TEXTS,
        "answer": TEXTS,
        "rank": SCALARS,
        "replies": st.lists(
            st.fixed_dictionaries({"text": SCALARS, "replies": st.none() | st.just([{}, 1])}), max_size=3
        ),
    },
)
VALUES = st.recursive(
    SCALARS | MESSAGES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
COLUMNS = sorted({column for _, raw in SAMPLES.values() for row in raw for column in row} | {"categories", "language"})
ROWS = st.dictionaries(st.sampled_from(COLUMNS) | TEXTS, VALUES, max_size=9)
MIXED = st.tuples(st.sampled_from([row for _, raw in SAMPLES.values() for row in raw]), ROWS).map(
    lambda two: {**two[0], **two[1]}
)
"""Good rows in which some columns hold anything."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("anything") / "file"


def sentences(problems: list[Any]) -> None:
    for each in problems:
        assert each.message and each.message[-1] in ".}" and each.message.isprintable(), each
        assert each.field.isprintable() and len(each.field) <= 121


@QUICK
@given(rows=st.lists(VALUES | ROWS | MIXED, min_size=1, max_size=4), kind=st.sampled_from(sorted(KINDS)))
def test_any_json_as_rows(rows: list[Any], kind: str, path: Path) -> None:
    pack(path, b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    sentences(problems_of(path, kind))


@QUICK
@given(row=MIXED | ROWS, shape=st.sampled_from(shape_names()), kind=st.sampled_from(sorted(KINDS)))
def test_any_row_as_any_shape(row: dict[str, Any], shape: str, kind: str, path: Path) -> None:
    pack(path, json.dumps(row).encode())
    sentences(problems_of(path, kind, shape=shape))


@QUICK
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(content=b"\x1f\x8b")
@example(content=b"\x28\xb5\x2f\xfd")
@example(content=b"PAR1PAR1PAR1")
@example(content=b'{"data":[')
def test_any_bytes(content: bytes, path: Path) -> None:
    pack(path, content)
    found = problems_of(path)
    sentences(found)
    assert found, "no such file holds a row of ours"


def broken(content: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """The bytes with some pieces replaced by others."""
    for at, length, instead in cuts:
        start = at % (len(content) or 1)
        content = content[:start] + instead + content[start + length :]
    return content


CUTS = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(0, 30),
        st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b",", b"\n", b"\\"]),
    ),
    min_size=1,
    max_size=4,
)


@QUICK
@given(
    sample=st.sampled_from(sorted(SAMPLES)),
    form=st.sampled_from(["jsonl", "json", "json-within", "csv"]),
    packing=st.sampled_from(["", "", "gz", "zst"]),
    cuts=CUTS,
)
def test_good_files_that_were_damaged(sample: str, form: str, packing: str, cuts: list[Any], path: Path) -> None:
    whole = write(path, SAMPLES[sample][1] * 3, form, packing).read_bytes()
    sentences(problems_of(pack(path, broken(whole, cuts))))


@FEW
@given(cuts=CUTS)
def test_good_parquet_files_that_were_damaged(cuts: list[Any], path: Path) -> None:
    whole = write(path, SAMPLES["explicit"][1] * 3, "parquet").read_bytes()
    sentences(problems_of(pack(path, broken(whole, cuts))))


@QUICK
@given(rows=st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=5), indent=st.sampled_from([None, 0, 2]),
       ascii_only=st.booleans(), within=st.booleans())  # fmt: skip
def test_an_array_is_cut_into_the_rows_that_it_has(
    rows: list[Any], indent: int | None, ascii_only: bool, within: bool, path: Path
) -> None:
    whole = {"about": {"rows": 5}, "rows": rows} if within else rows
    text = json.dumps(whole, indent=indent or (1 if within else None), ensure_ascii=ascii_only)
    pack(path, text.encode("utf-8", "surrogatepass"))
    one_by_one = [json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for row in rows]
    expected = [_row_problem(each) for each in one_by_one]
    found = problems_of(path, shape="openai")
    assert [each.field for each in found if each.field != "file"] == [field for fields in expected for field in fields]


def _row_problem(text: bytes) -> list[str]:
    """Fields that are wrong with a row read as OpenAI preference: `row` where it is no JSON of ours."""
    try:
        row = parse(text, Limits().depth)
    except Unreadable:
        return ["row"]
    return [] if isinstance(row.get("input"), dict) else ["input"]


@QUICK
@given(value=VALUES)
def test_json_is_read_as_python_reads_it_or_not_at_all(value: Any) -> None:
    text = json.dumps(value)
    try:
        found = parse(text.encode(), 32)
    except Unreadable:
        assert "NaN" in text or "Infinity" in text or "\\u" in text
        return
    assert found == value
    assert repr(found) == repr(json.loads(text)), "no number has changed its type"


@QUICK
@given(rows=st.lists(MIXED, min_size=1, max_size=3), kind=st.sampled_from(sorted(KINDS)))
def test_any_rows_become_tasks_or_problems(rows: list[Any], kind: str, path: Path) -> None:
    pack(path, b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    declared = {Category.W06: Severity.EGREGIOUS, Category.W05: Severity.DISTURBING}
    asked = Asked(new_id(), new_id(), new_id(), kind, 3, ("en",), declared, ImportSettings())
    spooled = spool(asked, path, path.with_name(new_id().hex), lambda done, of: None)
    sentences(spooled.problems)
    assert bool(spooled.problems) != bool(spooled.tasks) or spooled.problems


@FEW
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(str.strip),
        min_size=3,
        max_size=3,
        unique=True,
    )
)
def test_any_texts_come_back_out_of_the_database(texts: list[str], database: Database, path: Path) -> None:
    prompt, one, other = texts
    raw = {"prompt": prompt, "completions": [one, other], "meta": {one: other}, "categories": {}}
    _, spooled = run(database, a_project(), pack(path, json_lines([raw])))
    assert not spooled.problems
    with reading() as session:
        content = session.scalars(select(TaskContent).order_by(TaskContent.task_id.desc()).limit(1)).one()
    assert json.loads(content.item)["prompt"][0]["content"] == prompt
    assert content.item == Item.model_validate_json(content.item).model_dump_json()
    assert json.loads(content.meta or "") == {one: other}
