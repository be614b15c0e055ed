"""Asking for a report, and making it: each report is fixed when it is asked for, and made beside everybody's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.sealing import latest, waits
from labeler.audit.service import record
from labeler.cells import K_INSIDE
from labeler.compliance import asking, gathering, standards
from labeler.compliance.events import Period
from labeler.compliance.models import COMING, Report, ReportState
from labeler.compliance.profiles import refuse_pretence
from labeler.compliance.reading import newest
from labeler.compliance.report import bundle, whole
from labeler.compliance.report.asked import Asked, Earlier, period_named
from labeler.compliance.report.sealed import LEAVES, write_leaves
from labeler.compliance.standards import Profile
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.jobs.models import Job, JobState
from labeler.jobs.outbox import enqueue
from labeler.signing.keys import Keys, Purpose, SigningKey
from labeler.signing.publishing import published
from labeler.workforce.models import Vendor


@dataclass(frozen=True, slots=True)
class Written:
    """A report's finished folder: the SHA-256 of `report.json` and of the manifest, and the key that signed it."""

    digest: str
    manifest_hash: str
    key_id: str


def request(
    session: Session, actor: UUID, vendor_id: UUID, period: Period, profile: Profile, now: datetime
) -> tuple[Report, UUID | None]:
    """Ask for a report on all that is sealed by now. Returns it and the id of the job that will make it; None for one
    that was asked for before: it is being made still (`job_of`), or nothing was sealed since.

    Raises Missing, Invalid for a quarter that has not ended or a profile under another's name, Conflict while its last
    entries are not sealed, and OverQuota where she, or her vendor's people, asked for all they may.
    """
    vendor = session.scalar(select(Vendor).where(Vendor.id == vendor_id).with_for_update())
    if vendor is None:
        raise Missing("There is no such vendor.")
    if now < period.end:
        raise Invalid(
            "This quarter has not ended.",
            [FieldProblem("period", f"{period.name} ends on {period.end:%Y-%m-%d} (UTC). Ask from then on.")],
        )
    known = select(Report).where(
        Report.vendor_id == vendor_id, Report.period == period.name, Report.profile_digest == profile.digest
    )
    if (coming := session.scalar(known.where(Report.state.in_(COMING)))) is not None:
        return coming, None
    signed, sizes = latest(session), newest(session, vendor_id)
    if signed is None or not sizes.vendor or not sizes.platform or (signed.at < period.end and waits(session)):
        raise Conflict(
            "The last entries of this quarter are not sealed yet. A worker seals them within a minute or two."
        )
    standard = standards.read()
    known = known.where(
        Report.standard_digest == standard.digest, Report.vendor_size == sizes.vendor,
        Report.platform_size == sizes.platform,
    )  # fmt: skip
    if (same := session.scalar(known)) is not None:
        return same, None
    refuse_pretence(session, profile, sizes.platform)
    _room(session, actor, vendor_id, period.name, now)
    before = select(Report.number).where(
        Report.vendor_id == vendor_id, Report.period == period.name, Report.state != ReportState.FAILED
    )
    last = session.scalar(select(func.max(Report.number)).where(Report.vendor_id == vendor_id)) or 0
    made = Report(
        vendor_id=vendor_id,
        number=last + 1,
        period=period.name,
        profile=profile.name,
        profile_values=dict(profile.values),
        profile_digest=profile.digest,
        standard_version=standard.version,
        standard_digest=standard.digest,
        vendor_size=sizes.vendor,
        platform_size=sizes.platform,
        checkpoint=signed.note,
        k=K_INSIDE,
        earlier=sorted(session.scalars(before)),
        made_by=actor,
        made_at=now,
    )
    session.add(made)
    session.flush()
    record(
        session, "report.request", actor, made.id, now, vendor_id,
        period=period.name, profile=profile.name, number=made.number,
    )  # fmt: skip
    return made, enqueue(session, "write_report", now, report=str(made.id)).id


def _room(session: Session, actor: UUID, vendor_id: UUID, period: str, now: datetime) -> None:
    """Ask whether a person may ask for one more; nobody else counts for her until the transaction ends."""
    role = session.scalars(select(User.role).where(User.id == actor).with_for_update(key_share=True)).one()
    today = select(func.count()).where(Report.made_by == actor, Report.made_at >= asking.begin_of_day(now))
    used, allowed = session.scalar(today) or 0, asking.most(role)
    if used >= allowed:
        raise asking.too_many(allowed, used, now)
    if role in asking.OF_ALL:
        return
    of_quarter = select(func.count(Report.id)).join(User, User.id == Report.made_by)
    of_quarter = of_quarter.where(
        Report.vendor_id == vendor_id, Report.period == period, User.role.not_in(asking.OF_ALL)
    )
    if (used := session.scalar(of_quarter) or 0) >= asking.A_QUARTER:
        raise asking.enough(used, period)


def job_of(session: Session, report_id: UUID) -> UUID | None:
    """The id of the job that is to make a report, for who wants to wait for it; None once it has ended."""
    wanted = select(Job.id).where(
        Job.state.in_((JobState.QUEUED, JobState.RUNNING)), Job.kind == "write_report",
        Job.args["report"].as_string() == str(report_id),
    )  # fmt: skip
    return session.scalar(wanted)


def asked(session: Session, report: Report) -> Asked:
    """What a report is a function of. Raises Conflict when this version has another text of its standard."""
    standard = standards.read(report.standard_version)
    if standard.digest != report.standard_digest:
        raise Conflict("This report was asked for by another text of the standard. Ask for a new one.")
    before = session.scalars(
        select(Report)
        .where(Report.vendor_id == report.vendor_id, Report.number.in_(report.earlier))
        .order_by(Report.number)
    )
    return Asked(
        vendor=report.vendor_id,
        number=report.number,
        period=period_named(report.period),
        profile=Profile(report.profile, report.profile_values),
        standard=standard,
        vendor_size=report.vendor_size,
        platform_size=report.platform_size,
        checkpoint=report.checkpoint,
        k=report.k,
        earlier=tuple(
            Earlier(each.number, Profile(each.profile, each.profile_values), each.vendor_size, each.platform_size)
            for each in before
        ),
    )


def start(session: Session, report_id: UUID) -> bool:
    """Begin, or begin anew after a broken attempt; False when there is nothing left to do."""
    report = session.scalar(select(Report).where(Report.id == report_id).with_for_update())
    if report is None or report.state in (ReportState.DONE, ReportState.FAILED):
        return False
    report.state, report.problem = ReportState.WRITING, None
    return True


def write(
    session: Session, report_id: UUID, root: Path, keys: Keys, key: SigningKey, *, rows: bool = False,
    more: Mapping[str, bytes] | None = None,
) -> Written:  # fmt: skip
    """Write a report's bundle into the empty folder `root`, with `rows` the auditor's pack, and `more` files beside it.
    The same report gives the same bytes, however often, until a person's data are erased or a key is rotated.

    Raises Conflict for a pack whose figures do not come out as they were told: entries were erased since, or this
    version writes other words.
    """
    report = session.get_one(Report, report_id)
    of = asked(session, report)
    made = gathering.make(session, of)
    if report.digest is not None and report.digest != made.digest:
        raise Conflict(
            "The figures of this report do not come out again: data of a person were erased since, or another version "
            "of the product made it. So its rows cannot be shown any more. Ask for a new report on the same quarter: "
            "it says how many entries are erased."
        )
    files = {**whole.files(made, gathering.proofs(session, of), keys_json(keys)), **(more or {})}
    if rows:
        files |= whole.rows(made)
        write_leaves(root / LEAVES, gathering.leaves(session, of))
    written = bundle.write(root, files, whole.about(of, made, pack=rows), key)
    return Written(made.digest, written.manifest_hash, written.key_id)


def keys_json(keys: Keys) -> bytes:
    """`keys.json`: the keys of the record and of reports, all there have been."""
    known = [list(keys.known(purpose)) for purpose in (Purpose.RECORD, Purpose.REPORT)]
    return orjson.dumps(published(known), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def finish(session: Session, report_id: UUID, folder: str, made: Written, now: datetime) -> None:
    """Show the finished report: from here on it is never changed. Raises Conflict when it has ended."""
    report = session.scalar(select(Report).where(Report.id == report_id).with_for_update())
    if report is None or report.state is not ReportState.WRITING:
        raise Conflict("This report has ended already.")
    report.state = ReportState.DONE
    report.folder = folder
    report.digest, report.manifest_hash, report.key_id = made.digest, made.manifest_hash, made.key_id
    report.finished_at = now
    record(
        session, "report.finish", None, report_id, now, report.vendor_id,
        digest=made.digest, manifest_hash=made.manifest_hash, key_id=made.key_id,
    )  # fmt: skip


def fail(session: Session, report_id: UUID, problem: str, now: datetime) -> None:
    """Say that this report will not come, and why. One that is done stays done."""
    report = session.scalar(select(Report).where(Report.id == report_id).with_for_update())
    if report is None or report.state in (ReportState.DONE, ReportState.FAILED):
        return
    report.state, report.problem, report.finished_at = ReportState.FAILED, problem, now
    record(session, "report.fail", None, report_id, now, report.vendor_id)


def of_vendor(session: Session, vendor_id: UUID) -> Sequence[Report]:
    """Every report on a vendor, the newest first."""
    return session.scalars(select(Report).where(Report.vendor_id == vendor_id).order_by(Report.number.desc())).all()


def one(session: Session, vendor_id: UUID, number: int) -> Report:
    """A report by its number. Raises Missing."""
    found = session.scalar(select(Report).where(Report.vendor_id == vendor_id, Report.number == number))
    if found is None:
        raise Missing("There is no such report.")
    return found


def folder(session: Session, report_id: UUID) -> str:
    """Where a finished report lies, relative to the data folder. Raises Missing, and Conflict until it is done."""
    report = session.get(Report, report_id)
    if report is None:
        raise Missing("There is no such report.")
    if report.state is ReportState.FAILED:
        raise Conflict(f"This report could not be made. {report.problem or ''}".strip())
    if report.folder is None:
        raise Conflict("This report is not finished yet. It takes a minute or so.")
    return report.folder


def take(session: Session, actor: UUID, report: Report, what: str, way: str, now: datetime) -> None:
    """Record that somebody takes `what` of a report (`bundle`, `pack`, or a path) by `way`. Raises as `folder`."""
    folder(session, report.id)
    record(session, "report.take", actor, report.id, now, report.vendor_id, what=what, way=way)
