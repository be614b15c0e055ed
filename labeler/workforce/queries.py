"""Who is signed in, and whom somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.accounts.rules import SESSION_IDLE
from labeler.workforce.models import Labeler, VendorManager


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in: the account, and for a labeler or a vendor manager the vendor and the ways she works in."""

    id: UUID
    email: str
    name: str
    role: Role
    session_id: UUID
    seen_at: datetime
    vendor_id: UUID | None
    languages: tuple[str, ...]
    time_zone: str

    is_authenticated: ClassVar[bool] = True  # these three are what Flask-Login asks of a user
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False


_SIGNED_IN = (
    select(
        User.id,
        User.email,
        User.name,
        User.role,
        SignInSession.id.label("session_id"),
        SignInSession.seen_at,
        Labeler.vendor_id.label("employer"),
        VendorManager.vendor_id.label("speaks_for"),
        Labeler.languages,
        Labeler.time_zone,
    )
    .join(User, User.id == SignInSession.user_id)
    .outerjoin(Labeler, Labeler.id == User.id)
    .outerjoin(VendorManager, VendorManager.user_id == User.id)
    .where(
        SignInSession.token_hash == bindparam("token"),
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > bindparam("now"),
        SignInSession.seen_at > bindparam("idle"),
        User.disabled_at.is_(None),
    )
)


def signed_in(session: Session, token_hash: bytes, now: datetime) -> Person | None:
    """The person behind a session's token; None when the session is over or she has been disabled. One statement."""
    row = session.execute(_SIGNED_IN, {"token": token_hash, "now": now, "idle": now - SESSION_IDLE}).one_or_none()
    if row is None:
        return None
    facts: dict[str, Any] = dict(row._mapping)
    employer, speaks_for = facts.pop("employer"), facts.pop("speaks_for")
    facts["vendor_id"] = speaks_for if employer is None else employer
    facts["languages"] = tuple(facts["languages"] or ())
    facts["time_zone"] = facts["time_zone"] or "UTC"
    return Person(**facts)
