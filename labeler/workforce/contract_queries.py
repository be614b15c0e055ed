"""Looks at contracts: a vendor's, and those that a labeler works under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from labeler.accounts.models import User
from labeler.cells import K_INSIDE, cell
from labeler.errors import Missing
from labeler.workforce.contract_models import Contract, ContractSeen, ContractText, ContractVersion, LabelerTerms
from labeler.workforce.models import Labeler, Vendor


@dataclass(frozen=True, slots=True)
class Version:
    """A version with its texts by language, whether it is in force now or yet to come, for which vendor a subcontractor
    works, and how many labelers say they have seen it (None for fewer than five, or where fewer than five have not)."""

    row: ContractVersion
    texts: Mapping[str, ContractText]
    in_force: bool
    to_come: bool
    above: str | None
    seen: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A contract with its versions, the newest first."""

    contract: Contract
    versions: Sequence[Version]

    @property
    def now(self) -> Version | None:
        """The version in force."""
        return next((each for each in self.versions if each.in_force), None)


def contract(session: Session, contract_id: UUID) -> Contract:
    """A contract by its id. Raises Missing."""
    found = session.get(Contract, contract_id)
    if found is None:
        raise Missing("There is no such contract.")
    return found


def contracts_of(session: Session, vendor_id: UUID, now: datetime) -> list[Shown]:
    """A vendor's contracts by name."""
    found = session.scalars(select(Contract).filter_by(vendor_id=vendor_id).order_by(Contract.name)).all()
    return [Shown(each, _versions(session, each, now)) for each in found]


def _versions(session: Session, of: Contract, now: datetime) -> list[Version]:
    rows = session.scalars(
        select(ContractVersion).filter_by(contract_id=of.id).order_by(ContractVersion.number.desc())
    ).all()
    texts: dict[UUID, dict[str, ContractText]] = {row.id: {} for row in rows}
    for text in session.scalars(
        select(ContractText).where(ContractText.version_id.in_(texts)).order_by(ContractText.language)
    ):
        texts[text.version_id][text.language] = text
    begun = next((row.id for row in rows if row.from_at <= now), None)
    names = dict(session.execute(select(Vendor.id, Vendor.name)).all())
    return [
        Version(
            row=row, texts=texts[row.id], to_come=row.from_at > now,
            above=names.get(row.above_id) if row.above_id else None,
            in_force=row.id == begun and (row.until_at is None or row.until_at > now),
            seen=_seen(session, row.id, of.vendor_id),
        )
        for row in rows
    ]  # fmt: skip


def _seen(session: Session, version_id: UUID, vendor_id: UUID) -> int | None:
    here = select(Labeler.id).join(User, User.id == Labeler.id)
    here = here.where(Labeler.vendor_id == vendor_id, User.disabled_at.is_(None))
    said = select(ContractSeen.labeler_id).where(
        ContractSeen.version_id == version_id, ContractSeen.labeler_id.in_(here)
    )
    everybody = session.scalar(select(func.count()).select_from(here.subquery())) or 0
    return cell(dict.fromkeys(session.scalars(said), 1), K_INSIDE, everybody)


@dataclass(frozen=True, slots=True)
class Binding:
    """A version that a labeler works under, or will; when she said that she has seen it."""

    contract: Contract
    row: ContractVersion
    texts: Sequence[ContractText]
    to_come: bool
    seen_at: datetime | None


def binding(session: Session, labeler_id: UUID, now: datetime) -> list[Binding]:
    """What binds a labeler now, and what will: every contract of her vendor's, texts in her languages first."""
    me = session.get(Labeler, labeler_id)
    if me is None:
        raise Missing("There is no such labeler.")
    seen = dict(
        session.execute(select(ContractSeen.version_id, ContractSeen.at).filter_by(labeler_id=labeler_id)).all()
    )

    def place(text: ContractText) -> tuple[int, str]:
        return (
            me.languages.index(text.language) if text.language in me.languages else len(me.languages),
            text.language,
        )

    return [
        Binding(shown.contract, each.row, sorted(each.texts.values(), key=place), each.to_come, seen.get(each.row.id))
        for shown in contracts_of(session, me.vendor_id, now)
        for each in reversed(shown.versions)
        if each.in_force or (each.to_come and (each.row.until_at is None or each.row.until_at > now))
    ]


def unseen(session: Session, labeler_id: UUID, now: datetime) -> int:
    """How many versions that bind a labeler, or will, she has not said she has seen. One statement."""
    later = aliased(ContractVersion)
    replaced = select(later.id).where(
        later.contract_id == ContractVersion.contract_id, later.number > ContractVersion.number, later.from_at <= now
    )
    seen = select(ContractSeen.version_id).where(ContractSeen.labeler_id == labeler_id)
    wanted = (
        select(func.count())
        .select_from(ContractVersion)
        .join(Contract, Contract.id == ContractVersion.contract_id)
        .join(Labeler, Labeler.vendor_id == Contract.vendor_id)
        .where(
            Labeler.id == labeler_id,
            or_(ContractVersion.until_at.is_(None), ContractVersion.until_at > now),
            ~replaced.exists(),
            ContractVersion.id.not_in(seen),
        )
    )
    return session.scalar(wanted) or 0


def terms_of(session: Session, labeler_id: UUID) -> Sequence[tuple[LabelerTerms, str | None]]:
    """What held for a labeler from when on, the newest first, each with who said so (None: the operator)."""
    rows = session.execute(
        select(LabelerTerms, User.name)
        .outerjoin(User, User.id == LabelerTerms.made_by)
        .where(LabelerTerms.labeler_id == labeler_id)
        .order_by(LabelerTerms.number.desc())
    )
    return [(row, name) for row, name in rows]
