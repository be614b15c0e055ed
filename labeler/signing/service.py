"""Keys that sign, with their entries in the record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.signing.keys import Keys, PublicKey, Purpose, SigningKey


def signing_key(session: Session, keys: Keys, purpose: Purpose, now: datetime) -> SigningKey:
    """The key that signs for `purpose`; that the first one was made is on the record. Raises Conflict when its private
    part is gone."""
    key = keys.current(purpose, now)
    if key.made:
        record(session, "key.make", None, subject(key.public), now, purpose=purpose, key_id=key.public.key_id)
    return key


def rotate(
    session: Session, actor: UUID, keys: Keys, purpose: Purpose, now: datetime
) -> tuple[PublicKey, PublicKey | None]:
    """Let a new key sign from now on: the new one, and the one it retires, whose private part is destroyed.

    What was signed before stays as it is, and the old public key stays on the list. Raises Conflict when somebody else
    rotates at the same moment.
    """
    new, old = keys.rotate(purpose, now)
    old_id = old.key_id if old else None
    record(session, "key.rotate", actor, subject(new), now, purpose=purpose, key_id=new.key_id, old_key_id=old_id)
    return new, old


def distrust(session: Session, actor: UUID, keys: Keys, key_id: str, now: datetime) -> PublicKey:
    """Say publicly that others may have had a retired key. Said again, it changes nothing. Raises Missing, and Conflict
    for the key that signs now."""
    key, new = keys.distrust(key_id, now)
    if new:
        record(session, "key.distrust", actor, subject(key), now, purpose=key.purpose, key_id=key.key_id)
    return key


def subject(key: PublicKey) -> UUID:
    """What entries about a key are about: the first half of its fingerprint."""
    return UUID(key.key_id[:32])
