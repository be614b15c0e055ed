"""`labeler policy`: the numbers that protect labelers from the command line."""

from __future__ import annotations

from datetime import timedelta

from labeler import clock
from labeler.wellbeing.limits import STANDARD
from tests.cli.conftest import Command

REASON = "A launch week that the safety committee has looked at."


def test_numbers_are_listed_set_and_told(command: Command, admin: str) -> None:
    assert [each["name"] for each in command("policy", "list", "--json").facts] == list(STANDARD)
    said = command("policy", "set", "severe_day", "45")
    assert (said.code, "severe_day is 45 from" in said.out) == (0, True)
    assert "(the standard: 60)" in command("policy", "list").out
    (told,) = command("policy", "history", "--json").facts
    assert (told["name"], told["value"], told["role"]) == ("severe_day", 45, "admin")


def test_a_looser_one_needs_all_of_it(command: Command, admin: str) -> None:
    said = command("policy", "set", "break_stop", "90")
    assert said.code == 1
    for field in ("signed_by", "reason", "until_at"):
        assert field in said.err
    until = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    signed = ("--signed-by", "Dr. Wanjiru, clinician", "--reason", REASON, "--until", until)
    assert command("policy", "set", "break_stop", "90", *signed).code == 0
    assert "signed by Dr. Wanjiru" in command("policy", "history").out


def test_nobody_writes_into_the_past(command: Command, admin: str) -> None:
    said = command("policy", "set", "severe_day", "45", "--from", "2020-01-01")
    assert (said.code, "from now on" in said.err) == (1, True)
