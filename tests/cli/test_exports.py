"""`labeler export`: which views there are, and a folder of those that were asked for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.exports import ledger, queries, service
from labeler.exports.verify import verify
from tests.cli.conftest import Command
from tests.exports.build import BETTER_0, TIE, add_judgment
from tests.exports.wrong import WRONG, told
from tests.support.build import add_labeler, add_project, add_tasks, add_user


@pytest.fixture
def judged(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison with a clear task and a tie, and a rating without tasks."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    with transaction() as session:
        project = add_project(session, slug="bread")
        labeler = add_labeler(session)
        for task, answer in zip(add_tasks(session, project, 2), (BETTER_0, TIE), strict=True):
            add_judgment(session, project, task, labeler, answer)
        add_project(session, kind="rating", slug="cakes")


def test_a_projects_views_are_listed_with_their_readers(judged: None, command: Command) -> None:
    said = command("export", "views", "bread")
    assert said.code == 0
    assert "preference (usual)\n  for TRL" in said.out
    assert "\nopenai_dpo\n  for OpenAI" in said.out
    facts = command("export", "views", "cakes", "--json").facts
    assert [(each["name"], each["usual"]) for each in facts] == [
        ("judgments", True), ("ratings", True), ("unpaired", False), ("helpsteer2", False), ("ultrafeedback", False),
    ]  # fmt: skip
    assert command("export", "views", "nothing").code == 1


def test_the_views_and_margins_that_were_asked_for_are_in_the_folder(
    judged: None, command: Command, admin: str, tmp_path: Path
) -> None:
    out = tmp_path / "made"
    words = ("--view", "hh", "--view", "strings", "--margin-map", "share/1", "--out", out, "--as", admin)
    said = command("export", "create", "bread", *words)
    assert said.code == 0, said
    assert "hh: 1 rows\n    left out: 1 tasks that most labelers called about the same" in said.out
    assert verify(out).rows == {"strings": 1, "hh": 1}
    assert '"margin":0.5,"n":1' in (out / "jsonl/data/strings.jsonl").read_text()


def test_a_view_or_a_rule_that_cannot_be_is_refused_with_what_can(
    judged: None, command: Command, admin: str, tmp_path: Path
) -> None:
    create = ("export", "create", "cakes", "--out", tmp_path / "made", "--as", admin)
    said = command(*create, "--view", "preference", "--label-scale", "warmth")
    assert said.code == 1
    assert "Of this project no preference can be made. Choose from: judgments, ratings, unpaired" in said.err
    assert "Choose from: helpfulness, correctness, clarity." in said.err
    assert not (tmp_path / "made").exists()


def test_a_look_and_an_export_tell_the_same_steps(judged: None, command: Command, admin: str, tmp_path: Path) -> None:
    said = command("export", "look", "bread", "--min-judgments", "2", "--until-day", "2026-03-02")
    assert said.code == 0, said
    assert said.out.startswith("Answers there were: 2, of 2 tasks\n  left out: 2 of tasks with fewer judgments than")
    assert "Left for views other than judgments: 0, of 0 tasks" in said.out
    facts = command("export", "look", "bread", "--guideline", "1", "--language", "en", "--json").facts
    assert [each["judgments"] for each in facts["steps"]] == [2] * len(facts["steps"])
    listed = tmp_path / "listed.txt"
    listed.write_text("Why is the sky red in the EVENING? (1)\n")
    out = tmp_path / "made"
    made = command(
        "export", "create", "bread", "--out", out, "--as", admin, "--keep-out", listed, "--split", "50", "--seed", "1",
        "--aggregation", "dawid-skene/1",
    )  # fmt: skip
    assert made.code == 0, made
    assert "left out: 1 about prompts that are to be kept out" in made.out
    assert "judgments: 1 rows, " in made.out
    assert verify(out).rows == {"judgments": 1, "preference": 1}


def test_everything_wrong_with_a_choice_is_told_by_the_command(
    judged: None, command: Command, admin: str, tmp_path: Path
) -> None:
    said = command("export", "look", "bread", "--language", "tlh", "--guideline", "7", "--least-time", "3")
    assert said.code == 1
    for words in ("no tasks in tlh", "the versions 1 to 1", "0, 10, 25, 50 percent"):
        assert words in said.err
    words: list[str] = []
    for name, value in WRONG.items():
        option = {"views": "view", "languages": "language", "guidelines": "guideline"}.get(name, name)
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{option.replace('_', '-')}", str(each)]
    said = command("export", "create", "bread", "--out", tmp_path / "made", *words)
    with reading() as session:
        project_id = queries.project(session, "bread").id
    assert (said.code, (tmp_path / "made").exists()) == (1, False)
    assert [field for field, message in told(project_id) if message not in said.err] == []
    bad = tmp_path / "listed.jsonl"
    bad.write_text('{"question": "Why?"}')
    assert "Line 1 of the list" in command("export", "look", "bread", "--keep-out", bad).err


def test_a_version_waits_for_a_second_person_and_is_then_taken(
    judged: None, command: Command, admin: str, tmp_path: Path
) -> None:
    out, owner = tmp_path / "made", "rita@example.org"
    with transaction() as session:
        add_user(session, Role.RESEARCHER, email=owner, name="Rita")
        add_user(session, Role.AUDITOR, email="axel@example.org")
    assert command("project", "approval", "bread", "on", "--as", owner).code == 0
    asked = command("export", "create", "bread", "--view", "judgments", "--out", out, "--as", owner)
    assert asked.code == 1 and not out.exists()
    assert "labeler export take bread 1 --out" in asked.err
    assert "waits for approval" in command("export", "list", "bread").out
    assert command("export", "take", "bread", "1", "--out", out, "--as", owner).code == 1
    for who, words in ((owner, "yourself"), ("axel@example.org", "no researcher")):
        refused = command("export", "approve", "bread", "1", "--as", who)
        assert refused.code == 1 and words in refused.err
    assert command("export", "approve", "bread", "1", "--as", admin, "--note", "Good.").code == 0
    assert command("export", "refuse", "bread", "1", "--as", admin, "--reason", "No.").code == 1
    taken = command("export", "take", "bread", "1", "--out", out, "--as", owner)
    assert taken.code == 0 and verify(out).rows == {"judgments": 2}
    with reading() as session:
        assert [(line.who, line.file, line.way) for line in ledger.lines(session)] == [("Rita", "all", "command")]


def test_limits_are_shown_and_set(judged: None, command: Command, admin: str, tmp_path: Path) -> None:
    with transaction() as session:
        add_user(session, Role.RESEARCHER, email="rita@example.org")
    assert "writing                      2  Versions of one project" in command("export", "limits").out
    wrong = command("export", "limits", "--set", "writing", "0", "--set", "size", "3", "--as", admin)
    assert wrong.code == 1 and "writing: Write" in wrong.err and "size: There is no such limit" in wrong.err
    assert command("export", "limits", "--set", "writing", "3", "--as", "rita@example.org").code == 1
    said = command("export", "limits", "--set", "bytes_kept", "10", "--as", admin, "--json")
    assert {each["name"]: each["limit"] for each in said.facts}["bytes_kept"] == 10
    made = command("export", "create", "bread", "--view", "judgments", "--out", tmp_path / "made", "--as", admin)
    assert made.code == 1 and "of the 10 bytes that they may hold here" in made.err
    left = list(tmp_path.rglob("manifest.json"))
    assert left == [], "nothing of a version that has no room is left"


def test_another_project_is_taken_in(judged: None, command: Command, admin: str, tmp_path: Path) -> None:
    with transaction() as session:
        soup = add_project(session, slug="soup")
        add_judgment(session, soup, add_tasks(session, soup, 1)[0], add_labeler(session), BETTER_0)
    said = command("export", "look", "bread", "--also", "soup")
    assert "  bread: 2 answers, of 2 tasks; 2 left, of 2 tasks\n  soup: 1 answers, of 1 tasks; 1 left" in said.out
    facts = command("export", "look", "bread", "--also", "soup", "--json").facts
    assert list(facts["projects"]) == ["bread", "soup"]
    out = tmp_path / "made"
    said = command("export", "create", "bread", "--also", "soup", "--out", out, "--as", admin)
    assert said.code == 0, said
    assert "  soup: 1 answers, of 1 tasks; 1 left, of 1 tasks" in said.out
    assert verify(out).rows == {"judgments": 3, "preference": 2}
    refused = command("export", "look", "bread", "--also", "cakes")
    assert refused.code == 1 and "its tasks are of the kind rating, those here of comparison" in refused.err


def test_a_version_is_made_again_by_the_same_choices(
    judged: None, command: Command, admin: str, tmp_path: Path
) -> None:
    out, again = tmp_path / "made", tmp_path / "again"
    command("export", "create", "bread", "--view", "hh", "--margin-map", "share/1", "--out", out, "--as", admin)
    said = command("export", "again", "bread", 1, "--out", again, "--json")
    assert said.code == 0, said
    assert (said.facts["number"], said.facts["views"], said.facts["options"]["margin_map"]) == (2, ["hh"], "share/1")
    assert verify(again).rows == {"hh": 1}
    assert command("export", "again", "bread", 1, "--out", again).code == 1, "nothing is overwritten"
    assert command("export", "again", "bread", 9, "--out", tmp_path / "more").code == 1
