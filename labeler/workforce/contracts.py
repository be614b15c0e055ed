"""Contracts of vendors: they are added, a new version is announced, and labelers say that they have seen it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.workforce.contract_models import Contract, ContractSeen, ContractText, ContractVersion
from labeler.workforce.contract_rules import Conditions, condition_problems, digest_of, text_digest
from labeler.workforce.models import Labeler, Vendor
from labeler.workforce.rules import LONGEST_NAME

NOBODY = "There is no such contract."


def add_contract(
    session: Session,
    actor: UUID,
    vendor_id: UUID,
    name: str,
    said: Conditions,
    texts: Mapping[str, str],
    now: datetime,
) -> Contract:
    """Add a contract of a vendor with its first version. The vendor's first may begin at once. Another one binds those
    who work there already, so it is announced as a change is. Raises Missing, and Invalid naming every problem."""
    vendor = session.scalar(select(Vendor).where(Vendor.id == vendor_id).with_for_update())
    if vendor is None:
        raise Missing("There is no such vendor.")
    bound = session.scalar(select(Contract.id).filter_by(vendor_id=vendor_id).limit(1)) is not None
    name, problems = name.strip(), _problems(session, said, texts, vendor_id, now if bound else None, now)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        problems.insert(0, FieldProblem("name", f"Name it in one line of 1 to {LONGEST_NAME} characters."))
    elif session.scalar(select(Contract.id).filter_by(vendor_id=vendor_id, name=name)) is not None:
        problems.insert(0, FieldProblem("name", "This vendor has a contract of this name already."))
    if problems:
        raise Invalid("This contract can't be added yet.", problems)
    made = Contract(vendor_id=vendor_id, name=name, made_at=now, made_by=actor)
    session.add(made)
    session.flush()
    record(session, "contract.add", actor, made.id, now, vendor_id, name=name)
    _add(session, actor, made, 1, said, texts, now)
    return made


def add_version(
    session: Session, actor: UUID, contract_id: UUID, said: Conditions, texts: Mapping[str, str], now: datetime
) -> ContractVersion:
    """Announce what a contract says from a later day on. Versions before it stay as they are.

    Raises Missing, and Invalid naming every problem.
    """
    contract = session.scalar(select(Contract).where(Contract.id == contract_id).with_for_update())
    if contract is None:
        raise Missing(NOBODY)
    newest = select(ContractVersion).filter_by(contract_id=contract_id).order_by(ContractVersion.number.desc()).limit(1)
    before = session.scalars(newest).one()
    problems = _problems(session, said, texts, contract.vendor_id, before.from_at, now)
    if problems:
        raise Invalid("This change can't be announced yet.", problems)
    return _add(session, actor, contract, before.number + 1, said, texts, now)


def _problems(
    session: Session,
    said: Conditions,
    texts: Mapping[str, str],
    vendor_id: UUID,
    before: datetime | None,
    now: datetime,
) -> list[FieldProblem]:
    problems = condition_problems(said, texts, vendor_id, before, now)
    if said.above_id is not None and session.get(Vendor, said.above_id) is None:
        problems.append(FieldProblem("above", "There is no such vendor."))
    return problems


def _add(
    session: Session,
    actor: UUID,
    contract: Contract,
    number: int,
    said: Conditions,
    texts: Mapping[str, str],
    now: datetime,
) -> ContractVersion:
    facts: dict[str, Any] = {
        "until_at": said.until_at, "tier": said.tier, "countries": list(said.countries),
        "notice_days": said.notice_days, "paid_leave_days": said.paid_leave_days,
        "ill_leave_days": said.ill_leave_days, "confidentiality": said.confidentiality, "carve_out": said.carve_out,
        "other_work_barred": said.other_work_barred, "payroll": said.payroll, "from_at": said.from_at,
        "digest": digest_of(said, texts),
    }  # fmt: skip
    made = ContractVersion(
        contract_id=contract.id, number=number, above_id=said.above_id, made_at=now, made_by=actor, **facts
    )
    session.add(made)
    session.flush()
    digests = {language: text_digest(text) for language, text in texts.items()}
    session.add_all(
        ContractText(version_id=made.id, language=language, text=text, digest=digests[language])
        for language, text in texts.items()
    )
    session.flush()
    record(
        session, "contract.condition", actor, contract.id, now, contract.vendor_id,
        version=number, above=said.above_id, texts=digests, **facts,
    )  # fmt: skip
    return made


def see(session: Session, labeler_id: UUID, version_id: UUID, now: datetime) -> None:
    """Note that a labeler has seen a version of a contract of her vendor. Once more changes nothing. Raises Missing."""
    labeler = session.get(Labeler, labeler_id, with_for_update={"key_share": True})
    version = session.get(ContractVersion, version_id)
    contract = session.get_one(Contract, version.contract_id) if version else None
    if labeler is None or version is None or contract is None or contract.vendor_id != labeler.vendor_id:
        raise Missing("There is no such contract, or it is not one that you work under.")
    if session.get(ContractSeen, (labeler_id, version_id)) is not None:
        return
    session.add(ContractSeen(labeler_id=labeler_id, version_id=version_id, at=now))
    session.flush()
    record(
        session, "contract.seen", labeler_id, contract.id, now, contract.vendor_id,
        version=version.number, digest=version.digest,
    )  # fmt: skip
