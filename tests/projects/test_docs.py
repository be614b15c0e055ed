"""docs/importing.md says what the code does: numbers, shapes, examples, options."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from click.testing import CliRunner

from labeler.cli import main
from labeler.config import ROOT
from labeler.projects.reading import Limits, known_shapes
from labeler.projects.reading.arrays import ROWS
from labeler.projects.reading.lexicon import SOURCE, lexicon
from labeler.projects.reading.limits import size
from tests.projects.making import pack, rows_of

TEXT = (ROOT / "docs" / "importing.md").read_text()


def rows_under(title: str) -> dict[str, str]:
    """The table below a heading: first column to last."""
    part = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {row[0]: row[-1] for row in cells[2:]}


def test_every_limit_is_told_as_it_is() -> None:
    limits = Limits()
    assert rows_under("Limits") == {
        "the file": size(limits.file_bytes),
        "the file, unpacked": size(limits.text_bytes),
        f"unpacked to packed size, once more than {size(limits.ratio_from)} have come out": f"{limits.ratio} times",
        "one row, as JSON": size(limits.row_bytes),
        "one text, in UTF-8": size(limits.cell_bytes),
        "`source_label`, and `meta`, of one row": f"{size(limits.meta_bytes)} each",
        "lists and objects inside each other": f"{limits.depth} levels",
        "columns": f"{limits.columns}",
        "messages in a conversation": f"{limits.turns}",
        "completions of a prompt": f"{limits.completions}",
        "characters in `id`": f"{limits.id_characters}",
        "different combinations of language and content in one file": f"{limits.lanes}",
        "problems listed": f"{limits.problems:,}",
        "problems in the file of problems; reading ends there": f"{limits.problems_kept:,}",
        "the footer of a Parquet file": size(limits.footer_bytes),
    }
    assert len(fields(limits)) == len(rows_under("Limits")) + 1, "the ratio has two numbers in one line"


def test_every_shape_is_told_with_its_columns() -> None:
    told = rows_under("Shapes we recognise")
    assert set(told) == {f"`{shape.name}`" for shape in known_shapes()}
    for shape in known_shapes():
        line = next(line for line in TEXT.splitlines() if line.startswith(f"| `{shape.name}` |"))
        columns = {name.split(".")[0] for column in shape.mapping for name in re.split(r" or | and ", column)}
        if shape.name not in ("native", "helpsteer2"):  # one has a table of its own, the other five scores
            assert not [column for column in columns - {"language"} if column not in line], shape.name


def test_every_example_can_be_imported(tmp_path: Path) -> None:
    examples = re.findall(r"```jsonl native\n(.*?)```", TEXT, re.DOTALL)
    assert examples
    for example in examples:
        assert len(rows_of(pack(tmp_path / "file", example.encode()))) == len(example.splitlines())


def test_the_word_list_is_where_it_is_said_to_be() -> None:
    assert f"`{SOURCE.relative_to(ROOT)}`, version {lexicon().version}" in TEXT


def test_every_key_that_may_hold_rows_is_told() -> None:
    for key in ROWS:
        assert f"`{key.decode()}`" in TEXT


def test_every_option_that_is_told_exists() -> None:
    known = CliRunner().invoke(main, ["project", "import", "--help"]).stdout
    for option in set(re.findall(r"--[a-z]+", TEXT)):
        assert option in known, option
