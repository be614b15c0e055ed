"""Which figures of groups and of time are told of a project: those of the last day on which ten people stood between.

Two looks before and after one person's work would tell that work. So what needs ten people is counted anew only when
ten people have added or taken away answers since each earlier time (`groups.may_be_told`), and at most once a day.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.projects.models import Project
from labeler.quality.groups import Behind, may_be_told
from labeler.quality.models import ToldFigures
from labeler.quality.summary import Gated

_GATED = TypeAdapter(Gated)


def last(session: Session, project_id: UUID) -> ToldFigures | None:
    """What is told now; None where nothing was ever told."""
    return session.scalar(
        select(ToldFigures)
        .where(ToldFigures.project_id == project_id)
        .order_by(ToldFigures.told_at.desc(), ToldFigures.id.desc())
        .limit(1)
    )


def read(told: ToldFigures) -> Gated:
    """The figures of a row."""
    return _GATED.validate_python(told.figures)


def is_a_new_day(told: ToldFigures | None, now: datetime) -> bool:
    """Whether figures may be told anew at all: on another day, UTC, than the last ones."""
    return told is None or told.told_at.astimezone(UTC).date() < now.astimezone(UTC).date()


def may_renew(session: Session, project_id: UUID, behind: Behind) -> bool:
    """Whether figures of these answers may follow all that were told."""
    earlier = session.scalars(select(ToldFigures.behind).where(ToldFigures.project_id == project_id))
    return may_be_told(earlier, behind)


def keep(session: Session, project_id: UUID, figures: Gated, behind: Behind, now: datetime) -> ToldFigures | None:
    """Tell these figures from now on; where somebody else did so at the same moment, or they may not follow hers, what
    is told stays. Returns what is told."""
    session.get_one(Project, project_id, with_for_update={"key_share": True})
    told = last(session, project_id)
    if not is_a_new_day(told, now) or not may_renew(session, project_id, behind):
        return told
    made = ToldFigures(
        project_id=project_id,
        told_at=now,
        figures=_GATED.dump_python(figures, mode="json"),
        behind=dict(behind),
    )
    session.add(made)
    session.flush()
    return made
