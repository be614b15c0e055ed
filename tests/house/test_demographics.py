"""What labelers say about themselves is read by themselves and by what makes an export's tables, by nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from labeler.models import metadata
from tests.house.test_care import module
from tests.house.test_house import CODE, short, tree

ROOM = "labeler.demographics"
TABLES = frozenset({"self_description", "people_table"})

READERS = {
    "labeler.web.about_me": "her own page",
    "labeler.exports.people": "makes the tables and the rows of an export, of ten people or more",
    "labeler.jobs.retention": "deletes it after the account was closed (MON-5)",
    "labeler.erasure.removing": "deletes it when a person's data are erased",
    "labeler.models": "lists every table, for migrations",
}
"""Who may import the room. Claim, pay, workforce, quality, reviews, vendors, statistics and every other page are not
among them, and never will be: nothing about a person's work may depend on what she said."""


def imports_of(parsed: ast.AST) -> set[str]:
    """Every module that a file names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reads(path: Path) -> bool:
    return any(name == ROOM or name.startswith(f"{ROOM}.") for name in imports_of(tree(path)))


def test_nobody_else_imports_the_room() -> None:
    others = [path for path in CODE if module(path) not in READERS and not f"{module(path)}.".startswith(f"{ROOM}.")]
    assert len(others) > 200
    assert [short(path) for path in others if reads(path)] == []


def test_nobody_reads_the_tables_past_the_room() -> None:
    found = []
    for path in CODE:
        if f"{module(path)}.".startswith(f"{ROOM}."):
            continue
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
    assert {name for name in READERS if name not in files or not reads(files[name])} == set()


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
    assert not [name for name in READERS if name.split(".")[1] in kept_out]


def test_no_other_table_has_a_key_to_them() -> None:
    for table in metadata.tables.values():
        assert not {key.column.table.name for key in table.foreign_keys} & TABLES, table.name
