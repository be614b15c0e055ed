"""`labeler webhook`: from an address to a test that is told, over a real connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeler.db import transaction
from labeler.jobs import send_webhook
from tests.cli.conftest import Command
from tests.support.build import add_project
from tests.support.https import HOST, Authority, receiving


def test_a_webhook_is_set_and_tested(
    command: Command, admin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        add_project(session, slug="bread")
    closed = command("webhook", "set", "bread", f"https://{HOST}/", "--as", admin)
    assert closed.code == 1 and "LABELER_EGRESS_HOSTS" in closed.err
    authority = Authority(tmp_path)
    with receiving(authority.serving()) as receiver:
        monkeypatch.setenv("LABELER_EGRESS_HOSTS", f"{HOST}:{receiver.port}")
        monkeypatch.setattr(send_webhook, "way_out", lambda _: receiver.way(authority))
        said = command("webhook", "set", "bread", receiver.url, "--as", admin)
        assert said.code == 0 and "whsec_" in said.out
        assert command("webhook", "test", "bread", "--as", admin).out == "Told. It answered 204.\n"
        receiver.answer = lambda _: 302
        failed = command("webhook", "test", "bread", "--as", admin)
        assert failed.code == 1 and "It answered 302." in failed.err
        assert len(receiver.got) == 2
    shown = command("webhook", "show", "bread", "--json").facts
    assert [each["fine"] for each in shown["attempts"]] == [False, True] and shown["failures"] == 1
    assert "whsec_" in command("webhook", "rotate", "bread", "--as", admin).out
    assert command("webhook", "switch", "bread", "off", "--as", admin).code == 0
    assert "is switched off" in command("webhook", "show", "bread").out
    assert command("webhook", "remove", "bread", "--as", admin).code == 0
    assert command("webhook", "show", "bread").code == 1
