"""What is paid: time in classes, money in lines, both only ever added to; rates, floors, statements, objections.

Money is in whole minor units beside its ISO 4217 code, spans of time in whole seconds, moments in UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Base, Entity
from labeler.pay.classes import FloorKind, Measure, PayKind, TimeClass

_HERS, _OWN = text("labeler_id IS NULL"), text("labeler_id IS NOT NULL")
"""A vendor's rate for all of its labelers, and one labeler's own."""
_FIRST, _MORE = text("corrects_pay_id IS NULL"), text("kind = 'allowance'")
"""Each source has one line of a kind. What came after it was settled adds a line that names the one before it."""


class Rate(Entity):
    """An hour's pay from a moment on: of a vendor's labelers, or of one of them. Never changed, never into the past.

    `per_hour` is in minor units. A labeler's own rate goes before her vendor's; of each the newest begun is in force.
    """

    __tablename__ = "rate"
    __table_args__ = (
        Index("uq_rate_vendor", "vendor_id", "from_at", unique=True, sqlite_where=_HERS, postgresql_where=_HERS),
        Index("uq_rate_labeler", "labeler_id", "from_at", unique=True, sqlite_where=_OWN, postgresql_where=_OWN),
        CheckConstraint("per_hour > 0", name="per_hour"),
        CheckConstraint("length(currency) = 3", name="currency"),
    )

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    per_hour: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    from_at: Mapped[datetime]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime]
    labeler_id: Mapped[UUID | None] = mapped_column(ForeignKey("labeler.id"), default=None)


class WageBenchmark(Entity):
    """What an hour must bring at least at one place, by one source at one date (PAY-9).

    `household` says for whom it is enough ("one adult", "typical family"), `hours_week` on how long a week it is based.
    """

    __tablename__ = "wage_benchmark"
    __table_args__ = (
        UniqueConstraint("place", "kind", "household", "measure", "dated"),
        CheckConstraint("per_hour > 0", name="per_hour"),
        CheckConstraint("hours_week BETWEEN 1 AND 168", name="hours_week"),
        CheckConstraint("length(currency) = 3", name="currency"),
    )

    place: Mapped[str]
    kind: Mapped[FloorKind]
    household: Mapped[str]
    measure: Mapped[Measure]
    hours_week: Mapped[int]
    per_hour: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    dated: Mapped[date]
    source: Mapped[str]
    licence: Mapped[str]
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]


class PayPlace(Entity):
    """Where a vendor's labelers live, from a moment on, and by which wage there their floor is measured."""

    __tablename__ = "pay_place"
    __table_args__ = (UniqueConstraint("vendor_id", "from_at"),)

    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    place: Mapped[str]
    kind: Mapped[FloorKind]
    household: Mapped[str]
    measure: Mapped[Measure]
    from_at: Mapped[datetime]
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime]


class TimeLine(Entity):
    """A paid span of one labeler's time (PAY-2). Spans of one labeler never overlap: each second is paid once.

    Worth `seconds * per_hour / 3600` minor units, exactly; a statement rounds once, up. `until_at` is null for her own
    time, for a minimum that no free seconds filled, and for time by hand: these are lengths without a place on the
    clock, of the moment `from_at`. `note` says what time by hand was for. `period_from` is the week in which it is
    paid: that of `from_at`, or a later one when that week's statement had been made. `source_id` is the row that it
    comes from; `corrects_id` the earlier line of that source which this one adds to.
    """

    __tablename__ = "time_line"
    __table_args__ = (
        Index(
            "uq_time_line_labeler_id_from_at",
            "labeler_id",
            "from_at",
            unique=True,
            sqlite_where=text("until_at IS NOT NULL"),
            postgresql_where=text("until_at IS NOT NULL"),
        ),
        Index(None, "labeler_id", "period_from"),
        Index(None, "source_id"),
        CheckConstraint("seconds > 0", name="seconds"),
        CheckConstraint("until_at IS NULL OR until_at > from_at", name="order"),
        CheckConstraint("kind <> 'own' OR until_at IS NULL", name="own"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    kind: Mapped[TimeClass]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    seconds: Mapped[int]
    rate_id: Mapped[UUID] = mapped_column(ForeignKey("rate.id"))
    per_hour: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    period_from: Mapped[datetime]
    written_at: Mapped[datetime]
    source_id: Mapped[UUID | None] = mapped_column(default=None)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_line.id"), default=None)
    note: Mapped[str] = mapped_column(default="", server_default="")


class PayLine(Entity):
    """An amount beside the time, in minor units, never below zero: what is taken off has a kind of its own.

    A correction names the line it corrects. Nothing lowers what finished work brought (REJ-5). `by` is null for what
    the product computes itself.
    """

    __tablename__ = "pay_line"
    __table_args__ = (
        Index(None, "labeler_id", "period_from"),
        Index("uq_pay_line_source", "source_id", "kind", unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST),
        Index("uq_pay_line_more", "corrects_pay_id", unique=True, sqlite_where=_MORE, postgresql_where=_MORE),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "kind <> 'correction' OR corrects_time_id IS NOT NULL OR corrects_pay_id IS NOT NULL", name="correction"
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    kind: Mapped[PayKind]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    period_from: Mapped[datetime]
    written_at: Mapped[datetime]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(default="")
    source_id: Mapped[UUID | None] = mapped_column(default=None)
    corrects_time_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_line.id"), default=None)
    corrects_pay_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_line.id"), default=None)


class Settlement(Base):
    """That a row which was time at work has become lines with a fixed rate: what PAY-5 asks of an assignment.

    `until_at` is the end that was seen: a row that ended later after all is settled again. It may have no line of its
    own, when other lines had paid all its seconds. `period_from` is the latest week in which a part of it is paid.
    """

    __tablename__ = "settlement"

    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    until_at: Mapped[datetime]
    period_from: Mapped[datetime]
    settled_at: Mapped[datetime]


class PayMark(Base):
    """How far a labeler's time has become lines. Locking it lets one settle at a time.

    Everything handed out before `from_at` is settled for good; every week before `open_from` has its statement.
    """

    __tablename__ = "pay_mark"

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"), primary_key=True)
    from_at: Mapped[datetime]
    open_from: Mapped[datetime]


class PayPeriod(Entity):
    """A week's statement: what the lines of one labeler and week come to, when it is due, when it was paid (PAY-4).

    Amounts in minor units: `base` of the time, rounded up once; `floor` an hour's floor then, null where none was
    known; `total` what is to be paid. `paid_at` may be a day before somebody said so at `marked_at`, which is null for
    what was marked before that was kept.
    """

    __tablename__ = "pay_period"
    __table_args__ = (
        UniqueConstraint("labeler_id", "from_at"),
        Index(None, "vendor_id", "from_at"),
        Index(
            "ix_pay_period_unpaid",
            "due_at",
            sqlite_where=text("paid_at IS NULL"),
            postgresql_where=text("paid_at IS NULL"),
        ),
        CheckConstraint(
            "(paid_at IS NULL) = (reference IS NULL) AND (paid_at IS NULL) = (paid_by IS NULL)", name="paid"
        ),
        CheckConstraint("until_at > from_at AND due_at > until_at", name="order"),
        CheckConstraint(
            "paid_at IS NULL OR (paid_at >= until_at AND (marked_at IS NULL OR paid_at <= marked_at))",
            name="paid_when",
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    vendor_id: Mapped[UUID] = mapped_column(ForeignKey("vendor.id"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    due_at: Mapped[datetime]
    seconds: Mapped[int]
    currency: Mapped[str]
    base: Mapped[int] = mapped_column(BigInteger)
    allowance: Mapped[int] = mapped_column(BigInteger)
    bonus: Mapped[int] = mapped_column(BigInteger)
    correction: Mapped[int] = mapped_column(BigInteger)
    top_up: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    floor: Mapped[int | None] = mapped_column(BigInteger, default=None)
    paid_at: Mapped[datetime | None] = mapped_column(default=None)
    paid_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    reference: Mapped[str | None] = mapped_column(default=None)
    marked_at: Mapped[datetime | None] = mapped_column(default=None)


class OwnTime(Entity):
    """How long a labeler says a week was in all. The newest of a week counts. `decided_seconds` is what was taken of it
    beyond the server's own count; null while nobody has decided: the statement does at once up to a quarter more.
    """

    __tablename__ = "own_time"
    __table_args__ = (
        Index(None, "labeler_id", "period_from"),
        CheckConstraint("seconds BETWEEN 1 AND 604800", name="seconds"),
        CheckConstraint("(decided_at IS NULL) = (decided_seconds IS NULL)", name="decided"),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    period_from: Mapped[datetime]
    seconds: Mapped[int]
    said_at: Mapped[datetime]
    held_at: Mapped[datetime | None] = mapped_column(default=None)
    """Since when a person is to look at it: it says more than a quarter over the server's count."""
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    decided_seconds: Mapped[int | None] = mapped_column(default=None)


class PayContest(Entity):
    """A labeler's objection to one line, and the answer of somebody who is not of her vendor."""

    __tablename__ = "pay_contest"
    __table_args__ = (
        Index(None, "labeler_id"),
        Index(
            "ix_pay_contest_open",
            "due_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        CheckConstraint("(time_line_id IS NULL) <> (pay_line_id IS NULL)", name="line"),
        CheckConstraint("length(says) <= 2000", name="says"),
        CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="answered",
        ),
    )

    labeler_id: Mapped[UUID] = mapped_column(ForeignKey("labeler.id"))
    says: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime]
    due_at: Mapped[datetime]
    time_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("time_line.id"), default=None)
    pay_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_line.id"), default=None)
    answer: Mapped[str | None] = mapped_column(Text, default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), default=None)
    correction_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_line.id"), default=None)
