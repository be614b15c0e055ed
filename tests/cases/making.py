"""Answers to decide about, made by the services that labelers' pages call."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.assignment.service import Handed, hand_out
from labeler.cases.marking import mark
from labeler.cases.rules import Decider
from labeler.judgments.service import submit
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_user

DAY = timedelta(days=1)
EVIDENCE = "Both completions were read, and the answer names neither."
REASONS = "I read the task, the answer and the instructions again."
CHOICE = {"choice": ["a2"]}


def a_decider(session: Session, role: Role = Role.ADMIN) -> Decider:
    """A new person of a role, as the rules know her."""
    user: User = add_user(session, role)
    return Decider(user.id, role)


def answer(session: Session, labeler: Labeler, number: int = 1, now: datetime = NOW) -> list[UUID]:
    """The judgments of so many answers that the labeler gives, one after another."""
    made = []
    for n in range(number):
        moment = now + timedelta(seconds=n)
        handed = hand_out(session, labeler.id, moment)
        assert isinstance(handed, Handed)
        done = submit(session, labeler.id, handed.assignment_id, CHOICE, f"key-{handed.assignment_id}", moment)
        made.append(done.judgment.id)
    return made


def not_used(session: Session, decider: Decider, judgment_id: UUID, now: datetime = NOW) -> UUID:
    """The case of an answer that was just marked."""
    return mark(session, decider, judgment_id, "duplicate", EVIDENCE, None, "Read both", now)
