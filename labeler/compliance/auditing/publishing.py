"""What is public of vendors: every quarter since one joined, or nothing. Nobody chooses quarters, and nothing is taken
back. Cells are of ten people (`cells.K_PUBLIC`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.audit.service import record
from labeler.cells import K_PUBLIC
from labeler.compliance.auditing.assessed import assessed
from labeler.compliance.auditing.models import PublicReport, PublicText, PublicVendor, VendorNaming
from labeler.compliance.auditing.rules import length_problem, quarter_of, quarters, tidy
from labeler.compliance.disclosing import disclose
from labeler.compliance.events import Period
from labeler.compliance.outcome import Result
from labeler.compliance.reading import newest
from labeler.compliance.standards import read
from labeler.db import table
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.workforce.models import Vendor

AFTER = timedelta(days=31)
"""How long after a quarter's end it is published: by then its last week is paid, or late."""
TEXT = (20, 40_000)
KINDS = ("yearly", "lesson")


@dataclass(frozen=True, slots=True)
class Quarter:
    """What is public of one quarter of one vendor, whose name is that of the agreement or a number."""

    vendor: str
    period: str
    told: dict[str, Any]
    digest: str
    published_at: datetime


_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('labeler public vendor'))")
"""Held while something is published: two vendors at one moment would have one number, one text would come twice."""


def _in_turn(session: Session) -> None:
    """Whoever publishes waits for whoever does now."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(_ONE_BY_ONE)


def publish_vendor(session: Session, actor: UUID, vendor_id: UUID, now: datetime) -> int:
    """Make a vendor public: all quarters since it joined that are over for `AFTER`, and all that come; its number.

    The quarters follow by `due_of` and `keep`; where that is cut off, by the clock. Raises Missing, and Conflict when
    it is public already.
    """
    _in_turn(session)
    vendor = session.get(Vendor, vendor_id, with_for_update=True)
    if vendor is None:
        raise Missing("There is no such vendor.")
    if session.get(PublicVendor, vendor_id) is not None:
        raise Conflict("This vendor is public already. Its quarters are published by themselves.")
    first = session.scalar(select(func.min(AuditEntry.at)).where(AuditEntry.vendor_id == vendor_id))
    year, quarter = quarter_of(min(first or vendor.created_at, vendor.created_at))
    number = 1 + (session.scalar(select(func.max(PublicVendor.number))) or 0)
    session.add(
        PublicVendor(
            vendor_id=vendor_id, number=number, since_year=year, since_quarter=quarter, decided_by=actor, decided_at=now
        )
    )
    session.flush()
    record(
        session, "disclosure.begin", actor, vendor_id, now, vendor_id,
        number=number, since=Period.quarter(year, quarter).name,
    )  # fmt: skip
    return number


def due_of(session: Session, vendor_id: UUID, now: datetime) -> list[PublicReport]:
    """Every quarter of a public vendor that is due, worked out and not kept yet: it only looks, because a large quarter
    takes a while, in which nobody's work should wait for a lock. Raises Missing."""
    public = session.get(PublicVendor, vendor_id)
    if public is None:
        raise Missing("This vendor is not public.")
    there = _published(session, vendor_id)
    return [
        PublicReport(
            vendor_id=vendor_id, year=year, quarter=quarter,
            told=(words := _told(session, vendor_id, Period.quarter(year, quarter))),
            digest=hashlib.sha256(words.encode()).hexdigest(), published_at=now,
        )
        for year, quarter in quarters((public.since_year, public.since_quarter), now - AFTER)
        if (year, quarter) not in there
    ]  # fmt: skip


def keep(
    session: Session, vendor_id: UUID, due: Sequence[PublicReport], now: datetime, actor: UUID | None = None
) -> int:
    """Publish what was due, but for quarters that another process published meanwhile: theirs stand. How many."""
    session.get_one(PublicVendor, vendor_id, with_for_update=True)
    there, number = _published(session, vendor_id), 0
    for each in due:
        if (each.year, each.quarter) in there:
            continue
        period = Period.quarter(each.year, each.quarter).name
        session.execute(
            insert(table(PublicReport)),
            {name: getattr(each, name) for name in ("vendor_id", "year", "quarter", "told", "digest", "published_at")},
        )
        record(session, "report.publish", actor, vendor_id, now, vendor_id, period=period, digest=each.digest)
        number += 1
    return number


def _published(session: Session, vendor_id: UUID) -> set[tuple[int, int]]:
    known = select(PublicReport.year, PublicReport.quarter).where(PublicReport.vendor_id == vendor_id)
    return {(year, quarter) for year, quarter in session.execute(known)}


def waiting(session: Session) -> list[UUID]:
    """The vendors that are public."""
    return list(session.scalars(select(PublicVendor.vendor_id).order_by(PublicVendor.number)))


def _told(session: Session, vendor_id: UUID, period: Period) -> str:
    standard = read()
    prefix = newest(session, vendor_id)
    found = assessed(session, vendor_id, period, standard, prefix, K_PUBLIC).assessment
    shown = disclose(found, K_PUBLIC)
    results = {each.control: each.result.value for each in shown.controls}
    told = {
        "standard": f"{standard.id} {standard.version}",
        "people": shown.headcount,
        "meets": found.meets,
        "met": sum(each == Result.SATISFIED for each in results.values()),
        "not_met": sum(each == Result.NOT_SATISFIED for each in results.values()),
        "not_tested": sum(each == Result.NOT_TESTED for each in results.values()),
        "controls": results,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def say_named(session: Session, manager: UUID, vendor_id: UUID, named: bool, now: datetime) -> None:
    """Agree to be named in public, or take that back."""
    session.add(VendorNaming(vendor_id=vendor_id, named=named, said_by=manager, said_at=now))
    session.flush()
    record(session, "disclosure.name", manager, vendor_id, now, vendor_id, named=named)


def is_named(session: Session, vendor_id: UUID) -> bool:
    """Whether a vendor agrees to be named."""
    said = select(VendorNaming.named).where(VendorNaming.vendor_id == vendor_id)
    return bool(session.scalar(said.order_by(VendorNaming.said_at.desc(), VendorNaming.id.desc()).limit(1)))


def public(session: Session) -> list[Quarter]:
    """All that is public, the newest quarter first."""
    rows = session.execute(
        select(PublicReport, PublicVendor, Vendor.name)
        .join(PublicVendor, PublicVendor.vendor_id == PublicReport.vendor_id)
        .join(Vendor, Vendor.id == PublicReport.vendor_id)
        .order_by(PublicReport.year.desc(), PublicReport.quarter.desc(), PublicVendor.number)
    ).all()
    said = select(VendorNaming.vendor_id, VendorNaming.named).order_by(VendorNaming.said_at, VendorNaming.id)
    named = dict(session.execute(said).all())
    names = {
        vendor.vendor_id: name if named.get(vendor.vendor_id) else f"Vendor {vendor.number}" for _, vendor, name in rows
    }
    return [
        Quarter(
            names[report.vendor_id], Period.quarter(report.year, report.quarter).name, orjson.loads(report.told),
            report.digest, report.published_at,
        )
        for report, _, _ in rows
    ]  # fmt: skip


def publish_text(session: Session, actor: UUID, kind: str, period: str, title: str, text: str, now: datetime) -> str:
    """Publish a yearly report or a lesson learned; the SHA-256 of its words, which is its name. Raises Invalid."""
    title, text, problems = tidy(title), tidy(text), []
    if kind not in KINDS:
        problems.append(FieldProblem("kind", "Choose what it is."))
    if len(period) != 4 or not period.isdecimal():
        problems.append(FieldProblem("period", "Write the year in four digits."))
    problems += length_problem("title", title, (3, 200)) + length_problem("text", text, TEXT)
    if problems:
        raise Invalid("This can't be published yet.", problems)
    digest = hashlib.sha256(f"{kind}\n{period}\n{title}\n\n{text}\n".encode()).hexdigest()
    _in_turn(session)
    if session.get(PublicText, digest) is None:
        session.add(
            PublicText(
                digest=digest, kind=kind, period=period, title=title, text=text, published_by=actor, published_at=now
            )
        )
        session.flush()
        record(session, "disclosure.publish", actor, UUID(digest[:32]), now, period=period, digest=digest)
    return digest


def texts(session: Session) -> Sequence[PublicText]:
    """Every public text, the newest first."""
    return session.scalars(select(PublicText).order_by(PublicText.published_at.desc(), PublicText.digest)).all()


def text_of(session: Session, digest: str) -> PublicText:
    """One public text. Raises Missing."""
    found = session.get(PublicText, digest)
    if found is None:
        raise Missing("There is no such text.")
    return found
