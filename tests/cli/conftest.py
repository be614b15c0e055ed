"""The `labeler` command as a person types it, over a database of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from labeler.cli import main
from labeler.db import connect
from tests.support.database import Database


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def command(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs `labeler` with these words: `command("user", "list")`. It stands in an empty folder."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: object, typed: str | None = None) -> Said:
        result = CliRunner().invoke(main, [str(word) for word in words], input=typed)
        engines.append(connect(database.url))  # a command ends by letting its engine go; the test goes on with this one
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    engines: list[Any] = []
    yield run
    for engine in engines:
        engine.dispose()


@pytest.fixture
def admin(command: Command) -> str:
    """The address of the first admin, who has a password."""
    said = command(
        "user", "add", "ada@example.org", "--role", "admin", "--password-stdin", typed="a long sentence here\n"
    )
    assert said.code == 0, said
    return "ada@example.org"
