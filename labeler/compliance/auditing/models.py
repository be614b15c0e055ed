"""Audits of a vendor's quarter: what was sampled, noted and found, and how it was signed. Rows are only ever added.

Once an audit is signed, triggers of the database refuse to change it, whoever asks (migration 0023).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from labeler.compliance.auditing.rules import Assurance, LookKind, Mark, Severity, Step
from labeler.db import Base, Entity

_QUARTER = "quarter BETWEEN 1 AND 4 AND year BETWEEN 2000 AND 9999"


class Audit(Entity):
    """One auditor's audit of a vendor's quarter, with its purpose. It rests on the first `vendor_size` entries of the
    vendor's log and the first `platform_size` of the platform's, which checkpoint `checkpoint` signed with `root` (the
    SHA-256 of the log of roots, in hexadecimal): so its figures stay what they are. `profile` names the buyer's profile
    that it is measured by, and `profile_digest` says which numbers that were; both are null for the standard itself."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "vendor_id"),
        CheckConstraint(_QUARTER, name="quarter"),
        CheckConstraint("vendor_size >= 0 AND platform_size >= 0 AND length(root) = 64", name="prefix"),
        CheckConstraint("length(trim(purpose)) >= 20", name="purpose"),
        CheckConstraint("(profile IS NULL) = (profile_digest IS NULL)", name="profile"),
    )

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    year: Mapped[int]
    quarter: Mapped[int]
    standard: Mapped[str]
    purpose: Mapped[str]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    vendor_size: Mapped[int]
    platform_size: Mapped[int]
    checkpoint: Mapped[int]
    root: Mapped[str]
    profile: Mapped[str | None] = mapped_column(default=None)
    profile_digest: Mapped[str | None] = mapped_column(default=None)


class AuditHandover(Entity):
    """That an audit went from one auditor to another, signed or not. The last one holds it; before the first, whoever
    opened it."""

    __tablename__ = "audit_handover"
    __table_args__ = (
        UniqueConstraint("audit_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("from_id <> to_id", name="another"),
    )

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class AuditSample(Entity):
    """A sample of a rule's population: which rows follows from `seed` alone. `number` counts an audit's samples;
    `typed` says that the auditor wrote the seed herself."""

    __tablename__ = "audit_sample"
    __table_args__ = (
        UniqueConstraint("audit_id", "number"),
        CheckConstraint("number >= 1 AND size >= 1 AND size <= population", name="size"),
        CheckConstraint("length(seed) BETWEEN 1 AND 100", name="seed"),
    )

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    rule: Mapped[str]
    days: Mapped[bool]
    """Whether person-days were drawn, instead of rows."""
    seed: Mapped[str]
    typed: Mapped[bool]
    size: Mapped[int]
    population: Mapped[int]
    drawn_at: Mapped[datetime]


class AuditSampleRow(Base):
    """What was drawn: row `row_place` of the rule's rows, which rests on leaf `leaf` of log `log_id`."""

    __tablename__ = "audit_sample_row"
    __table_args__ = (CheckConstraint("place >= 0 AND row_place >= 0 AND leaf >= 0", name="place"),)

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("audit_sample.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_place: Mapped[int]
    log_id: Mapped[UUID]
    leaf: Mapped[int]


class AuditMark(Entity):
    """What the auditor says of one place of a sample. The last one counts; those before it stay."""

    __tablename__ = "audit_mark"
    __table_args__ = (Index(None, "sample_id", "place"), CheckConstraint("place >= 0", name="place"))

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("audit_sample.id"))
    place: Mapped[int]
    mark: Mapped[Mark]
    note: Mapped[str]
    at: Mapped[datetime]


class Finding(Entity):
    """What an auditor found wanting: of which control, how serious, and until when it is to be mended."""

    __tablename__ = "audit_finding"
    __table_args__ = (
        UniqueConstraint("audit_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("length(trim(text)) >= 20", name="text"),
    )

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    control: Mapped[str]
    severity: Mapped[Severity]
    text: Mapped[str]
    due_on: Mapped[date]
    written_at: Mapped[datetime]


class FindingStep(Entity):
    """What followed a finding: the vendor's reply with its remedy and a day, or the auditor's word on it. Replies go on
    after an audit is signed; they are not in its pack."""

    __tablename__ = "audit_finding_step"
    __table_args__ = (
        Index(None, "finding_id", "at"),
        CheckConstraint("(step = 'reply') = (remedy_on IS NOT NULL)", name="remedy"),
        CheckConstraint("length(trim(text)) >= 10", name="text"),
    )

    finding_id: Mapped[UUID] = mapped_column(ForeignKey("audit_finding.id"))
    step: Mapped[Step]
    text: Mapped[str]
    by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    remedy_on: Mapped[date | None] = mapped_column(default=None)


class AuditSignature(Base):
    """That an audit is signed off, by whom and with which assurance. `pack` is the JSON text that was signed off,
    `pack_digest` its SHA-256, `report_digest` that of the report."""

    __tablename__ = "audit_signature"
    __table_args__ = (
        CheckConstraint("length(report_digest) = 64 AND length(pack_digest) = 64", name="digests"),
        CheckConstraint("length(trim(statement)) >= 20", name="statement"),
        CheckConstraint("length(trim(name)) >= 2 AND length(trim(role)) >= 2", name="who"),
    )

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    signed_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]
    name: Mapped[str]
    role: Mapped[str]
    assurance: Mapped[Assurance]
    statement: Mapped[str]
    report_digest: Mapped[str]
    pack: Mapped[str]
    pack_digest: Mapped[str]


class PackState(StrEnum):
    """How the file of a pack stands."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"


class AuditPack(Base):
    """The file of a signed audit's pack, made when it is asked for: `file` is relative to the data folder, `digest` its
    SHA-256, `erased` how many entries that the audit rests on were erased when it was made."""

    __tablename__ = "audit_pack"
    __table_args__ = (
        CheckConstraint(
            "(state = 'done') = (file IS NOT NULL) AND (file IS NULL) = (digest IS NULL)"
            " AND (file IS NULL) = (erased IS NULL)",
            name="done",
        ),
    )

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit_signature.audit_id"), primary_key=True)
    state: Mapped[PackState]
    asked_at: Mapped[datetime]
    file: Mapped[str | None] = mapped_column(default=None)
    digest: Mapped[str | None] = mapped_column(default=None)
    erased: Mapped[int | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class AuditLook(Base):
    """How often auditors looked at what is about a labeler in a month, for her own page; not by whom."""

    __tablename__ = "audit_look"
    __table_args__ = (
        CheckConstraint("times >= 1", name="times"),
        CheckConstraint("length(month) = 7", name="month"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[LookKind] = mapped_column(primary_key=True)
    times: Mapped[int]


class OwnState(Base):
    """What a vendor's managers see of their own running quarter after a whole week: `state` is JSON text, in k-cells.
    It is worked out once for each week, and never again."""

    __tablename__ = "own_state"
    __table_args__ = (CheckConstraint(_QUARTER, name="quarter"),)

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"), primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)
    year: Mapped[int]
    quarter: Mapped[int]
    state: Mapped[str]
    made_at: Mapped[datetime]


class PublicVendor(Base):
    """A vendor whose quarters are public: all of them since it joined, and all that come. `number` stands for its name
    where it did not agree to be named. There is no way back."""

    __tablename__ = "public_vendor"
    __table_args__ = (UniqueConstraint("number"), CheckConstraint("number >= 1", name="number"))

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"), primary_key=True)
    number: Mapped[int]
    since_year: Mapped[int]
    since_quarter: Mapped[int]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]


class PublicReport(Base):
    """What is public of one quarter of such a vendor, in cells of ten: `told` is JSON text, `digest` its SHA-256."""

    __tablename__ = "public_report"
    __table_args__ = (CheckConstraint(_QUARTER, name="quarter"), CheckConstraint("length(digest) = 64", name="digest"))

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("public_vendor.vendor_id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    told: Mapped[str]
    digest: Mapped[str]
    published_at: Mapped[datetime]


class VendorNaming(Entity):
    """Whether a vendor agrees to be named in public, as its manager said it last."""

    __tablename__ = "vendor_naming"
    __table_args__ = (Index(None, "vendor_id", "said_at"),)

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    named: Mapped[bool]
    said_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]


class PublicText(Base):
    """A yearly report, or a lesson learned, under the SHA-256 of its words. It is never changed."""

    __tablename__ = "public_text"
    __table_args__ = (
        CheckConstraint("kind IN ('yearly', 'lesson')", name="kind"),
        CheckConstraint("length(digest) = 64 AND length(period) = 4", name="address"),
        CheckConstraint("length(trim(title)) >= 3 AND length(trim(text)) >= 20", name="text"),
    )

    digest: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    period: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    published_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime]
