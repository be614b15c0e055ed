"""What is known about assignments, for the services above and for the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, and_, bindparam, exists, select
from sqlalchemy.orm import Session

from labeler.assignment.facts import choices_of
from labeler.assignment.models import IS_HELD, Assignment, Draft
from labeler.assignment.rules import LaneFacts
from labeler.projects.models import Lane, Project, ProjectOffer, Task, TaskContent
from labeler.projects.rules import ProjectState
from labeler.wellbeing.queries import NO_WORK_YET, TODAY, Today, today_of
from labeler.wellbeing.rules import refuses
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE, Conversation, Item, Profile, parse_profile
from tasks.order import parse


@dataclass(frozen=True, slots=True)
class Given:
    """What an assignment of this labeler's was about, whatever became of it."""

    task_id: UUID
    project_id: UUID


@dataclass(frozen=True, slots=True)
class Holding:
    """The assignment a labeler holds, locked, with what the gate asks about its content."""

    assignment: Assignment
    project_id: UUID
    profile: Profile
    severity: int


def given_to(session: Session, labeler_id: UUID, assignment_id: UUID | None) -> Given | None:
    """What this assignment was about, if it was ever this labeler's."""
    if assignment_id is None:
        return None
    row = session.execute(
        select(Assignment.task_id, Lane.project_id)
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(Assignment.id == assignment_id, Assignment.labeler_id == labeler_id)
    ).one_or_none()
    return row and Given(row.task_id, row.project_id)


_HOLDING = (
    select(Assignment, Lane.project_id, Lane.profile, Lane.severity)
    .join(Task, Task.id == Assignment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .where(Assignment.labeler_id == bindparam("me"), Assignment.state == IS_HELD)
    .with_for_update(of=Assignment)
    .execution_options(populate_existing=True)
)


def holding(session: Session, labeler_id: UUID) -> Holding | None:
    """The assignment this labeler holds, its row locked, or None."""
    row = session.execute(_HOLDING, {"me": labeler_id}).one_or_none()
    return row and Holding(row[0], row.project_id, parse_profile(row.profile), row.severity)


@dataclass(frozen=True, slots=True)
class Work:
    """Where there is open work at all: the live lanes of this vendor's projects, and whether some is elsewhere."""

    live: list[LaneFacts]
    paused: bool
    elsewhere: bool


def lanes_with_work(session: Session, vendor_id: UUID) -> Work:
    """Every lane that has an open task, for anybody: one index look a lane. For the reason on an empty desk."""
    offers = select(ProjectOffer.project_id).where(ProjectOffer.project_id == Project.id)
    offered = ~exists(offers) | exists(offers.where(ProjectOffer.vendor_id == vendor_id))
    rows = session.execute(
        select(
            Lane.id, Lane.project_id, Lane.profile, Lane.language, Lane.tail,
            Project.priority, Project.state, Project.guideline_version, Project.seconds_estimate,
            offered.label("offered"),
        )
        .join(Project, Project.id == Lane.project_id)
        .where(
            Project.state.in_([ProjectState.LIVE, ProjectState.PAUSED]),
            exists(select(Task.id).where(Task.lane_id == Lane.id, Task.claims < Task.overlap)),
        )
    ).all()  # fmt: skip
    live = [
        LaneFacts(
            row.id,
            row.project_id,
            parse_profile(row.profile),
            row.language,
            row.priority,
            row.guideline_version,
            row.tail,
            0,
            row.seconds_estimate,
        )
        for row in rows
        if row.offered and row.state is ProjectState.LIVE
    ]
    return Work(
        live,
        paused=any(row.offered and row.state is ProjectState.PAUSED for row in rows),
        elsewhere=any(not row.offered for row in rows),
    )


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task as its labeler's desk shows it. `item` is None while its text is hidden: the page has nothing to leak.

    `order` is the order of completions shown; `words` counts the words of the prompt and of each completion in that
    order; `draft` is the form as last saved.
    """

    assignment_id: UUID
    task_id: UUID
    project_id: UUID
    project_slug: str
    project_name: str
    client_name: str
    kind: str
    options: dict[str, Any]
    guideline_version: int
    language: str
    profile: Profile
    severity: int
    sensitive: bool
    revealed: bool
    order: tuple[int, ...]
    item: Item | None
    words: tuple[int, ...]
    draft: dict[str, list[str]]
    handed_at: datetime
    lease_until: datetime


_SHOWN: tuple[Any, ...] = (
    Assignment.id.label("assignment_id"),
    Assignment.order,
    Assignment.guideline_version,
    Assignment.revealed_at,
    Assignment.handed_at,
    Assignment.lease_until,
    Task.id.label("task_id"),
    Lane.language,
    Lane.profile,
    Lane.severity,
    Project.id.label("project_id"),
    Project.slug,
    Project.name,
    Project.client_name,
    Project.kind,
    Project.options,
    TaskContent.item,
    Draft.form.label("draft"),
)


def _with_content(assignments: Select[Any], *, outer: bool) -> Select[Any]:
    """The joins from an assignment to everything that its page shows."""
    return (
        assignments.join(Task, Task.id == Assignment.task_id, isouter=outer)
        .join(Lane, Lane.id == Task.lane_id, isouter=outer)
        .join(Project, Project.id == Lane.project_id, isouter=outer)
        .join(TaskContent, TaskContent.task_id == Task.id, isouter=outer)
        .outerjoin(Draft, Draft.assignment_id == Assignment.id)
    )


_OF_ME = _with_content(select(*_SHOWN).select_from(Assignment), outer=False).where(
    Assignment.labeler_id == bindparam("me")
)
_HELD_TASK = _OF_ME.where(Assignment.state == IS_HELD)
_OWN_TASK = _OF_ME.where(Assignment.id == bindparam("assignment"))
_ON_THE_DESK = _with_content(
    TODAY.add_columns(*_SHOWN).outerjoin(
        Assignment, and_(Assignment.labeler_id == Labeler.id, Assignment.state == IS_HELD)
    ),
    outer=True,
)


def on_the_desk(session: Session, labeler_id: UUID, now: datetime) -> tuple[Today, HeldTask | None]:
    """The labeler's day and the task she holds, in one statement: this is what every look at the desk reads."""
    row = session.execute(_ON_THE_DESK, {"me": labeler_id, "now": now}).one_or_none()
    if row is None:
        return NO_WORK_YET, None
    held = None if row.assignment_id is None else _shown(session, labeler_id, row, now, open_anyway=False)
    return today_of(row, now), held


def held_task(session: Session, labeler_id: UUID, now: datetime) -> HeldTask | None:
    """The task this labeler holds. Its text is there only if nothing hides it: see `HeldTask.item`."""
    row = session.execute(_HELD_TASK, {"me": labeler_id}).one_or_none()
    return None if row is None else _shown(session, labeler_id, row, now, open_anyway=False)


def own_task(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> HeldTask | None:
    """A task this labeler was once given, to look at her answer again; the gate is asked as of now."""
    row = session.execute(_OWN_TASK, {"me": labeler_id, "assignment": assignment_id}).one_or_none()
    return None if row is None else _shown(session, labeler_id, row, now, open_anyway=True)


def _shown(session: Session, labeler_id: UUID, row: Any, now: datetime, *, open_anyway: bool) -> HeldTask:
    profile = parse_profile(row.profile)
    sensitive = row.severity >= SENSITIVE
    revealed = not sensitive or (
        (open_anyway or row.revealed_at is not None)
        and refuses(profile, row.project_id, choices_of(session, labeler_id), now) is None
    )
    item = read_item(row.item)
    order = parse(row.order)
    words = (count_words(item.prompt), *(count_words(item.completions[index].messages) for index in order))
    return HeldTask(
        assignment_id=row.assignment_id,
        task_id=row.task_id,
        project_id=row.project_id,
        project_slug=row.slug,
        project_name=row.name,
        client_name=row.client_name or "",
        kind=row.kind,
        options=row.options,
        guideline_version=row.guideline_version,
        language=row.language,
        profile=profile,
        severity=row.severity,
        sensitive=sensitive,
        revealed=revealed,
        order=order,
        item=item if revealed else None,
        words=words,
        draft=orjson.loads(row.draft) if row.draft else {},
        handed_at=row.handed_at,
        lease_until=row.lease_until,
    )


def read_item(text: str) -> Item:
    """A stored item; it was validated when it was imported."""
    return Item.model_validate_json(text)


def count_words(messages: Conversation) -> int:
    """How much there is to read, roughly: words between spaces."""
    return sum(len(message.content.split()) for message in messages)
