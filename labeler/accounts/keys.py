"""Who stands behind an API key, and slowing down those who guess one."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from labeler.accounts.models import ApiKey, SignInFailure, User
from labeler.accounts.permissions import SCOPE_NEEDS, Role, Scope, may
from labeler.accounts.rules import WINDOW

WRONG_KEYS = 60
"""Wrong keys from one address within `WINDOW` before more of them must wait. Right keys never wait."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The person whose key a script shows, and what the key opens."""

    key_id: UUID
    user_id: UUID
    role: Role
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether the key has the scope and the person's role still grants what it stands for."""
        return scope in self.scopes and may(self.role, SCOPE_NEEDS[scope])


def caller(session: Session, key_hash: bytes, now: datetime) -> Caller | None:
    """The person behind a key's SHA-256, in one statement; None when the key opens nothing or she is disabled."""
    row = session.execute(
        select(ApiKey.id, User.id, User.role, ApiKey.scopes)
        .join(User, User.id == ApiKey.user_id)
        .where(
            ApiKey.key_hash == key_hash,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    key_id, user_id, role, scopes = row
    return Caller(key_id, user_id, role, frozenset(scopes))


def wrong_key(session: Session, address: str, secret: str, now: datetime) -> bool:
    """Write a wrong key down for a day, under a keyed hash of its address; True when this address must now wait.

    `secret` is the application's. The hashes are apart from those of sign-in: a forgotten script shuts no office out.
    Past the limit nothing more is written.
    """
    origin = hmac.digest(secret.encode(), f"api address {address}".encode(), "sha256")
    recent = select(func.count()).where(SignInFailure.address_hash == origin, SignInFailure.at > now - WINDOW)
    if session.execute(recent).scalar_one() >= WRONG_KEYS:
        return True
    session.add(SignInFailure(at=now, account_hash=origin, address_hash=origin))
    return False
