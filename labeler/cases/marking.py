"""Answers that are not used: marked by a person, answered once more, and counted only after that (REJ-1…4).

Locks are taken in one order: the batch, then the case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, may
from labeler.audit.service import record
from labeler.cases.holding import brake, lock_batch, open_hold
from labeler.cases.models import Case, CaseKind, NotUsed, Review
from labeler.cases.rules import (
    A_DAY,
    ASK_WITHIN,
    EVIDENCE,
    RETRY_LASTS,
    Code,
    Decider,
    Ending,
    Outcome,
    binds,
    text_problem,
    tidy,
)
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.jobs.outbox import enqueue
from labeler.judgments.models import Judgment
from labeler.judgments.retries import end_retry, give_retry, retried_at
from labeler.projects.models import Guideline, Task
from labeler.workforce.models import Labeler

LONGEST_RULE = 200


def mark(
    session: Session,
    decider: Decider,
    judgment_id: UUID,
    code: str,
    evidence: str,
    guideline_version: int | None,
    rule: str,
    now: datetime,
) -> UUID:
    """Say that an answer is not used, with its reason, evidence and the rule it rests on. Returns the case's id.

    It counts only after the labeler's retry (`settle`). It changes nothing about her pay (REJ-1). Raises Missing,
    Forbidden, Invalid naming every problem; Conflict for an answer that is marked already or has a newer version, and
    when ten decisions about this labeler's answers were made in 24 hours.
    """
    if not may(decider.role, Permission.JUDGMENTS_REVIEW):
        raise Forbidden("Only a project's researchers can say that an answer is not used.")
    judgment = session.get(Judgment, judgment_id)
    if judgment is None:
        raise Missing("There is no such answer.")
    evidence, rule = tidy(evidence), " ".join(tidy(rule).split())
    problems = _problems(session, judgment, code, evidence, guideline_version, rule)
    if problems:
        raise Invalid("This can't be decided yet.", problems)
    batch_id = session.scalars(select(Task.batch_id).where(Task.id == judgment.task_id)).one()
    lock_batch(session, batch_id)
    labeler = session.get_one(Labeler, judgment.labeler_id, with_for_update={"key_share": True})
    _check_free(session, judgment, now)
    case = Case(
        kind=CaseKind.NOT_USED,
        opened_at=now,
        reasons=evidence,
        about_id=judgment.id,
        labeler_id=labeler.id,
        vendor_id=labeler.vendor_id,
        project_id=judgment.project_id,
        batch_id=batch_id,
        first_decider=decider.id,
        first_role=decider.role,
        ask_until=now + RETRY_LASTS + ASK_WITHIN,
    )
    session.add(case)
    session.flush()
    session.add(
        NotUsed(
            case_id=case.id,
            judgment_id=judgment.id,
            assignment_id=judgment.assignment_id,
            labeler_id=labeler.id,
            project_id=judgment.project_id,
            batch_id=batch_id,
            code=Code(code),
            guideline_version=guideline_version or judgment.guideline_version,
            rule=rule,
            marked_at=now,
            retry_until=now + RETRY_LASTS,
        )
    )
    give_retry(session, judgment.assignment_id, now + RETRY_LASTS, now)
    record(
        session, "not_used.mark", decider.id, case.id, now, labeler.vendor_id,
        judgment=judgment.id, code=code, guideline_version=guideline_version or judgment.guideline_version,
        labeler=labeler.id, assignment=judgment.assignment_id, batch=batch_id, evidence=len(evidence), rule=len(rule),
        retry_until=now + RETRY_LASTS,
    )  # fmt: skip
    brake(session, decider, batch_id, now)
    return case.id


def _problems(
    session: Session, judgment: Judgment, code: str, evidence: str, guideline_version: int | None, rule: str
) -> list[FieldProblem]:
    problems = [] if code in set(Code) else [FieldProblem("code", "Choose what is wrong with the answer.")]
    problems += text_problem("evidence", evidence, EVIDENCE)
    if len(rule) > LONGEST_RULE:
        problems.append(FieldProblem("rule", f"Use at most {LONGEST_RULE} characters."))
    if guideline_version is not None and not session.scalar(
        select(Guideline.id).where(Guideline.project_id == judgment.project_id, Guideline.version == guideline_version)
    ):
        problems.append(FieldProblem("guideline_version", "There is no such version of the instructions."))
    return problems


def _check_free(session: Session, judgment: Judgment, now: datetime) -> None:
    newer = select(Judgment.id).where(
        Judgment.assignment_id == judgment.assignment_id, Judgment.version > judgment.version
    )
    if session.scalars(newer).first() is not None:
        raise Conflict("The labeler has changed this answer. Look at the newer one.")
    standing = select(NotUsed.case_id).where(
        NotUsed.assignment_id == judgment.assignment_id, NotUsed.ended_at.is_(None)
    )
    if session.scalar(standing) is not None:
        raise Conflict("This answer is marked already.")
    recent = select(func.count()).where(
        NotUsed.labeler_id == judgment.labeler_id, NotUsed.marked_at > now - timedelta(days=1)
    )
    if session.execute(recent).scalar_one() >= A_DAY:
        raise Conflict(
            f"{A_DAY} of this labeler's answers were marked in the last 24 hours. More do not count: talk to somebody"
            " before you go on, the instructions may be unclear."
        )


def leave(session: Session, labeler_id: UUID, case_id: UUID, now: datetime) -> None:
    """The labeler does not want to answer again: the decision may count at once. She can still ask for a review."""
    decision = standing(session, case_id)
    if decision is None or decision.labeler_id != labeler_id:
        raise Missing("There is no such decision about an answer of yours.")
    if decision.left_at is not None or decision.effective_at is not None:
        return
    decision.left_at = now
    end_retry(session, decision.assignment_id, now)
    record(session, "not_used.leave", labeler_id, case_id, now, _vendor(session, case_id))
    _settle(session, decision, now)


def confirm(session: Session, decider: Decider, case_id: UUID, reasons: str, now: datetime) -> None:
    """Say that the answer that was given again can't be used either: only now does the decision count (REJ-2)."""
    decision, reasons = _again(session, decider, case_id, now), tidy(reasons)
    problems = text_problem("reasons", reasons, EVIDENCE)
    if problems:
        raise Invalid("This can't be decided yet.", problems)
    decision.again_by, decision.again_reasons = decider.id, reasons
    record(session, "not_used.confirm", decider.id, case_id, now, _vendor(session, case_id), reasons=len(reasons))
    _settle(session, decision, now)


def accept(session: Session, decider: Decider, case_id: UUID, now: datetime) -> None:
    """Take the answer that was given again: the decision ends, as if it had not been made."""
    end(session, _again(session, decider, case_id, now), Ending.ACCEPTED, decider.id, now)


def _again(session: Session, decider: Decider, case_id: UUID, now: datetime) -> NotUsed:
    if not may(decider.role, Permission.JUDGMENTS_REVIEW):
        raise Forbidden("Only a project's researchers can look at an answer again.")
    decision = standing(session, case_id)
    if decision is None:
        raise Missing("There is no such decision.")
    if decision.again_by is not None or retried_at(session, decision.assignment_id, decision.marked_at) is None:
        raise Conflict("There is no new answer to look at.")
    return decision


def standing(session: Session, case_id: UUID) -> NotUsed | None:
    """A decision that has not ended, with its batch and its own row locked."""
    batch_id = session.scalar(select(NotUsed.batch_id).where(NotUsed.case_id == case_id))
    if batch_id is None:
        return None
    lock_batch(session, batch_id)
    return session.scalars(
        select(NotUsed).where(NotUsed.case_id == case_id, NotUsed.ended_at.is_(None)).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()


def end(session: Session, decision: NotUsed, ending: Ending, actor: UUID | None, now: datetime) -> None:
    """The answer counts again from now on. What was exported before stays as it was."""
    decision.ended_at, decision.ending = now, ending
    end_retry(session, decision.assignment_id, now)
    session.get_one(Case, decision.case_id).closed_at = now
    session.flush()
    record(session, "not_used.end", actor, decision.case_id, now, _vendor(session, decision.case_id), ending=ending)


def settle(session: Session, now: datetime) -> int:
    """Let every decision count whose time has come; how many did. Run by the clock."""
    waiting = select(NotUsed.case_id).where(
        NotUsed.ended_at.is_(None),
        NotUsed.effective_at.is_(None),
        or_(NotUsed.retry_until <= now, NotUsed.left_at.is_not(None), NotUsed.again_by.is_not(None)),
    )
    ready = 0
    for case_id in session.scalars(waiting.order_by(NotUsed.batch_id, NotUsed.case_id)).all():
        decision = standing(session, case_id)
        ready += decision is not None and _settle(session, decision, now)
    return ready


def _settle(session: Session, decision: NotUsed, now: datetime) -> bool:
    session.flush()
    asked = exists().where(Review.case_id == decision.case_id, Review.decided_at.is_(None))
    if decision.effective_at is not None or not binds(
        retry_until=decision.retry_until,
        left=decision.left_at is not None,
        retried=retried_at(session, decision.assignment_id, decision.marked_at) is not None,
        again=decision.again_by is not None,
        held=open_hold(session, decision.batch_id) is not None,
        in_review=bool(session.scalar(select(asked))),
        now=now,
    ):
        return False
    decision.effective_at = now
    session.flush()
    enqueue(session, "mark_exports", now, project=str(decision.project_id))  # versions that have it will say so
    record(session, "not_used.effect", None, decision.case_id, now, _vendor(session, decision.case_id))
    return True


def after_review(session: Session, case_id: UUID, outcome: Outcome, decider: UUID, now: datetime) -> None:
    """What a review's outcome does to a "not used": it ends, or it may count from now on."""
    decision = standing(session, case_id)
    if decision is None:
        return
    if outcome is Outcome.CHANGED:
        end(session, decision, Ending.CHANGED, decider, now)
    else:
        _settle(session, decision, now)


def after_hold(session: Session, batch_id: UUID, outcome: Outcome, decider: UUID, now: datetime) -> None:
    """What the look at a hold does to its batch's decisions that do not count yet: cancelled, or let go on."""
    held = select(NotUsed.case_id).where(
        NotUsed.batch_id == batch_id, NotUsed.ended_at.is_(None), NotUsed.effective_at.is_(None)
    )
    for case_id in session.scalars(held.order_by(NotUsed.case_id)).all():
        decision = standing(session, case_id)
        if decision is not None and outcome is Outcome.CHANGED:
            end(session, decision, Ending.CANCELLED, decider, now)
        elif decision is not None:
            _settle(session, decision, now)


def _vendor(session: Session, case_id: UUID) -> UUID | None:
    return session.scalar(select(Case.vendor_id).where(Case.id == case_id))
