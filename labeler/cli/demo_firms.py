"""What the demo's two vendors say and sign: contracts, attestations, a looser number, and words for the reports."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.compliance import saying
from labeler.compliance.events import Period
from labeler.compliance.report.texts import TextKind
from labeler.compliance.standards import latest_expiry, read
from labeler.db import transaction
from labeler.evidence import service as evidence
from labeler.evidence.models import Says
from labeler.ids import new_id
from labeler.storage import Storage
from labeler.wellbeing import deviations
from labeler.wellbeing.limits import Signer
from labeler.wellbeing.signatures import Signature
from labeler.workforce.contract_models import ContractVersion
from labeler.workforce.contract_rules import Conditions, Payroll
from labeler.workforce.contracts import add_contract, see

TERMS = """Made up for the demo. It binds nobody.

1. You choose your hours within the limits, and you are paid for every second from hand-out to end.
2. You may say no to any task, any kind of content, or all hard work. It costs you nothing.
3. You may do other work, and you may join with others.
4. Keep the texts of tasks to yourself. This forbids you nothing about health, safety, conditions or organising.
5. Both sides may end this contract with 30 days' notice, and we say why.
"""
ASSERTION = """(Made up for the demo.) We, Lakeside Language Work, say that this report covers everybody who labels
for us, and that what we attested for the quarter was so. We pay two days after each week. Where the report says
"not tested", we ask for no benefit of the doubt."""
REPRESENTATIVE = """(Made up for the demo.) Most of us know that we may say no, and do. Breaks come when they should.
What we still ask for: more than one kind of task on days with hard content, and a say in which projects are taken."""
LATE = """(Made up for the demo.) Our client pays us after thirty days, and we pay labelers after that. We know that the
standard says seven."""
STATED = """(Made up for the demo.) Pay comes a month after the work. Two of us asked why, and were told to wait."""
CONFIRMED = ("LWS-01", "LWS-11", "LWS-15")


def contract(admin: UUID, vendor: UUID, labelers: Sequence[UUID], at: datetime) -> None:
    """A contract from `at` on, which each of these people has seen an hour later."""
    with transaction() as session:
        said = Conditions(
            from_at=at, until_at=None, tier=1, above_id=None, countries=("XX",), notice_days=30, paid_leave_days=25,
            ill_leave_days=30, confidentiality=True, carve_out=True, other_work_barred=False, payroll=Payroll.VENDOR,
        )  # fmt: skip
        made = add_contract(session, admin, vendor, "Labeling (made up)", said, {"en": TERMS}, at)
        version = session.scalars(select(ContractVersion.id).filter_by(contract_id=made.id)).one()
    with transaction() as session:
        for who in labelers:
            see(session, who, version, at + timedelta(hours=1))


def attest(storage: Storage, manager: UUID, at: datetime) -> None:
    """Every attestation that the standard asks for, each with a made-up document of its own."""
    standard = read()
    signed = at.date()
    for control in standard.controls:
        if not control.asks:
            continue
        text = f"Made up for the demo: no real document.\n\n{control.id} {control.title}\n\n{control.asks}\n"
        digest = document(storage, text)
        said = evidence.Statement(
            control.id, "Dana Director (made up)", "Director", signed, _until(signed), digest,
            f"{control.id}-made-up.txt", len(text.encode()), "text/plain",
        )  # fmt: skip
        with transaction() as session:
            evidence.attest(session, manager, new_id(), said, standard, at)


def _until(signed: date) -> date:
    return latest_expiry(signed, read().numbers["attestation_months"].value)


def document(storage: Storage, text: str) -> str:
    """Keep a made-up document; its SHA-256 in hexadecimal."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    place = storage.folder / "imports"
    place.mkdir(mode=0o700, exist_ok=True)
    arrived = Path(place / f"demo-{digest[:16]}.txt")
    arrived.write_text(text)
    storage.add_document(digest, arrived)
    arrived.unlink()
    return digest


def looser(storage: Storage, admin: UUID, second: UUID, project: UUID, at: datetime) -> None:
    """A break asked for a little later than the standard says, at one project for 30 days, signed and confirmed."""
    signed = document(storage, "Made up for the demo: the committee's minutes on longer stretches of light work.\n")
    with transaction() as session:
        asked = deviations.ask_looser(
            session, admin, "break_ask", 55, at + timedelta(days=1), at, project_id=project,
            signature=Signature(
                Signer.SAFETY_COMMITTEE, "Safety committee of Harbour Annotation (made up)",
                "A trial of longer stretches of light work that the committee asked for (made up for the demo).",
                signed, at + timedelta(days=31),
            ),
        )  # fmt: skip
    with transaction() as session:
        deviations.confirm(session, second, asked, at + timedelta(hours=2))


def say(
    session: Session, period: Period, vendor: UUID, manager: UUID, speaker: UUID, late: bool, now: datetime
) -> None:
    """The words of a vendor's manager and of its worker representative in the report on a quarter."""
    name = "Vera Vendor-Manager (made up)" if not late else "Hamid Harbour-Manager (made up)"
    kind = TextKind.RESPONSE if late else TextKind.ASSERTION
    saying.say(session, manager, vendor, kind, period.name, name, LATE if late else ASSERTION, now)
    voice = "Hedda Harbour-Representative (made up)" if late else "Rosa Representative (made up)"
    words = STATED if late else REPRESENTATIVE
    saying.say(session, speaker, vendor, TextKind.REPRESENTATIVE, period.name, voice, words, now)


def confirm(labelers: Sequence[UUID], late: bool, now: datetime) -> None:
    """What labelers say of lines of the report: they confirm them, but of pay that comes late they say so."""
    standard = read()
    for who in labelers:
        with transaction() as session:
            for control in CONFIRMED:
                says = Says.CONTEST if late and control == "LWS-15" else Says.CONFIRM
                evidence.say(session, who, control, says, standard, now)
