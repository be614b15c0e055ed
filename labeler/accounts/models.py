"""People who sign in, and everything that lets them in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.accounts.permissions import Role
from labeler.db import Entity


class User(Entity):
    """A person with one role. `email` is kept in lower case; `password_hash` is argon2id, null until first set."""

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role]
    created_at: Mapped[datetime]
    password_hash: Mapped[str | None] = mapped_column(default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInSession(Entity):
    """One signed-in browser. The cookie holds the token, the row its SHA-256; ending the row ends the session."""

    __tablename__ = "sign_in_session"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "user_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInLink(Entity):
    """A one-time link: an invitation to set a password, or (in the demo) a door straight in."""

    __tablename__ = "sign_in_link"
    __table_args__ = (UniqueConstraint("token_hash"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    invites: Mapped[bool]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class SignInFailure(Entity):
    """A failed guess, kept only to slow the next one down; keyed hashes, no address and no name, gone after a day."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index(None, "account_hash", "at"),
        Index(None, "address_hash", "at"),
        Index(None, "at"),
    )

    at: Mapped[datetime]
    account_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class ApiKey(Entity):
    """A key for scripts: scoped, revocable, shown once. `prefix` lets its owner tell keys apart."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("key_hash"), Index(None, "user_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class ApiReply(Entity):
    """The reply given to an idempotency key: a repeat of the same request gets it again, another request is refused."""

    __tablename__ = "api_reply"
    __table_args__ = (UniqueConstraint("api_key_id", "idempotency_key"), Index(None, "at"))

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("api_key.id"))
    idempotency_key: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
