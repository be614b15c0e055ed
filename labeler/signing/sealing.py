"""The keys of the record: the one that seals it now, and all those that its checkpoints are checked by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy.orm import Session

from labeler.audit.checking import Key
from labeler.audit.sealing import Sealed, latest, one_at_a_time, seal
from labeler.audit.service import record
from labeler.errors import Missing
from labeler.signing.keys import Keys, Purpose
from labeler.signing.memory import RECOVERY, Memory, facts, subject, told_of
from labeler.signing.service import signing_key


def seal_record(session: Session, keys: Keys, memory: Memory, now: datetime, *, everything: bool = False) -> Sealed:
    """Seal what waits, up to `sealing.MOST` entries; where the database came back from before what is remembered, the
    entry that says so (`record.recovery`), and nothing else. Raises Conflict when the private part of the key is gone.
    """
    key = signing_key(session, keys, Purpose.RECORD, now)
    one_at_a_time(session)  # first: what another one has sealed and remembered meanwhile is no loss
    lost, only = memory.lost(session), None
    if lost is not None:
        if told_of(session, lost) is not None:
            return Sealed(0, None, lost)  # said by a process that ended before it could remember it
        newest = latest(session)
        record(session, RECOVERY, None, subject(lost), now, **facts(lost, newest.size if newest else 0))
        only = told_of(session, lost)
    done = seal(session, key.private, key.public.key_id, origin(keys), now, everything=everything, only=only)
    return replace(done, lost=lost)


def origin(keys: Keys) -> str:
    """What the log of roots of this installation is called: by the first key that sealed its record. Raises Missing
    while nothing is sealed."""
    known = keys.known(Purpose.RECORD)
    if not known:
        raise Missing("Nothing of this record is sealed yet. A worker seals it each minute: is one running?")
    return f"labeler/{known[0].key_id[:16]}"


def record_keys(keys: Keys) -> list[Key]:
    """Every key that ever sealed the record, as the checker takes them."""
    return [
        Key(loaded, key.since, key.until, key.distrusted is not None)
        for key in keys.known(Purpose.RECORD)
        if isinstance(loaded := load_pem_public_key(key.pem.encode()), Ed25519PublicKey)
    ]


def public_keys(told: Any) -> tuple[str, list[Key]]:
    """The name of a record and its keys, from what an installation publishes (`/.well-known/labeler-keys.json`).
    Raises ValueError."""
    try:
        known = [each for each in told["keys"] if each["purpose"] == Purpose.RECORD]
        keys = [
            Key(
                cast("Ed25519PublicKey", load_pem_public_key(each["public_key"].encode())),
                datetime.fromisoformat(each["from"]),
                each["until"] and datetime.fromisoformat(each["until"]),
                each["distrusted"] is not None,
            )
            for each in known
        ]
        return f"labeler/{known[0]['key_id'][:16]}", keys
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"the list of keys has none of a record ({error!r})") from None
