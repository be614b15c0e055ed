"""Who is signed in, and whom somebody may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.accounts.rules import SESSION_IDLE
from labeler.errors import Missing
from labeler.workforce.models import Labeler, Vendor, VendorManager, WorkerRepresentative


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in: the account, and the vendor of a labeler, a vendor manager or a worker representative, and the
    ways a labeler works in."""

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
        func.coalesce(VendorManager.vendor_id, WorkerRepresentative.vendor_id).label("speaks_for"),
        Labeler.languages,
        Labeler.time_zone,
    )
    .join(User, User.id == SignInSession.user_id)
    .outerjoin(Labeler, Labeler.id == User.id)
    .outerjoin(VendorManager, VendorManager.user_id == User.id)
    .outerjoin(WorkerRepresentative, WorkerRepresentative.user_id == User.id)
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


@dataclass(frozen=True, slots=True)
class Listed:
    """What the people's pages show of somebody: the account, and for a labeler what she works in and until when."""

    id: UUID
    name: str
    email: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    vendor_id: UUID | None
    vendor_name: str | None
    languages: Sequence[str] | None
    time_zone: str | None
    contract_from: date | None
    contract_until: date | None
    erased_at: datetime | None


_PEOPLE = (
    select(
        User.id,
        User.name,
        User.email,
        User.role,
        User.created_at,
        User.disabled_at,
        User.password_hash.is_not(None).label("has_password"),
        Vendor.id.label("vendor_id"),
        Vendor.name.label("vendor_name"),
        Labeler.languages,
        Labeler.time_zone,
        Labeler.contract_from,
        Labeler.contract_until,
        Labeler.erased_at,
    )
    .select_from(User)
    .outerjoin(Labeler, Labeler.id == User.id)
    .outerjoin(VendorManager, VendorManager.user_id == User.id)
    .outerjoin(WorkerRepresentative, WorkerRepresentative.user_id == User.id)
    .outerjoin(
        Vendor,
        Vendor.id == func.coalesce(Labeler.vendor_id, VendorManager.vendor_id, WorkerRepresentative.vendor_id),
    )
)


def _seen_by(viewer: Person) -> ColumnElement[bool]:
    """Whose rows the viewer sees: an administrator everybody's, a vendor manager her own vendor's labelers'."""
    if viewer.role is Role.ADMIN:
        return true()
    if viewer.role is Role.VENDOR_MANAGER and viewer.vendor_id is not None:
        return Labeler.vendor_id == viewer.vendor_id
    return false()


def people(
    session: Session,
    viewer: Person,
    *,
    role: Role | None = None,
    vendor: UUID | None = None,
    words: str = "",
    after: UUID | None = None,
    most: int = 50,
) -> Sequence[Listed]:
    """The people the viewer sees, by name: those with a role, at a vendor, with `words` in name or address.

    `after` is the last one of the page before.
    """
    found = _PEOPLE.where(_seen_by(viewer))
    if role is not None:
        found = found.where(User.role == role)
    if vendor is not None:
        found = found.where(Vendor.id == vendor)
    if words:
        found = found.where(
            or_(User.name.icontains(words, autoescape=True), User.email.icontains(words, autoescape=True))
        )
    by_name = func.lower(User.name)
    if after is not None:
        last = select(by_name).outerjoin(Labeler, Labeler.id == User.id).where(_seen_by(viewer), User.id == after)
        found = found.where(tuple_(by_name, User.id) > tuple_(last.scalar_subquery(), after))
    rows = session.execute(found.order_by(by_name, User.id).limit(most))
    return [Listed(**row._mapping) for row in rows]


def one_of_them(session: Session, viewer: Person, person_id: UUID) -> Listed:
    """One person the viewer sees. Raises Missing for everybody else, as for nobody."""
    row = session.execute(_PEOPLE.where(_seen_by(viewer), User.id == person_id)).one_or_none()
    if row is None:
        raise Missing("There is no such person, or she is not yours to see.")
    return Listed(**row._mapping)


def vendors(session: Session) -> Sequence[tuple[Vendor, int]]:
    """All vendors by name, each with the number of its labelers who are not shut out."""
    employed = func.count(User.id)
    rows = session.execute(
        select(Vendor, employed)
        .outerjoin(Labeler, Labeler.vendor_id == Vendor.id)
        .outerjoin(User, (User.id == Labeler.id) & User.disabled_at.is_(None))
        .group_by(Vendor.id)
        .order_by(Vendor.name)
    ).all()
    return [(vendor, number) for vendor, number in rows]


def called(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[str, Role]]:
    """The name and the role of each person among these ids; ids of anything else are left out."""
    rows = session.execute(select(User.id, User.name, User.role).where(User.id.in_(set(ids)))).all()
    return {key: (name, role) for key, name, role in rows}
