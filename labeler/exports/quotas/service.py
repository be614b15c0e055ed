"""Holding people and projects to the limits on dataset versions: asked in the transaction of what is limited."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from labeler.exports.models import Export, ExportState
from labeler.exports.quotas import rules
from labeler.exports.quotas.models import ExportLimit, ExportTaking
from labeler.exports.quotas.rules import LIMITS, Quota
from labeler.quotas.service import Family, Standing, hold

FAMILY = Family(ExportLimit, LIMITS)
limits, set_limits = FAMILY.limits, FAMILY.set_limits
OPEN = (ExportState.WAITING, ExportState.WRITING)


def room_for_version(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Ask whether a person may ask for one more version. Raises OverQuota.

    To be called with the project's row locked; the person's is locked here, so that the last place goes to one.
    """
    allowed = limits(session)
    writing = select(func.count()).where(Export.project_id == project_id, Export.state.in_(OPEN))
    most, used = allowed[Quota.WRITING], session.scalar(writing) or 0
    if most is not None and used >= most:
        raise rules.too_many_written(most, used)
    hold(session, actor)
    most, used = allowed[Quota.VERSIONS], asked_today(session, actor, now)
    if most is not None and used >= most:
        raise rules.too_many_asked(most, used, now)
    most, used = allowed[Quota.KEPT], kept(session)
    if most is not None and used >= most:
        raise rules.too_much_kept(most, used)


def take(session: Session, actor: UUID, export_id: UUID, file: str, span: tuple[int, int], now: datetime) -> None:
    """Count what somebody is about to take of a file; a byte of it once a day. Raises OverQuota, and counts nothing."""
    hold(session, actor)
    day = rules.day_of(now)
    row = session.get(ExportTaking, (actor, day, export_id, file), populate_existing=True)
    had = row.spans if row is not None else []
    spans = rules.merged(had, span)
    more = rules.total(spans) - rules.total(had)
    most = limits(session)[Quota.TAKEN]
    used = taken_today(session, actor, now)
    if most is not None and more and used + more > most:
        raise rules.too_much_taken(most, used, more, now)
    if row is None:
        row = ExportTaking(user_id=actor, day=day, export_id=export_id, file=file, spans=[], bytes=0)
        session.add(row)
    row.spans, row.bytes = spans, rules.total(spans)
    session.flush()


def keep(session: Session, export_id: UUID, size: int) -> None:
    """Write down how many bytes a version has, before it is shown. Raises OverQuota when there is no room for them."""
    # Locked while there is a limit, so that of two versions that are done at once the second sees the first.
    newest = select(ExportLimit).where(ExportLimit.name == Quota.KEPT).order_by(ExportLimit.set_at, ExportLimit.id)
    session.scalars(newest.with_for_update()).all()
    most, used = limits(session)[Quota.KEPT], kept(session)
    if most is not None and used + size > most:
        raise rules.too_much_kept(most, used, size)
    measured(session, export_id, size)


def measured(session: Session, export_id: UUID, size: int) -> None:
    """Write down how many bytes a version has."""
    session.execute(
        update(Export).where(Export.id == export_id).values(bytes=size).execution_options(synchronize_session="fetch")
    )


def unmeasured(session: Session) -> list[tuple[UUID, str]]:
    """Finished versions from before bytes were counted, and where they lie."""
    rows = select(Export.id, Export.folder).where(Export.state == ExportState.DONE, Export.bytes.is_(None))
    return [(export_id, folder) for export_id, folder in session.execute(rows) if folder is not None]


def asked_today(session: Session, actor: UUID, now: datetime) -> int:
    """How many versions somebody has asked for today."""
    begins = rules.begins(rules.day_of(now))
    mine = select(func.count()).where(
        Export.created_by == actor, Export.created_at >= begins, Export.created_at < begins + timedelta(days=1)
    )
    return session.scalar(mine) or 0


def taken_today(session: Session, actor: UUID, now: datetime) -> int:
    """How many bytes somebody has taken today."""
    mine = select(func.coalesce(func.sum(ExportTaking.bytes), 0)).where(
        ExportTaking.user_id == actor, ExportTaking.day == rules.day_of(now)
    )
    return int(session.scalar(mine) or 0)


def kept(session: Session) -> int:
    """How many bytes finished versions have; those from before bytes were counted are measured by the next job."""
    held = select(func.coalesce(func.sum(Export.bytes), 0)).where(Export.state == ExportState.DONE)
    return int(session.scalar(held) or 0)


def standing(session: Session, actor: UUID, now: datetime) -> list[Standing[Quota]]:
    """Every limit in force, and what this person or the installation uses of it."""
    used = {
        Quota.VERSIONS: asked_today(session, actor, now),
        Quota.TAKEN: taken_today(session, actor, now),
        Quota.KEPT: kept(session),
    }
    return FAMILY.standing(session, used)


def forget(session: Session, now: datetime) -> None:
    """Remove what was taken before yesterday."""
    session.execute(delete(ExportTaking).where(ExportTaking.day < rules.day_of(now) - timedelta(days=1)))
