"""Keys that sign: made once, changed for new ones, never lost half-way."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import orjson
import pytest
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.errors import Conflict, Missing
from labeler.signing.keys import Keys, Purpose, fingerprint
from labeler.signing.service import distrust, rotate, signing_key
from tests.support.build import NOW, add_user
from tests.support.database import Database

EXPORT = Purpose.EXPORT
LATER = NOW + timedelta(days=30)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder / "keys").as_posix() for path in (folder / "keys").rglob("*.p*"))


def test_the_first_use_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert keys.known(EXPORT) == ()
    first, second = keys.current(EXPORT, NOW), keys.current(EXPORT, LATER)
    assert (first.made, second.made) == (True, False)
    assert first.public == second.public == keys.known(EXPORT)[0]
    assert (first.public.since, first.public.until) == (NOW, None)
    assert first.public.key_id == fingerprint(first.private.public_key())
    assert first.sign(b"x") == second.sign(b"x"), "it draws no dice"
    for path in (tmp_path / "keys", *(tmp_path / "keys").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert files(tmp_path) == ["export/1.private", "export/1.public"], "nothing else is left"


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime; from labeler.signing.keys import *\n"
        "sys.stdin.readline()\n"
        "key = Keys(Path(sys.argv[1])).current(Purpose.EXPORT, datetime(2026, 3, 2, tzinfo=UTC))\n"
        "print(key.public.key_id, key.made)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate()[0].split() for each in running]
    assert len({key_id for key_id, _ in said}) == 1
    assert [made for _, made in said].count("True") == 1


def test_a_rotation_retires_the_old_key_and_destroys_its_private_part(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    before = keys.current(EXPORT, NOW).public
    new, old = keys.rotate(EXPORT, LATER)
    assert old == before and new.key_id != before.key_id
    assert keys.current(EXPORT, LATER).public == new
    assert [(key.key_id, key.since, key.until) for key in keys.known(EXPORT)] == [
        (before.key_id, NOW, LATER),
        (new.key_id, LATER, None),
    ]
    assert files(tmp_path) == ["export/1.public", "export/2.private", "export/2.public"]


def test_rotations_at_once_leave_one_line_of_keys(tmp_path: Path) -> None:
    keys, barrier = Keys(tmp_path), Barrier(6)
    keys.current(EXPORT, NOW)

    def turn(_: int) -> bool:
        barrier.wait()
        try:
            keys.rotate(EXPORT, LATER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        done = sum(pool.map(turn, range(6)))
    assert done >= 1
    assert [key.number for key in keys.known(EXPORT)] == list(range(1, done + 2))
    assert [path for path in files(tmp_path) if path.endswith("private")] == [f"export/{done + 1}.private"]


def test_whoever_is_killed_between_two_files_leaves_a_whole_key(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    made = keys.current(EXPORT, NOW).public
    (tmp_path / "keys/export/1.public").unlink()
    assert keys.known(EXPORT) == (made,)
    keys._make(EXPORT, 2, LATER)  # as a rotation does first
    new = keys.current(EXPORT, LATER).public
    assert [(key.number, key.until) for key in keys.known(EXPORT)] == [(1, LATER), (2, None)]
    third, old = keys.rotate(EXPORT, LATER + timedelta(days=1))
    assert old == new and third.number == 3
    assert not [path for path in files(tmp_path) if path.endswith("private")][1:]


def test_a_lost_or_damaged_key_is_told_and_a_new_one_goes_on(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    lost = keys.current(EXPORT, NOW).public
    private = tmp_path / "keys/export/1.private"
    kept = private.read_bytes()
    private.unlink()
    with pytest.raises(Conflict, match="labeler key rotate export"):
        keys.current(EXPORT, NOW)
    for bad in (b"", kept[:60], b'{"since": "", "private_key": 1}'):
        private.write_bytes(bad)
        with pytest.raises(Conflict, match="Put it back"):
            keys.current(EXPORT, NOW)
    private.unlink()
    private.mkdir()  # nobody can read a folder as a file, not even root
    with pytest.raises(Conflict, match="can't be read"):
        keys.current(EXPORT, NOW)
    private.rmdir()
    new, old = keys.rotate(EXPORT, LATER)
    assert old == lost
    assert keys.current(EXPORT, LATER).public == new


def test_a_damaged_public_part_is_told(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.current(EXPORT, NOW)
    public = tmp_path / "keys/export/1.public"
    for bad in (b"", b"{}", b'{"public_key": "x", "since": "2026-01-01"}'):
        public.write_bytes(bad)
        with pytest.raises(Conflict, match="Put it back"):
            keys.current(EXPORT, NOW)
    public.unlink()
    public.mkdir()
    with pytest.raises(Conflict, match="can't be read"):
        keys.known(EXPORT)


def test_a_stolen_key_is_told_for_good(database: Database) -> None:
    keys = Keys(database.home)
    old = keys.current(EXPORT, NOW).public
    with pytest.raises(Conflict, match="labeler key rotate export"):
        keys.distrust(old.key_id, NOW)
    with pytest.raises(Missing):
        keys.distrust("0" * 64, NOW)
    keys.rotate(EXPORT, LATER)
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
        told = [distrust(session, admin.id, keys, old.key_id.upper(), LATER + timedelta(days=n)) for n in (1, 2)]
    assert {each.distrusted for each in told} == {LATER + timedelta(days=1)}
    assert [key.distrusted for key in keys.known(EXPORT)] == [LATER + timedelta(days=1), None]
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "key.distrust")).one()
    assert orjson.loads(entry.fields) == {"purpose": "export", "key_id": old.key_id}


def test_first_uses_and_rotations_are_on_the_record(database: Database) -> None:
    keys = Keys(database.home)
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
        first = signing_key(session, keys, EXPORT, NOW).public
        assert signing_key(session, keys, EXPORT, NOW).public == first
        second, _ = rotate(session, admin.id, keys, EXPORT, LATER)
    with reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act.like("key.%")).order_by(AuditEntry.id)).all()
    assert [(each.act, each.actor_id, orjson.loads(each.fields)) for each in found] == [
        ("key.make", None, {"purpose": "export", "key_id": first.key_id}),
        ("key.rotate", admin.id, {"purpose": "export", "key_id": second.key_id, "old_key_id": first.key_id}),
    ]
    assert found[1].subject_id.hex == second.key_id[:32]
