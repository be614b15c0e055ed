"""What every page of an audit begins with: the audit, who holds it, and that somebody looked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import User
from labeler.compliance.auditing import service
from labeler.compliance.auditing.assessed import Quarter, quarter
from labeler.compliance.auditing.holding import holder, one
from labeler.compliance.auditing.models import Audit, AuditSignature
from labeler.compliance.auditing.queries import signature
from labeler.compliance.auditing.rules import Assurance, LookKind, Mark, Severity
from labeler.compliance.events import Period
from labeler.compliance.outcome import Figure, Result
from labeler.compliance.standards import Profile
from labeler.config import Settings
from labeler.db import repeated
from labeler.gate import person
from labeler.storage import Storage

RESULTS = {Result.NOT_SATISFIED: "not satisfied", Result.NOT_TESTED: "not tested", Result.SATISFIED: "satisfied"}
"""Results in words, exceptions first: the order in which controls are listed."""
MARKS = {Mark.AGREES: "agrees", Mark.DIFFERS: "differs", Mark.CANNOT_TELL: "cannot tell"}
SEVERITIES = {Severity.MINOR: "minor", Severity.MAJOR: "major", Severity.CRITICAL: "critical"}
ASSURANCES = {
    Assurance.NONE: ("None", "You looked, and vouch for nothing."),
    Assurance.LIMITED: ("Limited", "Nothing came to your attention that speaks against the report."),
    Assurance.REASONABLE: ("Reasonable", "You have enough evidence to say that the report is right."),
}
"""What an auditor may vouch for, in her own words."""


@dataclass(frozen=True)
class Case:
    """An audit with its quarter, assessed; `mine`: whoever looks holds it, and may add to it."""

    audit: Audit
    quarter: Quarter
    signature: AuditSignature | None
    holder: User
    mine: bool

    @property
    def period(self) -> str:
        """Such as `2026 Q3`."""
        return Period.quarter(self.audit.year, self.audit.quarter).name

    @property
    def vendor(self) -> str:
        """The vendor's name, as its log says it."""
        return self.quarter.assessment.vendor_name or "a vendor without a name in its log"

    @property
    def measure(self) -> Profile:
        """What it is measured by: the standard itself, or a buyer's profile."""
        return self.quarter.facts.profile

    @property
    def changes(self) -> bool:
        """Whether whoever looks may still add to it."""
        return self.mine and self.signature is None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as a bar: how wide it is, and where the threshold stands, in parts of a hundred."""

    figure: Figure
    width: float
    threshold: float | None


def case_of(session: Session, audit_id: UUID) -> Case:
    """An audit, for whoever is signed in. Raises Missing."""
    audit, by = one(session, audit_id), holder(session, audit_id)
    return Case(audit, quarter(session, audit), signature(session, audit_id), by, by.id == person().id)


def looked(
    case: Case,
    view: str,
    *,
    rule: str | None = None,
    row: int | None = None,
    people: Collection[UUID] = (),
    kind: LookKind | None = None,
) -> None:
    """Write the look down. It is done before anything is sent: what can't be written down is not shown."""
    me, now = person().id, clock.now()
    repeated(
        lambda session: service.look(session, me, case.audit, view, now, rule=rule, row=row, people=people, kind=kind)
    )


def drawings(figures: Sequence[Figure]) -> list[Drawing]:
    """Figures as bars, each on a scale of its own: the whole it is part of, or the larger of it and its threshold."""
    found = []
    for each in figures:
        most = max(each.of or 0, each.value, each.threshold or 0) or 1
        mark = None if each.threshold is None else round(100 * each.threshold / most, 2)
        found.append(Drawing(each, round(100 * each.value / most, 2), mark))
    return found


def secret() -> bytes:
    """What made-up names are keyed with."""
    settings: Settings = current_app.extensions["settings"]
    return Storage(settings.folder).secret()
