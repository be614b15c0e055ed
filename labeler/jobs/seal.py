"""Sealing the record, each minute: what was written since gets its place in the trees, and a checkpoint is signed."""

from __future__ import annotations

from datetime import datetime

from labeler.audit.sealing import waits
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.signing import sealing
from labeler.signing.keys import Keys


def seal_record(now: datetime, *, everything: bool = False) -> int:
    """Seal what waits, and return how many entries that was. `everything` looks through the whole record for what came
    too late to be found at its end. Raises Conflict when the private part of the record's key is gone."""
    keys, done = Keys(Settings().folder), 0
    while True:
        with reading() as session:
            if not waits(session, everything=everything):
                return done
        with transaction() as session:
            done += sealing.seal_record(session, keys, now, everything=everything).entries
