"""The retaliation watch: what went down for whom after she made use of a right (GRV-3). One role sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.assignment.models import Assignment
from labeler.audit.service import record
from labeler.cases.grievance_models import FlagState, WatchFlag, WatchLook
from labeler.cases.models import Case, CaseKind, NotUsed, Review
from labeler.cases.rules import COMPARED, LOOK_BACK, Cause, EventKind, signs, text_problem, tidy
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.wellbeing.models import OptOut, OptOutScope
from labeler.workforce.models import Labeler

NOTE = (0, 4_000)


def look_around(session: Session, now: datetime) -> int:
    """Write a flag for every new sign of the last 90 days; how many were new. Run by the clock, once a day.

    Running it again finds nothing twice. A skip of a single task is no event: there are too many of them to tell.
    """
    events = _events(session, now)
    marks: dict[UUID, list[datetime]] = defaultdict(list)
    restricted: dict[UUID | None, list[datetime]] = defaultdict(list)
    for labeler_id, at in session.execute(
        select(NotUsed.labeler_id, NotUsed.marked_at).where(NotUsed.marked_at > now - LOOK_BACK - COMPARED)
    ):
        marks[labeler_id].append(at)
    for whose, at in session.execute(
        select(Case.labeler_id, Case.opened_at).where(
            Case.kind == CaseKind.RESTRICTION, Case.opened_at > now - LOOK_BACK
        )
    ):
        restricted[whose].append(at)
    gone = set(session.scalars(select(Labeler.id).where(Labeler.erased_at.is_not(None))))  # of them nothing is kept
    closed = dict(session.execute(select(User.id, User.disabled_at).where(User.disabled_at > now - LOOK_BACK)).all())
    known = {
        tuple(row)
        for row in session.execute(
            select(WatchFlag.labeler_id, WatchFlag.sign, WatchFlag.event, WatchFlag.event_at).where(
                WatchFlag.event_at >= now - LOOK_BACK
            )
        )
    }
    new = 0
    for labeler_id, kind, at in sorted(
        (each for each in events if each[0] not in gone), key=lambda each: (each[2], str(each[0]))
    ):
        given = _handed(session, labeler_id, at, now)
        for found in signs(at, marks[labeler_id], given, restricted[labeler_id], closed.get(labeler_id), now):
            if (labeler_id, found.sign, kind, at) in known:
                continue
            flag = WatchFlag(
                labeler_id=labeler_id,
                sign=found.sign,
                event=kind,
                event_at=at,
                found_at=now,
                before=found.before,
                after=found.after,
            )
            session.add(flag)
            session.flush()
            record(session, "watch.flag", None, flag.id, now, _employer(session, labeler_id), sign=found.sign)
            new += 1
    return new


def _events(session: Session, now: datetime) -> set[tuple[UUID, EventKind, datetime]]:
    since = now - LOOK_BACK
    said_no = select(OptOut.labeler_id, literal("opt-out"), OptOut.from_at).where(
        OptOut.from_at >= since, OptOut.scope != OptOutScope.TASK
    )
    asked = (
        select(Case.labeler_id, literal("review"), Review.asked_at)
        .join(Case, Case.id == Review.case_id)
        .where(Review.asked_at >= since, Review.cause == Cause.LABELER)
    )
    danger = select(Case.labeler_id, literal("danger"), Case.opened_at).where(
        Case.kind == CaseKind.DANGER, Case.opened_at >= since
    )
    rows: Sequence[Any] = session.execute(union_all(said_no, asked, danger)).all()
    return {(labeler_id, EventKind(kind), at) for labeler_id, kind, at in rows if labeler_id is not None}


def _handed(session: Session, labeler_id: UUID, at: datetime, now: datetime) -> tuple[int, int]:
    """How many tasks she was given in the 28 days before a moment, and from it until 28 days after it or until now."""
    counted = select(func.count()).where(Assignment.labeler_id == labeler_id)
    before = counted.where(Assignment.handed_at >= at - COMPARED, Assignment.handed_at < at)
    after = counted.where(Assignment.handed_at >= at, Assignment.handed_at <= min(at + COMPARED, now))
    return session.execute(before).scalar_one(), session.execute(after).scalar_one()


@dataclass(frozen=True, slots=True)
class Listed:
    """A flag in the officer's list: no name, only what was found."""

    flag: WatchFlag
    looks: int


def flags(session: Session) -> list[Listed]:
    """Every flag, those nobody has looked at first. Names are on a flag's own page, and opening it is recorded."""
    looks = select(func.count()).where(WatchLook.flag_id == WatchFlag.id).scalar_subquery()
    rows = session.execute(select(WatchFlag, looks).order_by(WatchFlag.found_at.desc(), WatchFlag.id)).all()
    order = list(FlagState)
    return [Listed(flag, count) for flag, count in sorted(rows, key=lambda row: order.index(row[0].state))]


def look(
    session: Session, officer_id: UUID, flag_id: UUID, now: datetime
) -> tuple[WatchFlag, str, Sequence[WatchLook]]:
    """Open a flag: the flag, the labeler's name, and the looks before. This look is recorded."""
    flag = _flag(session, flag_id)
    before = session.scalars(select(WatchLook).where(WatchLook.flag_id == flag_id).order_by(WatchLook.id)).all()
    record(session, "watch.look", officer_id, flag_id, now, _employer(session, flag.labeler_id), state=flag.state)
    return flag, session.get_one(User, flag.labeler_id).name, before


def conclude(session: Session, officer_id: UUID, flag_id: UUID, state: str, note: str, now: datetime) -> None:
    """Say what the look found: looked at, upheld or dismissed, with a note. Raises Missing, Invalid."""
    flag, note = _flag(session, flag_id), tidy(note)
    problems = text_problem("note", note, NOTE)
    if state not in set(FlagState) - {FlagState.NEW}:
        problems.insert(0, FieldProblem("state", "Choose what you make of it."))
    elif state != FlagState.LOOKED_AT and not note:
        problems.append(FieldProblem("note", "Write what you found."))
    if problems:
        raise Invalid("This can't be kept yet.", problems)
    flag.state = FlagState(state)
    session.add(WatchLook(flag_id=flag_id, officer_id=officer_id, at=now, state=flag.state, note=note))
    session.flush()
    record(session, "watch.look", officer_id, flag_id, now, _employer(session, flag.labeler_id), state=state)


def _employer(session: Session, labeler_id: UUID) -> UUID | None:
    """The vendor in whose log a flag stands: how many there were is told of it, never about whom."""
    return session.scalar(select(Labeler.vendor_id).where(Labeler.id == labeler_id))


def _flag(session: Session, flag_id: UUID) -> WatchFlag:
    flag = session.get(WatchFlag, flag_id, with_for_update=True)
    if flag is None:
        raise Missing("There is no such flag.")
    return flag
