"""What the gate needs to know about a labeler, read in as few statements as possible: this is the hot path.

The labeler's clock is locked first (`labeler.wellbeing.clock`), and only then are these facts read, so that a choice
made a moment ago in another tab is seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Row,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from labeler.assignment.models import IS_HELD, Assignment, LaneCursor
from labeler.assignment.rules import LaneFacts
from labeler.assignment.tagged import tagged
from labeler.db import Utc
from labeler.projects.models import Lane, Project, ProjectOffer
from labeler.projects.rules import ProjectState
from labeler.wellbeing.clock import Locked
from labeler.wellbeing.limits import Change, InForce, in_force
from labeler.wellbeing.models import Break, Consent, OptOut, OptOutScope, Policy, StandDown
from labeler.wellbeing.rules import Choices, Pause, Yes
from labeler.workforce.models import Restriction
from tasks.content import Category, Severity, parse_profile


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate decides by: choices, the open break, what she holds, and the lanes that may have work for her."""

    held: UUID | None
    held_until: datetime | None
    """The end of the lease that she holds."""
    choices: Choices
    pause: Pause | None
    lanes: list[LaneFacts]
    limits: InForce
    restricted: frozenset[UUID | None]
    """Projects that a person's decision keeps from her; None: all of them."""
    waiting: UUID | None
    """The paid stand-down that runs."""


_COLUMNS: dict[str, Any] = {
    "id": Uuid(), "project": Uuid(), "word": Text(), "code": Text(), "n": BigInteger(), "m": BigInteger(),
    "priority": BigInteger(), "guideline": BigInteger(), "k": BigInteger(), "at": Utc(), "ends": Utc(),
}  # fmt: skip
"""What a row of the facts may carry beside its tag; each sort of row fills the columns it has a use for."""


_row = partial(tagged, _COLUMNS)


def _statements() -> tuple[Any, Any]:
    """One statement for eight sorts of rows, and one for the choices alone."""
    me = bindparam("me", type_=Uuid())
    person = bindparam("person", type_=Uuid())
    vendor = bindparam("vendor", type_=Uuid())
    now = bindparam("now", type_=Utc())
    offers = select(ProjectOffer.project_id).where(ProjectOffer.project_id == Project.id)
    lanes = (
        select(
            *_row(
                "lane",
                typed=True,
                id=Lane.id,
                project=Lane.project_id,
                word=Lane.profile,
                code=Lane.language,
                n=Lane.tail,
                m=LaneCursor.position,
                priority=Project.priority,
                guideline=Project.guideline_version,
                k=Project.seconds_estimate,
            )
        )
        .join(Project, Project.id == Lane.project_id)
        .outerjoin(LaneCursor, and_(LaneCursor.lane_id == Lane.id, LaneCursor.labeler_id == me))
        .where(
            Project.state == ProjectState.LIVE,
            or_(~exists(offers), exists(offers.where(ProjectOffer.vendor_id == vendor))),
            or_(LaneCursor.empty_at.is_(None), LaneCursor.empty_at < Lane.tail),
        )
    )
    consents = select(
        *_row(
            "consent",
            typed=True,
            id=Consent.id,
            word=Consent.category,
            n=Consent.severity,
            m=Consent.text_version,
            at=Consent.expires_at,
        )
    ).where(Consent.labeler_id == me, Consent.ended_at.is_(None))
    opt_outs = select(
        *_row("opt-out", id=OptOut.id, project=OptOut.project_id, word=OptOut.scope, code=OptOut.category)
    ).where(OptOut.labeler_id == me, OptOut.ended_at.is_(None), OptOut.scope != OptOutScope.TASK)
    breaks = select(*_row("break", id=Break.id, word=Break.rule, at=Break.until)).where(
        Break.person_id == person, Break.ended_at.is_(None)
    )
    held = select(*_row("held", id=Assignment.id, at=Assignment.lease_until)).where(
        Assignment.labeler_id == me, Assignment.state == IS_HELD
    )
    policies = select(
        *_row(
            "policy",
            word=Policy.name,
            n=Policy.value,
            m=case((Policy.signed_by.is_not(None), 1), else_=0),
            project=Policy.project_id,
            at=Policy.from_at,
            ends=Policy.until_at,
        )
    ).where(or_(Policy.until_at.is_(None), Policy.until_at > now))
    restricted = select(*_row("restricted", project=Restriction.project_id)).where(
        Restriction.labeler_id == me,
        Restriction.from_at <= now,
        or_(Restriction.until_at.is_(None), Restriction.until_at > now),
    )
    waiting = select(*_row("waiting", id=StandDown.id)).where(
        StandDown.person_id == person, StandDown.until_at > now, StandDown.ended_at.is_(None)
    )
    parts = (lanes, consents, opt_outs, breaks, held, policies, restricted, waiting)
    return union_all(*parts), union_all(consents, opt_outs)


_FACTS, _CHOICES = _statements()


def read(session: Session, locked: Locked, now: datetime) -> Facts:
    """Everything the gate needs beside the clock and what was seen of hard content, in one statement."""
    lanes: list[LaneFacts] = []
    said: list[Row[Any]] = []
    numbers: list[Change] = []
    restricted: set[UUID | None] = set()
    pause: Pause | None = None
    held = waiting = held_until = None
    who = {"me": locked.person.id, "person": locked.person.person_id, "vendor": locked.person.vendor_id, "now": now}
    for row in session.execute(_FACTS, who).all():
        match row.tag:
            case "lane":
                lanes.append(_lane(row))
            case "held":
                held, held_until = row.id, row.at
            case "break":
                pause = Pause(row.id, row.word, row.at)
            case "policy":
                numbers.append(Change(row.word, row.n, row.at, row.project, row.ends, bool(row.m)))
            case "restricted":
                restricted.add(row.project)
            case "waiting":
                waiting = row.id
            case _:
                said.append(row)
    return Facts(held, held_until, _choices(said), pause, lanes, in_force(numbers, now), frozenset(restricted), waiting)


def _lane(row: Row[Any]) -> LaneFacts:
    return LaneFacts(
        row.id,
        row.project,
        parse_profile(row.word),
        row.code,
        row.priority,
        row.guideline,
        row.n,
        row.m or 0,
        row.k,
    )


def choices_of(session: Session, labeler_id: UUID) -> Choices:
    """The labeler's choices alone, for the gate in front of a text that is already held."""
    return _choices(session.execute(_CHOICES, {"me": labeler_id}).all())


def _choices(said: Iterable[Row[Any]]) -> Choices:
    consents: dict[Category, Yes] = {}
    projects: set[UUID] = set()
    categories: set[Category] = set()
    no_sensitive = False
    for row in said:
        if row.tag == "consent":
            consents[Category(row.word)] = Yes(Severity(row.n), row.m, row.at)
        elif row.word == OptOutScope.PROJECT:
            projects.add(row.project)
        elif row.word == OptOutScope.CATEGORY:
            categories.add(Category(row.code))
        else:
            no_sensitive = True
    return Choices(consents, frozenset(projects), frozenset(categories), no_sensitive)
