"""Looking for signs of unfair treatment by requesters and vendors; a person decides what they are (GOV-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.anomalies import rules
from labeler.anomalies.models import Anomaly, AnomalyLook, AnomalyState
from labeler.anomalies.rules import About, Found
from labeler.audit.service import record
from labeler.errors import FieldProblem, Forbidden, Invalid, Missing
from labeler.projects.models import Project
from labeler.workforce.joining import same_person
from labeler.workforce.models import Vendor

LONGEST_NOTE = 4_000


def open_cases(session: Session, signs: Iterable[Found], now: datetime) -> int:
    """Open a case for every sign (`facts.everything`) that has none this week; how many were new.

    Once a day the clock reads signs and then opens cases, in two transactions: reading takes long where much was done,
    and nobody who writes waits for it. Doing it again opens nothing twice. Nothing follows from a case by itself.
    """
    week = rules.week_of(now)
    known = {tuple(row) for row in session.execute(
        select(Anomaly.sign, Anomaly.subject_id).where(Anomaly.week == week)
    )}  # fmt: skip
    new = 0
    for found in signs:
        if (found.sign, found.subject) not in known:
            known.add((found.sign, found.subject))
            _open(session, found, now)
            new += 1
    return new


def _open(session: Session, found: Found, now: datetime) -> None:
    vendor = found.subject if found.about is About.VENDOR else None
    row = Anomaly(
        sign=found.sign, about=found.about, subject_id=found.subject, week=rules.week_of(now), found_at=now,
        hits=found.hits, made=found.of, others_per_mille=found.others_per_mille, people=found.people, vendor_id=vendor,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, "anomaly.flag", None, row.id, now, vendor=vendor, sign=found.sign, about=found.about)


def listed(session: Session) -> Sequence[Anomaly]:
    """Every case, those that nobody has looked at first, then the newest."""
    rows = session.scalars(select(Anomaly).order_by(Anomaly.found_at.desc(), Anomaly.id)).all()
    order = list(AnomalyState)
    return sorted(rows, key=lambda row: order.index(row.state))


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with the name of whom it is about, and the looks before, each with the name of who looked."""

    anomaly: Anomaly
    name: str
    looks: list[tuple[AnomalyLook, str]]


def look(session: Session, actor: UUID, anomaly_id: UUID, now: datetime) -> Opened:
    """Open a case. This look is recorded. Raises Missing."""
    row = _anomaly(session, anomaly_id)
    looks = session.execute(
        select(AnomalyLook, User.name)
        .join(User, User.id == AnomalyLook.looked_by)
        .where(AnomalyLook.anomaly_id == anomaly_id)
        .order_by(AnomalyLook.id)
    )
    opened = Opened(row, names(session, [row])[row.subject_id], [(each, name) for each, name in looks])
    record(session, "anomaly.look", actor, row.id, now, vendor=row.vendor_id, state=row.state)
    return opened


def conclude(session: Session, actor: UUID, anomaly_id: UUID, state: str, note: str, now: datetime) -> None:
    """Say what the look found: looked at, upheld or dismissed, with a note. A later look may find otherwise.

    Raises Missing, Invalid, and Forbidden for whoever it is about.
    """
    row, note = _anomaly(session, anomaly_id), note.replace("\r\n", "\n").strip()
    mine = row.about in (About.REQUESTER, About.REVIEWER) and same_person(session, actor, row.subject_id)
    if row.about is About.PROJECT:
        mine = same_person(session, actor, session.get_one(Project, row.subject_id).created_by)
    if mine:
        raise Forbidden("This is about you, so somebody else decides what it is.")
    problems = []
    if state not in set(AnomalyState) - {AnomalyState.NEW}:
        problems.append(FieldProblem("state", "Choose what you make of it."))
    elif state != AnomalyState.LOOKED_AT and not note:
        problems.append(FieldProblem("note", "Write what you found."))
    if len(note) > LONGEST_NOTE or "\0" in note:
        problems.append(FieldProblem("note", f"Use at most {LONGEST_NOTE:,} characters of text."))
    if problems:
        raise Invalid("This can't be kept yet.", problems)
    row.state = AnomalyState(state)
    session.add(AnomalyLook(anomaly_id=row.id, looked_by=actor, at=now, state=row.state, note=note))
    session.flush()
    record(session, "anomaly.look", actor, row.id, now, vendor=row.vendor_id, state=row.state)


def names(session: Session, rows: Sequence[Anomaly]) -> dict[UUID, str]:
    """The names of those whom cases are about: projects, vendors, requesters and reviewers."""
    ids = [row.subject_id for row in rows]
    found: dict[UUID, str] = {}
    for model in (Project, Vendor, User):
        found |= {key: name for key, name in session.execute(select(model.id, model.name).where(model.id.in_(ids)))}  # noqa: C416 -- a row is not typed as a pair
    return found


def _anomaly(session: Session, anomaly_id: UUID) -> Anomaly:
    row = session.get(Anomaly, anomaly_id, with_for_update=True)
    if row is None:
        raise Missing("There is no such case.")
    return row
