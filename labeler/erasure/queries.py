"""What an erasure will meet, said before it is done; and how far one has come."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.cases.models import Case
from labeler.erasure.models import Erasure
from labeler.judgments.models import Judgment
from labeler.pay.models import OwnTime, PayContest, PayPeriod
from labeler.workforce.models import Labeler


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is open of a person, in all her accounts: numbers of rows. `answers` counts each once, however often it was
    changed."""

    accounts: int
    answers: int
    tasks: int
    cases: int
    objections: int
    unpaid: int
    times: int


def ahead(session: Session, labeler_id: UUID) -> Ahead:
    """What an erasure of this labeler would meet now. Zeros for somebody who is no labeler."""
    person = select(Labeler.person_id).where(Labeler.id == labeler_id).scalar_subquery()
    ids = list(session.scalars(select(Labeler.id).where(Labeler.person_id == person)))

    def number(model: type, *where: object) -> int:
        wanted = select(func.count()).select_from(model).where(model.labeler_id.in_(ids), *where)  # type: ignore[attr-defined, arg-type]
        return session.execute(wanted).scalar_one()

    return Ahead(
        accounts=len(ids),
        answers=number(Judgment, Judgment.version == 1),
        tasks=number(Assignment, Assignment.state == AssignmentState.HELD),
        cases=number(Case, Case.closed_at.is_(None)),
        objections=number(PayContest, PayContest.answered_at.is_(None)),
        unpaid=number(PayPeriod, PayPeriod.paid_at.is_(None)),
        times=number(OwnTime, OwnTime.held_at.is_not(None), OwnTime.decided_at.is_(None)),
    )


def erasure(session: Session, labeler_id: UUID) -> Erasure | None:
    """How far the erasure of a person has come, by any of her accounts; None when nobody erased her."""
    person = select(Labeler.person_id).where(Labeler.id == labeler_id).scalar_subquery()
    return session.scalar(select(Erasure).where(Erasure.person_id == person))
