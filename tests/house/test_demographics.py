"""What labelers say about themselves is read by themselves and by what makes an export's tables, by nothing else."""

from __future__ import annotations

import ast
import re

from labeler.compliance.selfchecks.readers import ABOUT_HERSELF, ROOM, reads_about_her
from labeler.compliance.selfchecks.shipped import imports_of, module
from labeler.models import metadata
from tests.house.test_house import CODE, short, tree

TABLES = frozenset({"self_description", "people_table"})


def test_nobody_else_imports_the_room() -> None:
    others = [
        path for path in CODE if module(path) not in ABOUT_HERSELF and not f"{module(path)}.".startswith(f"{ROOM}.")
    ]
    assert len(others) > 200
    assert [short(path) for path in others if reads_about_her(path)] == []


def test_nobody_reads_the_tables_past_the_room() -> None:
    found = []
    for path in CODE:
        if f"{module(path)}.".startswith(f"{ROOM}.") or module(path) == "labeler.compliance.selfchecks.schema":
            continue  # the latter looks whether anything has a key to them, and reads no row (DIV-1)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?(\w+)", node.value)
                found += [f"{short(path)}:{node.lineno}"] * bool(TABLES & {*named, node.value})
    assert found == []


def test_one_who_reads_is_found() -> None:
    for line in (
        "from labeler.demographics import service",
        "from labeler.demographics.models import SelfDescription",
        "import labeler.demographics.models",
        "from labeler import demographics",
    ):
        named = imports_of(ast.parse(f"def f():\n    {line}\n"))
        assert any(name == ROOM or name.startswith(f"{ROOM}.") for name in named), line


def test_every_reader_is_there_and_reads() -> None:
    files = {module(path): path for path in CODE}
    assert {name for name in ABOUT_HERSELF if name not in files or not reads_about_her(files[name])} == set()


def test_who_hands_out_pays_or_judges_is_not_among_the_readers() -> None:
    kept_out = (
        "assignment",
        "pay",
        "workforce",
        "quality",
        "cases",
        "judgments",
        "wellbeing",
        "projects",
        "api",
        "cli",
    )
    assert not [name for name in ABOUT_HERSELF if name.split(".")[1] in kept_out]


def test_no_other_table_has_a_key_to_them() -> None:
    for table in metadata.tables.values():
        assert not {key.column.table.name for key in table.foreign_keys} & TABLES, table.name
