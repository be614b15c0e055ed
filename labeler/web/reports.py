"""Compliance reports: who has asked for which, how one is coming, what it says, and its files.

Auditors and administrators see all. A vendor's manager and its worker representative see their own vendor's, and may
ask for one too: what a report says follows from the record alone, so whoever asks can choose nothing in it, and neither
side of a table should have to wait for the other to know what it says.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock, downloads
from labeler.accounts.permissions import Permission, Role
from labeler.compliance import reading_reports, reports
from labeler.compliance.auditing.rules import quarter_of, quarters
from labeler.compliance.events import Period
from labeler.compliance.models import Report
from labeler.compliance.profiles import get_profile, profiles
from labeler.compliance.report.agreeing import PAGE
from labeler.compliance.report.asked import period_named
from labeler.compliance.report.made import REPORT
from labeler.compliance.report.pdf import PDF
from labeler.compliance.standards import as_published, read
from labeler.db import reading, repeated
from labeler.downloads import storage
from labeler.errors import Conflict, FieldProblem, Invalid, Missing, OverQuota
from labeler.gate import person, requires
from labeler.signing.keys import Keys, Purpose
from labeler.signing.service import signing_key
from labeler.web.people_forms import uuid_of
from labeler.web.report_sent import send_made
from labeler.workforce.queries import vendors

bp = Blueprint("reports", __name__)

FILES = {"json": REPORT, "html": PAGE, "pdf": PDF}
"""What is offered by itself, by its ending."""
OFFERED = 8
"""Quarters that can be asked for."""
EVERY = frozenset({Role.ADMIN, Role.AUDITOR})
"""Who sees the reports on every vendor."""
ORDER = ("not-satisfied", "not-tested", "satisfied")
"""Results of controls, exceptions first."""


def _mine() -> UUID | None:
    """The vendor whose reports alone she may see; None for all. Raises Missing for who speaks for none."""
    me = person()
    if me.role in EVERY:
        return None
    if me.vendor_id is None:
        raise Missing("You speak for no vendor. Ask the administrator who invited you.")
    return me.vendor_id


@bp.get("/reports")
@requires(Permission.REPORTS)
def show() -> str:
    """The reports there are, and the form that asks for one."""
    return _list()


def _list(problems: tuple[FieldProblem, ...] = (), said: str = "", **typed: str) -> str:
    mine = _mine()
    with reading() as session:
        found = reading_reports.listed(session, storage().folder, mine)
        offered = [(str(each.id), each.name) for each, _ in vendors(session) if mine in (None, each.id)]
        buyers = [each.profile.name for each in profiles(session)]
    over = [Period.quarter(*each).name for each in _over()]
    return render_template(
        "oversight/reports.html", found=found, problems=problems, said=said, typed=typed, mine=mine,
        vendors=offered if mine else [("", "Choose a vendor"), *offered], periods=[(each, each) for each in over],
        profiles=[(each, each) for each in [as_published(read()).name, *buyers]], most=reading_reports.LISTED,
    )  # fmt: skip


def _over() -> list[tuple[int, int]]:
    now = clock.now()
    return quarters((quarter_of(now)[0] - 3, 1), now)[: -OFFERED - 1 : -1]


@bp.post("/reports")
@requires(Permission.REPORTS)
def ask() -> BaseResponse | tuple[str, int]:
    """Ask for a report: all that is wrong with the form at once."""
    me, now, mine = person().id, clock.now(), _mine()
    typed = {name: request.form.get(name, "") for name in ("vendor", "period", "profile")}
    vendor, problems = uuid_of(typed["vendor"]), []
    with reading() as session:
        if vendor not in {each.id for each, _ in vendors(session) if mine in (None, each.id)}:
            problems.append(FieldProblem("vendor", "Choose a vendor from the list."))
        if typed["period"] not in {Period.quarter(*each).name for each in _over()}:
            problems.append(FieldProblem("period", "Choose a quarter that is over."))
        try:
            profile = get_profile(session, typed["profile"])
        except Missing:
            problems.append(FieldProblem("profile", "Choose the standard or a buyer's profile from the list."))
    if problems or vendor is None:
        return _list(tuple(problems), **typed), 422
    of, period = vendor, period_named(typed["period"])
    try:
        made, new = repeated(lambda session: _asked(reports.request(session, me, of, period, profile, now)))
    except Invalid as wrong:
        return _list(wrong.problems, **typed), 422
    except (Conflict, OverQuota) as not_yet:
        return _list((), not_yet.message, **typed), not_yet.status
    if not new:
        flash("This report was asked for before: here it is. There is a newer one once it is made, and more is sealed.")
    return redirect(f"/reports/{made}", 303)


def _asked(of: tuple[Report, UUID | None]) -> tuple[UUID, bool]:
    return of[0].id, of[1] is not None


@bp.get("/reports/<uuid:report_id>")
@requires(Permission.REPORTS)
def one(report_id: UUID) -> str:
    """How a report is coming, why it will not, or what it says: page 1 and the controls, exceptions first."""
    with reading() as session:
        found = reading_reports.known(session, storage().folder, report_id, _mine())
    told = found.seen
    controls = (
        sorted(told["controls"], key=lambda each: (ORDER.index(each["result"]), not each["core"])) if told else []
    )
    return render_template(
        "oversight/report.html", found=found, report=found.report, seen=told, controls=controls,
        may_pack=person().role is Role.AUDITOR, mine=_mine(),
    )  # fmt: skip


@bp.get("/reports/<uuid:report_id>/bundle.zip")
@requires(Permission.REPORTS)
def bundle(report_id: UUID) -> Response:
    """The whole bundle, as it was made and signed."""
    kept, name = _take(report_id, "bundle")
    return send_made(lambda root: _copied(kept, root), f"{name}.zip")


def _copied(kept: Path, root: Path) -> None:
    for each in sorted(kept.rglob("*")):
        if each.is_file():
            place = root / each.relative_to(kept)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(each)


@bp.get("/reports/<uuid:report_id>/report.<ending>")
@requires(Permission.REPORTS)
def file(report_id: UUID, ending: str) -> Response:
    """One file of the bundle, downloaded and never shown."""
    if ending not in FILES:
        raise Missing("A report has no such file.")
    kept, name = _take(report_id, FILES[ending])
    found = kept / FILES[ending]
    if not found.is_file():
        raise Conflict("The files of this report are not on this machine. Ask whoever runs it.")
    return downloads.send_path(found, f"{report_id}-{ending}", f"{name}.{ending}")


@bp.get("/reports/<uuid:report_id>/pack.zip")
@requires(Permission.AUDITS)
def pack(report_id: UUID) -> Response:
    """The auditor's pack: with every row behind a figure and every leaf. It is made when it is asked for."""
    keys, now = Keys(storage().folder), clock.now()
    _, name = _take(report_id, "pack")
    key = repeated(lambda session: signing_key(session, keys, Purpose.REPORT, now))

    def written(root: Path) -> None:
        with reading() as session:
            reports.write(session, report_id, root, keys, key, rows=True)

    return send_made(written, f"{name}-pack.zip")


def _take(report_id: UUID, what: str) -> tuple[Path, str]:
    """The folder of a finished report and a name for what is sent; that she takes it is on the record first."""
    me, mine, data, now = person().id, _mine(), storage().folder, clock.now()
    with reading() as session:
        found = reading_reports.known(session, data, report_id, mine)

    def take(session: Session) -> Path:
        report = session.get_one(Report, report_id)
        reports.take(session, me, report, what, "page", now)
        return data / reports.folder(session, report_id)

    kept = repeated(take)
    return kept, f"report-{found.report.number}-{found.report.period.replace(' ', '-')}"
