"""Running a self-check: once a day, with its entry in the same transaction."""

from __future__ import annotations

from importlib.metadata import version
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.logs import PLATFORM
from labeler.audit.service import record
from labeler.compliance.looking_models import SelfCheckRun
from labeler.compliance.selfchecks import OF_PRODUCT, OF_VENDORS
from labeler.compliance.selfchecks.found import Found, Looking
from labeler.workforce.models import Vendor


def waiting(session: Session, looking: Looking) -> list[tuple[str, UUID]]:
    """The self-checks that have not run today (UTC), each with the log that it belongs to."""
    ran = select(SelfCheckRun.name, SelfCheckRun.log_id).where(SelfCheckRun.day == looking.now.date())
    done = {(name, log) for name, log in session.execute(ran)}
    vendors = session.scalars(select(Vendor.id).order_by(Vendor.id)).all()
    wanted = [(name, PLATFORM) for name in OF_PRODUCT]
    wanted += [(name, vendor) for vendor in vendors for name in OF_VENDORS]
    return [each for each in wanted if each not in done]


def run(looking: Looking, name: str, log: UUID) -> Found | None:
    """Look, and write what was found; None when another worker did today. Raises IntegrityError if it does just now."""
    session, day = looking.session, looking.now.date()
    if session.get(SelfCheckRun, (name, log, day)) is not None:
        return None
    session.add(SelfCheckRun(name=name, log_id=log, day=day))
    session.flush()
    found = OF_PRODUCT[name](looking) if log == PLATFORM else OF_VENDORS[name](looking, log)
    record(
        session, "check.run", None, log, looking.now, None if log == PLATFORM else log, check=name,
        version=f"{version('labeler')} {found.looked_at}", population=found.population,
        exceptions=len(found.exceptions), digest=found.digest,
    )  # fmt: skip
    return found
