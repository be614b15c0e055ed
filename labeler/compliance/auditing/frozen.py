"""The report that an audit is of, and the folder that is handed out once the audit is signed.

Whoever opens an audit asks for the report on the same prefix of the record, so that both say the same, and what earlier
reports told is known to it. Signing names that report by the SHA-256 of its `report.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.compliance import reports
from labeler.compliance.auditing.as_said import refuse_another_pack
from labeler.compliance.auditing.assessed import profile_of
from labeler.compliance.auditing.models import Audit, AuditSignature
from labeler.compliance.auditing.packing import envelope
from labeler.compliance.events import Period
from labeler.compliance.models import Report, ReportState
from labeler.compliance.report import bundle
from labeler.compliance.report.audited import AUDIT, ENVELOPE
from labeler.compliance.report.verify import load
from labeler.compliance.standards import read
from labeler.errors import Conflict
from labeler.signing.keys import Keys, SigningKey


def report_of(session: Session, audit: Audit) -> Report:
    """The report on an audit's prefix, by its profile. Raises Conflict where none was asked for."""
    standard = read(audit.standard)
    found = session.scalar(
        select(Report).where(
            Report.vendor_id == audit.vendor_id,
            Report.period == Period.quarter(audit.year, audit.quarter).name,
            Report.profile_digest == profile_of(session, audit).digest,
            Report.standard_digest == standard.digest,
            Report.vendor_size == audit.vendor_size,
            Report.platform_size == audit.platform_size,
        )
    )
    if found is None:
        raise Conflict("This audit has no report on its record. Open a new audit of the same quarter: it has one.")
    return found


def finished(session: Session, audit: Audit) -> tuple[Report, str]:
    """An audit's report and the SHA-256 of its `report.json`. Raises Conflict until it is made, or when it can't be."""
    report = report_of(session, audit)
    if report.state is ReportState.FAILED:
        raise Conflict(
            f"The report of this audit could not be made, so there is nothing to sign. {report.problem or ''} Open a "
            "new audit of the same quarter."
        )
    if report.digest is None:
        raise Conflict("The report of this audit is still being made. Try again in a minute: nothing is lost.")
    return report, report.digest


def write(
    session: Session, audit: Audit, signature: AuditSignature, data: Path, root: Path, keys: Keys, key: SigningKey
) -> bool:
    """Write the pack of a signed audit into the empty folder `root`: the report with rows and leaves, `audit.json` and
    its signature, under one manifest. `data` is the data folder.

    Returns whether it has rows. Where data of a person were erased since, they can't be shown any more: then it has the
    report as it was made, without them. Raises Conflict where the pack is not what was signed off.
    """
    report, _ = finished(session, audit)
    refuse_another_pack(session, signature)
    text = signature.pack.encode()
    more = {AUDIT: text, ENVELOPE: envelope(text, key)}
    try:
        reports.write(session, report.id, root, keys, key, rows=True, more=more)
    except Conflict:
        _as_kept(data / reports.folder(session, report.id), root, {**more, bundle.KEYS: reports.keys_json(keys)}, key)
        return False
    return True


def _as_kept(kept: Path, root: Path, more: Mapping[str, bytes], key: SigningKey) -> None:
    files = load(kept)
    about = orjson.loads(files[bundle.MANIFEST])
    for name in (bundle.MANIFEST, bundle.SIGNATURE, bundle.SUMS):
        files.pop(name)
    bundle.write(root, {**files, **more}, {name: about[name] for name in ("report", "pack")}, key)
