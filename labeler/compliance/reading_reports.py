"""Which reports a person may see, and what the finished ones say: read from their files.

A file is shown only while it is the one that was made: not what somebody wrote over it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.compliance.models import Report, ReportState
from labeler.compliance.report.made import REPORT
from labeler.compliance.report.seen import NoReport, View, view
from labeler.compliance.standards import as_published, read
from labeler.errors import Missing
from labeler.workforce.models import Vendor

LISTED = 60
"""Reports on one list: five years of quarters by three profiles."""


@dataclass(frozen=True, slots=True)
class Known:
    """A report with its vendor's name, who asked for it and her role, and what it says: None
    until it is done, and where its files cannot be shown (`seen`)."""

    report: Report
    vendor: str
    by: str
    role: Role
    seen: View | None


def listed(session: Session, data: Path, of: UUID | None) -> Sequence[Known]:
    """The newest reports on a vendor, or on all for None. `data` is the data folder."""
    wanted = _all().order_by(Report.made_at.desc(), Report.number.desc()).limit(LISTED)
    if of is not None:
        wanted = wanted.where(Report.vendor_id == of)
    rows = session.execute(wanted).all()
    return [Known(report, vendor, by, role, seen(data, report)) for report, vendor, by, role in rows]


def known(session: Session, data: Path, report_id: UUID, of: UUID | None) -> Known:
    """One report; Missing for one on another vendor than `of`, as for one that is not there."""
    row = session.execute(_all().where(Report.id == report_id)).one_or_none()
    if row is None or (of is not None and row[0].vendor_id != of):
        raise Missing("There is no such report.")
    report, vendor, by, role = row
    return Known(report, vendor, by, role, seen(data, report))


def newest_done(session: Session, data: Path, vendor_id: UUID) -> tuple[Report, View] | None:
    """The finished report on a vendor's latest quarter: the last one asked for by the standard as it is published, or
    where there is none the last one by any profile. None where there is none at all."""
    itself = Report.profile_digest == as_published(read()).digest
    wanted = (
        select(Report)
        .where(Report.vendor_id == vendor_id, Report.state == ReportState.DONE)
        .order_by(Report.period.desc(), itself.desc(), Report.number.desc())
        .limit(1)
    )
    report = session.scalar(wanted)
    told = seen(data, report) if report else None
    return (report, told) if report and told else None


def seen(data: Path, report: Report) -> View | None:
    """What a finished report says; None until it is done, or where its files are not on this machine, are not those
    that were made, or are of a version of this product that told other things."""
    if report.folder is None or report.digest is None or not (data / report.folder / REPORT).is_file():
        return None
    try:
        return _read(data / report.folder / REPORT, report.digest)
    except NoReport:
        return None


@lru_cache(maxsize=LISTED)
def _read(file: Path, digest: str) -> View:
    """A file is never changed under its digest, so it is read once. Whoever has the view must not change it."""
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise NoReport(f"{file} is not the file that was made")
    return view(data)


def _all() -> Select[Report, str, str, Role]:
    return (
        select(Report, Vendor.name, User.name, User.role)
        .join(Vendor, Vendor.id == Report.vendor_id)
        .join(User, User.id == Report.made_by)
    )
