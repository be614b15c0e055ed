"""What the gate needs to know about a labeler, read in as few statements as possible: this is the hot path.

The labeler's clock is locked first (`labeler.wellbeing.clock`), and only then are these facts read, so that a choice
made a moment ago in another tab is seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState, LaneCursor
from labeler.assignment.rules import LaneFacts
from labeler.db import Utc
from labeler.projects.models import Lane, Project, ProjectOffer, ProjectState
from labeler.wellbeing.clock import Locked
from labeler.wellbeing.models import Break, Consent, OptOut, OptOutScope
from labeler.wellbeing.rules import Choices, Pause, Yes
from tasks.content import Category, Severity, parse_profile


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate decides by: her choices, her open break, what she holds, and the lanes that may have work for her."""

    held: UUID | None
    choices: Choices
    pause: Pause | None
    lanes: list[LaneFacts]


def _nothing(kind: Any) -> Any:
    return cast(null(), kind)


def _statements() -> tuple[Any, Any]:
    """One statement for five kinds of rows, and one for the choices alone.

    Each row says in `tag` what it is, and leaves the columns it has no use for.
    """
    me = bindparam("me", type_=Uuid())
    vendor = bindparam("vendor", type_=Uuid())
    offers = select(ProjectOffer.project_id).where(ProjectOffer.project_id == Project.id)
    lanes = (
        select(
            literal_column("'lane'", Text).label("tag"),
            Lane.id.label("id"),
            Lane.project_id.label("project"),
            cast(Lane.profile, Text).label("word"),
            Lane.language.label("language"),
            cast(Lane.tail, BigInteger).label("n"),
            cast(LaneCursor.position, BigInteger).label("m"),
            cast(Project.priority, BigInteger).label("priority"),
            cast(Project.guideline_version, BigInteger).label("guideline"),
            _nothing(Utc()).label("at"),
        )
        .join(Project, Project.id == Lane.project_id)
        .outerjoin(LaneCursor, and_(LaneCursor.lane_id == Lane.id, LaneCursor.labeler_id == me))
        .where(
            Project.state == ProjectState.LIVE,
            or_(~exists(offers), exists(offers.where(ProjectOffer.vendor_id == vendor))),
            or_(LaneCursor.empty_at.is_(None), LaneCursor.empty_at < Lane.tail),
        )
    )
    rest = (_nothing(BigInteger), _nothing(BigInteger), _nothing(BigInteger))
    consents = select(
        literal_column("'consent'", Text).label("tag"), Consent.id.label("id"), _nothing(Uuid()).label("project"),
        Consent.category.label("word"), _nothing(Text).label("language"), cast(Consent.severity, BigInteger).label("n"),
        cast(Consent.text_version, BigInteger).label("m"), *rest[:2], Consent.expires_at.label("at"),
    ).where(Consent.labeler_id == me, Consent.ended_at.is_(None))  # fmt: skip
    opt_outs = select(
        literal_column("'opt-out'", Text), OptOut.id, OptOut.project_id, cast(OptOut.scope, Text), OptOut.category, _nothing(BigInteger),
        *rest, OptOut.from_at,
    ).where(OptOut.labeler_id == me, OptOut.ended_at.is_(None), OptOut.scope != OptOutScope.TASK)  # fmt: skip
    breaks = select(
        literal_column("'break'", Text), Break.id, _nothing(Uuid()), _nothing(Text), _nothing(Text), case((Break.due, 1), else_=0), *rest,
        Break.until,
    ).where(Break.labeler_id == me, Break.ended_at.is_(None))  # fmt: skip
    held = select(
        literal_column("'held'", Text), Assignment.id, _nothing(Uuid()), _nothing(Text), _nothing(Text), _nothing(BigInteger), *rest,
        Assignment.lease_until,
    ).where(Assignment.labeler_id == me, Assignment.state == AssignmentState.HELD)  # fmt: skip
    return union_all(lanes, consents, opt_outs, breaks, held), union_all(consents, opt_outs)


_FACTS, _CHOICES = _statements()


def read(session: Session, locked: Locked) -> Facts:
    """Everything the gate needs beside the clock, in one statement."""
    lanes: list[LaneFacts] = []
    said: list[Row[Any]] = []
    pause: Pause | None = None
    held: UUID | None = None
    for row in session.execute(_FACTS, {"me": locked.person.id, "vendor": locked.person.vendor_id}):
        if row.tag == "lane":
            lanes.append(
                LaneFacts(
                    row.id,
                    row.project,
                    parse_profile(row.word),
                    row.language,
                    row.priority,
                    row.guideline,
                    row.n,
                    row.m or 0,
                )
            )
        elif row.tag == "held":
            held = row.id
        elif row.tag == "break":
            pause = Pause(row.id, bool(row.n), row.at)
        else:
            said.append(row)
    return Facts(held, _choices(said), pause, lanes)


def choices_of(session: Session, labeler_id: UUID) -> Choices:
    """The labeler's choices alone, for the gate in front of a text that is already held."""
    return _choices(session.execute(_CHOICES, {"me": labeler_id}))


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
            categories.add(Category(row.language))
        else:
            no_sensitive = True
    return Choices(consents, frozenset(projects), frozenset(categories), no_sensitive)
