"""Files of every format, packed or not, give the same rows; what is wrong is told with its line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from labeler.projects.reading import Limits, fingerprint, read, shape_names
from tasks import kind
from tests.projects.making import (
    FORMATS,
    PACKINGS,
    json_lines,
    pack,
    parquet,
    parquet_table,
    problems_of,
    rows_of,
    write,
)
from tests.projects.samples import EXPLICIT, NATIVE, SAMPLES, Raw

SHORT = {"prompt": "Hello?", "completions": ["Yes.", "No."]}


def numbered(count: int) -> list[Raw]:
    return [{**SHORT, "id": f"r-{n}", "prompt": f"Question {n}?"} for n in range(count)]


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_shape_reads_alike_from_every_format_and_packing(sample: str, tmp_path: Path) -> None:
    _, raw = SAMPLES[sample]
    expected = rows_of(write(tmp_path / "plain", raw))
    assert expected
    for form in FORMATS:
        for packing in PACKINGS:
            assert rows_of(write(tmp_path / "file", raw, form, packing)) == expected, (form, packing)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_shape_is_recognised_in_every_format(sample: str, form: str, tmp_path: Path) -> None:
    shape, raw = SAMPLES[sample]
    with read(write(tmp_path / "file", raw, form), kind=kind("comparison")) as reading:
        assert reading.shape.name == shape
        assert reading.format == form.removesuffix("-within")


def test_every_shape_has_a_sample() -> None:
    assert {shape for shape, _ in SAMPLES.values()} == set(shape_names())


@pytest.mark.parametrize("form", FORMATS)
def test_many_rows_keep_their_order(form: str, tmp_path: Path) -> None:
    rows = rows_of(write(tmp_path / "file", numbered(3000), form, "gz"))
    assert [row.id for row in rows] == [f"r-{n}" for n in range(3000)]


def test_the_first_row_decides_nothing_when_it_is_broken(tmp_path: Path) -> None:
    path = pack(tmp_path / "file", b'{"prompt": \n' + json_lines([SHORT]))
    assert [(each.line, each.field) for each in problems_of(path)] == [(1, "row")]


def test_a_shape_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "file", [{**EXPLICIT, "chosen": EXPLICIT["prompt"] + EXPLICIT["chosen"],
                                      "rejected": EXPLICIT["prompt"] + EXPLICIT["rejected"]}])  # fmt: skip
    with read(path, kind=kind("comparison"), shape="trl-implicit") as reading:
        assert reading.shape.name == "trl-implicit"


def test_a_shape_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    [problem] = problems_of(write(tmp_path / "file", [SHORT]), shape="rows")
    assert "There is no shape named rows. They are native, " in problem.message


def test_a_shape_named_wrongly_tells_what_each_row_lacks(tmp_path: Path) -> None:
    found = problems_of(write(tmp_path / "file", [SHORT, SHORT]), shape="openai")
    assert [(each.line, each.field) for each in found] == [(1, "input"), (2, "input")]


def test_an_unknown_shape_is_refused_with_its_columns_and_the_shapes_we_know(tmp_path: Path) -> None:
    [problem] = problems_of(write(tmp_path / "file", [{"question": "a", "answer": "b"}]))
    assert "Its columns are question, answer." in problem.message
    assert "helpsteer2-preference" in problem.message


def test_the_sample_is_the_first_rows_as_they_are(tmp_path: Path) -> None:
    with read(write(tmp_path / "file", numbered(9)), kind=kind("comparison")) as reading:
        assert reading.sample() == numbered(3)
        assert len(list(reading)) == 9


@pytest.mark.parametrize("form", FORMATS)
def test_reading_tells_how_far_it_is(form: str, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    path = write(tmp_path / "file", numbered(2000), form)
    with read(path, kind=kind("comparison"), alive=lambda done, of: heard.append((done, of))) as reading:
        list(reading)
    done = [each for each, _ in heard]
    assert done == sorted(done)
    assert done[-1] == path.stat().st_size
    assert {of for _, of in heard} == {path.stat().st_size}


def test_whoever_listens_to_the_progress_can_break_it_off(tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(write(tmp_path / "file", numbered(1)), kind=kind("comparison"), alive=stop)


def test_a_file_of_several_gzip_members_is_read_to_its_end(tmp_path: Path) -> None:
    whole = b"".join(gzip.compress(json_lines([row])) for row in numbered(50)) + bytes(512)
    assert len(rows_of(pack(tmp_path / "file", whole))) == 50


def test_a_file_of_several_zstandard_frames_is_read_to_its_end(tmp_path: Path) -> None:
    whole = b"".join(pack(tmp_path / "part", json_lines([row]), "zst").read_bytes() for row in numbered(50))
    assert len(rows_of(pack(tmp_path / "file", whole))) == 50


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " \n\t\n", ""])
def test_lines_may_end_in_many_ways(end: str, tmp_path: Path) -> None:
    lines = [json.dumps(row) for row in numbered(3)]
    joint = end or "\n"
    path = pack(tmp_path / "file", (joint.join(lines) + end).encode())
    assert len(rows_of(path)) == 3


def test_empty_lines_count_as_lines(tmp_path: Path) -> None:
    """Also where they lie across two pieces of the file."""
    line = json_lines([SHORT])
    many = 256 * 1024 - len(line) - 4
    path = pack(tmp_path / "file", b"\n\n" + line + b"\n" * many + b"[]\n\n\n" + line + b"\n5")
    assert [each.line for each in problems_of(path)] == [4 + many, 9 + many]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_the_mark_before_utf8_is_passed_over(form: str, tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", numbered(2), form).read_bytes()
    assert [row.id for row in rows_of(pack(tmp_path / "file", b"\xef\xbb\xbf" + plain))] == ["r-0", "r-1"]


@pytest.mark.parametrize("form", FORMATS)
def test_texts_come_through_as_they_are(form: str, tmp_path: Path) -> None:
    text = 'a\u2028b\u2029c\u0085d\r\ne\rf\tg"h\\i \u200b🧑🏽‍🌾 שלום {"a": [1]} "prompt": [[[[ \x1c\x7f,;\''
    [row] = rows_of(write(tmp_path / "file", [{"prompt": text, "completions": [text, f"{text} 2"]}], form))
    assert row.prompt[0].content == text
    assert [each.messages[0].content for each in row.completions] == [text, f"{text} 2"]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_a_zero_character_in_a_text_stays(form: str, tmp_path: Path) -> None:
    [row] = rows_of(write(tmp_path / "file", [{"prompt": "a\0b", "completions": ["c", "d"]}], form))
    assert row.prompt[0].content == "a\0b"


def test_a_text_in_csv_that_happens_to_be_json_stays_a_text(tmp_path: Path) -> None:
    raw = {"prompt": "[1, 2]", "chosen": '{"name": "basil"}', "rejected": '[{"name": "basil"}]'}
    [row] = rows_of(write(tmp_path / "file", [raw], "csv"))
    assert [row.prompt[0].content, *(each.messages[0].content for each in row.completions)] == list(raw.values())


def test_a_column_of_csv_that_can_only_be_json_is_refused_when_it_is_not(tmp_path: Path) -> None:
    path = pack(tmp_path / "file", b"prompt,completions\nHello?,\"['Yes.', 'No.']\"\n")
    [problem] = problems_of(path)
    assert (problem.line, problem.field) == (2, "completions")
    assert "not JSON" in problem.message


def test_rows_of_csv_are_named_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    path = pack(tmp_path / "file", b'prompt,chosen,rejected\n"two\nlines",a,b\n"two\nmore",a\n,a,b\n')
    assert [(each.line, each.field) for each in problems_of(path)] == [(4, "row"), (6, "prompt")]


def test_every_bad_row_of_a_json_array_is_named_by_its_number(tmp_path: Path) -> None:
    path = pack(tmp_path / "file", json.dumps([SHORT, 5, {**SHORT, "prompt": 7}, [], SHORT, None]).encode())
    assert [(each.line, each.field) for each in problems_of(path)] == [
        (2, "row"), (3, "prompt"), (4, "row"), (6, "row"),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["data", "rows", "examples", "instances", "train"])
@pytest.mark.parametrize("indent", [None, 1])
def test_rows_inside_an_object_are_found(key: str, indent: int | None, tmp_path: Path) -> None:
    whole = {"name": "a {set}", "count": 2, "about": 'a "quoted" text', key: numbered(2), "end": {"data": [1]}}
    assert len(rows_of(pack(tmp_path / "file", json.dumps(whole, indent=indent).encode()))) == 2


def test_an_object_with_two_lists_of_rows_is_refused(tmp_path: Path) -> None:
    [problem] = problems_of(pack(tmp_path / "file", json.dumps({"train": [SHORT], "data": [SHORT]}).encode()))
    assert "rows under train and under data" in problem.message


def test_an_object_without_rows_is_refused(tmp_path: Path) -> None:
    [problem] = problems_of(pack(tmp_path / "file", json.dumps(NATIVE, indent=2).encode()))
    assert "one object without rows" in problem.message


def test_json_that_is_split_anywhere_between_two_pieces_reads_the_same(tmp_path: Path) -> None:
    """The reader gets pieces of 256 KB: rows of odd sizes put their ends on every sort of sign."""
    rows = [
        {"prompt": f'{n} \\ " {{ ' * (n % 97 + 1), "completions": ["é" * (n * 7 % 1013), '"\\'], "id": n}
        for n in range(1, 900)
    ]
    plain = rows_of(pack(tmp_path / "a", json_lines(rows)))
    assert rows_of(pack(tmp_path / "b", json.dumps(rows).encode())) == plain
    assert rows_of(pack(tmp_path / "c", json.dumps({"data": rows}, indent=3).encode())) == plain
    assert len(plain) == 899


def test_a_row_over_the_limit_is_passed_over_and_named_and_the_rest_is_read(tmp_path: Path) -> None:
    limits = Limits(row_bytes=2000)
    large = {**SHORT, "meta": {"x": '"{[' * 40_000}}
    for content in (json_lines([SHORT, large, SHORT, large]), json.dumps([SHORT, large, SHORT, large]).encode()):
        found = problems_of(pack(tmp_path / "file", content), limits=limits)
        assert [(each.line, each.message) for each in found] == [
            (2, "This row is larger than 1 KB."), (4, "This row is larger than 1 KB."),
        ]  # fmt: skip


def test_parquet_of_many_row_groups_and_types_is_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "prompt": pa.array([f"Question {n}?" for n in range(500)]).dictionary_encode(),
            "chosen": pa.array(["Yes."] * 500, pa.large_string()),
            "rejected": pa.array(["No."] * 500, pa.string_view()),
            "score_chosen": pa.array([4.5] * 500, pa.float32()),
            "when": pa.array([1_700_000_000_000_000_001] * 500, pa.timestamp("ns", "Europe/Berlin")),
            "day": pa.array([19_000] * 500, pa.date32()),
            "sizes": pa.array([[1, 2]] * 500, pa.list_(pa.int8(), 2)),
        }
    )
    [first, *rest] = rows_of(pack(tmp_path / "file", parquet_table(table, row_group_size=7)))
    assert len(rest) == 499
    assert first.source_label == {"chosen": 0, "rejected": 1, "score_chosen": 4.5}
    assert first.meta == {"when": "2023-11-14 23:13:20.000000001+0100", "day": "2022-01-08", "sizes": [1, 2]}


def test_a_number_that_is_none_in_parquet_is_left_out(tmp_path: Path) -> None:
    raw = [{"prompt": "a", "chosen": "b", "rejected": "c", "margin": float("nan")}]
    [row] = rows_of(pack(tmp_path / "file", parquet(raw)))
    assert row.source_label == {"chosen": 0, "rejected": 1}


def test_closing_a_parquet_file_early_ends_the_process_that_reads_it(tmp_path: Path) -> None:
    path = pack(tmp_path / "file", parquet(numbered(5000)))
    reading = read(path, kind=kind("comparison"))
    with reading:
        next(iter(reading))
        closing = list(reading._opened.closing)
        assert closing
    assert not reading._opened.closing


def test_a_fingerprint_is_that_of_the_content_alone(tmp_path: Path) -> None:
    one = pack(tmp_path / "one", b"same")
    other = pack(tmp_path / "other", b"same")
    assert fingerprint(one) == fingerprint(other) != fingerprint(pack(tmp_path / "third", b"different"))
