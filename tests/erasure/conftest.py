"""A labeler who has left words in every room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.passwords import hashed
from labeler.accounts.permissions import Role
from labeler.accounts.service import start_session
from labeler.assignment.service import Handed, hand_out
from labeler.cases import service as cases
from labeler.cases.grievance_models import FlagState, WatchFlag, WatchLook
from labeler.cases.models import Review
from labeler.cases.rules import EventKind, Sign
from labeler.db import reading, transaction
from labeler.demographics import service as demographics
from labeler.erasure import removing
from labeler.judgments.service import save_draft, submit
from labeler.judgments.withdrawing import withdraw
from labeler.models import metadata
from labeler.pay.classes import PayKind
from labeler.pay.models import TimeLine
from labeler.pay.service import add_money, contest
from labeler.pay.settling import settle
from labeler.wellbeing.models import Consent, OptOut, OptOutScope
from labeler.workforce.models import Labeler
from tests.cases.making import REASONS, a_decider, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

EMAIL, NAME, WORDS = "quimby.oddname@example.net", "Quimby Oddname", "zirconium-pelican"
MINUTE = timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)
PASSWORD = "correct horse battery"
_HASH: list[str] = []


@dataclass(frozen=True, slots=True)
class World:
    """Ids of what was made."""

    project: UUID
    person: UUID
    second: UUID
    """Another account of the same person."""
    other: UUID
    """Somebody else, who answered the same tasks."""
    owner: UUID


def answered(session: Session, labeler: UUID, at: datetime, comment: str = "") -> UUID:
    handed = hand_out(session, labeler, at)
    assert isinstance(handed, Handed)
    form = {"choice": ["a2"], "comment": [comment]}
    done = submit(session, labeler, handed.assignment_id, form, f"key-{handed.assignment_id}", at)
    return done.judgment.id


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """Her two accounts, her answers, and words of hers wherever one can leave some."""
    monkeypatch.setenv("LABELER_HOME", str(database.home))  # where the job finds the key that seals the record
    if not _HASH:
        _HASH.append(hashed(PASSWORD))
    with transaction() as session:
        project = add_project(session, slug="bread", overlap=2)
        add_tasks(session, project, 12)
        hers = add_labeler(session, email=EMAIL, name=NAME, time_zone="Africa/Nairobi", languages=("en", "sw"))
        second = add_labeler(session, email=f"second.{EMAIL}", name=NAME)
        second.person_id = hers.id
        other = add_labeler(session)
        session.flush()
        session.execute(update(User).where(User.id.in_([hers.id, second.id])).values(password_hash=_HASH[0]))
        start_session(session, hers.id, "password", NOW)
        _work(session, hers, second, other)
        return World(project.id, hers.id, second.id, other.id, project.created_by)


def _work(session: Session, hers: Labeler, second: Labeler, other: Labeler) -> None:
    said = [answered(session, hers.id, NOW + n * MINUTE, WORDS) for n in range(4)]
    for n in range(4):
        answered(session, other.id, NOW + n * MINUTE, "plain words")
    answered(session, second.id, NOW + 20 * MINUTE, WORDS)
    withdraw(session, hers.id, said[3], NOW + 21 * MINUTE)
    decider = a_decider(session)
    case = not_used(session, a_decider(session, Role.RESEARCHER), said[0], NOW + 22 * MINUTE)
    cases.ask_review(session, hers.id, case, f"I disagree, {WORDS}", NOW + 23 * MINUTE)
    cases.write(session, case, f"more {WORDS}", None, NOW + 23 * MINUTE)
    danger = cases.report_danger(session, hers.id, f"danger {WORDS}", NOW + 24 * MINUTE)
    review = session.scalars(select(Review.id).where(Review.case_id == danger)).one()
    cases.decide(session, decider, review, "stands", f"{REASONS} {NAME} is right.", NOW + 25 * MINUTE)
    settle(session, hers.id, NOW + 26 * MINUTE, NOW + 26 * MINUTE)
    line = session.scalars(select(TimeLine.id).where(TimeLine.labeler_id == hers.id)).first()
    assert line is not None
    add_money(session, decider.id, hers.id, PayKind.BONUS, 500, f"Thanks, {NAME.upper()}", NOW + 27 * MINUTE)
    contest(session, hers.id, line, f"too short {WORDS}", NOW + 28 * MINUTE)
    demographics.keep(session, hers.id, {"origin_words": WORDS, "in_tables": "yes"}, NOW)
    session.add(OptOut(labeler_id=hers.id, scope=OptOutScope.SENSITIVE, from_at=NOW))
    session.add(Consent(labeler_id=hers.id, category="W01", severity=2, text_version=1, from_at=NOW, expires_at=LATER))
    flag = WatchFlag(
        labeler_id=hers.id, sign=next(iter(Sign)), event=next(iter(EventKind)), event_at=NOW, found_at=NOW,
        before=3, after=1, state=FlagState.LOOKED_AT,
    )  # fmt: skip
    session.add(flag)
    session.flush()
    session.add(WatchLook(flag_id=flag.id, officer_id=decider.id, at=NOW, state=FlagState.LOOKED_AT, note=NAME))
    handed = hand_out(session, hers.id, NOW + 30 * MINUTE)
    assert isinstance(handed, Handed)
    save_draft(session, hers.id, handed.assignment_id, {"comment": [WORDS]}, NOW + 30 * MINUTE)


def removed(person: UUID) -> None:
    """All rows away, in slices of two, as the job does it."""
    while True:
        with transaction() as session:
            if not removing.remove_answers(session, person, most=2):
                break
    with transaction() as session:
        removing.remove_rest(session, person, LATER)
        removing.note_removed(session, person, LATER)


def places(word: str) -> list[str]:
    """The columns of all tables in which a word stands, however it is written."""
    found = []
    with reading() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                found += [
                    f"{table.name}.{name}"
                    for name, value in row._mapping.items()
                    if word.casefold()
                    in (orjson.dumps(value, default=str).decode() if value is not None else "").casefold()
                ]
    return found
