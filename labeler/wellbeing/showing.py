"""A sensitive text is shown on a page that is not the desk: that counts too, and is bound, whoever looks (EXP-9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.service import record
from labeler.errors import Conflict
from labeler.wellbeing.doses import Bound, Dose, over, reserve, room_from, summed
from labeler.wellbeing.hours import DAY, WEEK
from labeler.wellbeing.models import Exposure, ExposurePath
from labeler.wellbeing.policies import limits_now
from labeler.workforce.models import Labeler
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
    `person_id` is `Labeler.person_id` for a labeler, else the account. Raises Conflict at severity 4 (EXP-4), and, with
    the rule and the moment when there is room again, above what anybody may see in a day or a week (EXP-1, 2, 3).
    """
    refuse_forbidden(profile)
    severity = int(highest(profile))
    if severity < SENSITIVE:
        return
    seconds = reserve(estimate)
    _bind(session, person_id, severity, seconds, now)
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
    vendor = session.scalar(select(Labeler.vendor_id).where(Labeler.id == person_id))
    record(session, "exposure.show", person_id, row.id, now, vendor, path=path, severity=severity, seconds=seconds)


def refuse_forbidden(profile: Profile) -> None:
    """Raises Conflict for a text of severity 4: it is shown to nobody, on no page (EXP-4)."""
    if highest(profile) >= Severity.FORBIDDEN:
        raise Conflict("This task is held back from everybody. The person named for escalations decides about it.")


def _bind(session: Session, person_id: UUID, severity: int, seconds: int, now: datetime) -> None:
    session.execute(select(User.id).where(User.id == person_id).with_for_update(key_share=True))  # two tabs, in a line
    shown = (
        select(Exposure.severity, Exposure.seconds, Exposure.ended_at)
        .where(Exposure.person_id == person_id, Exposure.ended_at > now - WEEK)
        .order_by(Exposure.ended_at)
    )
    doses = [Dose(*row) for row in session.execute(shown)]
    limits = limits_now(session, now).platform
    why = over(severity, seconds, summed(doses, now), limits)
    if why is None:
        return
    least = SENSITIVE if why.rule == "EXP-3" else Severity.EGREGIOUS
    window, span = (WEEK, "week") if why.bound is Bound.WEEK else (DAY, "day")
    free = room_from(doses, least, window, why.number * 60, seconds, now).astimezone(UTC)
    raise Conflict(
        f"Nothing was shown. You have been shown {round(why.used / 60)} minutes of hard content, and {why.number} in a"
        f" {span} are the most for anybody (rule {why.rule}). There is room for this text again on {free.day}"
        f" {free:%B, %H:%M} UTC. Somebody else can look at it now."
    )
