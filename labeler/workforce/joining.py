"""Which accounts are one person's (BRK-10): told by a keyed hash of the payroll id, which itself is kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.workforce.models import Labeler

PURPOSE = b"labeler payroll id, version 1"
"""Keeps this key apart from every other that is made of the same secret."""
LONGEST_PAYROLL_ID = 64

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('labeler payroll'))")


def payroll_hash(secret: str, payroll_id: str) -> bytes | None:
    """The keyed hash of a payroll id, trimmed and in capitals; None for an empty one. Raises Invalid."""
    plain = payroll_id.strip().upper()
    if len(plain) > LONGEST_PAYROLL_ID or not plain.isprintable():
        words = f"Use up to {LONGEST_PAYROLL_ID} letters, figures and signs, in one line."
        raise Invalid("This payroll id can't be used.", [FieldProblem("payroll_id", words)])
    if not plain:
        return None
    key = hmac.new(secret.encode(), PURPOSE, hashlib.sha256).digest()
    return hmac.new(key, plain.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Rejoined:
    """Whose accounts belong to which person now: each account's vendor, and its person before and after."""

    vendors: Mapping[UUID, UUID]
    before: Mapping[UUID, UUID]
    after: Mapping[UUID, UUID]

    @property
    def moved(self) -> dict[UUID, tuple[UUID, UUID]]:
        """The accounts whose person is another one now: from whom, to whom."""
        return {key: (self.before[key], self.after[key]) for key in self.before if self.before[key] != self.after[key]}


def regroup(session: Session, labeler_id: UUID, hashed: bytes | None) -> Rejoined:
    """Give an account its hash, and everybody concerned the person of the oldest account with the same one.

    One at a time, so that two who name the same id at once find each other. Raises Missing.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ONE_BY_ONE)
    me = session.get(Labeler, labeler_id, populate_existing=True)
    if me is None or me.erased_at is not None:
        raise Missing("There is no such labeler, or her data were erased.")
    same = Labeler.person_id == me.person_id
    concerned = same if hashed is None else or_(same, Labeler.payroll_hash == hashed)
    rows = session.scalars(
        select(Labeler)
        .join(User, User.id == Labeler.id)
        .where(concerned)
        .order_by(User.created_at, Labeler.id)
        .with_for_update(of=Labeler, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    before = {row.id: row.person_id for row in rows}
    me.payroll_hash = hashed
    eldest: dict[bytes, UUID] = {}
    for row in rows:
        row.person_id = row.id if row.payroll_hash is None else eldest.setdefault(row.payroll_hash, row.id)
    session.flush()
    return Rejoined({row.id: row.vendor_id for row in rows}, before, {row.id: row.person_id for row in rows})


def same_person(session: Session, one: UUID, other: UUID) -> bool:
    """Whether two accounts of any role are one person's: the same account, or joined by the payroll id of labelers that
    they are or were."""
    if one == other:
        return True
    persons = session.scalars(select(Labeler.person_id).where(Labeler.id.in_([one, other]))).all()
    return len(persons) == 2 and persons[0] == persons[1]


def accounts_of(session: Session, labeler_id: UUID) -> tuple[bool, int]:
    """Whether an account has a payroll id, and how many other accounts share its person. For administrators only."""
    me = session.get(Labeler, labeler_id)
    if me is None:
        return False, 0
    others = select(func.count()).where(Labeler.person_id == me.person_id, Labeler.id != me.id)
    return me.payroll_hash is not None, session.scalar(others) or 0
