"""A sensitive text is shown on a page that is not the desk: that counts too, whoever looks (EXP-9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.wellbeing.doses import reserve
from labeler.wellbeing.models import Exposure, ExposurePath
from tasks.content import SENSITIVE, Profile, Severity, highest, profile_key


def show(
    session: Session,
    person_id: UUID,
    path: ExposurePath,
    profile: Profile,
    estimate: int | None,
    now: datetime,
    *,
    task_id: UUID | None = None,
) -> None:
    """Write that somebody is about to be shown a text of severity 2 or more; call it before the text leaves the server.

    Nobody sees when she stops reading, so the project's estimate for one task counts, and at least a minute.
    `person_id` is `Labeler.person_id` for a labeler, else the account.
    """
    level = highest(profile)
    if level < SENSITIVE:
        return
    seconds = reserve(estimate)
    severity = min(int(level), int(Severity.EGREGIOUS))
    row = Exposure(
        person_id=person_id,
        path=path,
        profile=profile_key(profile),
        severity=severity,
        from_at=now,
        reserved_seconds=seconds,
        seconds=seconds,
        task_id=task_id,
        shown_at=now,
        ended_at=now + timedelta(seconds=seconds),
    )
    session.add(row)
    session.flush()
    record(session, "exposure.show", person_id, row.id, now, path=path, severity=severity)
