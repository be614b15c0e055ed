"""Receipts: whoever holds one can check it with public keys alone, and nobody can make one up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from labeler.audit import proving
from labeler.audit.checkpoint import read
from labeler.audit.logs import ROOTS
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.receipts import wrong
from labeler.audit.service import Entry, record_all
from labeler.audit.tree import consistent
from labeler.db import reading, transaction
from labeler.errors import Conflict, Missing
from labeler.ids import new_id
from labeler.jobs import seal
from labeler.signing.keys import Keys, Purpose
from labeler.signing.sealing import origin, record_keys
from tests.support.build import NOW
from tests.support.database import Database

VENDOR = UUID(int=1 << 100 | 1)
MINUTES = count()
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELER_HOME", str(database.home))


def clock_after() -> datetime:
    """A minute later than the last time it was asked."""
    return LATER + timedelta(minutes=next(MINUTES))


def sealed(entries: int) -> list[UUID]:
    with transaction() as session:
        record_all(session, [Entry("break.end", new_id(), new_id(), VENDOR, {}) for _ in range(entries)], NOW)
    seal.seal_record(clock_after())
    with reading() as session:
        return list(
            session.scalars(select(AuditEntry.id).where(AuditEntry.vendor_id == VENDOR).order_by(AuditEntry.id))
        )


def taken(entry_id: UUID) -> dict[str, Any]:
    with reading() as session:
        return proving.receipt(session, entry_id).model_dump(mode="json")


def judged(database: Database, receipt: Any) -> str | None:
    keys = Keys(database.home)
    return wrong(receipt, origin(keys), record_keys(keys))


def test_every_entry_has_a_receipt_that_holds(home: None, database: Database) -> None:
    for entry_id in sealed(40):
        assert judged(database, taken(entry_id)) is None
    sealed(300)
    for entry_id in sealed(20)[::60]:
        assert judged(database, taken(entry_id)) is None


def test_an_old_receipt_holds_after_a_new_key_and_more_entries(home: None, database: Database) -> None:
    receipt = taken(sealed(3)[0])
    Keys(database.home).rotate(Purpose.RECORD, clock_after())
    sealed(5)
    assert judged(database, receipt) is None


def test_no_changed_receipt_holds(home: None, database: Database) -> None:
    entries = sealed(12)
    dice, receipt, other = random.Random(5), taken(entries[4]), taken(entries[5])
    for name in receipt:
        for _ in range(8):
            changed = dict(receipt)
            value = receipt[name]
            if isinstance(value, int):
                changed[name] = dice.choice([n for n in range(-1, 20) if n != value])
            elif isinstance(value, list):
                changed[name] = dice.choice([value[1:], value[:-1], [*value, "00" * 32], other["path"] * 3])
            else:
                at = dice.randrange(len(value))
                changed[name] = value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
            if changed[name] != value:
                assert judged(database, changed), (name, changed[name])
    assert judged(database, {**receipt, "entry": other["entry"]}) == (
        "The entry is not the one that was sealed at this place."
    )
    assert (
        judged(database, {**receipt, "root": other["root"][::-1]}) == "The root it names is not under its checkpoint."
    )


PLAIN = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_anything_is_judged(told: Any) -> None:
    assert wrong(told, "labeler/x", []) is not None


def test_what_is_not_sealed_or_was_erased_has_none(home: None, database: Database) -> None:
    entries = sealed(3)
    with transaction() as session:
        record_all(session, [Entry("break.end", new_id(), new_id(), VENDOR, {})], NOW)
        waiting = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).one()
    with database.in_hand() as session:
        session.execute(update(LogLeaf).where(LogLeaf.entry_id == entries[0]).values(salt=None))
        session.execute(delete(AuditEntry).where(AuditEntry.id == entries[0]))
    with reading() as session:
        with pytest.raises(Conflict, match="not sealed yet"):
            proving.receipt(session, waiting)
        with pytest.raises(Conflict, match="erased"):
            proving.receipt(session, entries[0])
        with pytest.raises(Missing):
            proving.receipt(session, new_id())
    assert judged(database, taken(entries[1])) is None


def test_a_log_only_grows_and_proves_it(home: None, database: Database) -> None:
    sealed(10)
    with reading() as session:
        first = proving.checkpoint(session)
    sealed(10)
    with reading() as session:
        second = proving.checkpoint(session)
        path = [bytes.fromhex(each) for each in proving.grew(session, ROOTS, first.size, second.size)]
        old, new = read(first.note)[0], read(second.note)[0]
        assert consistent(old.size, new.size, old.root, new.root, path)
        with pytest.raises(Missing, match="up to that"):
            proving.grew(session, VENDOR, 3, 1_000)
