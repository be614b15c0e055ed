"""Sealing the record, each minute: what was written since gets its place in the trees, and a checkpoint is signed."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from labeler.audit.sealing import latest, waits
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.signing import sealing
from labeler.signing.keys import Keys
from labeler.signing.memory import Memory

log = logging.getLogger(__name__)


def seal_record(now: datetime, *, everything: bool = False, folder: Path | None = None) -> int:
    """Seal what waits, and return how many entries that was. `everything` looks through the whole record for what came
    too late to be found at its end; `folder` is the data folder, else that of the settings. A database that came back
    from before what was sealed last is said to be one, by an entry that is sealed before all others. Raises Conflict
    when the private part of the record's key is gone."""
    folder = folder or Settings().folder
    keys, memory, done = Keys(folder), Memory(folder), 0
    while True:
        with reading() as session:
            if memory.lost(session) is None and not waits(session, everything=everything):
                return done
        with transaction() as session:
            sealed = sealing.seal_record(session, keys, memory, now, everything=everything)
            newest = latest(session)
        done += sealed.entries
        if newest is not None and sealed.lost is not None:
            log.error("The database came back from before what was sealed last. The record says so from now on.")
            memory.give_up(sealed.lost, newest.note)
        elif newest is not None:
            memory.keep(newest.note)
