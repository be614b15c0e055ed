"""The retaliation watch and the numbers of a vendor, on SQLite and PostgreSQL (GRV-3, GOV-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.service import opt_out
from labeler.audit.models import AuditEntry
from labeler.cases import conditions, marking, service, watch
from labeler.cases.grievance_models import FlagState, WatchFlag, WatchLook
from labeler.cases.models import Review
from labeler.cases.rules import EventKind, Sign
from labeler.errors import Invalid, Missing
from labeler.wellbeing.models import OptOutScope
from labeler.workforce.models import Labeler
from labeler.workforce.service import shut_out
from tests.cases.making import DAY, REASONS, a_decider, answer, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_vendor


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session), 60)
    return add_labeler(session)


def found(session: Session) -> list[tuple[Sign, EventKind]]:
    return [(each.sign, each.event) for each in session.scalars(select(WatchFlag).order_by(WatchFlag.id))]


def test_a_quiet_time_has_no_flags(session: Session, labeler: Labeler) -> None:
    answer(session, labeler, 3)
    opt_out(session, labeler.id, OptOutScope.CATEGORY, NOW, category="W05")
    assert watch.look_around(session, NOW + DAY) == 0


def test_a_restriction_and_a_shut_account_after_a_no_are_flagged_once(session: Session, labeler: Labeler) -> None:
    admin = a_decider(session)
    opt_out(session, labeler.id, OptOutScope.SENSITIVE, NOW)
    service.restrict(session, admin, labeler.id, None, REASONS, NOW + 20 * DAY, NOW + DAY)
    assert watch.look_around(session, NOW + 2 * DAY) == 1
    shut_out(session, admin.id, labeler.id, NOW + 3 * DAY)
    assert watch.look_around(session, NOW + 4 * DAY) == 1
    assert watch.look_around(session, NOW + 5 * DAY) == 0
    assert found(session) == [(Sign.RESTRICTED, EventKind.OPT_OUT), (Sign.CLOSED, EventKind.OPT_OUT)]


def test_fewer_tasks_after_a_danger_and_marks_after_a_review_are_flagged(session: Session, labeler: Labeler) -> None:
    reviewer = a_decider(session, Role.RESEARCHER)
    first, *rest = answer(session, labeler, 40)
    service.report_danger(session, labeler.id, "Somebody was threatened.", NOW + DAY)
    case_id = not_used(session, reviewer, first, NOW + DAY)
    service.ask_review(session, labeler.id, case_id, "I disagree", NOW + 2 * DAY)
    for judgment_id in rest[:3]:
        not_used(session, reviewer, judgment_id, NOW + 3 * DAY)
    watch.look_around(session, NOW + 10 * DAY)
    assert set(found(session)) == {
        (Sign.HAND_OUTS, EventKind.DANGER), (Sign.HAND_OUTS, EventKind.REVIEW),
        (Sign.NOT_USED, EventKind.DANGER), (Sign.NOT_USED, EventKind.REVIEW),
    }  # fmt: skip


def test_a_skipped_task_and_what_is_older_than_ninety_days_are_no_events(session: Session, labeler: Labeler) -> None:
    opt_out(session, labeler.id, OptOutScope.SENSITIVE, NOW - 91 * DAY)
    service.restrict(session, a_decider(session), labeler.id, None, REASONS, NOW + 20 * DAY, NOW)
    assert watch.look_around(session, NOW + DAY) == 0


def test_each_look_is_recorded_and_has_its_state_and_note(session: Session, labeler: Labeler) -> None:
    officer = a_decider(session, Role.WELLBEING_OFFICER).id
    opt_out(session, labeler.id, OptOutScope.SENSITIVE, NOW)
    service.restrict(session, a_decider(session), labeler.id, None, REASONS, NOW + 20 * DAY, NOW + DAY)
    watch.look_around(session, NOW + 2 * DAY)
    (listed,) = watch.flags(session)
    assert listed.flag.state is FlagState.NEW
    flag, name, looks = watch.look(session, officer, listed.flag.id, NOW + 3 * DAY)
    assert (flag.labeler_id, looks) == (labeler.id, []) and name
    with pytest.raises(Invalid) as wrong:
        watch.conclude(session, officer, flag.id, "new", "x" * 4_001, NOW + 3 * DAY)
    assert [each.field for each in wrong.value.problems] == ["state", "note"]
    with pytest.raises(Invalid):
        watch.conclude(session, officer, flag.id, "dismissed", " ", NOW + 3 * DAY)
    watch.conclude(session, officer, flag.id, "looked-at", "", NOW + 3 * DAY)
    watch.conclude(session, officer, flag.id, "upheld", "The same day, the same manager.", NOW + 4 * DAY)
    assert flag.state is FlagState.UPHELD
    assert len(session.scalars(select(WatchLook)).all()) == 2
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "watch.look")).all()
    assert len(entries) == 3 and {each.actor_id for each in entries} == {officer}
    (flagged,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "watch.flag")).all()
    assert {each.vendor_id for each in (flagged, *entries)} == {labeler.vendor_id}
    assert not any(str(labeler.id) in each.fields for each in (flagged, *entries)), "whom it is about is not said"
    assert not any("manager" in each.fields for each in entries)
    with pytest.raises(Missing):
        watch.look(session, officer, UUID(int=1), NOW)


def test_quarters_are_whole_and_follow_each_other() -> None:
    spans = conditions.quarters(datetime(2026, 2, 3, tzinfo=UTC))
    assert [name for name, _, _ in spans] == ["2025 Q4", "2025 Q3", "2025 Q2", "2025 Q1"]
    assert spans[0][1:] == (datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert all(later[1] == earlier[2] for later, earlier in pairwise(spans))


def a_quarter(session: Session, people: int, with_cases: int) -> conditions.Quarter:
    """A vendor's first quarter of 2026, in which some of its people had an answer not used and a review."""
    vendor = add_vendor(session, "Numbers")
    project = add_project(session, overlap=40)
    add_tasks(session, project, 1)
    reviewer, admin = a_decider(session, Role.RESEARCHER), a_decider(session)
    labelers = [add_labeler(session, vendor) for _ in range(people)]
    for labeler in labelers:
        (judgment_id,) = answer(session, labeler)
        if labeler in labelers[:with_cases]:
            case_id = not_used(session, reviewer, judgment_id)
            service.ask_review(session, labeler.id, case_id, "I disagree", NOW)
    for review in session.scalars(select(Review).order_by(Review.cause)).all():
        service.decide(session, admin, review.id, "stands", REASONS, NOW + 10 * DAY)
    marking.settle(session, NOW + 10 * DAY)
    return conditions.of_vendor(session, vendor.id, datetime(2026, 4, 1, tzinfo=UTC) + timedelta(days=3))[0]


def test_a_vendors_numbers_are_shown_where_five_people_stand_behind_them(session: Session) -> None:
    quarter = a_quarter(session, people=10, with_cases=5)
    assert (quarter.name, quarter.people, quarter.not_used, quarter.reviews) == ("2026 Q1", 10, 5, 5)
    assert (quarter.restrictions, quarter.overturned, quarter.on_time) == (None, None, None)


@pytest.mark.parametrize(("people", "with_cases"), [(10, 4), (9, 5), (4, 4)])
def test_a_number_of_few_and_one_that_leaves_few_over_are_not_tested(
    session: Session, people: int, with_cases: int
) -> None:
    quarter = a_quarter(session, people, with_cases)
    assert quarter.not_used is None and quarter.reviews is None


def test_no_numbers_are_told_of_a_quarter_that_runs(session: Session) -> None:
    vendor = add_vendor(session)
    assert "2026 Q1" not in [each.name for each in conditions.of_vendor(session, vendor.id, NOW)]
