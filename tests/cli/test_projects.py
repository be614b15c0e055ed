"""`labeler project`: from a file to live, with tasks, and every refusal with its reason and exit code 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from labeler import clock
from labeler.db import reading
from labeler.projects.files import read_toml
from labeler.projects.models import Batch, ImportState
from tasks import KINDS
from tests.cli.conftest import Command
from tests.projects.making import write
from tests.projects.samples import HH, Raw
from tests.support.database import Database

Made = Callable[..., str]


def pairs(count: int, **more: Any) -> list[Raw]:
    return [
        {"id": f"r-{n}", "prompt": f"Question {n}?", "completions": [f"Yes {n}.", f"No {n}."], **more}
        for n in range(count)
    ]


@pytest.fixture
def made(command: Command, admin: str, tmp_path: Path) -> Made:
    """Makes a project from the example, with some lines of it replaced, and returns its slug."""

    def make(kind: str = "comparison", **replaced: str) -> str:
        text = command("project", "example", kind).out
        for name, line in replaced.items():
            before = next(each for each in text.splitlines() if each.startswith((f"{name} =", f"[{name}]")))
            text = text.replace(before, line)
        path = tmp_path / "project.toml"
        path.write_text(text)
        said = command("project", "create", path)
        assert said.code == 0, said
        return said.out.strip()

    return make


# The file


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_example_is_complete_and_comes_back_the_same(kind: str, command: Command, made: Made) -> None:
    said = command("project", "example", kind)
    plan = read_toml(said.out)
    assert plan.kind == kind
    for name in type(plan).model_fields:
        assert name in said.out or name == "slug", f"{name} is not shown"
    commented = [line for line in said.out.splitlines() if line.startswith("#")]
    assert len(commented) > 12
    slug = made(kind)
    assert command("project", "check", slug, "--json").facts["lacks"] == [
        {"field": "tasks", "message": "Import tasks: there is nothing to hand out yet.", "line": None}
    ]


def test_create_prints_the_slug_alone(command: Command, made: Made) -> None:
    assert made() == "helpful-answers-comparison"
    assert made() == "helpful-answers-comparison-2"
    assert made(name='name = "Bread"\nslug = "bread-1"') == "bread-1"


def test_a_slug_that_is_taken_is_refused(command: Command, made: Made, tmp_path: Path) -> None:
    made(name='name = "Bread"\nslug = "bread"')
    said = command("project", "create", tmp_path / "project.toml")
    assert (said.code, "already" in said.err) == (1, True)


def test_every_mistake_in_a_project_file_is_told_at_once(command: Command, admin: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('name = ""\nkind = "comparison"\noverlap = 99\ncolour = 1\n[options]\nscale = "eleven"\n')
    said = command("project", "create", path)
    assert said.code == 1
    for name in ("name", "overlap", "colour", "options.scale"):
        assert f"  {name}: " in said.err


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"", b"a" * 2_000_000, b"[" * 50_000])
def test_what_is_no_project_file_is_refused(content: bytes, command: Command, admin: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    said = command("project", "create", path)
    assert said.code == 1
    assert said.err and "Traceback" not in said.err


# Its life


def test_a_project_goes_live_when_nothing_lacks(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made()
    assert command("project", "publish", slug).code == 1
    command("project", "import", slug, write(tmp_path / "rows", pairs(3)))
    said = command("project", "check", slug)
    assert (said.code, said.out) == (0, f"{slug} lacks nothing; it is checked.\n")
    waits = command("project", "publish", slug)
    assert waits.code == 1 and "No second person has approved this project yet" in waits.err
    use = "To teach an assistant which answers people find helpful."
    assert "prohibited purposes" in command("project", "ask", slug, "--use", use).err
    assert "waits for a second person" in command("project", "ask", slug, "--use", use, "--harmless").out
    assert "somebody else has to look at it" in command("project", "approve", slug).err, "the first admin made it"
    command("user", "add", "rita@example.org", "--role", "researcher", "--password-stdin", typed="another sentence\n")
    command("user", "add", "odile@example.org", "--role", "auditor", "--password-stdin", typed="another sentence\n")
    assert "no second person" in command("project", "approve", slug, "--as", "odile@example.org").err
    refused = command("project", "refuse", slug, "--as", "rita@example.org", "--reasons", "It names no model at all.")
    assert refused.out == f"{slug} is refused. Its team reads why.\n"
    command("project", "ask", slug, "--use", f"{use} Its model is named Bread.", "--harmless")
    assert command("project", "approve", slug, "--as", "rita@example.org").code == 0
    assert command("project", "status", slug, "--json").facts["approval"] == "approved"
    assert "P01" in command("usage-policy").out and command("usage-policy", "--json").facts["version"] == 1
    assert command("project", "publish", slug).out == f"{slug} is live.\n"
    assert command("project", "publish", slug).code == 0, "live already, as asked"
    assert command("project", "pause", slug).out == f"{slug} is paused.\n"
    assert command("project", "pause", slug).code == 1
    assert command("project", "publish", slug).code == 0
    withdraw = ("project", "withdraw", slug, "--why", "Its model is another one.", "--as")
    assert "no second person" in command(*withdraw, "odile@example.org").err
    assert command(*withdraw, "rita@example.org").out == f"The approval of {slug} is withdrawn. Its team reads why.\n"
    assert command("project", "status", slug, "--json").facts["approval"] == "withdrawn"
    assert "was withdrawn" in command("project", "publish", slug).err
    assert command("project", "close", slug).out == f"{slug} is closed.\n"
    assert command("project", "publish", slug).code == 1
    assert command("project", "import", slug, write(tmp_path / "more", pairs(4))).code == 1


def test_a_freeze_is_announced_at_the_end_of_a_day_and_moved_later(command: Command, made: Made) -> None:
    slug = made()
    assert command("project", "status", slug, "--json").facts["freeze_at"] is None
    day, next_day = ((clock.now() + timedelta(days=days)).date() for days in (20, 21))
    assert command("project", "freeze", slug, day).out == (
        f"Labelers of {slug} may withdraw answers until {day} 23:59 UTC.\n"
    )
    assert command("project", "freeze", slug, f"{next_day}T06:30").code == 0
    assert command("project", "status", slug, "--json").facts["freeze_at"] == f"{next_day}T06:30:00Z"
    earlier = command("project", "freeze", slug, day)
    assert earlier.code == 1 and "only later" in earlier.err
    assert command("project", "freeze", made(), clock.now().date()).code == 1
    assert command("project", "freeze", slug, "soon").code == 2


def test_what_labelers_are_owed_is_named(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made(purpose="", pay_rate="", categories="")
    command("project", "import", slug, write(tmp_path / "rows", pairs(3)))
    said = command("project", "publish", slug)
    assert said.code == 1
    assert "Labelers are owed more than this project says:" in said.err
    lacks = command("project", "check", slug, "--json")
    assert lacks.code == 1
    assert [each["field"] for each in lacks.facts["lacks"]] == ["purpose", "categories", "pay_rate"]
    assert lacks.facts["state"] == "draft"


def test_status_tells_how_far_it_is(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made(categories="[categories]\nW04 = 4", sensitive_share="sensitive_share = 0.5")
    rows = [*pairs(3, categories={}), *pairs(2, categories={"W04": 4})]
    assert command("project", "import", slug, write(tmp_path / "rows", rows)).code == 0
    facts = command("project", "status", slug, "--json").facts
    assert facts.items() >= {
        "slug": slug, "state": "draft", "tasks": 3, "wanted": 9, "judged": 0, "held": 0, "late": 0, "held_back": 2,
    }.items()  # fmt: skip
    said = command("project", "status", slug)
    assert "0 of 9 judgments for 3 tasks" in said.out
    assert "2 tasks at severity 4 are held back" in said.out


@pytest.mark.parametrize("words", ["check", "publish", "pause", "close", "status"])
def test_a_project_that_is_not_there_is_told(words: str, command: Command, admin: str) -> None:
    said = command("project", words, "nowhere")
    assert (said.code, said.err) == (1, "There is no project at nowhere.\n")


# Import


def test_an_import_says_what_came_in(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made()
    path = write(tmp_path / "rows", pairs(12), "csv", "gz")
    said = command("project", "import", slug, path)
    assert (said.code, said.out) == (0, "Imported 12 tasks from 12 rows (our own shape).\n")
    facts = command("project", "import", slug, path, "--again", "--json").facts
    assert {name: facts[name] for name in ("slug", "rows", "tasks", "format", "shape")} == {
        "slug": slug, "rows": 12, "tasks": 12, "format": "csv", "shape": "native",
    }  # fmt: skip
    assert command("project", "status", slug, "--json").facts["tasks"] == 24


def test_the_same_file_again_is_refused(command: Command, made: Made, tmp_path: Path) -> None:
    slug, path = made(), write(tmp_path / "rows", pairs(2))
    command("project", "import", slug, path)
    said = command("project", "import", slug, path)
    assert said.code == 1
    assert said.err.startswith("Nothing was imported.\n  file: This very file is in the project already.")


def test_every_bad_row_is_told_and_written_down(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made()
    path = write(tmp_path / "rows", [*pairs(1), *[{"prompt": "a"}] * 60])
    said = command("project", "import", slug, path, "--problems", tmp_path / "problems.jsonl")
    assert (said.code, said.out) == (1, "")
    lines = said.err.splitlines()
    assert lines[:2] == ["Nothing was imported.", "  line 2, completions: Give a list of at least one completion."]
    assert lines[-1] == "  … and 10 more. --problems FILE writes them all."
    written = [json.loads(line) for line in (tmp_path / "problems.jsonl").read_text().splitlines()]
    assert [each["line"] for each in written] == list(range(2, 62))
    facts = command("project", "import", slug, path, "--json")
    assert (facts.code, facts.facts["problem_count"], len(facts.facts["problems"])) == (1, 60, 60)
    assert command("project", "status", slug, "--json").facts["tasks"] == 0


def test_content_is_said_for_a_whole_file(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made(categories="[categories]\nW06 = 3\nW10 = 2", sensitive_share="sensitive_share = 0.5")
    path = write(tmp_path / "rows", pairs(2))
    assert command("project", "import", slug, path, "--category", "W06=2", "--category", "W10=1").code == 0
    assert command("project", "import", slug, path, "--again", "--category", "none").code == 0
    assert command("project", "import", slug, path, "--again", "--category", "W03=2").code == 1
    for wrong in ("W06", "W06=9", "W99=1", "hate"):
        assert command("project", "import", slug, path, "--category", wrong).code == 2


def test_language_and_shape_may_be_said(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made(languages='languages = ["en", "sw"]')
    path = write(tmp_path / "rows", pairs(2))
    assert command("project", "import", slug, path, "--language", "sw", "--shape", "native").code == 0
    assert command("project", "import", slug, path, "--again", "--language", "de").code == 1
    assert command("project", "import", slug, path, "--shape", "rows").code == 2


def test_words_that_raise_are_told(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made()
    rows = [{"prompt": "Sum up.", "completions": ["[placeholder] about suicide", "[placeholder]"]}]
    said = command("project", "import", slug, write(tmp_path / "rows", rows))
    assert said.out.splitlines()[1:] == [
        "The word list raised 1 rows: suicide (1).",
        "The project now declares W05 (suicide, self-harm or eating disorders) up to severity 2.",
    ]


def test_a_preview_shows_the_mapping_and_no_text_and_imports_nothing(
    command: Command, made: Made, tmp_path: Path
) -> None:
    slug = made()
    path = write(tmp_path / "rows.jsonl", [HH])
    said = command("project", "import", slug, path, "--preview")
    assert said.code == 0
    assert said.out.startswith("rows.jsonl is read as hh (jsonl).\n")
    assert "chosen" in said.out and "kept aside as chosen" in said.out
    assert "split" in said.out and "goes along, never shown" in said.out
    assert "line 1: 3 turns of prompt, completions of 4, 10 characters" in said.out
    assert "391" not in said.out
    facts = command("project", "import", slug, path, "--preview", "--json").facts
    assert facts["rows"][0]["completions"][0]["messages"][0]["content"] == "391."
    assert command("project", "status", slug, "--json").facts["tasks"] == 0


def test_a_preview_names_what_is_wrong(command: Command, made: Made, tmp_path: Path) -> None:
    slug = made()
    said = command("project", "import", slug, write(tmp_path / "rows", [*pairs(1), {"prompt": "a"}]), "--preview")
    assert said.code == 1
    assert "line 2, completions: " in said.err
    said = command("project", "import", slug, write(tmp_path / "rows", [{"question": "a", "answer": "b"}]), "--preview")
    assert (said.code, said.out) == (1, "")
    assert "The shape of this file is not known" in said.err


def test_a_file_that_is_not_there_is_wrong_use(command: Command, made: Made) -> None:
    assert command("project", "import", made(), "nowhere.jsonl").code == 2
    assert command("project", "create", "nowhere.toml").code == 2
    assert command("project", "example", "dance").code == 2


def test_an_import_that_is_broken_off_is_told_in_the_list_of_imports(
    command: Command, made: Made, database: Database, tmp_path: Path
) -> None:
    slug, path = made(), write(tmp_path / "rows", pairs(2))
    (database.home / "imports").write_text("a file where the folder should be")
    with pytest.raises(FileExistsError):
        command("project", "import", slug, path)
    with reading() as session:
        batch = session.scalars(select(Batch)).one()
    assert batch.state is ImportState.REFUSED
    assert batch.report is not None and "broke off" in batch.report["problems"][0]["message"]


def test_a_command_acts_in_the_name_it_is_given(command: Command, made: Made, tmp_path: Path) -> None:
    command("user", "add", "rae@example.org", "--role", "researcher")
    assert command("project", "create", tmp_path / "nothing.toml", "--as", "rae@example.org").code == 2
    slug = made()
    path = write(tmp_path / "rows", pairs(2))
    assert command("project", "import", slug, path, "--as", "nobody@example.org").code == 1
    assert command("project", "import", slug, path, "--as", "rae@example.org").code == 0
