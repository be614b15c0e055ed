"""What has ended and has no lines yet: the value that the readers of rows fill, and the condition they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased

from labeler.pay.models import Settlement
from labeler.pay.rules import Event
from labeler.wellbeing.models import Training

COMES_BACK = timedelta(hours=25)
"""How long after its lease a lapsed task may still be gone on with or answered, and a bit."""


@dataclass(slots=True)
class Due:
    """What has ended and has no lines yet, with the end that was seen; and where what has not ended began."""

    events: list[Event] = field(default_factory=list)
    ends: dict[UUID, datetime] = field(default_factory=dict)
    projects: dict[UUID, UUID] = field(default_factory=dict)
    """The project of each assignment among them."""
    again: set[UUID] = field(default_factory=set)
    """What had been settled, and ended later after all."""
    reading: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    """By assignment: the guideline whose reading it brings, and its seconds."""
    going_on: list[datetime] = field(default_factory=list)
    more: bool = False
    """Whether there are more than one transaction should take."""


def unsettled(source: Any, ended: Any) -> ColumnElement[bool]:
    """That a row has no settlement, or ended later after all than the one it has."""
    made = aliased(Settlement)  # a name of its own: the statement around it may read the table too
    return ~exists(select(made.source_id).where(made.source_id == source, made.until_at >= ended))


def soonest(ended: Any, most: Any) -> Any:
    """The end of a pause: as it came, else that of what is paid."""
    return func.coalesce(ended, most)


def training_goes_on(since: Any) -> ColumnElement[bool]:
    """That a training was begun after a moment and may still be finished. One that counts without an end took no time
    at work.
    """
    return and_(Training.finished_at.is_(None), Training.expires_at.is_(None), Training.started_at > since)
