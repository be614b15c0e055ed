"""Restrictions, dangers and reviews, on SQLite and PostgreSQL (DEC-1…3, REJ-3, OPT-8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.cases import marking, queries, service
from labeler.cases.models import Case, Review
from labeler.cases.rules import Cause, Decider, Ending, Outcome
from labeler.db import repeated, transaction
from labeler.errors import Conflict, Forbidden, Invalid, LabelerError, Missing
from labeler.judgments.service import revise
from labeler.workforce.models import Labeler, Restriction, VendorManager
from labeler.workforce.service import shut_out
from tests.cases.making import DAY, REASONS, a_decider, answer, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor
from tests.support.database import Database

LATER = NOW + 15 * DAY

INVARIANTS = {
    "REJ-3": "SELECT id FROM review WHERE decided_by = first_decider",
    "REJ-3, by anybody who decided before": "SELECT r.id FROM review r JOIN not_used n ON n.case_id = r.case_id"
    " WHERE r.decided_by = n.again_by",
    "DEC-1": "SELECT id FROM case_file WHERE kind IN ('not-used', 'restriction')"
    " AND (first_decider IS NULL OR trim(reasons) = '')",
    "DEC-1, in the other room": "SELECT id FROM restriction WHERE id NOT IN (SELECT about_id FROM case_file"
    " WHERE kind = 'restriction')",
    "REJ-2": "SELECT case_id FROM not_used WHERE effective_at < retry_until AND left_at IS NULL AND again_by IS NULL"
    " AND case_id NOT IN (SELECT case_id FROM review WHERE decided_at IS NOT NULL)",
}
"""Each returns no row, whatever happened."""


def holds(session: Session) -> None:
    session.flush()
    for name, query in INVARIANTS.items():
        assert session.execute(text(query)).all() == [], name


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session), 5)
    return add_labeler(session)


def restricted(session: Session, labeler: Labeler, decider: Decider, **kwargs: bool) -> tuple[Case, Restriction]:
    case_id = service.restrict(session, decider, labeler.id, None, REASONS, LATER, NOW, **kwargs)
    case = session.get_one(Case, case_id)
    return case, session.get_one(Restriction, case.about_id)


def test_a_restriction_has_a_person_reasons_and_notice(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    case, restriction = restricted(session, labeler, admin)
    assert (restriction.from_at, restriction.until_at, restriction.project_id) == (LATER, None, None)
    assert (case.first_decider, case.first_role, case.reasons) == (admin.id, Role.ADMIN, REASONS)
    assert case.ask_until is not None and case.ask_until > LATER
    assert session.scalars(select(Review)).all() == []
    assert queries.own_case(session, labeler.id, case.id).may_ask(NOW)
    holds(session)


def test_what_others_did_in_a_case_is_news_to_her_for_two_weeks(session: Session, labeler: Labeler) -> None:
    case, _ = restricted(session, labeler, a_decider(session))
    other, _ = restricted(session, add_labeler(session), a_decider(session))
    assert queries.news(session, labeler.id, NOW) == [(case.id, case.kind, NOW)]
    assert queries.news(session, labeler.id, NOW + 14 * DAY) == []
    later = NOW + 20 * DAY
    review_id = service.ask_review(session, labeler.id, case.id, "I disagree", later)
    service.write(session, case.id, "One thing more", None, later)
    assert queries.news(session, labeler.id, later) == [], "what she did herself is no news"
    officer = a_decider(session, Role.WELLBEING_OFFICER)
    service.write(session, case.id, "Which day was it?", officer, later + DAY)
    assert queries.news(session, labeler.id, later + DAY) == [(case.id, case.kind, later + DAY)]
    service.decide(session, officer, review_id, "changed", REASONS, later + 2 * DAY)
    assert queries.news(session, labeler.id, later + 2 * DAY) == [(case.id, case.kind, later + 2 * DAY)]
    assert [each[0] for each in queries.news(session, other.labeler_id or labeler.id, NOW)] == [other.id]


def test_a_manager_restricts_the_labelers_of_her_vendor_only(session: Session, labeler: Labeler) -> None:
    user = add_user(session, Role.VENDOR_MANAGER)
    vendor = session.get_one(VendorManager, user.id).vendor_id
    with pytest.raises(Missing):
        restricted(session, labeler, Decider(user.id, Role.VENDOR_MANAGER, vendor))
    case, _ = restricted(session, labeler, Decider(user.id, Role.VENDOR_MANAGER, labeler.vendor_id))
    with pytest.raises(Missing):
        service.lift(session, Decider(user.id, Role.VENDOR_MANAGER, vendor), case.id, NOW)


def test_a_manager_neither_sees_nor_lifts_what_the_platform_decided(session: Session, labeler: Labeler) -> None:
    case, restriction = restricted(session, labeler, a_decider(session))
    assert queries.restrictions_of(session, labeler.id, Role.VENDOR_MANAGER) == []
    assert len(queries.restrictions_of(session, labeler.id, Role.ADMIN)) == 1
    with pytest.raises(Missing):
        service.lift(session, Decider(UUID(int=6), Role.VENDOR_MANAGER, labeler.vendor_id), case.id, NOW)
    assert restriction.until_at is None


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.VENDOR_MANAGER)])
def test_no_other_role_restricts_anybody(session: Session, labeler: Labeler, role: Role) -> None:
    with pytest.raises(Missing):
        restricted(session, labeler, Decider(UUID(int=5), role, labeler.vendor_id))
    assert session.scalars(select(Restriction)).all() == []


def test_everything_wrong_with_a_restriction_is_said_at_once(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    with pytest.raises(Invalid) as wrong:
        service.restrict(session, admin, labeler.id, UUID(int=3), "because", NOW + 13 * DAY, NOW)
    assert [each.field for each in wrong.value.problems] == ["reasons", "from_day", "project"]


def test_a_restriction_for_safety_begins_at_once_and_is_looked_at_within_five_working_days(
    session: Session, labeler: Labeler
) -> None:
    admin = a_decider(session)
    case, restriction = restricted(session, labeler, admin, safety=True)
    review = session.scalars(select(Review)).one()
    assert restriction.from_at == NOW
    assert (review.cause, review.due_at) == (Cause.SAFETY, NOW + 7 * DAY)
    with pytest.raises(Forbidden):
        service.decide(session, admin, review.id, "stands", REASONS, NOW)
    service.ask_review(session, labeler.id, case.id, "I disagree", NOW)
    service.decide(session, a_decider(session, Role.WELLBEING_OFFICER), review.id, "changed", REASONS, NOW + DAY)
    assert restriction.until_at == NOW + DAY
    holds(session)


def test_lifting_ends_it_once_and_one_that_has_not_begun_never_does(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    case, restriction = restricted(session, labeler, admin)
    service.lift(session, admin, case.id, NOW + DAY)
    service.lift(session, admin, case.id, NOW + 2 * DAY)
    assert restriction.until_at == restriction.from_at == LATER
    assert case.closed_at == NOW + DAY
    with pytest.raises(Conflict, match="no longer stands"):
        service.ask_review(session, labeler.id, case.id, "I disagree", NOW + 3 * DAY)


def test_a_review_is_due_in_seven_days_and_what_it_changes_is_undone(session: Session, labeler: Labeler) -> None:
    case, restriction = restricted(session, labeler, a_decider(session))
    review_id = service.ask_review(session, labeler.id, case.id, "I disagree because …", NOW)
    review = session.get_one(Review, review_id)
    assert (review.due_at, review.limit_at) == (NOW + 7 * DAY, NOW + 14 * DAY)
    with pytest.raises(Conflict, match="You have asked"):
        service.ask_review(session, labeler.id, case.id, "again", NOW)
    service.decide(session, a_decider(session), review_id, "changed", REASONS, NOW + 20 * DAY)
    assert restriction.until_at == NOW + 20 * DAY
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "review.decide")).one()
    told = orjson.loads(entry.fields)
    assert (told["on_time"], told["outcome"], told["cause"], told["case"]) == (
        False,
        "changed",
        "labeler",
        str(case.id),
    )
    assert told["first"] == [str(case.first_decider)] and told["asked_at"].startswith(NOW.isoformat()[:19])
    assert told["reasons"] == len(REASONS) and REASONS not in entry.fields
    holds(session)


def test_a_review_of_an_answer_that_is_changed_makes_it_count_again(session: Session, labeler: Labeler) -> None:
    judgment_id = answer(session, labeler)[0]
    case_id = not_used(session, a_decider(session, Role.RESEARCHER), judgment_id)
    marking.leave(session, labeler.id, case_id, NOW)
    review_id = service.ask_review(session, labeler.id, case_id, "I disagree", NOW + DAY)
    service.decide(session, a_decider(session), review_id, "changed", REASONS, NOW + 2 * DAY)
    shown = queries.own_case(session, labeler.id, case_id)
    assert shown.decision is not None and shown.decision.ending is Ending.CHANGED
    assert shown.case.closed_at == NOW + 2 * DAY and not shown.may_ask(NOW + 3 * DAY)
    holds(session)


def test_what_stands_stands_and_costs_nothing_more(session: Session, labeler: Labeler) -> None:
    case, restriction = restricted(session, labeler, a_decider(session))
    review_id = service.ask_review(session, labeler.id, case.id, "I disagree", NOW)
    service.decide(session, a_decider(session), review_id, "stands", REASONS, NOW + DAY)
    assert restriction.until_at is None and restriction.from_at == LATER
    with pytest.raises(Conflict, match="decided this review meanwhile"):
        service.decide(session, a_decider(session), review_id, "changed", REASONS, NOW + DAY)


def test_the_first_decider_the_vendors_people_and_other_roles_are_refused(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    case, _ = restricted(session, labeler, admin)
    review_id = service.ask_review(session, labeler.id, case.id, "I disagree", NOW)
    refused = {
        admin: "You made this decision",
        Decider(a_decider(session).id, Role.ADMIN, labeler.vendor_id): "belong to the vendor",
        Decider(a_decider(session).id, Role.VENDOR_MANAGER, labeler.vendor_id): "does not decide",
        Decider(a_decider(session).id, Role.RESEARCHER): "does not decide",
    }
    for decider, words in refused.items():
        with pytest.raises(Forbidden, match=words):
            service.decide(session, decider, review_id, "stands", REASONS, NOW)
        with pytest.raises(Forbidden):
            service.write(session, case.id, "A question", decider, NOW)
    with pytest.raises(Invalid) as wrong:
        service.decide(session, a_decider(session), review_id, "perhaps", "", NOW)
    assert [each.field for each in wrong.value.problems] == ["outcome", "reasons"]


def test_who_said_it_a_second_time_does_not_decide_either(session: Session, labeler: Labeler) -> None:

    judgment_id = answer(session, labeler)[0]
    second = a_decider(session, Role.RESEARCHER)
    case_id = not_used(session, a_decider(session, Role.RESEARCHER), judgment_id)
    revise(session, labeler.id, judgment_id, {"choice": ["b2"]}, "0123456789abcdef", NOW)
    marking.confirm(session, second, case_id, REASONS, NOW)
    review_id = service.ask_review(session, labeler.id, case_id, "I disagree", NOW)
    with pytest.raises(Forbidden):
        service.decide(session, Decider(second.id, Role.ADMIN), review_id, "stands", REASONS, NOW)


def test_the_time_to_ask_ends_ninety_days_after_it_began(session: Session, labeler: Labeler) -> None:
    case, _ = restricted(session, labeler, a_decider(session))
    assert case.ask_until == LATER + 90 * DAY
    with pytest.raises(Conflict, match="time to ask"):
        service.ask_review(session, labeler.id, case.id, "I disagree", LATER + 91 * DAY)


def test_a_shut_account_can_still_ask_and_be_heard(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    case, _ = restricted(session, labeler, admin)
    shut_out(session, admin.id, labeler.id, NOW)
    review_id = service.ask_review(session, labeler.id, case.id, "I disagree", NOW + DAY)
    service.write(session, case.id, "One thing more", None, NOW + DAY)
    officer = a_decider(session, Role.WELLBEING_OFFICER)
    service.write(session, case.id, "Which day was it?", officer, NOW + DAY)
    service.decide(session, officer, review_id, "changed", REASONS, NOW + 2 * DAY)
    shown, zone = queries.linked_case(session, case.id)
    assert [each.author_id for each in shown.messages] == [None, officer.id] and zone == "UTC"
    assert shown.reviews[0].outcome is Outcome.CHANGED


def test_nobody_asks_about_somebody_elses_case_and_no_words_go_where_nobody_reads(
    session: Session, labeler: Labeler
) -> None:
    case, _ = restricted(session, labeler, a_decider(session))
    stranger = add_labeler(session)
    with pytest.raises(Missing):
        service.ask_review(session, stranger.id, case.id, "I disagree", NOW)
    with pytest.raises(Missing):
        queries.own_case(session, stranger.id, case.id)
    with pytest.raises(Conflict, match="nobody would read"):
        service.write(session, case.id, "Hello", None, NOW)


def test_a_danger_is_looked_at_within_five_working_days_and_has_no_effect(session: Session, labeler: Labeler) -> None:
    case_id = service.report_danger(session, labeler.id, "Somebody was threatened.", NOW)
    review = session.scalars(select(Review)).one()
    assert (review.cause, review.due_at) == (Cause.DANGER, NOW + 7 * DAY)
    assert session.scalars(select(Restriction)).all() == []
    service.decide(session, a_decider(session, Role.WELLBEING_OFFICER), review.id, "changed", REASONS, NOW + DAY)
    assert session.get_one(Case, case_id).closed_at == NOW + DAY
    with pytest.raises(Invalid):
        service.report_danger(session, labeler.id, " ", NOW)
    holds(session)


def test_deciders_see_what_is_due_longest_first(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    case, _ = restricted(session, labeler, admin)
    asked = service.ask_review(session, labeler.id, case.id, "I disagree", NOW + 20 * DAY)
    late = service.report_danger(session, labeler.id, "Danger", NOW)
    waiting = queries.queue(session)
    assert [each.case.id for each in waiting] == [late, case.id]
    service.decide(session, a_decider(session), asked, "stands", REASONS, NOW + 21 * DAY)
    assert [each.review.id for each in queries.queue(session, decided=True)] == [asked]


@pytest.mark.parametrize("spoiled", ["first_decider = NULL", "reasons = ' '", "first_role = NULL"])
def test_no_decision_without_a_person_and_reasons_is_stored_even_past_our_code(
    session: Session, labeler: Labeler, spoiled: str
) -> None:
    restricted(session, labeler, a_decider(session))
    with pytest.raises(IntegrityError):
        session.execute(text(f"UPDATE case_file SET {spoiled}"))


def test_no_review_decided_by_the_first_decider_is_stored_even_past_our_code(
    session: Session, labeler: Labeler
) -> None:
    admin = a_decider(session)
    case, _ = restricted(session, labeler, admin)
    service.ask_review(session, labeler.id, case.id, "I disagree", NOW)
    with pytest.raises(IntegrityError):
        session.execute(
            update(Review).values(decided_by=admin.id, decided_at=NOW, outcome=Outcome.STANDS, reasons=REASONS)
        )


def test_of_two_who_decide_at_once_one_does(database: Database) -> None:
    with transaction() as session:
        labeler = add_labeler(session)
        case_id = service.restrict(session, a_decider(session), labeler.id, None, REASONS, LATER, NOW)
        review_id = service.ask_review(session, labeler.id, case_id, "I disagree", NOW)
        deciders = [a_decider(session) for _ in range(4)]
    barrier = Barrier(len(deciders))

    def decide(decider: Decider) -> str:
        barrier.wait()
        outcome = "changed" if deciders.index(decider) % 2 else "stands"
        try:
            repeated(lambda session: service.decide(session, decider, review_id, outcome, REASONS, NOW))
        except LabelerError as refused:
            return type(refused).__name__
        return outcome

    with ThreadPoolExecutor(len(deciders)) as pool:
        said = list(pool.map(decide, deciders))
    assert sorted(said).count("Conflict") == len(deciders) - 1
    with transaction() as session:
        review = session.get_one(Review, review_id)
        assert review.outcome is not None and review.outcome.value in said
        assert deciders[said.index(review.outcome.value)].id == review.decided_by
        ended = session.scalars(select(Restriction.until_at)).one()
        assert (ended is not None) == (review.outcome is Outcome.CHANGED)
        holds(session)


def test_of_two_who_mark_one_answer_at_once_one_does(database: Database) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 3)
        judgment_id = answer(session, add_labeler(session))[0]
        deciders = [a_decider(session, Role.RESEARCHER) for _ in range(4)]
    barrier = Barrier(len(deciders))

    def mark(decider: Decider) -> str:
        barrier.wait()
        try:
            repeated(lambda session: not_used(session, decider, judgment_id))
        except LabelerError as refused:
            return type(refused).__name__
        return "marked"

    with ThreadPoolExecutor(len(deciders)) as pool:
        assert sorted(pool.map(mark, deciders)) == ["Conflict"] * 3 + ["marked"]


def test_a_vendor_is_that_of_the_time_of_the_decision(session: Session, labeler: Labeler) -> None:
    case, _ = restricted(session, labeler, a_decider(session))
    before = labeler.vendor_id
    labeler.vendor_id = add_vendor(session, "Another").id
    session.flush()
    assert case.vendor_id == before
    assert timedelta(0) < (case.ask_until or NOW) - NOW
