"""Files that must not come in: a clear sentence, little memory, nothing half imported. A real import reads each."""

from __future__ import annotations

import codecs
import gzip
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from labeler.projects.reading import Limits
from tests.projects.conftest import Import, assert_refused
from tests.projects.making import json_lines, pack, parquet, parquet_table

GOOD = {"prompt": "Hello?", "completions": ["Yes.", "No."]}
PAIR = {"prompt": "Hello?", "chosen": "Yes.", "rejected": "No."}
LINE = json_lines([GOOD])
MIB = 1024 * 1024

Case = tuple[str, bytes | Callable[[], bytes], str, int | None]
"""A name, the file, a part of the sentence, and the line it must name."""


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def in_meta(value: str) -> bytes:
    """A good row with this JSON in its meta, after a good row."""
    return LINE + b'{"prompt": "a", "completions": ["b", "c"], "meta": {"x": %s}}\n' % value.encode()


def texts(*columns: str, **more: pa.Array) -> dict[str, pa.Array]:
    return {**{name: pa.array([name]) for name in columns}, **more}


def odd_parquet(**more: pa.Array) -> Callable[[], bytes]:
    return lambda: parquet_table(pa.table(texts("prompt", "chosen", "rejected", **more)))


TEXT: list[Case] = [
    ("an empty file", b"", "This file is empty", None),
    ("only white space", b"\n \n\t\n", "nothing but empty lines", None),
    ("only the mark before UTF-8", codecs.BOM_UTF8, "nothing but empty lines", None),
    ("UTF-16", codecs.BOM_UTF16_LE + LINE.decode().encode("utf-16-le"), "written in UTF-16", None),
    ("UTF-16, the other way", codecs.BOM_UTF16_BE + LINE.decode().encode("utf-16-be"), "written in UTF-16", None),
    ("UTF-32", LINE.decode().encode("utf-32"), "written in UTF-32", None),
    ("UTF-16 without its mark", LINE.decode().encode("utf-16-le"), "holds zero bytes", None),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "This is an image", None),
    ("an Excel sheet", b"PK\x03\x04" + bytes(100), "a zip file (or an Excel sheet)", None),
    ("packed with xz", b"\xfd7zXZ\x00" + bytes(100), "packed with xz", None),
    ("an Arrow file", b"ARROW1\0\0" + bytes(100), "This is an Arrow file", None),
    ("zeros", bytes(5000), "holds zero bytes", None),
    ("prose", b"Dear all, good day\nplease find, nothing\n", "shape of this file is not known", None),
    ("one word", b"hello", "fewer than two columns", 1),
]  # fmt: skip

JSON: list[Case] = [
    ("Latin-1 in JSON Lines", LINE + '{"prompt": "Müsli?"}\n'.encode("latin-1"), "not UTF-8 (byte 14 of the row)", 2),
    ("half a character", LINE + b'{"prompt": "a\\ud83d", "completions": ["b", "c"]}\n', "half a character", 2),
    ("half a character aside", in_meta('"\\udc00"'), "half a character", 2),
    ("half a character in a key", LINE + b'{"prompt": "a", "completions": ["b"], "\\ud800": 1}\n', "no such field", 2),
    ("a key twice", LINE + b'{"prompt": "a", "prompt": "b", "completions": ["b", "c"]}\n', '"prompt" stands twice', 2),
    ("a key twice, deep inside", in_meta('[{"y": {"z": 1, "a": 2, "z": 3}}]'), '"z" stands twice', 2),
    ("a key twice, written otherwise", in_meta('{"y": 1, "\\u0079" : 2}'), '"y" stands twice', 2),
    ("NaN", in_meta("NaN"), "NaN is no number in JSON", 2),
    ("Infinity", in_meta("-Infinity"), "-Infinity is no number in JSON", 2),
    ("1e400", in_meta("1e400"), "The number 1e400 is too large", 2),
    ("a whole number beyond 64 bits", in_meta("18446744073709551616"), "a number of more than 64 bits", 2),
    ("a number of 5,000 digits", in_meta("9" * 5000), "thousands of digits", 2),
    ("nested 10,000 deep", in_meta(nested(10_000)), "nests deeper than 32 levels", 2),
    ("nested 10,000 deep in objects", in_meta('{"a":' * 10_000 + "1" + "}" * 10_000), "deeper than 32 levels", 2),
    ("nested 40 deep", in_meta(nested(40)), "nests deeper than 32 levels", 2),
    ("brackets that never close", LINE + b"[" * 100_000 + b"\n", "nests deeper than 32 levels", 2),
    ("a comma too many", LINE + b'{"prompt": "a",}\n', "This is not JSON", 2),
    ("single quotes", LINE + b"{'prompt': 'a'}\n", "This is not JSON", 2),
    ("a control character", LINE + b'{"prompt": "a\x01"}\n', "This is not JSON: Invalid control character", 2),
    ("a zero byte", LINE + b'{"prompt": "a\x00"}\n', "holds zero bytes", None),
    ("a zero byte far down", LINE * 99 + b'{"prompt": "a\x00"}\n', "Invalid control character", 100),
    ("a list for a row", LINE + b"[1]\n", "not a JSON object", 2),
    ("a line that breaks off", LINE + LINE[:20], "This is not JSON", 2),
    ("two rows on one line", LINE.strip() + LINE, "Extra data", 1),
    ("lines that end in a carriage return alone", b"\r".join([LINE.strip()] * 3), "Extra data", 1),
    ("a missing field", LINE + b'{"completions": ["b", "c"]}\n', "This is missing", 2),
    ("an extra field", LINE + b'{"prompt": "a", "completions": ["b", "c"], "colour": 1}\n', "no such field", 2),
    ("a number for a text", LINE + b'{"prompt": 5, "completions": ["b", "c"]}\n', "must be text or a list", 2),
    ("two completions alike", LINE + b'{"prompt": "a", "completions": ["b", "b"]}\n', "are the same", 2),
    ("one completion", LINE + b'{"prompt": "a", "completions": ["b"]}\n', "at least two completions", 2),
    ("another language", LINE + b'{"prompt": "a", "completions": ["b", "c"], "language": "de"}\n', "is for en", 2),
    ("a language that is none", LINE + b'{"prompt": "a", "completions": ["b", "c"], "language": "en-\\u0000"}\n',
     "Write a language tag", 2),
    ("a category that the project lacks", LINE + b'{"prompt": "a", "completions": ["b", "c"], "categories": ["W06"]}\n',
     "declares W06 up to 0, not 2", 2),
    ("nothing but broken rows", b"{a}\n{b}\n" * 600, "None of the first 1,000 rows", 1),
    ("a JSON array that breaks off", b"[" + LINE + b"," + LINE[:20], "This JSON file breaks off", 2),
    ("a JSON array that breaks off in a text", b"[" + LINE + b"," + LINE[:14], "This JSON file breaks off", 2),
    ("a JSON array without its end", b"[" + LINE, "This JSON file breaks off", 1),
    ("a JSON array without commas", b"[" + LINE + LINE + b"]", ", is missing", 1),
    ("a JSON array with a comma too many", b"[" + LINE + b",]", "a value is missing", 2),
    ("more after a JSON array", b"[" + LINE + b"] []", "there is more after its end", 1),
    ("an empty JSON array", b"[]", "This file has no rows", None),
    ("an object that breaks off", b'{"data": [' + LINE, "This JSON file breaks off", 1),
    ("an object without a colon", b'{"data" [' + LINE + b"]}", "This is not JSON", 1),
    ("a key twice in a JSON array", b'[{"prompt": "a", "prompt": "b"}]', '"prompt" stands twice', 1),
    ("half a character in a JSON array", b'[{"prompt": "a\\ud83d", "completions": ["b", "c"]}]', "half a character", 1),
    ("Latin-1 in a JSON array", b"[" + LINE + ', {"prompt": "Müsli?"}]'.encode("latin-1"), "not UTF-8", 2),
    ("a JSON array nested deep", b"[" + LINE + b"," + nested(10_000).encode() + b"]", "deeper than 32 levels", 2),
]  # fmt: skip

CSV: list[Case] = [
    ("only a head", b"prompt,chosen,rejected\n", "This file has no rows", None),
    ("a row with a cell too many", b"prompt,chosen,rejected\na,b,c\na,b,c,d\n", "has 4 cells, the head has 3", 3),
    ("a row with a cell too few", b"prompt,chosen,rejected\na,b,c\na,b\n", "has 2 cells, the head has 3", 3),
    ("a quote that is never closed", b'prompt,chosen,rejected\na,b,c\na,"b,c\nd,e,f\n', "line 3 has a quote that", 3),
    ("a quote inside a cell", b'prompt,chosen,rejected\na,"b"x,c\n', "From line 2 on this is not CSV", 2),
    ("a column without a name", b"prompt,,rejected\na,b,c\n", "a name of its own", 1),
    ("two columns of one name", b"prompt,prompt\na,b\n", "a name of its own", 1),
    ("semicolons", b"prompt;chosen;rejected\na;b;c\n", "It has semicolons in its head", 1),
    ("tabs", b"prompt\tchosen\trejected\na\tb\tc\n", "It has tabs in its head", 1),
    ("5,000 columns", ",".join(f"c{n}" for n in range(5000)).encode() + b"\n", "5,000 columns; at most 200", 1),
    ("Latin-1", "prompt,chosen,rejected\na,b,c\nMüsli?,b,c\n".encode("latin-1"), "Line 3 is not UTF-8 (byte 2)", 3),
    ("lines that end in a carriage return alone", b"prompt,chosen,rejected\ra,b,c\r", "carriage return alone", 1),
    ("a cell nested 10,000 deep", b"prompt,completions\na," + nested(10_000).encode() + b"\n", "deeper than 32", 2),
    ("a cell that holds a key twice", b'prompt,completions,meta\na,"[1]","{""a"":1,""a"":2}"\n', "stands twice", 2),
    ("a cell that is empty", b"prompt,chosen,rejected\na,b,c\na,,c\n", "This is missing", 3),
]  # fmt: skip

PARQUET: list[Case] = [
    ("nothing but its first bytes", b"PAR1", "breaks off", None),
    ("a file cut in the middle", lambda: parquet([PAIR] * 900)[:-40], "breaks off, or its end is damaged", None),
    ("a footer said to be larger than the file", b"PAR1" + bytes(50) + struct.pack("<I", 10**9) + b"PAR1",
     "breaks off, or its end is damaged", None),
    ("a footer over the limit", lambda: b"PAR1" + bytes(5 * MIB) + struct.pack("<I", 5 * MIB) + b"PAR1",
     "footer of this Parquet file is larger than 4 MB", None),
    ("a footer of nonsense", b"PAR1" + random.Random(3).randbytes(500) + struct.pack("<I", 400) + b"PAR1",
     "This Parquet file", None),
    ("nothing between its ends", b"PAR1" + bytes(4) + b"PAR1", "This Parquet file", None),
    ("an extension type", odd_parquet(x=pa.array([bytes(16)], pa.uuid())), 'The column "x" has the type', None),
    ("bytes", odd_parquet(x=pa.array([b"a"])), 'The column "x" has the type binary', None),
    ("bytes deep inside", odd_parquet(x=pa.array([[{"y": b"a"}]])), 'The column "x"', None),
    ("a map", odd_parquet(x=pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8()))), "has the type map", None),
    ("decimals", odd_parquet(x=pa.array([1]).cast(pa.decimal128(30, 2))), "has the type decimal", None),
    ("5,000 columns", odd_parquet(**{f"c{n}": pa.array([n]) for n in range(5000)}), "5,003 columns; at most 200", None),
    ("no rows", lambda: parquet_table(pa.table(texts("prompt", "chosen")).slice(0, 0)), "has no rows", None),
    ("a text that is not UTF-8", lambda: parquet_table(pa.table({
        **texts("chosen", "rejected"),
        "prompt": pa.StringArray.from_buffers(1, pa.py_buffer(struct.pack("<ii", 0, 1)), pa.py_buffer(b"\xff")),
    })), "text that is not UTF-8", 1),
    ("a missing text", lambda: parquet([PAIR, {**PAIR, "chosen": None}]), "This is missing", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence", "line"),
    [pytest.param(*case[1:], id=f"{kind}: {case[0]}")
     for kind, cases in (("text", TEXT), ("json", JSON), ("csv", CSV), ("parquet", PARQUET)) for case in cases],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_reason(
    content: bytes | Callable[[], bytes], sentence: str, line: int | None, importing: Import, tmp_path: Path
) -> None:
    path = pack(tmp_path / "file", content if isinstance(content, bytes) else content())
    assert_refused(importing(path), sentence, line)


def test_parquet_with_a_schema_nested_10_000_deep_is_refused(importing: Import, tmp_path: Path) -> None:
    kind: pa.DataType = pa.int8()
    for _ in range(40):
        kind = pa.list_(kind)
    table = pa.table({**texts("prompt", "chosen", "rejected"), "x": pa.array([None], kind)})
    assert_refused(importing(pack(tmp_path / "file", parquet_table(table))), "it nests too deep")
    deep = b"PAR1" + deep_footer(10_000)
    assert_refused(importing(pack(tmp_path / "deep", deep)), "This Parquet file")


def deep_footer(levels: int) -> bytes:
    """A footer whose schema is one group inside the other, in Thrift's compact form."""
    group = b"\x35\x04\x18\x01a\x15\x02\x00"  # repetition optional, name "a", one child
    leaf = b"\x15\x02\x25\x02\x18\x01a\x00"
    root = b"\x48\x01r\x15\x02\x00"
    count = levels + 2
    varint = bytes([count & 0x7F | 0x80, count >> 7]) if count > 127 else bytes([count])
    footer = b"\x15\x02\x19\xfc" + varint + root + group * levels + leaf + b"\x16\x00\x19\x0c\x00"
    return footer + struct.pack("<I", len(footer)) + b"PAR1"


# Packed files


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that are small and unpack to ten gigabytes."""
    return tmp_path_factory.mktemp("bombs")


BLOCK = 64 * MIB


def ten_gigabytes(path: Path, pack_block: Callable[[bytes], bytes], start: bytes, filling: bytes) -> Path:
    """A file that unpacks to `start` and then ten gigabytes of `filling`: one packed block, 160 times."""
    block = pack_block(filling * (BLOCK // len(filling)))
    with path.open("wb") as file:
        file.write(pack_block(start))
        for _ in range(160):
            file.write(block)
    assert path.stat().st_size < 40 * MIB
    return path


FILLINGS = {
    "zeros": (b"", bytes(1)),
    "one text": (b'{"prompt": "', b"a"),
    "one text in an array": (b'[{"prompt": "', b"a"),
    "one text in an object": (b'{"data": "', b"a"),
    "empty lines": (LINE, b"\n"),
    "white space in an array": (b"[" + LINE.strip(), b" "),
    "brackets": (b"[", b"["),
    "braces": (b'[{"a":', b'{"a":{'),
    "one cell": (b"prompt,chosen,rejected\na,b,", b"a"),
    "an open quote": (b'prompt,chosen,rejected\na,b,"', b"a\n"),
    "good rows": (LINE, json_lines([{**GOOD, "prompt": "Hello? " * 300}])),
}


@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("packing", ["gzip", "zstandard"])
def test_ten_gigabytes_in_a_small_file_are_not_unpacked(
    packing: str, filling: str, importing: Import, bombs: Path
) -> None:
    pack_block = gzip.compress if packing == "gzip" else zstandard.ZstdCompressor(level=19).compress
    path = ten_gigabytes(bombs / "bomb", pack_block, *FILLINGS[filling])
    outcome = importing(path)
    path.unlink()
    first = {
        "zeros": "holds zero bytes",
        "brackets": "2 MB",
        "braces": "2 MB",
        "one text in an array": "2 MB",
        "an open quote": "is larger than 2 MB",
    }
    assert_refused(outcome, first.get(filling, "times its size"))


def test_a_file_packed_twice_is_refused(importing: Import, tmp_path: Path) -> None:
    for inner in (gzip.compress, zstandard.ZstdCompressor().compress):
        twice = pack(tmp_path / "file", inner(inner(LINE)))
        assert_refused(importing(twice), "This file is packed twice")


def test_a_bomb_inside_a_bomb_is_refused(importing: Import, bombs: Path) -> None:
    inner = ten_gigabytes(bombs / "inner", gzip.compress, b"", bytes(1))
    assert_refused(importing(pack(bombs / "outer", inner.read_bytes(), "gz")), "This file is packed twice")


@pytest.mark.parametrize("packing", ["gz", "zst"])
@pytest.mark.parametrize("kept", [0.3, 0.9, -1, -9])
def test_a_packed_file_that_breaks_off_is_refused(packing: str, kept: float, importing: Import, tmp_path: Path) -> None:
    rows = [{**GOOD, "prompt": random.Random(n).randbytes(90).hex()} for n in range(9000)]
    whole = pack(tmp_path / "whole", json_lines(rows), packing).read_bytes()
    cut = whole[: int(len(whole) * kept) if 0 < kept < 1 else int(kept)]
    assert_refused(importing(pack(tmp_path / "file", cut)), "breaks off")


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_packed_file_that_is_damaged_is_refused(packing: str, importing: Import, tmp_path: Path) -> None:
    rows = [{**GOOD, "prompt": random.Random(n).randbytes(90).hex()} for n in range(9000)]
    whole = bytearray(pack(tmp_path / "whole", json_lines(rows), packing).read_bytes())
    for place in range(len(whole) // 2, len(whole) // 2 + 40):
        whole[place] ^= 0x5A
    outcome = importing(pack(tmp_path / "file", bytes(whole)))
    assert_refused(outcome, "")
    assert outcome.problems[-1][1] in ("file", "row", "prompt")


def test_what_follows_a_packed_file_is_refused(importing: Import, tmp_path: Path) -> None:
    assert_refused(importing(pack(tmp_path / "file", gzip.compress(LINE) + b"and more")), "is damaged")


def test_a_packed_parquet_file_larger_than_a_file_may_be_is_refused(importing: Import, tmp_path: Path) -> None:
    path = pack(tmp_path / "file", parquet([PAIR] * 3000, compression="none", use_dictionary=False), "zst")
    assert_refused(importing(path, file_bytes=20_000), "Unpacked, this file is larger than 19 KB")


# Large things


def fifty(content: bytes = b"a") -> bytes:
    return content * (50 * MIB // len(content))


LARGE: dict[str, tuple[Callable[[], Iterator[bytes]], str, int | None]] = {
    "one line": (lambda: iter([LINE, b'{"prompt": "', fifty(), b'", "completions": ["b", "c"]}\n', LINE]), "2 MB", 2),
    "five lines": (lambda: iter([LINE, *[b'{"prompt": "' + fifty() + b'"}\n'] * 5]), "larger than 2 MB", 6),
    "one row of an array": (lambda: iter([b"[", LINE, b',{"prompt": "', fifty(), b'"},', LINE, b"]"]), "2 MB", 2),
    "escapes in an array": (lambda: iter([b"[", LINE, b',{"prompt": "', fifty(b'\\"'), b'"},', LINE, b"]"]), "2 MB", 2),
    "many values of an array": (lambda: iter([b"[", LINE, b",[", fifty(b"1,"), b"1],", LINE, b"]"]), "2 MB", 2),
    "brackets in an array": (lambda: iter([b"[", LINE, b",", fifty(b"[]"), b",", LINE, b"]"]), "is missing", 2),
    "depth in an array": (lambda: iter([b"[", LINE, b",", fifty(b"["), fifty(b"]"), b",", LINE, b"]"]), "2 MB", 2),
    "a number in an array": (lambda: iter([b"[", LINE, b",", fifty(b"1"), b",", LINE, b"]"]), "2 MB", 2),
    "one text beside them": (lambda: iter([b'{"data":[', LINE, b',5],"x":"', fifty(), b'"}']), "2 MB", 2),
    "a key beside them": (lambda: iter([b'{"data":[', LINE, b',5],"', fifty(), b'":1}']), "2 MB", 2),
    "one cell": (lambda: iter([b"prompt,chosen,rejected\na,b,c\na,b,", fifty(), b"\n"]), "line 3 is larger than 2", 3),
    "a cell of lines": (lambda: iter([b'prompt,chosen,rejected\na,b,"', fifty(b"a\n"), b'"\n']), "never closed", 2),
    "a head": (lambda: iter([fifty(b"a,"), b"\n"]), "line 1 is larger than 2 MB", 1),
    "a line of commas": (lambda: iter([b"prompt,chosen\na,", fifty(b","), b"\n"]), "line 2 is larger than 2 MB", 2),
    "no end of line": (lambda: iter([fifty()]), "larger than 2 MB", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_fifty_megabytes_of_anything_are_refused(name: str, importing: Import, tmp_path: Path) -> None:
    content, sentence, line = LARGE[name]
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.writelines(content())
    outcome = importing(path)
    path.unlink()
    assert_refused(outcome, sentence, line)


def test_a_text_over_256_kb_is_named_with_its_field(importing: Import, tmp_path: Path) -> None:
    rows = [
        GOOD,
        {"prompt": "a", "completions": ["b", "é" * 131_073]},
        {"prompt": "a" * 262_144, "completions": ["b", "c"]},
    ]
    outcome = importing(pack(tmp_path / "file", json_lines(rows)))
    assert_refused(outcome, "This text is longer than 256 KB", 2)
    assert [field for _, field, _ in outcome.problems] == ["completions.1"]


def test_rows_just_under_the_limit_take_little_memory(importing: Import, tmp_path: Path) -> None:
    """Sixty rows of 2 MB, each in as many texts as fit, in the formats that keep several rows at once."""
    row = {"prompt": "a", "chosen": "b", "rejected": "c", **{f"x{n}": "é" * 100_000 for n in range(9)}}
    path = pack(tmp_path / "lines", json_lines([row]) * 60)
    assert_refused(importing(path), "larger than 64 KB", 60)
    path = pack(tmp_path / "parquet", parquet([row] * 60, use_dictionary=False, write_batch_size=8))
    assert_refused(importing(path), "larger than 64 KB", 60)


# Parquet that claims more than it is


def repeated(value: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numpy.zeros(count, dtype=numpy.int32)), pa.array([value]))


def test_a_dictionary_bomb_is_refused(importing: Import, tmp_path: Path) -> None:
    """A million rows that are all the same ten megabytes, in some kilobytes."""
    table = pa.table(
        {
            "prompt": repeated("x" * 10 * MIB, 10**6),
            "chosen": repeated("a b", 10**6),
            "rejected": repeated("a c", 10**6),
        }
    )
    path = pack(tmp_path / "file", parquet_table(table, store_schema=False, compression="zstd"))
    assert path.stat().st_size < 100_000
    assert_refused(importing(path), "need more memory than an import may use")


def test_many_small_rows_from_nothing_are_refused(importing: Import, tmp_path: Path) -> None:
    count = 2_000_000
    table = pa.table(
        {"prompt": repeated("x" * 1000, count), "chosen": repeated("a", count), "rejected": repeated("b", count)}
    )
    path = pack(tmp_path / "file", parquet_table(table, store_schema=False, compression="zstd"))
    assert path.stat().st_size < MIB
    assert_refused(importing(path), "unpacks to more than 100 times its size")


def test_a_page_of_400_megabytes_is_refused(importing: Import, tmp_path: Path) -> None:
    path = tmp_path / "file"
    columns = {"prompt": ["x" * 1_000_000] * 400, "chosen": ["a"] * 400, "rejected": ["b"] * 400}
    options = {"use_dictionary": False, "data_page_size": 2**31 - 1, "write_batch_size": 10**6}
    pq.write_table(pa.table(columns), path, compression="zstd", **options)
    assert path.stat().st_size < MIB
    assert_refused(importing(path), "need more memory than an import may use")


def test_a_footer_of_countless_parts_takes_little_memory(importing: Import, tmp_path: Path) -> None:
    """Empty row groups and columns cost their writer a byte or two each, and a reader hundreds."""
    groups = b"\x19\xfc" + b"\xff\xff\x3f" + b"\x19\x0c\x16\x00\x16\x00\x00" * (2**20 - 1)
    footer = (b"\x15\x02\x19\x2c\x48\x01r\x15\x02\x00\x15\x0c\x25\x02\x18\x01a\x00\x16\x00" + groups)[
        : 4 * MIB - 100
    ] + b"\x00"
    path = pack(tmp_path / "file", b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1")
    assert_refused(importing(path), "This Parquet file")


def test_a_row_group_larger_than_the_memory_is_read_all_the_same(importing: Import, tmp_path: Path) -> None:
    """Most writers make one row group of a million rows: what counts is how much of it is in memory at once."""
    path = tmp_path / "file"
    dice = random.Random(5)
    words = [dice.randbytes(5000).hex() for _ in range(200)]
    rows = range(12_000)
    columns = {name: [words[n * step % 200] + str(n) for n in rows] for name, step in zip(PAIR, (1, 3, 7), strict=True)}
    columns["rejected"] = [f"{text}." for text in columns["rejected"][:-1]] + [columns["chosen"][-1]]
    pq.write_table(pa.table(columns), path, row_group_size=10**6, compression="zstd", use_dictionary=False)
    assert pq.read_metadata(path).row_group(0).total_byte_size > 300 * MIB
    assert_refused(importing(path), "are the same", 12_000)


# How much is told


def test_every_bad_row_is_told_up_to_the_limit_and_counted_beyond(importing: Import, tmp_path: Path) -> None:
    path = pack(tmp_path / "file", LINE + b'{"prompt": 5}\n' * 300)
    outcome = importing(path, problems=10, problems_kept=250)
    assert outcome.state == "refused"
    assert (outcome.count, outcome.reported) == (252, 10)
    assert [line for line, _, _ in outcome.problems[:4]] == [2, 2, 3, 3]


def test_limits_have_room_for_real_files() -> None:
    limits = Limits()
    assert limits.row_bytes >= 4 * limits.cell_bytes
    assert limits.cell_bytes > limits.meta_bytes
