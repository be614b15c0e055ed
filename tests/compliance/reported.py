"""A small report for tests: a made-up log, sealed as the product seals, with checks of their own."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from labeler.audit.acts import ACTS
from labeler.audit.checking import TIME, Leaf
from labeler.audit.checkpoint import Checkpoint, signed
from labeler.audit.logs import PLATFORM, commitment, entry_leaf, entry_text, root_leaf
from labeler.audit.models import AuditEntry, LogLeaf, LogRoot
from labeler.audit.service import canonical
from labeler.audit.tree import Growing, root_of
from labeler.compliance import checks
from labeler.compliance.events import Event, Facts, Period, event_of, facts_of
from labeler.compliance.models import ReportText
from labeler.compliance.outcome import Checked, Figure, Row
from labeler.compliance.report import whole
from labeler.compliance.report.asked import Asked, Earlier
from labeler.compliance.report.bundle import write
from labeler.compliance.report.made import Made, make
from labeler.compliance.report.sealed import LogProof, write_leaves
from labeler.compliance.report.texts import TextKind, digest
from labeler.compliance.standards import as_published, read
from labeler.signing.keys import PublicKey, Purpose, SigningKey, fingerprint
from labeler.signing.publishing import published
from labeler.workforce.models import Vendor
from tests.support import build

PERIOD = Period.quarter(2026, 3)
AFTER = PERIOD.end + timedelta(days=3)
VENDOR = UUID(int=1 << 100 | 1)
RECORD, SIGNS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (3, 4))
PEOPLE = [UUID(int=2 << 100 | n) for n in range(12)]


def breaks(facts: Facts) -> Checked:
    """Population: every break that ended in the quarter. Exception: one that its labeler ended at once. It can't see
    whether anybody rested."""
    rows = [
        Row(each.at, facts.person(each.actor), each.log, each.number, "=1+1 s", each.at.minute == 13)
        for each in facts.within("break.end") if each.actor is not None
    ]  # fmt: skip
    people = frozenset(row.person for row in rows if row.person)
    return Checked("BRK-1", rows, [Figure("longest stretch", 3_540, "s", people, None, 3_600)])


def opted(facts: Facts) -> Checked:
    """Population: every opt-out in the quarter. Exception: none."""
    rows = [
        Row(each.at, facts.person(each.actor), each.log, each.number, "said")
        for each in facts.within("opt_out.say") if each.actor is not None
    ]  # fmt: skip
    return Checked("OPT-1", rows, private=True)


CHECKS = {"BRK-1": breaks, "OPT-1": opted}


def only_these(patch: pytest.MonkeyPatch) -> None:
    """Reports of this test know these two checks, and no others."""
    for rule in list(checks.CHECKS):
        patch.delitem(checks.CHECKS, rule)
    for rule, check in CHECKS.items():
        patch.setitem(checks.CHECKS, rule, check)


TEXTS = {
    TextKind.ASSERTION: ("A. Manager", "We kept to the standard.\n\n<b>All</b> of us."),
    TextKind.REPRESENTATIVE: ("R. Speaker", "Rest times are *too short* #set page(width: 1pt)\n\n= Not a heading"),
}


class Sealed:
    """Two logs, their leaves, and a checkpoint over both."""

    def __init__(self) -> None:
        self.leaves: dict[UUID, list[tuple[bytes, bytes | None, bytes | None]]] = {PLATFORM: [], VENDOR: []}
        self.events: list[Event] = []

    def add(self, log: UUID, act: str, at: datetime, actor: UUID | None, subject: UUID, **fields: Any) -> None:
        fields = {name: fields.get(name) for name in ACTS[act]}
        number = len(self.leaves[log])
        vendor = None if log == PLATFORM else log
        entry = entry_text(
            UUID(int=3 << 100 | log.int & 0xFF | number << 16), at, act, actor, subject, vendor, canonical(fields)
        )
        salt = hashlib.sha256(f"{log}{number}".encode()).digest()[:16]
        self.leaves[log].append((commitment(salt, entry), salt, entry))
        self.events.append(event_of(log, number, entry))

    def checkpoint(self) -> tuple[str, list[tuple[UUID, int, bytes]]]:
        roots = []
        for log in (PLATFORM, VENDOR):
            tree = Growing()
            for committed, _, _ in self.leaves[log]:
                tree.add(entry_leaf(committed))
            roots.append((log, tree.size, tree.root()))
        root = root_of(root_leaf(*each) for each in roots)
        body = Checkpoint(ORIGIN, len(roots), root, (f"{TIME}{AFTER:%Y-%m-%dT%H:%M:%SZ}",)).body
        return signed(body, ORIGIN, RECORD), roots


def sealed() -> Sealed:
    """A quarter in which one break of 60 ended at once, and two people opted out."""
    made = Sealed()
    start = PERIOD.start + timedelta(days=1)
    made.add(VENDOR, "vendor.add", PERIOD.start - timedelta(days=5), None, VENDOR, name="Nord & <Söhne>")
    made.add(
        PLATFORM, "policy.set", start, None, UUID(int=9), name="break_stop", value=90,
        from_at=start.isoformat(), project=None, until_at=(start + timedelta(days=10)).isoformat(), signed=True,
    )  # fmt: skip
    for number in range(60):
        who, at = PEOPLE[number % 12], start + timedelta(hours=number, minutes=13 if number == 7 else 20)
        made.add(
            VENDOR,
            "assignment.hand_out",
            at,
            who,
            UUID(int=4 << 100 | number),
            task=str(UUID(int=5)),
            fence=1,
            project=str(UUID(int=6)),
            profile="",
        )
        made.add(VENDOR, "break.end", at, who, UUID(int=5 << 100 | number))
    for who in PEOPLE[:2]:
        made.add(VENDOR, "opt_out.say", start + timedelta(days=9), who, who, scope="project", target=str(UUID(int=6)))
    for kind, (signer, text) in TEXTS.items():
        made.add(
            VENDOR, "report.text", AFTER, UUID(int=7), VENDOR, kind=kind.value, period=PERIOD.name,
            digest=digest(kind, PERIOD.name, signer, text),
        )  # fmt: skip
    return made


def busy() -> Sealed:
    """The same quarter with contracts, a queue, harder texts, what was attested and said, and an auditor's findings."""
    made = sealed()
    manager, main, audit = UUID(int=7), UUID(int=20), UUID(int=30)
    before, start, day = PERIOD.start - timedelta(days=40), PERIOD.start + timedelta(days=2), timedelta(days=1)
    made.add(PLATFORM, "project.create", before, manager, UUID(int=6), slug="secret-client", kind="comparison")
    made.add(VENDOR, "contract.add", before, manager, main, name="Main")
    versions = [(1, before, 10), (2, PERIOD.start, 14), (3, PERIOD.start + 50 * day, 30), (4, PERIOD.end + day, 99)]
    for version, since, notice in versions:
        made.add(
            VENDOR, "contract.condition", before, manager, main, version=version, from_at=since.isoformat(), tier=1,
            countries=["DE", "KE"], notice_days=notice, confidentiality=True, carve_out=False, payroll="vendor",
        )  # fmt: skip
    for number, who in enumerate(PEOPLE[:6]):
        made.add(
            VENDOR, "assignment.hand_out", start + timedelta(hours=number), who, UUID(int=6 << 100 | number),
            task=str(UUID(int=5)), fence=1, project=str(UUID(int=6 if number else 66)), profile="W06:2",
        )  # fmt: skip
    for number, control in enumerate(("LWS-13", "LWS-19")):
        made.add(
            VENDOR, "attestation.add", start, manager, UUID(int=40 + number), control=control, signer="D. <Irector>",
            dated=start.isoformat(), expires_at=(start + 300 * day).isoformat(), digest="ab" * 32,
        )  # fmt: skip
    made.add(VENDOR, "attestation.withdraw", start + 30 * day, manager, UUID(int=41))
    for number, who in enumerate(PEOPLE):
        made.add(
            VENDOR, "confirmation.say", AFTER, who, who, control="LWS-11", period=PERIOD.name,
            says="contest" if number % 2 else "confirm",
        )  # fmt: skip
    made.add(VENDOR, "audit.open", AFTER, UUID(int=8), audit, period=PERIOD.name)
    made.add(VENDOR, "audit.open", AFTER, UUID(int=8), UUID(int=31), period="2026 Q2")
    for number, (of, control) in enumerate([(audit, "LWS-11"), (audit, "LWS-13"), (UUID(int=31), "LWS-01")]):
        made.add(
            VENDOR, "finding.write", AFTER, UUID(int=8), UUID(int=50 + number), audit=str(of), control=control,
            severity="major", due_on=f"{PERIOD.end + 9 * day:%Y-%m-%d}" if number else f"{PERIOD.end + day:%Y-%m-%d}",
        )  # fmt: skip
    made.add(VENDOR, "finding.reply", AFTER, manager, UUID(int=50), remedy_on="2026-11-30")
    return made


def asked(made: Sealed) -> Asked:
    note, roots = made.checkpoint()
    sizes = {log: size for log, size, _ in roots}
    standard = read()
    return Asked(VENDOR, 1, PERIOD, as_published(standard), standard, sizes[VENDOR], sizes[PLATFORM], note)


def texts() -> dict[str, tuple[str, str]]:
    return {digest(kind, PERIOD.name, *said): said for kind, said in TEXTS.items()}


def told(report: bytes) -> Any:
    return orjson.loads(report)["assessment-results"]


def key_of(private: Ed25519PrivateKey, purpose: Purpose) -> SigningKey:
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return SigningKey(PublicKey(purpose, 1, fingerprint(private.public_key()), pem, PERIOD.start), private)


REPORTS = key_of(SIGNS, Purpose.REPORT)
KEYS_JSON = orjson.dumps(published([[key_of(RECORD, Purpose.RECORD).public], [REPORTS.public]]))
ORIGIN = f"labeler/{fingerprint(RECORD.public_key())[:16]}"


def made_of(record: Sealed, earlier: tuple[Earlier, ...] = ()) -> Made:
    one = replace(asked(record), earlier=earlier)
    facts = facts_of(VENDOR, PERIOD, one.profile, record.events)
    salts = [salt for _, salt, _ in record.leaves[VENDOR] if salt]
    return make(one, facts, salts, texts())


def proofs(record: Sealed) -> list[LogProof]:
    """Both roots under the checkpoint: a tree of two leaves."""
    (_, platform_size, platform), (_, vendor_size, vendor) = record.checkpoint()[1]
    first, second = root_leaf(PLATFORM, platform_size, platform), root_leaf(VENDOR, vendor_size, vendor)
    return [
        LogProof(VENDOR, vendor_size, vendor, 1, (first,)),
        LogProof(PLATFORM, platform_size, platform, 0, (second,)),
    ]


def bundle(root: Path, record: Sealed, *, pack: bool, made: Made | None = None) -> Made:
    """A bundle in the empty folder `root`."""
    made = made or made_of(record)
    root.mkdir()
    parts = whole.files(made, proofs(record), KEYS_JSON)
    if pack:
        parts |= whole.rows(made)
        leaves = [
            (log, Leaf(number, *each)) for log in (VENDOR, PLATFORM) for number, each in enumerate(record.leaves[log])
        ]
        write_leaves(root / "leaves.jsonl.gz", leaves)
    write(root, parts, whole.about(asked(record), made, pack=pack), REPORTS)
    return made


def keep(session: Session, record: Sealed) -> None:
    """Lay a sealed record into an empty database, as the sequencer would have."""
    author = build.add_user(session).id
    session.add(Vendor(id=VENDOR, name="Nord & <Söhne>", created_at=PERIOD.start))
    session.flush()
    for log, leaves in record.leaves.items():
        for number, (committed, salt, entry) in enumerate(leaves):
            assert entry is not None
            told = orjson.loads(entry)
            session.add(
                AuditEntry(
                    id=UUID(told["id"]), at=datetime.fromisoformat(told["at"]), act=told["act"],
                    actor_id=told["actor"] and UUID(told["actor"]), subject_id=UUID(told["subject"]),
                    fields=told["fields"], vendor_id=told["vendor"] and UUID(told["vendor"]),
                )
            )  # fmt: skip
            session.add(LogLeaf(log_id=log, number=number, entry_id=UUID(told["id"]), commitment=committed, salt=salt))
    for number, (log, size, root) in enumerate(record.checkpoint()[1]):
        session.add(LogRoot(number=number, log_id=log, size=size, root=root, at=AFTER))
    for kind, (signer, text) in TEXTS.items():
        named = digest(kind, PERIOD.name, signer, text)
        session.add(
            ReportText(
                vendor_id=VENDOR, digest=named, kind=kind, period=PERIOD.name, signer=signer, text=text,
                author_id=author, written_at=AFTER,
            )
        )  # fmt: skip
