"""`labeler audit`: the record checked, its newest checkpoint, and receipts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from labeler.audit.models import AuditEntry
from labeler.db import reading
from tests.cli.conftest import Command
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask


def test_a_record_is_sealed_checked_and_proven(
    command: Command, admin: str, app: Flask, database: Database, tmp_path: Path
) -> None:
    assert "A worker seals it each minute" in command("audit", "checkpoint").err
    note = command("audit", "checkpoint", "--seal").out
    assert note.startswith("labeler/")
    (tmp_path / "note").write_text(note)
    good = command("audit", "verify", "--held", tmp_path / "note", "--json").facts
    assert (good["clean"], good["held"], good["faults"]) == (True, 2, [])
    assert good["entries"] >= 1
    (tmp_path / "seen").write_text(f"{json.dumps(note)}\n{json.dumps(note)}\n")
    assert "3 held outside of the database" in command("audit", "verify", "--held", tmp_path / "seen").out
    with reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id).limit(1)).one()
    receipt = tmp_path / "receipt.json"
    receipt.write_text(command("audit", "prove", entry.id).out)
    keys = tmp_path / "keys.json"
    keys.write_bytes(app.test_client().get("/.well-known/labeler-keys.json").data)
    assert "is in the record" in command("audit", "check-receipt", receipt, "--keys", keys).out
    changed = json.loads(receipt.read_text())
    several = tmp_path / "receipts.json"
    several.write_text(json.dumps([changed, changed]))
    assert command("audit", "check-receipt", several, "--keys", keys).out.strip() == "2 of 2 receipts hold."
    several.write_text(json.dumps([changed, {**changed, "number": 7}, 5]))
    bad = command("audit", "check-receipt", several, "--keys", keys)
    assert (bad.code, bad.out.strip()) == (1, "1 of 3 receipts hold.")
    assert [line.partition(":")[0] for line in bad.err.splitlines()] == ["Receipt 2", "Receipt 3"]
    several.write_text("[]")
    assert command("audit", "check-receipt", several, "--keys", keys).code == 1, "nothing is no proof"
    receipt.write_text(json.dumps({**changed, "entry": changed["entry"].replace("user", "used")}))
    bad = command("audit", "check-receipt", receipt, "--keys", keys)
    assert (bad.code, "not the one that was sealed" in bad.err) == (1, True)
    receipt.write_text("{")
    assert command("audit", "check-receipt", receipt, "--keys", keys).code == 2
    with database.in_hand() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == entry.id).values(act="user.disable"))
    bad = command("audit", "verify")
    assert (bad.code, "entry 0 says something else than when it was sealed" in bad.err) == (1, True)
    assert "NOT as it was sealed" in bad.out


def test_a_witness_says_what_it_could_not_learn(command: Command, tmp_path: Path) -> None:
    away = command("witness", "http://127.0.0.1:9", "--state", tmp_path / "w", "--once")
    assert (away.code, "could not be reached" in away.err) == (2, True)
    assert command("witness", "nowhere", "--state", tmp_path / "w", "--once").code == 2
