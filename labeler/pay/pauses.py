"""Paid time beside the tasks: breaks, stand-down, training, waiting, and answers given once more. One statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, literal, or_, select, union_all
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.judgments.models import Retry
from labeler.pay.classes import TimeClass
from labeler.pay.due import COMES_BACK, Due, soonest, training_goes_on, unsettled
from labeler.pay.rules import LEAST, Event, Span
from labeler.projects.models import Lane, Project, Task
from labeler.wellbeing.models import Break, StandDown, Stretch, Training
from labeler.workforce.models import Labeler

_NOTHING = literal(0)


def _rows(
    kind: TimeClass, model: Any, start: Any, ended: Any, most: Any, seconds: ColumnElement[Any] | Any = _NOTHING
) -> Select[Any]:
    return select(
        literal(kind.value).label("kind"), model.id, start.label("start"), ended.label("ended"), most.label("most"),
        seconds.label("seconds"),
    )  # fmt: skip


_me: BindParameter[Any] = bindparam("me")
_upto: BindParameter[Any] = bindparam("upto")
_BESIDE = union_all(
    _rows(TimeClass.BREAK, Break, Break.started_at, Break.ended_at, Break.paid_until).where(
        Break.labeler_id == _me, unsettled(Break.id, soonest(Break.ended_at, Break.paid_until))
    ),
    _rows(TimeClass.STAND_DOWN, StandDown, StandDown.from_at, StandDown.ended_at, StandDown.until_at).where(
        StandDown.labeler_id == _me,
        unsettled(StandDown.id, soonest(StandDown.ended_at, StandDown.until_at)),
    ),
    _rows(TimeClass.TRAINING, Training, Training.started_at, Training.finished_at, Training.finished_at).where(
        Training.labeler_id == _me,
        or_(
            training_goes_on(bindparam("back")),
            unsettled(Training.id, Training.finished_at) & Training.finished_at.is_not(None),
        ),
    ),
    _rows(TimeClass.WAITING, Stretch, Stretch.from_at, Stretch.until_at, Stretch.until_at)
    .join(Labeler, Labeler.person_id == Stretch.person_id)
    .where(
        Labeler.id == _me,
        Stretch.labeler_id == _me,
        Stretch.until_at <= _upto,
        unsettled(Stretch.id, Stretch.until_at),
    ),
    _rows(TimeClass.REWORK, Retry, Retry.used_at, Retry.used_at, Retry.used_at, Project.seconds_estimate)
    .join(Assignment, Assignment.id == Retry.assignment_id)
    .join(Task, Task.id == Assignment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .join(Project, Project.id == Lane.project_id)
    .where(Assignment.labeler_id == _me, Retry.used_at <= _upto, unsettled(Retry.id, Retry.used_at)),
)
"""Built once: building it takes longer than running it."""


def beside(session: Session, labeler_id: UUID, upto: datetime, now: datetime, found: Due) -> None:
    """Add what is paid beside a labeler's assignments to what is due."""
    rows = session.execute(_BESIDE, {"me": labeler_id, "upto": upto, "back": now - COMES_BACK}).all()
    stretches = []
    for kind, key, start, ended, most, seconds in rows:
        if kind == TimeClass.WAITING:
            stretches.append((key, start, ended))
        elif kind == TimeClass.REWORK:
            begun = ended - timedelta(seconds=max(LEAST, seconds or 0))
            found.events.append(Event(key, (), promised=(Span(TimeClass.REWORK, begun, ended),)))
            found.ends[key] = ended
        elif kind == TimeClass.TRAINING and ended is None:
            found.going_on.append(start)
        else:
            _paid(found, key, TimeClass(kind), start, ended, most, upto)
    for key, start, ended in stretches:  # one in which something still goes on waits for its end
        if all(begun >= ended for begun in found.going_on):
            found.events.append(Event(key, (Span(TimeClass.WAITING, start, ended),)))
            found.ends[key] = ended


def _paid(
    found: Due, key: UUID, kind: TimeClass, start: datetime, ended: datetime | None, most: datetime, upto: datetime
) -> None:
    end = most if ended is None else min(ended, most)
    if end > upto:
        found.going_on.append(start)
        return
    found.events.append(Event(key, (Span(kind, start, end),) if start < end else ()))
    found.ends[key] = most if ended is None else ended
