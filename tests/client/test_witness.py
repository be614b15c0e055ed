"""A witness: over a real connection it sees the record go on, and refuses whatever does not."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from labeler import clock
from labeler.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogNode, LogRoot
from labeler.audit.service import record
from labeler.audit.walking import walk
from labeler.cli import main as cli
from labeler.client.published import Unreachable
from labeler.client.witness import Look, Refused, Witness, watch
from labeler.db import reading, transaction
from labeler.ids import new_id
from labeler.jobs.seal import seal_record
from labeler.signing.keys import Keys, Purpose
from labeler.signing.sealing import origin, record_keys
from tests.client.serving import serving
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def url(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with serving(app) as address:
        yield address


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "witness"


def go_on(entries: int = 3) -> None:
    for _ in range(entries):
        with transaction() as session:
            record(session, "session.end", new_id(), new_id(), clock.now())
        seal_record(clock.now())


def forget_all(database: Database) -> None:
    with database.in_hand() as session:
        for model in (LogLeaf, LogNode, LogRoot, LogCheckpoint):
            session.execute(delete(model))


def refused(witness: Witness, state: Path) -> str:
    before = {path.name: path.read_bytes() for path in state.iterdir() if path.name != "refused"}
    with pytest.raises(Refused) as why:
        witness.look()
    after = {path.name: path.read_bytes() for path in state.iterdir() if path.name != "refused"}
    assert before == after, "what it remembers stays"
    told = json.loads((state / "refused").read_text().splitlines()[-1])
    assert told["why"] == str(why.value)
    return str(why.value)


def test_a_record_that_goes_on_is_witnessed(url: str, state: Path) -> None:
    witness = Witness(url, state)
    with pytest.raises(Unreachable, match="answers 404"):
        witness.look()
    go_on(1)
    assert witness.look() == Look(0, 1)
    assert witness.look() == Look(1, 1)
    go_on(4)
    assert Witness(url, state).look() == Look(1, 5)
    assert len((state / "seen").read_text().splitlines()) == 2
    assert (state / "last").read_text().count("— ") == 2, "its own signature stands below the record's"
    assert (state / "key").stat().st_mode & 0o077 == 0


def test_a_record_that_was_made_anew_is_refused(url: str, database: Database, state: Path) -> None:
    witness = Witness(url, state)
    go_on(4)
    witness.look()
    forget_all(database)
    with database.in_hand() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.act == "session.end"))
    go_on(6)
    assert "no longer what they were" in refused(witness, state)


def test_a_record_that_went_back_to_an_older_state_is_refused(url: str, database: Database, state: Path) -> None:
    witness = Witness(url, state)
    go_on(4)
    witness.look()
    with database.in_hand() as session:
        last = session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.number.desc())).first()
        session.execute(delete(LogCheckpoint).where(LogCheckpoint.number == last.number if last else -1))
    assert "taken away" in refused(witness, state)


def test_another_installation_and_a_missing_key_are_refused(url: str, database: Database, state: Path) -> None:
    witness = Witness(url, state)
    go_on(2)
    Keys(database.home).rotate(Purpose.RECORD, clock.now())
    go_on(2)
    witness.look()
    old = database.home / "keys" / "record" / "1.public"
    kept = old.read_bytes()
    old.unlink()
    go_on(1)
    assert "says now that it is labeler/" in refused(witness, state)
    old.write_bytes(kept)


def test_a_new_key_is_believed_and_a_vanished_one_is_not(url: str, database: Database, state: Path) -> None:
    witness = Witness(url, state)
    go_on(2)
    witness.look()
    for moment in (1, 2):
        Keys(database.home).rotate(Purpose.RECORD, clock.now() + timedelta(microseconds=moment))
        go_on(1)
        witness.look()
    (database.home / "keys" / "record" / "2.public").unlink()
    assert "no longer among its keys" in refused(witness, state)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_answers_anything_else_is_asked_again(url: str, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(1)
    witness = Witness(url, state)
    for told in ({}, [], {"checkpoint": "x", "proof": []}, {"checkpoint": 1, "proof": ["zz"]}, {"proof": []}):
        monkeypatch.setattr(witness, "_fetch", lambda path, told=told: told)
        with pytest.raises(Unreachable):
            witness.look()
    with pytest.raises(Unreachable, match="could not be reached"):
        Witness("http://127.0.0.1:9", state / "other", timeout=1).look()
    for wrong in ("ftp://x", "https://", "https://a:b@c"):
        with pytest.raises(ValueError, match="not the address"):
            Witness(wrong, state)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000,
        b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\n\r\n",
    ],
)
def test_no_reply_ends_it(reply: bytes, state: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:

        def answer() -> None:
            caller, _ = door.accept()
            with closing(caller):
                caller.recv(4096)
                caller.sendall(reply)

        aside = Thread(target=answer)
        aside.start()
        with pytest.raises(Unreachable):
            Witness(f"http://127.0.0.1:{door.getsockname()[1]}", state, timeout=5).look()
        aside.join()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_only_a_distrusted_key_signed_is_not_remembered(url: str, database: Database, state: Path) -> None:
    witness = Witness(url, state)
    go_on(2)
    witness.look()
    go_on(2)
    keys = Keys(database.home)
    first = keys.known(Purpose.RECORD)[0]
    keys.rotate(Purpose.RECORD, clock.now())
    keys.distrust(first.key_id, clock.now())
    with pytest.raises(Unreachable, match="distrusts"):
        witness.look()
    go_on(1)
    assert witness.look() == Look(2, 5)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_record_that_stands_still_is_told(url: str, database: Database, state: Path) -> None:
    go_on(1)
    seen = Witness(url, state).look()
    assert seen.stands_still(clock.now()) == ""
    week_ago = (clock.now() - timedelta(days=7)).timestamp()
    os.utime(state / "last", (week_ago, week_ago))
    seen = Witness(url, state).look()
    assert "Nothing new since" in seen.stands_still(clock.now())
    told = CliRunner().invoke(cli, ["witness", url, "--state", str(state), "--once"])
    assert (told.exit_code, "Nothing new since" in told.output) == (2, True)
    go_on(1)
    assert Witness(url, state).look().stands_still(clock.now()) == ""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_it_is_told_of_recoveries_keeps_nothing_from_being_refused(
    url: str, database: Database, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = Witness(url, state)
    go_on(3)
    witness.look()
    forget_all(database)
    go_on(1)
    fetch = witness._fetch
    for told in ({}, {"recoveries": 1}, {"recoveries": [{"entry": 1}]}, []):
        monkeypatch.setattr(witness, "_fetch", lambda path, told=told: told if "recoveries" in path else fetch(path))
        assert "taken away" in refused(witness, state)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_watching_goes_on_until_something_is_refused(url: str, database: Database, state: Path) -> None:
    said: list[str] = []
    times = iter(range(4))

    def pause() -> None:
        each = next(times)
        if each == 1:
            go_on(1)
        if each == 3:
            forget_all(database)
            go_on(9)

    go_on(2)
    with pytest.raises(Refused):
        watch(Witness(url, state), pause, said.append)
    assert said == ["2 roots", "2 roots, as before", "3 roots", "3 roots, as before"]
    with reading() as session:
        assert session.scalars(select(LogCheckpoint)).first() is not None


def test_its_memory_is_what_an_auditor_checks_against(url: str, database: Database, state: Path) -> None:
    def faults() -> list[str]:
        held = [json.loads(line) for line in (state / "seen").read_text().splitlines()]
        keys = Keys(database.home)
        with reading() as session:
            return [each.what for each in walk(session, origin(keys), record_keys(keys), clock.now(), held).faults]

    witness = Witness(url, state)
    go_on(3)
    witness.look()
    assert faults() == []
    forget_all(database)
    go_on(3)
    assert faults() == ["one of the first 3 roots differs from a checkpoint that somebody holds"]
