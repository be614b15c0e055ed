"""What a check finds, and what a control comes to. Pure.

What was *measured* from events, what somebody *attested*, and what labelers *confirmed* are kept apart everywhere: no
result of one sort ever stands for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Result(StrEnum):
    """How a control or check ended. *Not tested* always has a reason, and never counts as passed."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not-satisfied"
    NOT_TESTED = "not-tested"


@dataclass(frozen=True, slots=True)
class Row:
    """One member of a check's population, and the event it rests on: leaf `number` of log `log`.

    `person` is whom it is about (the first account of a person, BRK-10), None where it is about nobody. `value` says
    what was measured, in the unit that the check documents, as text. `exception`: it is not as the rule wants it.
    """

    at: datetime
    person: UUID | None
    log: UUID
    number: int
    value: str
    exception: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A number beside the rows: `value` of `of`, in `unit`; `threshold` is what the rule asks of it, `people` are those
    who stand behind it, `rest` those behind another number that it gives away: what it lacks of its whole, or what it
    is a share of. Whole numbers only: shares are in per mille, money in minor units, time in seconds."""

    name: str
    value: int
    unit: str
    people: frozenset[UUID] = frozenset()
    of: int | None = None
    threshold: int | None = None
    rest: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found for one rule in one period.

    `untested` says why nothing can be said, `failed` why the rule is broken though no single row is (a share outside
    its band); both are whole sentences for a reader of the report, without a number of people or of rows: these are
    told by `disclosing` alone. `private`: the population are people who made use of a right, so that fewer than k of
    them make it not tested.
    """

    rule: str
    rows: Sequence[Row] = ()
    figures: Sequence[Figure] = ()
    untested: str | None = None
    failed: str | None = None
    private: bool = False

    @property
    def population(self) -> int:
        """How many rows were looked at."""
        return len(self.rows)

    @property
    def exceptions(self) -> list[Row]:
        """The rows that are not as the rule wants them."""
        return [row for row in self.rows if row.exception]

    @property
    def people(self) -> frozenset[UUID]:
        """Everybody whom a row is about."""
        return frozenset(row.person for row in self.rows if row.person is not None)

    @property
    def affected(self) -> frozenset[UUID]:
        """Everybody whom an exception is about."""
        return frozenset(row.person for row in self.rows if row.exception and row.person is not None)

    def result(self, k: int) -> Result:
        """How it ended, for readers who may see numbers of `k` people or more.

        An exception is shown even where few people are behind it: it is a fact about the vendor. Only where the rows
        themselves are people's private choices do too few of them hide it.
        """
        if self.private and len(self.people) < k:
            return Result.NOT_TESTED
        if self.failed is not None or any(row.exception for row in self.rows):
            return Result.NOT_SATISFIED
        return Result.SATISFIED if self.untested is None else Result.NOT_TESTED

    def reason(self, k: int) -> str:
        """Why it ended so, in one sentence; empty when it is satisfied."""
        if self.private and len(self.people) < k:
            return f"Fewer than {k} people stand behind it, so nothing is said about them."
        return self.failed or self.untested or ""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What somebody of the vendor, or for it, stated about a control: `digest` is the SHA-256 of the document."""

    control: str
    signer: str
    dated: datetime
    expires_at: datetime
    digest: str
    log: UUID
    number: int
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What labelers said of a control's line of the report: how many confirm it and how many contest it."""

    control: str
    confirm: frozenset[UUID] = frozenset()
    contest: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Assessed:
    """A control and what it came to. `result` is that of what the control asks for: measured, attested, or both.

    `measured` and `attested` say each for itself; None where the control asks for no such proof. Rules about what need
    not happen (`checks.OCCASIONAL`) and did not are left out of the result; where they are all that is measured,
    `measured` is not tested and the result is that of what was attested, or not tested where nothing is asked. `idle`
    says that it is so, and that what is asked to be attested is: then it is no reason against a vendor.
    """

    control: str
    result: Result
    reason: str
    checks: Sequence[Checked] = ()
    measured: Result | None = None
    attested: Result | None = None
    attestation: Attestation | None = None
    confirmed: Confirmed | None = None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Deviation:
    """A number that was made looser for a time, by whom it was signed, and until when (printed on page 1)."""

    name: str
    value: int
    standard: int
    from_at: datetime
    until_at: datetime | None
    project: UUID | None
    log: UUID
    number: int
    signer: str | None = None
    """`clinician` or `safety-committee`; None where the record has no second person's confirmation."""
    document: str | None = None
    """SHA-256 of what was signed."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """What the report cannot rest on: entries that were erased, a recovery from a backup, entries written long after
    what they tell. `number` is how many; `log` and `place` say where the first of them is."""

    what: str
    number: int
    at: datetime | None = None
    log: UUID | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A vendor's period, assessed: everything that the report says, before it is decided what may be shown to whom."""

    vendor: UUID
    vendor_name: str
    people: frozenset[UUID]
    controls: Sequence[Assessed]
    deviations: Sequence[Deviation] = ()
    gaps: Sequence[Gap] = ()
    entries: int = 0
    """Entries of the vendor's log that lie in the period."""
    meets: bool = False
    """Whether every core control is satisfied, but for those of which nothing happened."""
    served: Sequence[Mapping[UUID, int]] = ()
    """How many hand-outs of the period each person had, by severity: four of them, the last with all that is above."""
