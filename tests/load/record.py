"""The sealed record: what sealing costs, how long a walk over all of it takes, and how large a proof is."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from labeler import clock, db
from labeler.audit import proving
from labeler.audit.receipts import wrong
from labeler.audit.walking import walk
from labeler.signing.keys import Keys
from labeler.signing.memory import Memory
from labeler.signing.sealing import origin, record_keys, seal_record
from tests.load.server import Postgres

VENDORS = 4
ASKED = 200
"""Receipts that are made and checked."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Seconds for all `entries`; a receipt's hashes in bytes, and the slowest check of one in milliseconds."""

    entries: int
    seal_s: float
    walk_s: float
    clean: bool
    proof_bytes: int
    prove_ms: float
    check_ms: float


def measure(postgres: Postgres, entries: int) -> Sealed:
    """A record of so many entries of four vendors."""
    postgres.fresh("bench_record")
    with db.transaction() as session:
        session.execute(
            text(
                """
                INSERT INTO audit_entry (id, at, act, actor_id, subject_id, vendor_id, fields)
                SELECT CAST(lpad(to_hex(1767225600000 + n), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
                            || lpad(to_hex(n), 15, '0') AS uuid),
                       CAST(:now AS timestamptz), 'break.end', gen_random_uuid(), gen_random_uuid(),
                       CAST(lpad(to_hex(n % :vendors + 2), 32, '0') AS uuid), '{}'
                FROM generate_series(1, :entries) n
                """
            ),
            {"now": clock.now(), "entries": entries, "vendors": VENDORS},
        )
    with tempfile.TemporaryDirectory() as folder:
        keys, memory = Keys(Path(folder)), Memory(Path(folder))
        start = time.perf_counter()
        while True:
            with db.transaction() as session:
                if not seal_record(session, keys, memory, clock.now()).entries:
                    break
        sealed = time.perf_counter() - start
        name, known = origin(keys), record_keys(keys)
        start = time.perf_counter()
        with db.reading() as session:
            found = walk(session, name, known, clock.now())
        walked = time.perf_counter() - start
        size, proving_ms, checking_ms = 0, 0.0, 0.0
        with db.reading() as session:
            some = text("SELECT CAST(entry_id AS text) FROM log_leaf ORDER BY commitment LIMIT :asked")
            for entry_id in map(UUID, session.scalars(some, {"asked": ASKED}).all()):
                start = time.perf_counter()
                receipt = proving.receipt(session, entry_id)
                proving_ms = max(proving_ms, (time.perf_counter() - start) * 1000)
                told = receipt.model_dump(mode="json")
                size = max(size, (len(receipt.path) + len(receipt.roots_path)) * 32)
                start = time.perf_counter()
                if wrong(told, name, known) is not None:
                    raise RuntimeError("a receipt does not hold")
                checking_ms = max(checking_ms, (time.perf_counter() - start) * 1000)
    return Sealed(found.entries, sealed, walked, found.clean, size, proving_ms, checking_ms)
