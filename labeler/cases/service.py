"""Restrictions, dangers, reviews: what a named person decides, and who looks at it again (DEC-1…3, REJ-3, OPT-8)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.service import record
from labeler.cases import marking
from labeler.cases.holding import lock_batch, markers
from labeler.cases.models import Case, CaseKind, CaseMessage, NotUsed, Review
from labeler.cases.rules import (
    ASK_WITHIN,
    REASONS,
    WORDS,
    Bar,
    Cause,
    Decider,
    Outcome,
    bar,
    due,
    may_restrict,
    notice_problem,
    text_problem,
    tidy,
)
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.pay.beside import ASKING, REPLYING, pay_asking
from labeler.projects.models import Project
from labeler.workforce.models import Labeler, Restriction

BARS = {
    Bar.ROLE: "Your role does not decide reviews.",
    Bar.DECIDED_FIRST: "You made this decision. Somebody else has to look at it again.",
    Bar.OWN_CASE: "This is about you. Somebody else has to decide.",
    Bar.VENDOR: "You belong to the vendor this is about. Somebody from outside has to decide.",
}


def restrict(
    session: Session,
    decider: Decider,
    labeler_id: UUID,
    project_id: UUID | None,
    reasons: str,
    from_at: datetime,
    now: datetime,
    *,
    safety: bool = False,
) -> UUID:
    """Restrict a labeler from one project, or from all work, by a named person's decision (DEC-1). The case's id.

    With 14 days' notice (DEC-2); for `safety` at once, and then somebody else looks at it within 5 working days.
    Raises Missing, Forbidden, Invalid naming every problem.
    """
    labeler = session.get(Labeler, labeler_id, with_for_update={"key_share": True})
    if labeler is None or labeler.erased_at is not None or not may_restrict(decider, labeler.vendor_id):
        raise Missing("There is no such labeler, or she is not yours to see.")
    reasons = tidy(reasons)
    problems = text_problem("reasons", reasons, REASONS)
    begins = now if safety else from_at
    wrong = notice_problem(begins, safety, now)
    problems += [wrong] if wrong is not None else []
    if project_id is not None and session.get(Project, project_id) is None:
        problems.append(FieldProblem("project", "Choose one of the projects, or all work."))
    if problems:
        raise Invalid("This can't be decided yet.", problems)
    restriction = Restriction(labeler_id=labeler_id, from_at=begins, project_id=project_id)
    session.add(restriction)
    session.flush()
    case = Case(
        kind=CaseKind.RESTRICTION,
        opened_at=now,
        reasons=reasons,
        about_id=restriction.id,
        labeler_id=labeler_id,
        vendor_id=labeler.vendor_id,
        project_id=project_id,
        first_decider=decider.id,
        first_role=decider.role,
        ask_until=begins + ASK_WITHIN,
    )
    session.add(case)
    session.flush()
    record(
        session, "restriction.make", decider.id, case.id, now, labeler.vendor_id,
        restriction=restriction.id, project=project_id, from_at=begins, safety=safety, labeler=labeler_id,
        notice=int((begins - now).total_seconds()), reasons=len(reasons),
    )  # fmt: skip
    if safety:
        _ask(session, case, Cause.SAFETY, None, decider.id, now)
    return case.id


def lift(session: Session, decider: Decider, case_id: UUID, now: datetime) -> None:
    """End a restriction: a manager may lift her vendor's, the platform lifts its own. Lifting twice changes nothing.

    Raises Missing.
    """
    case = _locked(session, case_id)
    platforms = case.first_role is Role.ADMIN and decider.role is not Role.ADMIN
    if case.kind is not CaseKind.RESTRICTION or case.vendor_id is None or platforms:
        raise Missing("There is no such restriction.")
    if not may_restrict(decider, case.vendor_id):
        raise Missing("There is no such restriction.")
    _end_restriction(session, case, decider.id, now)


def _end_restriction(session: Session, case: Case, actor: UUID, now: datetime) -> None:
    restriction = session.get_one(Restriction, case.about_id, with_for_update=True)
    if restriction.until_at is not None:
        return
    restriction.until_at = max(now, restriction.from_at)  # one that never began ends as it would have begun
    case.closed_at = now
    session.flush()
    record(session, "restriction.lift", actor, case.id, now, case.vendor_id, restriction=restriction.id)


def report_danger(session: Session, labeler_id: UUID, words: str, now: datetime) -> UUID:
    """A labeler says that something is a serious and imminent danger (OPT-8). The case's id; somebody looks within 5
    working days. The time to write it is paid; else it has no effect on her: nothing that hands out or counts reads it.
    """
    labeler, words = session.get(Labeler, labeler_id, with_for_update={"read": True, "key_share": True}), tidy(words)
    if labeler is None or labeler.erased_at is not None:
        raise Missing("There is no such labeler.")
    problems = text_problem("words", words, WORDS)
    if problems:
        raise Invalid("Say in some words what the danger is.", problems)
    case = Case(kind=CaseKind.DANGER, opened_at=now, reasons=words, labeler_id=labeler_id, vendor_id=labeler.vendor_id)
    session.add(case)
    session.flush()
    record(session, "danger.report", labeler_id, case.id, now, labeler.vendor_id)
    _ask(session, case, Cause.DANGER, words, labeler_id, now)
    pay_asking(session, labeler_id, case.id, ASKING, now)
    return case.id


def ask_review(session: Session, labeler_id: UUID, case_id: UUID, words: str, now: datetime) -> UUID:
    """Ask for a review of a decision about oneself: "I disagree because …". The review's id.

    It works after the account was shut, by the personal link. Until it is decided, a "not used" does not begin to
    count. The time it took is paid. Raises Missing, Invalid; Conflict when it was asked already, or the time to ask
    is over.
    """
    case, words = _locked(session, case_id), tidy(words)
    if case.labeler_id != labeler_id or case.kind not in (CaseKind.NOT_USED, CaseKind.RESTRICTION):
        raise Missing("There is no such decision about you.")
    problems = text_problem("words", words, WORDS)
    if problems:
        raise Invalid("Say why you disagree.", problems)
    if case.closed_at is not None:
        raise Conflict("This decision no longer stands, so there is nothing to review.")
    if case.ask_until is not None and now > case.ask_until:
        raise Conflict("The time to ask for a review of this decision is over. Write to us on the help page.")
    if session.scalar(select(Review.id).where(Review.case_id == case_id, Review.cause == Cause.LABELER)) is not None:
        raise Conflict("You have asked for a review of this decision. The dates are on its page.")
    asked = _ask(session, case, Cause.LABELER, words, labeler_id, now)
    pay_asking(session, labeler_id, asked, ASKING, now, once=False)
    return asked


def _ask(session: Session, case: Case, cause: Cause, words: str | None, actor: UUID | None, now: datetime) -> UUID:
    due_at, limit_at = due(cause, now)
    review = Review(
        case_id=case.id,
        cause=cause,
        asked_at=now,
        due_at=due_at,
        limit_at=limit_at,
        text=words,
        first_decider=case.first_decider,
    )
    session.add(review)
    session.flush()
    record(
        session, "review.ask", actor, review.id, now, case.vendor_id,
        cause=cause, due_at=due_at, case=case.id, first=first_deciders(session, case),
    )  # fmt: skip
    return review.id


def decide(session: Session, decider: Decider, review_id: UUID, outcome: str, reasons: str, now: datetime) -> None:
    """Decide a review: it binds (REJ-3, DEC-3). `changed` ends the "not used" or lifts the restriction; nobody is
    worse off for having asked.

    Raises Missing, Forbidden for who decided first or belongs to the vendor, Invalid, Conflict once it is decided.
    """
    case_id = session.scalar(select(Review.case_id).where(Review.id == review_id))
    if case_id is None:
        raise Missing("There is no such review.")
    case = _locked(session, case_id)
    review = session.get_one(Review, review_id, with_for_update=True)
    barred = why_barred(session, decider, case)
    if barred is not None:
        raise Forbidden(barred)
    if review.decided_at is not None:
        raise Conflict("Somebody has decided this review meanwhile. Their words are on its page.")
    reasons = tidy(reasons)
    problems = text_problem("reasons", reasons, REASONS)
    if outcome not in set(Outcome):
        problems.insert(0, FieldProblem("outcome", "Choose what you decide."))
    if problems:
        raise Invalid("This can't be decided yet.", problems)
    review.decided_by, review.decided_at = decider.id, now
    review.outcome, review.reasons = Outcome(outcome), reasons
    session.flush()
    record(
        session, "review.decide", decider.id, review_id, now, case.vendor_id,
        outcome=outcome, on_time=now <= review.due_at, cause=review.cause, case=case.id,
        first=first_deciders(session, case), asked_at=review.asked_at, due_at=review.due_at, reasons=len(reasons),
    )  # fmt: skip
    _carry_out(session, case, review.outcome, decider.id, now)


def _carry_out(session: Session, case: Case, outcome: Outcome, decider: UUID, now: datetime) -> None:
    if case.kind is CaseKind.NOT_USED:
        marking.after_review(session, case.id, outcome, decider, now)
    elif case.kind is CaseKind.RESTRICTION:
        if outcome is Outcome.CHANGED:
            _end_restriction(session, case, decider, now)
    else:
        case.closed_at = now
        session.flush()
        if case.kind is CaseKind.HOLD and case.batch_id is not None:
            marking.after_hold(session, case.batch_id, outcome, decider, now)


def why_barred(session: Session, decider: Decider, case: Case) -> str | None:
    """Why this person may not decide a review of the case, in words; None when she may."""
    vendors: set[UUID | None] = {case.vendor_id}
    if case.kind is CaseKind.HOLD and case.batch_id is not None:
        vendors |= markers(session, case.batch_id)[1]
    barred = bar(decider, first_deciders(session, case), case.labeler_id, vendors)
    return BARS[barred] if barred is not None else None


def first_deciders(session: Session, case: Case) -> list[UUID]:
    """Everybody who decided about a case before a review of it: none of them decides the review (REJ-3)."""
    first: set[UUID | None] = {case.first_decider}
    if case.kind is CaseKind.HOLD and case.batch_id is not None:
        first |= markers(session, case.batch_id)[0]
    elif case.kind is CaseKind.NOT_USED:
        first.add(session.scalar(select(NotUsed.again_by).where(NotUsed.case_id == case.id)))
    return sorted(each for each in first if each is not None)


def write(session: Session, case_id: UUID, words: str, decider: Decider | None, now: datetime) -> None:
    """Add words to a case while a review of it is open: the labeler's (no `decider`), or of one who may decide it."""
    case, words = _locked(session, case_id), tidy(words)
    barred = why_barred(session, decider, case) if decider is not None else None
    if barred is not None:
        raise Forbidden(barred)
    problems = text_problem("words", words, WORDS)
    if problems:
        raise Invalid("Write some words.", problems)
    if session.scalar(select(Review.id).where(Review.case_id == case_id, Review.decided_at.is_(None))) is None:
        raise Conflict("No review of this is open, so nobody would read it.")
    author = decider.id if decider is not None else None
    message = CaseMessage(case_id=case_id, at=now, text=words, author_id=author)
    session.add(message)
    session.flush()
    record(session, "review.write", author or case.labeler_id, case_id, now, case.vendor_id)
    if author is None and case.labeler_id is not None:
        pay_asking(session, case.labeler_id, message.id, REPLYING, now)


def _locked(session: Session, case_id: UUID) -> Case:
    batch_id = session.scalar(select(Case.batch_id).where(Case.id == case_id))
    if batch_id is not None:
        lock_batch(session, batch_id)
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise Missing("There is no such case.")
    return case
