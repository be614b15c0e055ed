"""Before anything else: help everywhere, the first start, and what is said when something is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from labeler.cli import main
from tests.cli.conftest import Command

LABELER = Path(sys.executable).with_name("labeler")


def commands(group: click.Group, *words: str) -> list[tuple[str, ...]]:
    """Every command there is, groups too."""
    found: list[tuple[str, ...]] = [words]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found += commands(command, *words, name) if isinstance(command, click.Group) else [(*words, name)]
    return found


def run(home: Path, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(
        [LABELER, *words],
        cwd=home,
        env={**clean, "LABELER_HOME": str(home / "data"), **environment},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", commands(main), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    from click.testing import CliRunner  # only here

    for flag in ("-h", "--help"):
        result = CliRunner().invoke(main, [*words, flag])
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
        assert len(result.stdout.splitlines()) > 4


def test_what_scripts_rely_on_is_there() -> None:
    wanted = (
        "init serve worker demo doctor verify", "user add,user list,user disable,vendor add,labeler add",
        "project example,project create,project check,project import,project publish,project pause,project status",
        "export create,export list,export views",
    )  # fmt: skip
    there = {" ".join(words) for words in commands(main)}
    for line in wanted:
        for words in line.split("," if "," in line else " "):
            assert words in there


def test_the_data_folder_is_instance_and_not_what_others_call_home(tmp_path: Path) -> None:
    person = tmp_path / "person"
    person.mkdir()
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("LABELER", "DATABASE", "REDIS"))}
    others = {"HOME": str(person), "HOST": "somewhere", "THREADS": "many", "WORKERS": "0", "DEMO": "maybe"}
    subprocess.run([LABELER, "init"], cwd=tmp_path, env={**unset, **others}, check=True, capture_output=True)
    assert (tmp_path / "instance" / "labeler.db").exists()
    assert list(person.iterdir()) == []


def test_init_makes_everything_and_may_run_again(tmp_path: Path) -> None:
    first = run(tmp_path, "init")
    assert first.returncode == 0
    assert "The database (SQLite) is ready at revision" in first.stdout
    assert (tmp_path / "data" / "labeler.db").exists()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0, "nobody else may read it"
    facts = json.loads(run(tmp_path, "init", "--json").stdout)
    assert facts["embedded"] is True
    assert facts["home"] == str(tmp_path / "data")


def test_a_command_before_init_says_what_to_do(tmp_path: Path) -> None:
    said = run(tmp_path, "user", "list")
    assert said.returncode == 1
    assert "labeler init" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_bad_environment_is_wrong_use(tmp_path: Path) -> None:
    said = run(tmp_path, "init", PORT="many")
    assert said.returncode == 2
    assert "PORT" in said.stderr.upper()


def test_without_anybody_a_command_says_who_must_come_first(tmp_path: Path) -> None:
    run(tmp_path, "init")
    (tmp_path / "p.toml").write_text(run(tmp_path, "project", "example", "rating").stdout)
    said = run(tmp_path, "project", "create", "p.toml")
    assert said.returncode == 1
    assert "labeler user add EMAIL --role admin" in said.stderr


def test_the_way_from_nothing_to_a_live_project(tmp_path: Path) -> None:
    """What a newcomer's script does, with the installed command alone."""
    assert run(tmp_path, "init").returncode == 0
    added = run(
        tmp_path, "user", "add", "ada@example.org", "--role", "admin", "--password-stdin", typed="a long sentence\n"
    )
    assert added.returncode == 0, added.stderr
    second = ("user", "add", "rita@example.org", "--role", "researcher", "--password-stdin")
    assert run(tmp_path, *second, typed="another long sentence\n").returncode == 0
    (tmp_path / "p.toml").write_text(run(tmp_path, "project", "example", "comparison").stdout)
    slug = run(tmp_path, "project", "create", "p.toml").stdout.strip()
    (tmp_path / "rows").write_text('{"prompt": "Hello?", "completions": ["Yes.", "No."]}')
    assert run(tmp_path, "project", "import", slug, "rows").returncode == 0
    use = ("--use", "To teach an assistant which answers people find helpful.")
    assert run(tmp_path, "project", "ask", slug, "--harmless", *use).returncode == 0
    assert run(tmp_path, "project", "approve", slug, "--as", "rita@example.org").returncode == 0
    assert run(tmp_path, "project", "publish", slug).returncode == 0
    assert json.loads(run(tmp_path, "project", "status", slug, "--json").stdout)["state"] == "live"


def test_nothing_is_printed_twice_or_in_colour_to_a_pipe(command: Command, admin: str) -> None:
    said = command("user", "list")
    assert "\x1b" not in said.out + said.err
    assert said.out.count(admin) == 1
