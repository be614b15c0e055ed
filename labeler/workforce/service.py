"""Vendors and the people who work for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.accounts.rules import account_problems
from labeler.accounts.service import add_user, disable, make_link
from labeler.audit.service import record
from labeler.errors import Conflict, Invalid, Missing
from labeler.workforce.contract_models import LabelerTerms
from labeler.workforce.models import Labeler, Restriction, Vendor, VendorManager, WorkerRepresentative
from labeler.workforce.rules import labeler_problems, move_problems, notice_problems, tidy_tags, vendor_problems

IN_HOUSE = "In-house"
NOBODY = "There is no such labeler, or her data were erased."


def see_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that a session was used just now."""
    session.execute(update(SignInSession).where(SignInSession.id == session_id).values(seen_at=now))


def add_vendor(session: Session, actor: UUID | None, name: str, now: datetime, *, in_house: bool = False) -> Vendor:
    """Add a vendor. Raises Invalid for an unusable name, Conflict for one that is taken."""
    name = name.strip()
    problems = vendor_problems(name)
    if problems:
        raise Invalid("Name the vendor.", problems)
    taken = Conflict(f"There is a vendor named {name} already.")
    if session.scalar(select(Vendor.id).where(Vendor.name == name)) is not None:
        raise taken
    vendor = Vendor(name=name, created_at=now, in_house=in_house)
    session.add(vendor)
    try:
        session.flush()
    except IntegrityError as error:
        raise taken from error  # added by somebody else at this moment
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
    tags, starts = tidy_tags(languages), contract_from or now.date()
    problems = account_problems(email.strip(), name.strip())
    problems += labeler_problems(tags, time_zone, starts, contract_until)
    if problems:
        raise Invalid("This person can't be added yet.", problems)
    user = add_user(session, actor, email, name, Role.LABELER, now, vendor.id)
    labeler = Labeler(
        id=user.id,
        person_id=user.id,
        vendor_id=vendor.id,
        languages=tags,
        time_zone=time_zone,
        contract_from=starts,
        contract_until=contract_until,
    )
    session.add(labeler)
    session.flush()
    _write_terms(session, labeler, actor, now)
    record(
        session, "labeler.add", actor, labeler.id, now, vendor.id, languages=tags,
        time_zone=time_zone, contract_from=starts, contract_until=contract_until,
    )  # fmt: skip
    return labeler


def change_labeler(
    session: Session,
    actor: UUID | None,
    labeler_id: UUID,
    languages: Sequence[str],
    time_zone: str,
    contract_from: date,
    contract_until: date | None,
    now: datetime,
    *,
    by_administrator: bool = False,
) -> None:
    """Change what a labeler works in and when. It binds from now on, with her next task; what held before stays
    written down.

    Who has access keeps it for 14 days more, whatever is written into her contract (DEC-2). Her time zone moves once in
    7 days; an administrator can move it once more. Raises Missing, Invalid.
    """
    labeler = session.get(Labeler, labeler_id, with_for_update={"key_share": True})
    if labeler is None or labeler.erased_at is not None:
        raise Missing(NOBODY)
    tags = tidy_tags(languages)
    problems = labeler_problems(tags, time_zone, contract_from, contract_until)
    if _has_access(session, labeler_id, now):
        today = now.astimezone(ZoneInfo(labeler.time_zone)).date()
        dates = (labeler.contract_from, labeler.contract_until), (contract_from, contract_until)
        problems += notice_problems(*dates, today)
    if time_zone != labeler.time_zone and not by_administrator:
        problems += move_problems(moves_of(terms_of(session, labeler_id)), now)
    if problems:
        raise Invalid("This can't be changed yet.", problems)
    facts = {
        "languages": tags, "time_zone": time_zone, "contract_from": contract_from, "contract_until": contract_until
    }  # fmt: skip
    if all(getattr(labeler, name) == value for name, value in facts.items()):
        return
    for name, value in facts.items():
        setattr(labeler, name, value)
    session.flush()
    _write_terms(session, labeler, actor, now)
    record(session, "labeler.change", actor, labeler_id, now, labeler.vendor_id, **facts, from_at=now)


def terms_of(session: Session, labeler_id: UUID) -> Sequence[LabelerTerms]:
    """What held for a labeler from when on, the oldest first."""
    wanted = select(LabelerTerms).where(LabelerTerms.labeler_id == labeler_id).order_by(LabelerTerms.number)
    return session.scalars(wanted).all()


def moves_of(terms: Sequence[LabelerTerms]) -> list[datetime]:
    """When a labeler's time zone moved. `terms` are the oldest first."""
    return [after.from_at for before, after in pairwise(terms) if before.time_zone != after.time_zone]


def _write_terms(session: Session, labeler: Labeler, actor: UUID | None, now: datetime) -> None:
    """Write down what holds for a labeler from now on; the labeler's row is held."""
    last = session.scalar(select(func.max(LabelerTerms.number)).where(LabelerTerms.labeler_id == labeler.id))
    session.add(
        LabelerTerms(
            labeler_id=labeler.id, number=(last or 0) + 1, from_at=now, languages=list(labeler.languages),
            time_zone=labeler.time_zone, contract_from=labeler.contract_from, contract_until=labeler.contract_until,
            made_at=now, made_by=actor,
        )
    )  # fmt: skip
    session.flush()


def end_contract(session: Session, actor: UUID | None, labeler_id: UUID, last_day: date, now: datetime) -> None:
    """Say on which day a labeler's contract ends. Raises Missing, Invalid."""
    labeler = session.get(Labeler, labeler_id)
    if labeler is None:
        raise Missing("There is no such labeler.")
    change_labeler(
        session, actor, labeler_id, labeler.languages, labeler.time_zone, labeler.contract_from, last_day, now
    )


def invite(session: Session, actor: UUID | None, user_id: UUID, now: datetime) -> str:
    """A new invitation link's token for a person; the links before it end. Raises Missing; Conflict when shut out."""
    user = session.get(User, user_id)
    if user is None:
        raise Missing("There is no such person.")
    if user.disabled_at is not None:
        raise Conflict("This person is shut out. A link would not let her in.")
    return make_link(session, actor, user, now, invites=True, vendor=_vendor_of(session, user_id))


def shut_out(session: Session, actor: UUID | None, user_id: UUID, now: datetime) -> None:
    """Disable a person's account, in her vendor's record.

    A labeler's is shut only when that takes nothing from her (`may_be_shut`). Raises Missing; Conflict for a labeler
    who still has access, and for the last administrator.
    """
    session.get(Labeler, user_id, with_for_update={"key_share": True})
    if not may_be_shut(session, user_id, now):
        raise Conflict(STILL_IN)
    disable(session, actor, user_id, now, _vendor_of(session, user_id))


STILL_IN = (
    "Nothing was changed: she is under contract and may work. Restrict her from all work first, with written reasons:"
    " with notice, or at once for somebody's safety. When that has begun, her account can be shut."
)


def may_be_shut(session: Session, user_id: UUID, now: datetime) -> bool:
    """Whether shutting this account ends no access that a person was entitled to (DEC-2): a labeler's must have ended
    before, by a decision with reasons and notice or with her contract; an invitation that nobody took up gave none.
    """
    labeler = session.get(Labeler, user_id)
    if labeler is None or not _has_access(session, user_id, now):
        return True
    today = now.astimezone(ZoneInfo(labeler.time_zone)).date()
    return labeler.contract_until is not None and labeler.contract_until < today


def _has_access(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Whether a labeler has taken up her account and no decision keeps her from all work."""
    has_signed_in = select(SignInSession.id).where(SignInSession.user_id == labeler_id).limit(1)
    if session.get_one(User, labeler_id).password_hash is None and session.scalar(has_signed_in) is None:
        return False
    standing = select(Restriction.from_at, Restriction.until_at).where(
        Restriction.labeler_id == labeler_id, Restriction.project_id.is_(None)
    )
    return not any(from_at <= now and (until is None or now < until) for from_at, until in session.execute(standing))


def _vendor_of(session: Session, user_id: UUID) -> UUID | None:
    employer = select(Labeler.vendor_id).where(Labeler.id == user_id)
    manages = select(VendorManager.vendor_id).where(VendorManager.user_id == user_id)
    speaks_for = select(WorkerRepresentative.vendor_id).where(WorkerRepresentative.user_id == user_id)
    return session.scalar(employer.union_all(manages, speaks_for))


def add_vendor_manager(
    session: Session, actor: UUID | None, email: str, name: str, vendor: Vendor, now: datetime
) -> User:
    """Add a person who speaks for one vendor. Raises Invalid, Conflict."""
    user = add_user(session, actor, email, name, Role.VENDOR_MANAGER, now, vendor.id)
    session.add(VendorManager(user_id=user.id, vendor_id=vendor.id))
    session.flush()
    return user


def add_representative(
    session: Session, actor: UUID | None, email: str, name: str, vendor: Vendor, now: datetime
) -> User:
    """Add a person who speaks for one vendor's labelers (GOV-3). Raises Invalid, Conflict."""
    user = add_user(session, actor, email, name, Role.WORKER_REPRESENTATIVE, now, vendor.id)
    session.add(WorkerRepresentative(user_id=user.id, vendor_id=vendor.id))
    session.flush()
    return user
