"""Vendors and the people who work for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.accounts.service import add_user
from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid
from labeler.workforce.models import Labeler, Vendor, VendorManager
from labeler.workforce.rules import labeler_problems, tidy_tag

IN_HOUSE = "In-house"


def see_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that a session was used just now."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=now))


def add_vendor(session: Session, actor: UUID | None, name: str, now: datetime, *, in_house: bool = False) -> Vendor:
    """Add a vendor. Raises Invalid for an empty name, Conflict for one that is taken."""
    name = name.strip()
    if not name or len(name) > 120:
        raise Invalid("Name the vendor.", [FieldProblem("name", "Use 1 to 120 characters.")])
    if session.scalar(select(Vendor.id).where(Vendor.name == name)) is not None:
        raise Conflict(f"There is a vendor named {name} already.")
    vendor = Vendor(name=name, created_at=now, in_house=in_house)
    session.add(vendor)
    session.flush()
    record(session, "vendor.add", actor, vendor.id, now, vendor.id, name=name)
    return vendor


def in_house(session: Session, actor: UUID | None, now: datetime) -> Vendor:
    """The vendor of people who are employed directly; made on first use."""
    found = session.scalars(select(Vendor).where(Vendor.in_house)).first()
    return found or add_vendor(session, actor, IN_HOUSE, now, in_house=True)


def add_labeler(
    session: Session,
    actor: UUID | None,
    email: str,
    name: str,
    vendor: Vendor,
    languages: Sequence[str],
    now: datetime,
    *,
    time_zone: str = "UTC",
    contract_from: date | None = None,
    contract_until: date | None = None,
) -> Labeler:
    """Add a labeler and her account; her contract begins today unless said otherwise. Raises Invalid, Conflict."""
    tags = list(dict.fromkeys(tidy_tag(tag) for tag in languages if tag.strip()))
    starts = contract_from or now.date()
    problems = labeler_problems(tags, time_zone, starts, contract_until)
    if problems:
        raise Invalid("This person can't be added yet.", problems)
    user = add_user(session, actor, email, name, Role.LABELER, now)
    labeler = Labeler(
        id=user.id,
        vendor_id=vendor.id,
        languages=tags,
        time_zone=time_zone,
        contract_from=starts,
        contract_until=contract_until,
    )
    session.add(labeler)
    session.flush()
    record(
        session, "labeler.add", actor, labeler.id, now, vendor.id, languages=tags,
        time_zone=time_zone, contract_from=starts, contract_until=contract_until,
    )  # fmt: skip
    return labeler


def add_vendor_manager(
    session: Session, actor: UUID | None, email: str, name: str, vendor: Vendor, now: datetime
) -> User:
    """Add a person who speaks for one vendor. Raises Invalid, Conflict."""
    user = add_user(session, actor, email, name, Role.VENDOR_MANAGER, now)
    session.add(VendorManager(user_id=user.id, vendor_id=vendor.id))
    session.flush()
    return user
