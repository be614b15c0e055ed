"""docs/api.md: its commands are carried out here, in the order in which they stand there."""

from __future__ import annotations

import gzip
import re
import shlex
from pathlib import Path

import pytest
from flask import Flask

from labeler.accounts.keys import WRONG_KEYS
from labeler.accounts.permissions import Scope
from labeler.accounts.rules import WINDOW
from labeler.api import lists, preview, problems
from labeler.api.bodies import DEEPEST
from labeler.app import MOST_BYTES
from labeler.config import ROOT
from labeler.jobs.schedule import KEEP_REPLIES
from labeler.projects.reading.limits import Limits
from tests.api.calls import Script, pairs, run_jobs

TEXT = (ROOT / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.S)


def commands() -> list[list[str]]:
    """Every curl of the page, as its words."""
    lines = [line for block in BLOCKS for line in re.findall(r"^curl .*?(?=^curl |\Z)", block, re.M | re.S)]
    return [shlex.split(line.replace("$API", "").replace("$AUTH", "AUTH")) for line in lines]


def carry_out(script: Script, words: list[str], files: Path) -> int:
    """Do what a curl would; returns the status."""
    method, path, headers, data = "GET", "", {}, None
    rest = iter(words[1:])
    for word in rest:
        match word:
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                data = next(rest).encode()
            case "--data-binary":
                data = (files / next(rest).removeprefix("@")).read_bytes()
            case "-o":
                next(rest)
            case "-i" | "--fail-with-body":
                pass
            case _:
                assert word.startswith("/"), words
                path = word
    assert "AUTH" in headers, words
    del headers["AUTH"]
    key = headers.pop("Idempotency-Key", None)
    media = headers.pop("Content-Type", "application/x-www-form-urlencoded")  # what curl says of a body by itself
    more = {} if data is None else {"data": data, "content_type": media}
    return script.call(method, path, idem=key, headers=headers, **more).status_code


def approve(script: Script) -> None:
    """What the second person does between two commands of the page."""
    second = Script(script.app, [Scope.PROJECTS_READ, Scope.PROJECTS_APPROVE])
    digest = second.get("/projects/bread/approval").get_json()["asks"][0]["digest"]
    assert second.post("/projects/bread/approval/approve", json={"digest": digest}).status_code == 200


def test_every_command_works_in_its_turn(script: Script, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl.gz").write_bytes(gzip.compress(pairs(3)))
    told = commands()
    assert len(told) == TEXT.count("\ncurl ") > 10
    for words in told:
        assert carry_out(script, words, tmp_path) in (200, 201, 202), words
        run_jobs()
        if any(word.endswith("/approval/ask") for word in words):
            approve(script)
    assert script.get("/projects/bread").get_json()["state"] == "live"


def test_every_word_for_scripts_is_told_and_no_other(app: Flask) -> None:
    assert set(re.findall(r"^\| \d+ \| `([a-z-]+)` \|", TEXT, re.M)) == set(problems.TYPES.values())
    assert set(re.findall(r"^\| `([a-z]+:[a-z]+)` \|", TEXT, re.M)) == set(Scope)
    assert {int(code) for code in re.findall(r"^\| (\d{3}) \|", TEXT, re.M)} >= {400, 401, 403, 404, 409, 413, 422, 429}


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("2 MB", MOST_BYTES / 2**20), ("40 levels", DEEPEST), ("8 GB as", Limits().file_bytes / 2**30),
        ("report | 1,000", Limits().problems), ("100,000", Limits().problems_kept), ("reads | 100", preview.LOOKED_AT),
        ("after 60 within five", WRONG_KEYS), ("within five minutes | wait", WINDOW.total_seconds() / 60),
        ("kept for 30 days", KEEP_REPLIES.days), ("page | 200", lists.PageQuery.model_fields["limit"].metadata[1].le),
    ],
)  # fmt: skip
def test_the_numbers_told_are_those_kept(words: str, number: float) -> None:
    assert words in TEXT
    said = re.search(r"[\d,]+|five", words)
    assert said is not None
    assert number == (5 if said.group() == "five" else int(said.group().replace(",", ""))), words
