"""What vendors attested, for their managers, administrators and auditors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.compliance.standards import Control, Standard
from labeler.errors import Missing
from labeler.evidence.models import Attestation, AttestationEnd
from labeler.evidence.rules import State, state_of
from labeler.workforce.models import Vendor
from labeler.workforce.queries import Person, called


@dataclass(frozen=True, slots=True)
class Attested:
    """An attestation as pages show it, with who uploaded it and when it was withdrawn."""

    row: Attestation
    by: str
    withdrawn_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class Asked:
    """A control that asks for an attestation, how things stand with it, and what there is, the newest first."""

    control: Control
    state: State
    there: Sequence[Attested]


def vendor_of(session: Session, viewer: Person, vendor_id: UUID) -> Vendor:
    """A vendor that the viewer may see: a vendor manager her own only. Raises Missing."""
    vendor = session.get(Vendor, vendor_id) if _may(viewer, vendor_id) else None
    if vendor is None:
        raise Missing("There is no such vendor, or it is not yours to see.")
    return vendor


def _may(viewer: Person, vendor_id: UUID) -> bool:
    return viewer.role in (Role.ADMIN, Role.AUDITOR) or (
        viewer.role is Role.VENDOR_MANAGER and viewer.vendor_id == vendor_id
    )


def _seen_by(viewer: Person) -> ColumnElement[bool]:
    if viewer.role in (Role.ADMIN, Role.AUDITOR):
        return true()
    if viewer.role is Role.VENDOR_MANAGER and viewer.vendor_id is not None:
        return Attestation.vendor_id == viewer.vendor_id
    return false()


_ALL = (
    select(Attestation, AttestationEnd.at)
    .outerjoin(AttestationEnd, AttestationEnd.attestation_id == Attestation.id)
    .order_by(Attestation.made_at.desc(), Attestation.id.desc())
)


def by_control(session: Session, vendor_id: UUID, standard: Standard, now: datetime) -> list[Asked]:
    """Every control that asks for an attestation, with what a vendor attested of it."""
    rows = session.execute(_ALL.where(Attestation.vendor_id == vendor_id)).all()
    names = called(session, {row.made_by for row, _ in rows})
    there: dict[str, list[Attested]] = {}
    for row, ended in rows:
        name = names[row.made_by][0]
        there.setdefault(row.control, []).append(Attested(row, name, ended, state_of(row.expires_at, ended, now)))
    asked = []
    for control in standard.controls:
        if control.asks:
            found = there.get(control.id, [])
            asked.append(Asked(control, found[0].state if found else State.NONE, found))
    return asked


def one(session: Session, viewer: Person, attestation_id: UUID, now: datetime) -> Attested:
    """An attestation that the viewer may see. Raises Missing."""
    row = session.execute(_ALL.where(Attestation.id == attestation_id, _seen_by(viewer))).one_or_none()
    if row is None:
        raise Missing("There is no such attestation, or it is not yours to see.")
    made, ended = row
    return Attested(
        made, called(session, {made.made_by})[made.made_by][0], ended, state_of(made.expires_at, ended, now)
    )
