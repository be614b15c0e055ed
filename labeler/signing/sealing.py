"""The keys of the record: the one that seals it now, and all those that its checkpoints are checked by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy.orm import Session

from labeler.audit.checking import Key
from labeler.audit.sealing import Sealed, seal
from labeler.errors import Missing
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key


def seal_record(session: Session, keys: Keys, now: datetime, *, everything: bool = False) -> Sealed:
    """Seal what waits, up to `sealing.MOST` entries. Raises Conflict when the private part of the key is gone."""
    key = signing_key(session, keys, Purpose.RECORD, now)
    return seal(session, key.private, key.public.key_id, origin(keys), now, everything=everything)


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
