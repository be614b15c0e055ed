"""Letting people in, and shutting them out at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.models import ApiKey, SignInFailure, SignInLink, SignInSession, User
from labeler.accounts.passwords import hashed
from labeler.accounts.permissions import SCOPE_NEEDS, Role, Scope, may
from labeler.accounts.rules import (
    INVITATION_LASTS,
    LINK_LASTS,
    SESSION_LASTS,
    WINDOW,
    Failures,
    account_problems,
    one_line,
    password_problem,
    throttled,
)
from labeler.audit.service import Entry, record, record_all
from labeler.errors import Conflict, FieldProblem, Invalid, Missing


def digest(token: str) -> bytes:
    """What is stored of a secret: its SHA-256. The secrets are random, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


def add_user(
    session: Session,
    actor: UUID | None,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    vendor: UUID | None = None,
) -> User:
    """Add a person, who can sign in once she has a password or a link. Raises Invalid; Conflict for a known address.

    `vendor` is the vendor whose record this belongs to.
    """
    email, name = email.strip().lower(), name.strip()
    problems = account_problems(email, name)
    if problems:
        raise Invalid("This person can't be added yet.", problems)
    user = User(email=email, name=name or email.split("@", 1)[0], role=role, created_at=now)
    taken = Conflict(f"{email} has an account already.")
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise taken
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise taken from error  # added by somebody else at this moment
    record(session, "user.add", actor, user.id, now, vendor, role=role)
    return user


def set_password(session: Session, user: User, password: str, now: datetime) -> None:
    """Give a person a new password; every session and every link she has ends with it. Raises Invalid."""
    problem = password_problem(password, user.email)
    if problem is not None:
        raise Invalid("This password can't be used.", [FieldProblem("password", problem)])
    user.password_hash = hashed(password)
    end_sessions(session, user.id, now)
    _end_links(session, user.id, now)
    record(session, "user.password", user.id, user.id, now)


def disable(session: Session, actor: UUID | None, user_id: UUID, now: datetime, vendor: UUID | None = None) -> None:
    """Shut a person out: her sessions, links and keys end with this transaction.

    `vendor` is the vendor whose record this belongs to. Raises Missing; Conflict for the last administrator.
    """
    # Held in one order, so that of two who shut each other out at once one stays.
    admins = select(User.id).where(User.role == Role.ADMIN, User.disabled_at.is_(None)).order_by(User.id)
    left = session.scalars(admins.with_for_update(key_share=True)).all()
    user = session.get(User, user_id, populate_existing=True)
    if user is None:
        raise Missing("There is no such person.")
    if user.disabled_at is not None:
        return
    if left == [user_id]:
        raise Conflict(
            "This is the last administrator. Add another one first, so that somebody can still let people in."
        )
    user.disabled_at = now
    end_sessions(session, user.id, now)
    _end_links(session, user.id, now)
    session.execute(update(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now))
    record(session, "user.disable", actor, user.id, now, vendor)


def end_sessions(session: Session, user_id: UUID, now: datetime, *, but: UUID | None = None) -> Sequence[UUID]:
    """End a person's sessions, all or all but one; returns which."""
    ending = update(SignInSession).where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None))
    if but is not None:
        ending = ending.where(SignInSession.id != but)
    return session.scalars(ending.values(ended_at=now).returning(SignInSession.id)).all()


def end_other_sessions(session: Session, user_id: UUID, here: UUID, now: datetime) -> None:
    """Sign a person out everywhere but in the browser she uses."""
    ended = end_sessions(session, user_id, now, but=here)
    record_all(session, [Entry("session.end", user_id, each, None, {}) for each in ended], now)


def _end_links(session: Session, user_id: UUID, now: datetime) -> None:
    session.execute(
        update(SignInLink).where(SignInLink.user_id == user_id, SignInLink.used_at.is_(None)).values(used_at=now)
    )


def end_session(session: Session, user_id: UUID, session_id: UUID, now: datetime) -> None:
    """Sign one browser out. Raises Missing when the session is not this person's."""
    found = session.get(SignInSession, session_id)
    if found is None or found.user_id != user_id:
        raise Missing("There is no such session of yours.")
    if found.ended_at is None:
        found.ended_at = now
        record(session, "session.end", user_id, found.id, now)


@dataclass(frozen=True, slots=True)
class Try:
    """A sign-in under way: it counts as failed until it has succeeded. `user_id` is None for an unknown name."""

    id: UUID
    user_id: UUID | None
    password_hash: str | None


_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('labeler sign-in'))")
"""Held while tries are counted and the next is written down: a flood at once would otherwise see none of itself."""


def begin_sign_in(session: Session, email: str, address: str, key: str, now: datetime) -> Try | None:
    """Write the try down before the password is looked at; None when too many have failed lately.

    `key` is the application's secret: what is stored are keyed hashes of name and address, for a day.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(_ONE_BY_ONE)
    email = email.strip().lower()[:254].replace("\0", "")  # PostgreSQL has no such character
    account = hmac.digest(key.encode(), f"account {email}".encode(), "sha256")
    origin = hmac.digest(key.encode(), f"address {address}".encode(), "sha256")
    if throttled(_failures(session, account, origin, now)):
        return None
    failure = SignInFailure(at=now, account_hash=account, address_hash=origin)
    session.add(failure)
    user = session.scalars(select(User).where(User.email == email, User.disabled_at.is_(None))).one_or_none()
    return Try(failure.id, user.id, user.password_hash) if user else Try(failure.id, None, None)


def _failures(session: Session, account: bytes, address: bytes, now: datetime) -> Failures:
    recent = SignInFailure.at > now - WINDOW
    counts = select(
        func.count().filter(SignInFailure.account_hash == account),
        func.count().filter(SignInFailure.address_hash == address),
        func.count(),
    ).where(recent)
    return Failures(*session.execute(counts).one())


def forget_try(session: Session, tried: Try) -> None:
    """The password was right: the try no longer counts."""
    session.execute(delete(SignInFailure).where(SignInFailure.id == tried.id))


def finish_sign_in(session: Session, tried: Try, now: datetime) -> str | None:
    """The password was right: forget the try and open a session. Returns its token, which is stored nowhere.

    None when the person was shut out or has changed her password in the meantime; the try then counts as failed.
    """
    still = select(User.id).where(
        User.id == tried.user_id, User.password_hash == tried.password_hash, User.disabled_at.is_(None)
    )
    user_id = session.scalar(still.with_for_update(read=True))
    if user_id is None:
        return None
    forget_try(session, tried)
    return start_session(session, user_id, "password", now)


def start_session(session: Session, user_id: UUID, by: str, now: datetime) -> str:
    """Open a session for a person and return its token."""
    token = secrets.token_urlsafe(32)
    opened = SignInSession(
        user_id=user_id, token_hash=digest(token), created_at=now, seen_at=now, expires_at=now + SESSION_LASTS
    )
    session.add(opened)
    session.flush()
    record(session, "session.start", user_id, opened.id, now, by=by)
    return token


def make_link(
    session: Session, actor: UUID | None, user: User, now: datetime, *, invites: bool, vendor: UUID | None = None
) -> str:
    """A one-time link's token: an invitation to set a password (7 days), or a door straight in (1 hour).

    A new invitation ends those before it. `vendor` is the vendor whose record this belongs to.
    """
    token = secrets.token_urlsafe(32)
    expires_at = now + (INVITATION_LASTS if invites else LINK_LASTS)
    if invites:
        _end_links(session, user.id, now)
    session.add(
        SignInLink(user_id=user.id, token_hash=digest(token), invites=invites, created_at=now, expires_at=expires_at)
    )
    record(session, "user.invite", actor, user.id, now, vendor, expires_at=expires_at)
    return token


def open_link(session: Session, token: str, now: datetime, *, invites: bool) -> User:
    """The person a link is for, without using it up. Raises Missing when it is unknown, used or too old."""
    row = session.execute(_link(token, now, invites=invites)).one_or_none()
    if row is None:
        raise Missing("This link has been used, or is too old. Ask the person who sent it for a new one.")
    user: User = row[1]
    return user


def use_link(session: Session, token: str, now: datetime, *, invites: bool) -> User:
    """Use a link up, once. Raises Missing as `open_link` does; of two uses at once, one gets in."""
    user = open_link(session, token, now, invites=invites)
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.token_hash == digest(token), SignInLink.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise Missing("This link has been used, or is too old. Ask the person who sent it for a new one.")
    return user


def _link(token: str, now: datetime, *, invites: bool):  # type: ignore[no-untyped-def]
    return (
        select(SignInLink, User)
        .join(User, User.id == SignInLink.user_id)
        .where(
            SignInLink.token_hash == digest(token),
            SignInLink.invites.is_(invites),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            User.disabled_at.is_(None),
        )
    )


def make_api_key(
    session: Session, user_id: UUID, role: Role, name: str, scopes: list[str], now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown this once. Raises Invalid for scopes the person may not give away."""
    wanted = [Scope(scope) for scope in scopes if scope in set(Scope)]
    if not wanted or len(wanted) != len(scopes) or not all(may(role, SCOPE_NEEDS[scope]) for scope in wanted):
        raise Invalid(
            "Choose what the key may do.", [FieldProblem("scopes", "Tick at least one, of those you may do.")]
        )
    if not name.strip() or len(name) > 80 or not one_line(name):
        raise Invalid("Name the key.", [FieldProblem("name", "Use 1 to 80 characters, such as where it is used.")])
    secret = f"lbl_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        user_id=user_id,
        name=name.strip(),
        prefix=secret[:10],
        key_hash=digest(secret),
        scopes=list(wanted),
        created_at=now,
    )
    session.add(key)
    session.flush()
    record(session, "api_key.make", user_id, key.id, now, scopes=[scope.value for scope in wanted])
    return key, secret


def revoke_api_key(session: Session, user_id: UUID, key_id: UUID, now: datetime) -> None:
    """Shut a key; the next request with it is refused. Raises Missing when it is not this person's."""
    key = session.get(ApiKey, key_id)
    if key is None or key.user_id != user_id:
        raise Missing("There is no such key of yours.")
    if key.revoked_at is None:
        key.revoked_at = now
        record(session, "api_key.revoke", user_id, key.id, now)
