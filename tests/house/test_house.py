"""The rules of the house that no other tool looks after."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from functools import cache
from pathlib import Path

import click
import pytest

from labeler.audit.acts import ACTS
from labeler.cli import main
from labeler.config import ROOT

CODE = sorted([*(ROOT / "labeler").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")])
PAGES = sorted([*(ROOT / "labeler" / "templates").rglob("*.html"), *(ROOT / "tasks").glob("*.html")])
BAD_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "process", "misc", "base"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of our files")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096])


ONE_FILE = ROOT / "labeler/exports/standalone/verify_dataset.py"
"""Handed to strangers by itself, so it cannot be two."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_stairs_go_down() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout[linted.stdout.find("Contracts") :]


@pytest.mark.parametrize("path", CODE, ids=short)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    most = 420 if path == ONE_FILE else 300
    assert len(path.read_text().splitlines()) <= most, "make two of it"


@pytest.mark.parametrize("path", CODE, ids=short)
def test_transactions_end_in_one_place(path: Path) -> None:
    if path == ROOT / "labeler" / "db.py":
        return
    calls = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute) and n.attr in ("commit", "begin_nested")]
    assert not calls, f"line {calls[0].lineno}: doors use `with transaction()`, services leave it to them"


def test_names_say_what_is_inside() -> None:
    parts = {part for path in CODE for part in (path.stem, *path.relative_to(ROOT).parent.parts)}
    assert not parts & BAD_NAMES


@pytest.mark.parametrize("path", CODE, ids=short)
def test_every_act_recorded_is_declared(path: Path) -> None:
    """`record(session, "room.act", ...)` and `Entry("room.act", ...)`: the act is declared, its fields are too."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = {"record": 1, "Entry": 0}.get(name)
        if place is None or len(node.args) <= place or not isinstance(act := node.args[place], ast.Constant):
            continue
        assert act.value in ACTS, f"line {node.lineno}: {act.value}"


def test_every_declared_act_is_recorded_somewhere() -> None:
    said = {
        node.value
        for path in CODE
        if path.name != "acts.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not ACTS.keys() - said


def test_only_the_clock_knows_the_hour() -> None:
    allowed = {ROOT / "labeler" / "clock.py"}
    for path in CODE:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in ("utcnow", "now", "today") and path not in allowed:
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                assert owner not in ("datetime", "date"), f"{short(path)}:{node.lineno}: use labeler.clock.now()"


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_pages_keep_to_the_strict_policy(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"<style", text), "inline style sheet"
    assert not re.search(r"""\son[a-z]+\s*=\s*["']""", text), "inline handler"
    assert not re.search(r"hx-on", text), "inline handler"
    assert not re.search(r"hx-(?:vals|headers|vars)\s*=\s*['\"]js", text), "evaluated code"
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "inline script"
    assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""", text), "something from outside"
    assert "|safe" not in text.replace(" ", ""), "only labeler.web.render makes Markup"


def test_only_the_renderer_makes_markup() -> None:
    allowed = {"render.py", "markdown.py", "code.py", "invisible.py"}
    for path in CODE:
        if path.parent == ROOT / "labeler" / "web" and path.name in allowed:
            continue
        calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        made = [call.lineno for call in calls if getattr(call.func, "id", "") == "Markup"]
        assert not made, f"{short(path)}:{made}"


def test_vendored_files_are_what_they_claim() -> None:
    static = ROOT / "static"
    listed = json.loads((static / "vendor.json").read_text())
    for facts in listed:
        digest = b64encode(hashlib.sha384((static / facts["file"]).read_bytes()).digest()).decode()
        assert facts["integrity"] == f"sha384-{digest}", facts["file"]
        assert facts["version"] in facts["file"]
        assert facts["licence"]
    assert {facts["file"] for facts in listed} == {f"vendor/{path.name}" for path in (static / "vendor").iterdir()}


def test_no_file_names_a_package_registry() -> None:
    # Written in parts, so that this file does not name them either.
    hosts = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "npm" + "js.com", "un" + "pkg.com",
             "js" + "delivr.net", "deb." + "debian.org", "archive." + "ubuntu.com"]  # fmt: skip
    named = [short(path) for path in tracked() if any(host in path.read_text(errors="replace") for host in hosts)]
    assert not named


def test_nothing_of_one_machine_is_written_down() -> None:
    private = re.compile(r"/(?:home|root|Users)/[a-z]")
    found = [
        f"{short(path)}: {match.group()}"
        for path in tracked()
        if path.suffix not in (".js", ".css") and path != Path(__file__)
        for match in private.finditer(path.read_text(errors="replace"))
    ]
    assert not found


def commands(group: click.Group, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command of the command line, as the words one types."""
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        here = (*words, name)
        found += commands(command, here) if isinstance(command, click.Group) else [here]
    return found


def test_the_documentation_names_every_command() -> None:
    documents = "\n".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    missing = [" ".join(words) for words in commands(main) if f"labeler {' '.join(words)}" not in documents]
    assert not missing


def test_every_command_says_what_it_does() -> None:
    for words in commands(main):
        command: click.Command = main
        for word in words:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(command), word)
            assert found is not None
            command = found
        assert command.help, words
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.help, (words, parameter.name)


def test_every_dependency_has_its_reason() -> None:
    listed = (ROOT / "pyproject.toml").read_text()
    names = re.findall(r'^\s+"([A-Za-z0-9_-]+)(?:\[[a-z]+\])?[~=>]', listed, re.M)
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    assert not [name for name in names if f"`{name}`" not in reasons]


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_nothing_private_is_tracked() -> None:
    private = {".db", ".pem", ".key"}
    assert not [short(path) for path in tracked() if path.suffix in private or path.name == "secret_key"]


@pytest.mark.parametrize("module", ["labeler.wellbeing.clock", "labeler.assignment.queries", "labeler.pay.events"])
def test_a_key_has_its_type_whatever_was_imported_first(module: str) -> None:
    """Else a statement that is built with a module binds its parameters without one, and SQLite refuses them."""
    look = (
        f"import {module}; from sqlalchemy.types import NullType; from labeler.db import Base; "
        "print([str(c) for t in Base.metadata.tables.values() for c in t.columns if isinstance(c.type, NullType)])"
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
