"""Answers that are not used, on SQLite and PostgreSQL (REJ-1…4)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.cases import marking, queries, service
from labeler.cases.holding import open_hold
from labeler.cases.models import Case, CaseKind, NotUsed, Review
from labeler.cases.rules import Cause, Decider, Ending
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.judgments.models import Judgment
from labeler.judgments.rules import REVISABLE
from labeler.judgments.service import revise
from labeler.projects.models import Task
from labeler.workforce.models import Labeler
from tests.cases.making import CHOICE, DAY, EVIDENCE, REASONS, a_decider, answer, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks

KEY = "0123456789abcdef"


@pytest.fixture
def labeler(session: Session) -> Labeler:
    """A labeler with plenty of tasks before her."""
    add_tasks(session, add_project(session, overlap=3), 120)
    return add_labeler(session)


@pytest.fixture
def reviewer(session: Session) -> Decider:
    return a_decider(session, Role.RESEARCHER)


def decision(session: Session, case_id: UUID) -> NotUsed:
    session.flush()
    return session.scalars(
        select(NotUsed).where(NotUsed.case_id == case_id), execution_options={"populate_existing": True}
    ).one()


def test_a_decision_has_reason_evidence_rule_and_a_person_and_does_not_count_yet(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    (judgment_id,) = answer(session, labeler)
    case_id = not_used(session, reviewer, judgment_id)
    made, case = decision(session, case_id), session.get_one(Case, case_id)
    assert (made.code, made.guideline_version, made.rule) == ("duplicate", 1, "Read both")
    assert (case.reasons, case.first_decider, case.first_role) == (EVIDENCE, reviewer.id, Role.RESEARCHER)
    assert (case.labeler_id, case.vendor_id) == (labeler.id, labeler.vendor_id)
    assert made.effective_at is None and made.retry_until == NOW + 7 * DAY
    assert queries.own(session, labeler.id)[0].may_retry(NOW)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "not_used.mark")).one()
    assert (entry.actor_id, entry.subject_id, entry.vendor_id) == (reviewer.id, case_id, labeler.vendor_id)
    told = orjson.loads(entry.fields)
    assert (told["labeler"], told["assignment"]) == (str(labeler.id), str(made.assignment_id))
    assert (told["evidence"], told["rule"], told["batch"]) == (len(EVIDENCE), 9, str(made.batch_id))
    assert EVIDENCE not in entry.fields and "Read both" not in entry.fields, "how long, never what"


def test_everything_wrong_with_a_decision_is_said_at_once(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    (judgment_id,) = answer(session, labeler)
    with pytest.raises(Invalid) as wrong:
        marking.mark(session, reviewer, judgment_id, "slow", " too short ", 9, "x" * 201, NOW)
    assert [each.field for each in wrong.value.problems] == ["code", "evidence", "rule", "guideline_version"]
    with pytest.raises(Missing):
        not_used(session, reviewer, UUID(int=1))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RESEARCHER])
def test_only_reviewers_decide_that_an_answer_is_not_used(session: Session, labeler: Labeler, role: Role) -> None:
    (judgment_id,) = answer(session, labeler)
    with pytest.raises(Forbidden):
        not_used(session, Decider(UUID(int=7), role), judgment_id)


def test_an_answer_is_marked_once_and_only_in_its_newest_version(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    first, second = answer(session, labeler, 2)
    not_used(session, reviewer, first)
    with pytest.raises(Conflict, match="already"):
        not_used(session, reviewer, first)
    revise(session, labeler.id, second, CHOICE, KEY, NOW)
    with pytest.raises(Conflict, match="newer"):
        not_used(session, reviewer, second)


def test_it_counts_after_seven_days_and_not_before(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    case_id = not_used(session, reviewer, answer(session, labeler)[0])
    assert marking.settle(session, NOW + 7 * DAY - timedelta(seconds=1)) == 0
    assert marking.settle(session, NOW + 7 * DAY) == 1
    assert marking.settle(session, NOW + 8 * DAY) == 0
    assert decision(session, case_id).effective_at == NOW + 7 * DAY
    assert not queries.own(session, labeler.id)[0].may_retry(NOW + 8 * DAY)


def test_leaving_it_lets_it_count_at_once_and_a_review_can_still_be_asked_for(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    judgment_id = answer(session, labeler)[0]
    case_id = not_used(session, reviewer, judgment_id)
    marking.leave(session, labeler.id, case_id, NOW + DAY)
    marking.leave(session, labeler.id, case_id, NOW + 2 * DAY)
    assert decision(session, case_id).effective_at == NOW + DAY
    assert queries.own_case(session, labeler.id, case_id).may_ask(NOW + DAY)
    with pytest.raises(Missing):
        marking.leave(session, add_labeler(session).id, case_id, NOW)


def test_a_retry_opens_an_answer_beyond_the_last_ten_once(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    old, *_ = answer(session, labeler, REVISABLE + 1)
    with pytest.raises(Conflict):
        revise(session, labeler.id, old, CHOICE, KEY, NOW + DAY)
    case_id = not_used(session, reviewer, old, NOW + DAY)
    done = revise(session, labeler.id, old, {"choice": ["b2"]}, KEY, NOW + 2 * DAY)
    assert done.new and done.judgment.version == 2
    with pytest.raises(Conflict):
        revise(session, labeler.id, old, CHOICE, KEY[::-1], NOW + 2 * DAY)
    assert queries.own_case(session, labeler.id, case_id).retried_at == NOW + 2 * DAY


def test_a_retry_ends_after_seven_days(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    old, *_ = answer(session, labeler, REVISABLE + 1)
    not_used(session, reviewer, old)
    with pytest.raises(Conflict):
        revise(session, labeler.id, old, CHOICE, KEY, NOW + 7 * DAY)


def test_a_new_answer_counts_until_a_person_has_said_that_it_cant_be_used_either(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    judgment_id = answer(session, labeler)[0]
    case_id = not_used(session, reviewer, judgment_id)
    with pytest.raises(Conflict, match="no new answer"):
        marking.confirm(session, reviewer, case_id, REASONS, NOW)
    revise(session, labeler.id, judgment_id, CHOICE, KEY, NOW + DAY)
    assert marking.settle(session, NOW + 30 * DAY) == 0
    (waiting,) = queries.answered_again(session, session.get_one(Judgment, judgment_id).project_id)
    assert waiting.mark is not None and waiting.judgment.version == 2
    with pytest.raises(Invalid):
        marking.confirm(session, reviewer, case_id, "short", NOW + 31 * DAY)
    marking.confirm(session, reviewer, case_id, REASONS, NOW + 31 * DAY)
    assert decision(session, case_id).effective_at == NOW + 31 * DAY
    assert queries.answered_again(session, waiting.judgment.project_id) == []


def test_a_new_answer_that_is_taken_ends_the_decision(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    judgment_id = answer(session, labeler)[0]
    case_id = not_used(session, reviewer, judgment_id)
    again = revise(session, labeler.id, judgment_id, CHOICE, KEY, NOW + DAY).judgment
    marking.accept(session, reviewer, case_id, NOW + 2 * DAY)
    made = decision(session, case_id)
    assert (made.ending, made.effective_at) == (Ending.ACCEPTED, None)
    assert marking.settle(session, NOW + 30 * DAY) == 0
    assert not_used(session, reviewer, again.id, NOW + 40 * DAY) != case_id, "a new decision has a new retry"
    assert not queries.own(session, labeler.id)[0].retried_at


def test_an_open_review_keeps_a_decision_from_counting(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    case_id = not_used(session, reviewer, answer(session, labeler)[0])
    review_id = service.ask_review(session, labeler.id, case_id, "I disagree", NOW)
    assert marking.settle(session, NOW + 30 * DAY) == 0
    service.decide(session, a_decider(session), review_id, "stands", REASONS, NOW + 31 * DAY)
    assert decision(session, case_id).effective_at == NOW + 31 * DAY


def test_ten_decisions_about_one_labeler_count_in_a_day(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    answers = answer(session, labeler, 12)
    for judgment_id in answers[:10]:
        not_used(session, reviewer, judgment_id)
    with pytest.raises(Conflict, match="10 of this labeler's"):
        not_used(session, a_decider(session, Role.RESEARCHER), answers[10], NOW + DAY - timedelta(seconds=1))
    not_used(session, reviewer, answers[10], NOW + DAY)


def braked(session: Session, labeler: Labeler, reviewer: Decider) -> tuple[list[UUID], UUID]:
    """Five of 60 answers marked: their cases, and the review of the hold that this begins."""
    answers = answer(session, labeler, 60)
    cases = [not_used(session, reviewer, judgment_id) for judgment_id in answers[:5]]
    hold = session.scalars(select(Review).where(Review.cause == Cause.BRAKE)).one()
    return cases, hold.id


def test_four_decisions_hold_nothing_and_the_fifth_holds_them_all(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    cases, _ = braked(session, labeler, reviewer)
    batch_id = decision(session, cases[0]).batch_id
    assert open_hold(session, batch_id) is not None
    assert marking.settle(session, NOW + 8 * DAY) == 0
    with pytest.raises(Conflict):
        not_used(session, reviewer, decision(session, cases[0]).judgment_id)
    assert len(session.scalars(select(Case).where(Case.kind == CaseKind.HOLD)).all()) == 1


def test_a_batch_with_few_of_its_answers_marked_is_not_held(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    answers = answer(session, labeler, 100)
    for judgment_id in answers[:5]:
        not_used(session, reviewer, judgment_id)
    assert session.scalars(select(Review)).all() == []
    not_used(session, reviewer, answers[5])
    assert len(session.scalars(select(Review)).all()) == 1


def test_a_hold_that_is_released_lets_decisions_count_and_brakes_anew_after_five_more(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    cases, hold = braked(session, labeler, reviewer)
    service.decide(session, a_decider(session), hold, "stands", REASONS, NOW + 8 * DAY)
    assert {decision(session, each).effective_at for each in cases} == {NOW + 8 * DAY}
    more = session.scalars(select(Judgment.id).order_by(Judgment.id.desc()).limit(5)).all()
    for judgment_id in more[:4]:
        not_used(session, reviewer, judgment_id, NOW + 9 * DAY)
    assert open_hold(session, decision(session, cases[0]).batch_id) is None
    not_used(session, reviewer, more[4], NOW + 9 * DAY)
    assert open_hold(session, decision(session, cases[0]).batch_id) is not None


def test_a_hold_that_is_cancelled_ends_what_does_not_count_yet_and_nothing_else(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    answers = answer(session, labeler, 60)
    early = not_used(session, reviewer, answers[0])
    marking.leave(session, labeler.id, early, NOW)
    late = [not_used(session, reviewer, judgment_id) for judgment_id in answers[1:5]]
    hold = session.scalars(select(Review).where(Review.cause == Cause.BRAKE)).one()
    service.decide(session, a_decider(session), hold.id, "changed", REASONS, NOW + DAY)
    assert {decision(session, each).ending for each in late} == {Ending.CANCELLED}
    assert decision(session, early).ending is None
    assert marking.settle(session, NOW + 30 * DAY) == 0


def test_nobody_who_marked_looks_at_the_hold_whatever_her_role_became(
    session: Session, labeler: Labeler, reviewer: Decider
) -> None:
    answers = answer(session, labeler, 60)
    other = a_decider(session, Role.RESEARCHER)
    not_used(session, other, answers[5])
    cases = [not_used(session, reviewer, judgment_id) for judgment_id in answers[:4]]
    hold = session.scalars(select(Review).where(Review.cause == Cause.BRAKE)).one()
    for marker in (reviewer, other):
        with pytest.raises(Forbidden, match="Somebody else"):
            service.decide(session, Decider(marker.id, Role.ADMIN), hold.id, "stands", REASONS, NOW)
    with pytest.raises(Forbidden, match="from outside"):
        insider = Decider(a_decider(session).id, Role.ADMIN, labeler.vendor_id)
        service.decide(session, insider, hold.id, "stands", REASONS, NOW)
    assert decision(session, cases[0]).ended_at is None


def test_a_task_keeps_its_claims_whatever_is_decided(session: Session, labeler: Labeler, reviewer: Decider) -> None:
    judgment_id = answer(session, labeler)[0]
    task = session.get_one(Task, session.get_one(Judgment, judgment_id).task_id)
    before = task.claims
    case_id = not_used(session, reviewer, judgment_id)
    marking.leave(session, labeler.id, case_id, NOW)
    session.refresh(task)
    assert task.claims == before
