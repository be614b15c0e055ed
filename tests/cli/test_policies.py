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
    for field in ("signer", "signed_by", "document", "reason", "until_at"):
        assert field in said.err
    until = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    signed = (
        "--signer",
        "clinician",
        "--document",
        "d" * 64,
        "--signed-by",
        "Dr. Wanjiru, clinician",
        "--reason",
        REASON,
        "--until",
        until,
    )
    assert "waits for a second person" in command("policy", "set", "break_stop", "90", *signed).out
    (waits,) = command("policy", "waiting", "--json").facts
    assert "break_stop = 90" in command("policy", "waiting").out
    assert command("policy", "confirm", waits["id"], "--as", admin).code == 1
    assert command("policy", "history", "--json").facts == []
    assert command("user", "add", "officer@example.org", "--role", "wellbeing-officer").code == 0
    assert command("policy", "confirm", waits["id"], "--as", "officer@example.org").code == 0
    assert command("policy", "confirm", waits["id"], "--decline", "--as", "officer@example.org").code == 1
    assert "signed by Dr. Wanjiru" in command("policy", "history").out


def test_nobody_writes_into_the_past(command: Command, admin: str) -> None:
    said = command("policy", "set", "severe_day", "45", "--from", "2020-01-01")
    assert (said.code, "from now on" in said.err) == (1, True)
