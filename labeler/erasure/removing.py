"""Taking the rows of an erased person away: in slices, as often as it takes. Each step may be done twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from labeler.assignment.ending import give_back
from labeler.assignment.models import Assignment, Draft, LaneCursor
from labeler.audit.forgetting import forget
from labeler.audit.service import Entry, record_all
from labeler.cases.grievance_models import WatchFlag, WatchLook
from labeler.cases.models import Case, CaseMessage, NotUsed, Review
from labeler.compliance.auditing.models import AuditLook
from labeler.demographics.service import remove as remove_description
from labeler.erasure.models import Erasure
from labeler.erasure.rules import LOOKS_AGAIN, NOTE
from labeler.evidence.models import Confirmation
from labeler.judgments.models import Judgment, Retry, Standing, Withdrawal
from labeler.pay.models import Settlement
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.wellbeing.models import Comfort, Consent, Exposure, ExposurePath, OptOut
from labeler.workforce.contract_models import ContractSeen, LabelerTerms
from labeler.workforce.models import Labeler

SLICE = 500
"""Answers in one transaction: others never wait for long."""


def accounts_of(session: Session, person_id: UUID) -> list[UUID]:
    """The accounts of an erased person."""
    wanted = select(Labeler.id).where(Labeler.person_id == person_id, Labeler.erased_at.is_not(None))
    return list(session.scalars(wanted.order_by(Labeler.id)))


def remove_answers(session: Session, person_id: UUID, most: int = SLICE) -> bool:
    """Remove some of her answers, in all their versions, and free their places; False when there was none.

    The erasure's row is held meanwhile: two who do this at once do it one after another.
    """
    asked = session.get_one(Erasure, person_id, with_for_update=True, populate_existing=True)
    hers = Judgment.labeler_id.in_(accounts_of(session, person_id))
    wanted = select(Judgment.assignment_id).where(hers).order_by(Judgment.assignment_id).limit(most)
    ids = list(dict.fromkeys(session.scalars(wanted)))
    if not ids:
        return False
    give_back(session, _places(session, ids, asked.asked_at))
    session.execute(delete(NotUsed).where(NotUsed.assignment_id.in_(ids)))
    session.execute(delete(Withdrawal).where(Withdrawal.assignment_id.in_(ids)))
    session.execute(delete(Judgment).where(Judgment.assignment_id.in_(ids)))
    return True


def _places(session: Session, ids: Sequence[UUID], since: datetime) -> list[UUID]:
    """The tasks whose places come free, each as often as it does: as when a labeler withdraws an answer. Where she had
    withdrawn it before, the place was given back then; a closed project wants none."""
    rows = session.scalars(
        select(Judgment.task_id)
        .join(Project, Project.id == Judgment.project_id)
        .join(Withdrawal, Withdrawal.assignment_id == Judgment.assignment_id)
        .where(
            Judgment.assignment_id.in_(ids),
            Judgment.version == 1,
            Judgment.standing == Standing.COUNTED,
            Withdrawal.at >= since,
            Project.state != ProjectState.CLOSED,
        )
    )
    return list(rows)


def forget_answers(session: Session, person_id: UUID, now: datetime) -> bool:
    """Erase some of the entries that she has answered: they have a sum of each answer, and whoever has the sum can try
    which answer it is of. Their places in the sealed record stay. False when there was none."""
    hers = select(Labeler.id, Labeler.vendor_id).where(Labeler.id.in_(accounts_of(session, person_id)))
    rows = session.execute(hers.order_by(Labeler.id)).all()
    return any(forget(session, row.id, row.vendor_id, now) for row in rows)


def remove_rest(session: Session, person_id: UUID, now: datetime) -> None:
    """Remove whatever else there is of her: also what a request that was under way has written since."""
    session.get_one(Erasure, person_id, with_for_update=True)
    ids = accounts_of(session, person_id)
    close_cases(session, ids, now)
    remove_choices(session, ids)
    session.execute(delete(LaneCursor).where(LaneCursor.labeler_id.in_(ids)))
    session.execute(delete(AuditLook).where(AuditLook.labeler_id.in_([person_id, *ids])))
    given = select(Assignment.id).where(Assignment.labeler_id.in_(ids))
    paid = select(Settlement.source_id).where(Settlement.labeler_id.in_(ids))
    # What is not paid yet, because there is no rate, stays until it is: it says when, not what was answered.
    session.execute(
        delete(Retry).where(Retry.assignment_id.in_(given), or_(Retry.used_at.is_(None), Retry.id.in_(paid)))
    )
    # How long a hard text of a task was on the screen stays: the allowance rests on it, and so do the months that
    # datasets tell. A month that was told with her and then without her would tell hers.
    elsewhere = Exposure.path != ExposurePath.DESK
    session.execute(delete(Exposure).where(Exposure.person_id.in_([person_id, *ids]), elsewhere))


def remove_choices(session: Session, ids: Sequence[UUID]) -> None:
    """Remove what she said yes and no to, and of her vendor's report, how she wanted content shown, what she said of
    herself, what held for her when, and her drafts."""
    for model in (OptOut, Consent, Comfort, Confirmation, ContractSeen, LabelerTerms):
        session.execute(delete(model).where(model.labeler_id.in_(ids)))
    for key in ids:
        remove_description(session, key)
    given = select(Assignment.id).where(Assignment.labeler_id.in_(ids))
    session.execute(delete(Draft).where(Draft.assignment_id.in_(given)))


def close_cases(session: Session, ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """Close her cases, and take out every word in them, hers and others' about her; how many were open, by account.

    Who decided what and when stays. A review that nobody has decided goes: there is nobody to answer.
    """
    rows = session.execute(
        select(Case.labeler_id, func.count())
        .where(Case.labeler_id.in_(ids), Case.closed_at.is_(None))
        .group_by(Case.labeler_id)
    ).all()
    hers = select(Case.id).where(Case.labeler_id.in_(ids))
    session.execute(delete(CaseMessage).where(CaseMessage.case_id.in_(hers)))
    session.execute(delete(NotUsed).where(NotUsed.labeler_id.in_(ids)))
    session.execute(delete(Review).where(Review.case_id.in_(hers), Review.decided_at.is_(None)))
    session.execute(update(Review).where(Review.case_id.in_(hers)).values(reasons=NOTE))
    session.execute(update(Review).where(Review.case_id.in_(hers), Review.text.is_not(None)).values(text=""))
    session.execute(
        update(Case)
        .where(Case.labeler_id.in_(ids))
        .values(reasons=NOTE, closed_at=func.coalesce(Case.closed_at, now))
        .execution_options(synchronize_session=False)
    )
    flags = select(WatchFlag.id).where(WatchFlag.labeler_id.in_(ids))
    session.execute(delete(WatchLook).where(WatchLook.flag_id.in_(flags)))
    session.execute(delete(WatchFlag).where(WatchFlag.labeler_id.in_(ids)))
    return dict.fromkeys(ids, 0) | {key: number for key, number in rows if key is not None}


def note_removed(session: Session, person_id: UUID, now: datetime) -> datetime | None:
    """Write that all is gone. The moment at which it is looked for once more; None when that was done now."""
    asked = session.get_one(Erasure, person_id, with_for_update=True, populate_existing=True)
    asked.removed_at = asked.removed_at or now
    again = asked.asked_at + LOOKS_AGAIN
    if now < again:
        return again
    if asked.finished_at is None:
        asked.finished_at = now
        rows = session.execute(
            select(Labeler.id, Labeler.vendor_id).where(Labeler.id.in_(accounts_of(session, person_id)))
        )
        record_all(session, [Entry("person.erased", None, row.id, row.vendor_id, {}) for row in rows], now)
    return None
