"""Rules about pay, decisions, data and governance: each has a case that passes, one that fails and one not tested, and
what is spoilt moves its own control alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from labeler.audit.logs import PLATFORM
from labeler.compliance.assessing import assess
from labeler.compliance.checks import CHECKS, fairness, governance, grievances, pay
from labeler.compliance.events import Period, facts_of
from labeler.compliance.standards import as_published, read, tightened
from tests.compliance.checks.story import (
    ADMIN,
    BAR,
    BAR_REVIEW,
    BATCH,
    CASE,
    DAY,
    GONE,
    LABELERS,
    MANAGER,
    MONDAY,
    OFFICER,
    QUARTER,
    REAL,
    REP,
    RESEARCHER,
    REVIEW,
    RUNS,
    SECOND,
    SENT,
    VENDOR,
    WEEK,
    Story,
    good,
    results,
)  # fmt: skip
from tests.compliance.events import key, shuffled

Spoil = Callable[[Story], None]


def ran(rule: str) -> Spoil:
    """That a self-check found something."""

    def spoil(story: Story) -> None:
        story.add(PLATFORM, "check.run", MONDAY + 2 * DAY, None, VENDOR, check=rule, version="1 ab", population=3,
                  exceptions=1, digest="ab")  # fmt: skip

    return spoil


def never_ran(rule: str) -> Spoil:
    return lambda story: story.drop("check.run", when=lambda told: told["check"] == rule)


def held(story: Story) -> None:
    story.add(VENDOR, "hold.begin", MONDAY + 3 * DAY, None, key(90), batch=BATCH, decisions=5, answers=20)


def a_true_sign(story: Story) -> None:
    story.add(VENDOR, "watch.look", MONDAY + 33 * DAY, OFFICER, key(80), state="upheld")


FAILS: dict[str, Spoil] = {
    "PAY-1": lambda story: story.change("pay.close", base=1300),
    "PAY-2": lambda story: story.change("pay.close", key(200), seconds=10),
    "PAY-4": lambda story: story.change("pay.pay", key(200), at=MONDAY + 3 * WEEK),
    "PAY-6": lambda story: story.change("pay.close", key(200), fee=1),
    "PAY-7": lambda story: story.change("pay.close", key(200), bonus=700, total=2500),
    "PAY-9": lambda story: story.change("benchmark.add", dated="2025-06-30"),
    "REJ-1": lambda story: story.change("not_used.mark", guideline_version=None),
    "REJ-2": lambda story: story.change("not_used.effect", at=MONDAY + 2 * DAY),
    "REJ-3": lambda story: story.change("review.decide", REVIEW, actor=RESEARCHER),
    "REJ-4": held,
    "REJ-5": lambda story: story.change("pay.close", key(200), correction=-1),
    "DEC-1": lambda story: story.change("restriction.make", reasons=3),
    "DEC-2": lambda story: story.change("restriction.make", notice=13 * 86_400),
    "DEC-3": lambda story: story.change("review.decide", BAR_REVIEW, at=MONDAY + 35 * DAY),
    "ERASE": lambda story: story.change("person.erased", GONE[0], at=MONDAY + 61 * DAY),
    "GRV-1": lambda story: story.change("canary.answer", about=REAL),
    "GRV-2": lambda story: story.change("grievance.acknowledge", REAL, at=MONDAY + 38 * DAY),
    "GRV-3": a_true_sign,
    "GOV-1": lambda story: story.drop("contract.seen"),
    "GOV-3": lambda story: story.drop("user.add", when=lambda told: told["role"] == "worker-representative"),
    "GOV-6": lambda story: story.change("disclosure.publish", at=MONDAY - 400 * DAY),
    **{rule: ran(rule) for rule in RUNS if rule not in ("PAY-2", "GRV-3")},
}
UNTESTED: dict[str, Spoil] = {
    "PAY-1": lambda story: story.drop("place.set"),
    "REJ-3": lambda story: story.drop("review.ask", when=lambda told: told["case"] == str(CASE)),
    "DEC-2": lambda story: story.drop("restriction.make"),
    "GRV-1": lambda story: story.drop("canary.run"),
    "GOV-1": lambda story: story.drop("contract.condition"),
    "GOV-6": lambda story: story.drop("disclosure.publish"),
    **{rule: never_ran(rule) for rule in RUNS},
}
MINE = FAILS.keys()


GOOD = good()
HOW_IT_ENDS = results(GOOD)


def measured(story: Story) -> dict[str, str | None]:
    """What each control's checks come to."""
    return {each.control: each.measured for each in assess(story.facts(), read()).controls}


BEFORE = measured(GOOD)


def control_of(rule: str) -> str:
    return next(control.id for control in read().controls if rule in control.rules)


def test_every_rule_of_this_sort_is_here() -> None:
    assert CHECKS.keys() >= MINE


def test_in_a_good_quarter_every_rule_holds() -> None:
    assert {rule: HOW_IT_ENDS[rule] for rule in MINE} == dict.fromkeys(MINE, "satisfied")


@pytest.mark.parametrize("rule", sorted(MINE))
def test_where_nothing_happened_a_rule_is_not_tested_and_says_why(rule: str) -> None:
    found = CHECKS[rule](facts_of(VENDOR, QUARTER, as_published(read()), []))
    assert found.result(5) == "not-tested" and found.reason(5).endswith(".")


@pytest.mark.parametrize("rule", sorted(FAILS))
def test_what_breaks_a_rule_moves_its_control_alone(rule: str) -> None:
    spoilt = good()
    FAILS[rule](spoilt)
    found, after = results(spoilt), measured(spoilt)
    assert found[rule] == "not-satisfied"
    assert {each for each in MINE if found[each] != HOW_IT_ENDS[each]} == {rule}
    assert {name for name in after if after[name] != BEFORE[name]} <= {control_of(rule)}


@pytest.mark.parametrize("rule", sorted(UNTESTED))
def test_what_takes_a_rules_evidence_away_leaves_its_control_alone_not_tested(rule: str) -> None:
    spoilt = good()
    UNTESTED[rule](spoilt)
    found, after = results(spoilt), measured(spoilt)
    assert found[rule] == "not-tested"
    assert {name for name in after if after[name] != BEFORE[name]} <= {control_of(rule)}


def test_no_order_of_entries_and_no_second_look_changes_anything() -> None:
    facts = good().facts()
    for rule in MINE:
        assert CHECKS[rule](shuffled(facts, 3)) == CHECKS[rule](facts)


def test_every_row_rests_on_an_entry_that_is_there() -> None:
    facts = good().facts()
    there = {(event.log, event.number) for event in facts.events}
    for rule in MINE:
        assert {(row.log, row.number) for row in CHECKS[rule](facts).rows} <= there


# Pay


def test_a_payment_that_is_said_later_with_an_earlier_day_counts_when_it_was_said() -> None:
    story = good()
    story.change("pay.pay", at=MONDAY + 3 * WEEK)
    found = pay.paid_in_time(story.facts())
    assert len(found.exceptions) == 5
    assert [(each.value, each.of) for each in found.figures] == [(5, 5)]


def test_time_that_others_wrote_by_hand_for_an_earlier_week_is_told() -> None:
    story = good()
    before = pay.all_time_paid(story.facts()).figures
    for actor, since in ((MANAGER, MONDAY - DAY), (MANAGER, MONDAY + DAY), (None, MONDAY - DAY)):
        story.add(
            VENDOR, "pay.time", MONDAY + 2 * DAY, actor, key(999), kind="rework", seconds=600, from_at=since.isoformat()
        )
    figure = pay.all_time_paid(story.facts()).figures[len(before)]
    assert (figure.value, figure.unit) == (600, "s")


def test_the_floor_is_that_of_the_record_and_not_what_a_statement_says() -> None:
    story = good()
    story.change("pay.close", floor=100, base=1300)
    assert pay.wage_floor(story.facts()).failed is not None


def test_one_week_of_a_hundred_below_the_floor_is_told_and_a_buyer_may_ask_for_all() -> None:
    story = good()
    for number in range(10):
        story.add(
            VENDOR, "pay.close", MONDAY + 8 * DAY, None, key(500 + number), labeler=LABELERS[0], week=MONDAY,
            until_at=MONDAY + WEEK, seconds=3600, currency="EUR", base=1400 if number == 0 else 1800, bonus=0,
            correction=0, fee=0, cost=0, top_up=0, total=1800,
        )  # fmt: skip
    facts = story.facts()
    found = pay.wage_floor(facts)
    assert found.result(5) == "satisfied" and [each.value for each in found.figures] == [933, 1]
    strict = facts_of(VENDOR, QUARTER, tightened(read(), "buyer", {"at_floor": 1000}), facts.events)
    assert pay.wage_floor(strict).result(5) == "not-satisfied"


def test_pay_in_another_currency_reaches_no_floor() -> None:
    story = good()
    story.change("pay.close", currency="XAF")
    assert pay.wage_floor(story.facts()).failed and len(pay.no_fees(story.facts()).exceptions) == 5


def test_a_week_that_was_worked_and_has_no_statement_is_found() -> None:
    story = good()
    story.drop("pay.close", when=lambda told: told["labeler"] == str(LABELERS[0]))
    assert [each.person for each in pay.all_time_paid(story.facts()).exceptions] == [LABELERS[0]]


def stated(story: Story, number: int, labeler: UUID, week: datetime, **fields: Any) -> None:
    """One more statement."""
    usual = {"seconds": 3600, "currency": "EUR", "floor": 1500, "base": 1800, "bonus": 0, "correction": 0,
             "allowance": 0, "fee": 0, "cost": 0, "top_up": 0, "total": 1800}  # fmt: skip
    story.add(VENDOR, "pay.close", week + 8 * DAY, None, key(number), labeler=labeler, week=week, until_at=week + WEEK,
              due_at=week + 2 * WEEK, **usual | fields)  # fmt: skip


def work(story: Story, number: int, labeler: UUID, at: datetime, lasts: timedelta) -> None:
    """One more task that was answered."""
    story.add(VENDOR, "assignment.hand_out", at, labeler, key(number))
    story.add(VENDOR, "judgment.submit", at + lasts, labeler, key(number + 1), assignment=key(number), version=1)


def test_a_week_that_two_quarters_share_is_looked_at_in_the_one_in_which_its_statement_is_due() -> None:
    story = good()
    across = MONDAY - WEEK  # 29 June to 5 July
    work(story, 700, LABELERS[0], across + DAY, timedelta(minutes=10))
    facts = story.facts()
    assert [each.at for each in pay.all_time_paid(facts).exceptions] == [across + DAY]
    before = facts_of(VENDOR, Period.quarter(2026, 2), as_published(read()), facts.events)
    assert not pay.all_time_paid(before).exceptions
    stated(story, 710, LABELERS[0], across)
    assert not pay.all_time_paid(story.facts()).exceptions


def test_a_week_is_made_up_for_by_later_statements_alone_and_by_what_they_have_left() -> None:
    story = good()
    short = MONDAY + WEEK
    work(story, 700, LABELERS[0], short + DAY, timedelta(minutes=50))
    stated(story, 710, LABELERS[0], short, seconds=60)
    assert [each.value for each in pay.all_time_paid(story.facts()).exceptions] == [
        "60 s stated"
    ]  # an hour lies before
    stated(story, 711, LABELERS[0], short + WEEK, seconds=2_940)
    assert not pay.all_time_paid(story.facts()).exceptions
    work(story, 720, LABELERS[0], short + WEEK, timedelta(seconds=1))
    assert [each.value for each in pay.all_time_paid(story.facts()).exceptions] == ["60 s stated"]


def test_a_little_over_a_fifth_is_over_a_fifth() -> None:
    story = good()
    story.change("pay.close", key(200), bonus=2_001, total=10_001)
    story.change("pay.close", key(201), bonus=2_000, total=10_000)
    story.change("pay.close", key(202), bonus=10, total=0)
    found = pay.little_bonus(story.facts()).exceptions
    assert {each.person: each.value for each in found} == {LABELERS[0]: "200 ‰", LABELERS[2]: "1000 ‰"}


def test_a_week_before_the_vendor_had_a_place_has_no_benchmark_to_be_old() -> None:
    story = good()
    stated(story, 710, LABELERS[0], MONDAY + WEEK)
    story.change("place.set", from_at=MONDAY + 9 * DAY)
    found = pay.fresh_benchmark(story.facts())
    assert [each.value for each in found.rows] == ["none"] * 5 + ["2026-01-01"] and not found.exceptions
    story.change("benchmark.add", dated=(MONDAY + 10 * WEEK).date().isoformat())
    assert [each.value for each in pay.fresh_benchmark(story.facts()).exceptions] == ["none"]


# A self-check that did not run


def test_a_week_of_work_without_a_look_leaves_a_rule_not_tested() -> None:
    story = good()
    story.told = [each for each in story.told
                  if each[1] != "check.run" or each[5]["check"] != "MON-2" or each[2] < MONDAY + WEEK]  # fmt: skip
    found = CHECKS["MON-2"](story.facts())
    assert found.untested == "The product did not check itself for it in 1 weeks in which there was work."
    assert [each.value for each in found.figures][:2] == [1, 0]


# Decisions


def test_a_manager_of_the_vendor_decides_no_review_of_its_people() -> None:
    story = good()
    story.change("review.decide", REVIEW, actor=MANAGER)
    assert len(fairness.neutral_review(story.facts()).exceptions) == 1


def test_a_review_that_nobody_decides_is_late_and_one_of_erased_data_is_not() -> None:
    story = good()
    story.drop("review.decide", when=lambda told: told["case"] == str(CASE))
    assert [each.value for each in fairness.neutral_review(story.facts()).exceptions] == ["not decided"]
    story.add(VENDOR, "person.erase", MONDAY + 11 * DAY, LABELERS[0], LABELERS[0], herself=True, cases=1)
    assert not fairness.neutral_review(story.facts()).rows


def test_the_eleventh_mark_of_a_day_is_one_too_many() -> None:
    story = good()
    for number in range(11):
        story.add(
            VENDOR, "not_used.mark", MONDAY + 4 * DAY + timedelta(hours=number), RESEARCHER, key(600 + number),
            code="duplicate", guideline_version=1, labeler=LABELERS[2], assignment=key(102), batch=key(56), evidence=60,
            retry_until=MONDAY + 11 * DAY,
        )  # fmt: skip
    assert [each.value for each in fairness.no_flood(story.facts()).exceptions] == ["11 in 24 hours"]


def test_a_decision_that_counts_while_its_batch_is_held_is_found_and_a_look_in_time_ends_it() -> None:
    story = good()
    held(story)
    story.add(VENDOR, "review.decide", MONDAY + 9 * DAY, SECOND, key(91), outcome="stands", on_time=True, cause="brake",
              case=key(90), first=[RESEARCHER], asked_at=MONDAY, due_at=MONDAY, reasons=40)  # fmt: skip
    assert [each.value for each in fairness.no_flood(story.facts()).exceptions] == ["counted while held"]
    story.change("not_used.effect", at=MONDAY + 9 * DAY)
    assert not fairness.no_flood(story.facts()).exceptions


def test_a_safety_restriction_needs_no_notice_and_a_contract_is_not_cut_short_without() -> None:
    story = good()
    story.change("restriction.make", notice=0, safety=True)
    assert not fairness.notice_first(story.facts()).exceptions
    story.add(VENDOR, "labeler.change", MONDAY + 40 * DAY, MANAGER, LABELERS[3], contract_from="2026-06-16",
              contract_until=(MONDAY + 45 * DAY).date().isoformat())  # fmt: skip
    assert [each.value for each in fairness.notice_first(story.facts()).exceptions] == ["5 days"]


def test_an_account_is_shut_only_when_access_had_ended_and_by_somebody() -> None:
    story = good()
    story.add(VENDOR, "user.disable", MONDAY + 60 * DAY, MANAGER, LABELERS[1])  # kept from all work since August
    assert not fairness.notice_first(story.facts()).exceptions
    story.add(VENDOR, "user.disable", MONDAY + 60 * DAY, None, LABELERS[4])
    assert [each.person for each in fairness.notice_first(story.facts()).exceptions] == [LABELERS[4]]
    assert [each.person for each in fairness.named_person(story.facts()).exceptions] == [LABELERS[4]]
    story.change("restriction.make", BAR, project=key(99))
    assert len(fairness.notice_first(story.facts()).exceptions) == 2


def test_a_decision_that_counts_while_its_batch_is_held_is_found_when_it_is_the_last_that_is_known() -> None:
    story = good()
    held(story)
    at = MONDAY + 8 * DAY  # when the decision began to count
    story.told = [each for each in story.told if each[2] <= at]
    assert [each.value for each in fairness.no_flood(story.facts()).exceptions] == ["counted while held"]


def test_an_answer_that_is_not_used_is_paid_in_the_week_in_which_it_was_given_not_in_that_of_the_second_try() -> None:
    story = good()
    story.add(VENDOR, "judgment.submit", MONDAY + 8 * DAY, LABELERS[0], key(390), assignment=key(100), version=2)
    assert not fairness.stays_paid(story.facts()).exceptions
    story.drop("pay.close", when=lambda told: told["labeler"] == str(LABELERS[0]))
    stated(story, 710, LABELERS[0], MONDAY + WEEK)
    assert [each.value for each in fairness.stays_paid(story.facts()).exceptions] == ["no statement"]


def test_pay_taken_back_from_one_account_is_not_hidden_by_the_statement_of_another() -> None:
    story = good()
    story.change("pay.close", key(200), correction=-1)
    story.add(VENDOR, "labeler.payroll", MONDAY, ADMIN, LABELERS[1], person=LABELERS[0])
    assert len(fairness.stays_paid(story.facts()).exceptions) == 1


def test_an_account_that_was_paid_is_in_use_however_long_ago_it_worked() -> None:
    story = good()
    story.told = [each for each in story.told if each[3] != LABELERS[4]]
    story.add(VENDOR, "user.disable", MONDAY + 60 * DAY, MANAGER, LABELERS[4])
    assert [each.person for each in fairness.notice_first(story.facts()).exceptions] == [LABELERS[4]]
    story.drop("pay.close", when=lambda told: told["labeler"] == str(LABELERS[4]))
    assert not fairness.notice_first(story.facts()).exceptions


@pytest.mark.parametrize(
    ("rule", "late", "value"),
    [
        ("REJ-3", lambda story, at: story.change("review.decide", REVIEW, at=at), "105 days, stands"),
        ("GRV-2", lambda story, at: story.change("grievance.acknowledge", REAL, at=at), "acknowledge: 85 days"),
        ("ERASE", lambda story, at: story.change("person.erased", at=at), "85 days"),
    ],
)
def test_what_fell_due_in_a_quarter_and_came_in_the_next_is_late_in_both(
    rule: str, late: Callable[[Story, datetime], None], value: str
) -> None:
    story = good()
    late(story, MONDAY + 115 * DAY)
    facts = story.facts()
    after = facts_of(VENDOR, Period.quarter(2026, 4), as_published(read()), facts.events)
    for each in (facts, after):
        assert {row.value for row in CHECKS[rule](each).exceptions} == {value}


# Grievances


def test_the_products_own_grievance_counts_as_no_outcome() -> None:
    (figure,) = grievances.answered_in_time(good().facts()).figures
    assert (figure.value, figure.of) == (1, 1)


def test_a_grievance_that_is_still_within_its_time_is_not_tested() -> None:
    story = good()
    story.drop("canary.answer")
    story.change("grievance.write", at=MONDAY + 40 * DAY)
    story.drop("person.erased")
    assert "within its time" in grievances.route_works(story.facts()).reason(5)
    story.change("grievance.write", at=MONDAY + 200 * DAY)
    assert [each.value for each in grievances.route_works(story.facts()).exceptions] == ["no answer"]


def test_a_grievance_that_went_well_can_not_be_called_a_canary_afterwards() -> None:
    story = good()
    story.change("canary.answer", about=REAL, secret="ab" * 32)
    assert [each.value for each in grievances.route_works(story.facts()).exceptions] == ["not the one that was sent"]
    story = good()
    story.change("grievance.acknowledge", SENT, at=MONDAY + 38 * DAY)
    assert len(grievances.route_works(story.facts()).exceptions) == 1, "whatever the answer says of itself"


def test_a_sign_without_a_look_breaks_the_rule_and_no_number_of_signs_is_told() -> None:
    story = good()
    found = grievances.no_retaliation(story.facts())
    assert len(found.rows) == 2, "the runs alone"
    story.change("watch.look", at=MONDAY + 38 * DAY)
    assert (
        grievances.no_retaliation(story.facts()).failed == "A sign of retaliation was not looked at within seven days."
    )


# Data and governance


def test_fewer_than_five_erasures_are_not_told_even_when_late() -> None:
    story = good()
    story.change("person.erased", at=MONDAY + 61 * DAY)
    story.told = [each for each in story.told if not each[1].startswith("person.") or each[4] != GONE[0]]
    found = CHECKS["ERASE"](story.facts())
    assert found.result(5) == "not-tested" and "Fewer than 5" in found.reason(5)


def test_an_empty_seat_is_found_when_work_goes_on_for_a_fortnight() -> None:
    story = good()
    story.add(VENDOR, "user.disable", MONDAY + DAY, ADMIN, REP)
    assert governance.seat_taken(story.facts()).failed
    story.add(VENDOR, "user.add", MONDAY + 5 * DAY, ADMIN, SENT, role="worker-representative")
    assert governance.seat_taken(story.facts()).result(5) == "satisfied"


def test_a_seat_that_was_empty_long_ago_and_a_moment_ago_was_empty_for_too_long() -> None:
    story = good()
    for days in (15, 40):
        story.add(VENDOR, "assignment.hand_out", MONDAY + days * DAY, LABELERS[0], key(700 + days))
    story.add(VENDOR, "user.disable", MONDAY - DAY, ADMIN, REP)
    story.add(VENDOR, "user.add", MONDAY + 16 * DAY, ADMIN, SENT, role="worker-representative")
    story.add(VENDOR, "user.disable", MONDAY + 39 * DAY, ADMIN, SENT)
    assert governance.seat_taken(story.facts()).failed


def test_who_saw_a_contract_in_time_may_see_it_again_under_another_account() -> None:
    story = good()
    story.add(VENDOR, "labeler.payroll", MONDAY, ADMIN, LABELERS[1], person=LABELERS[0])
    story.told = [each for each in story.told if each[1] != "contract.seen" or each[3] != LABELERS[1]]
    told = {"version": 1, "digest": "ab"}
    story.told.append((VENDOR, "contract.seen", MONDAY + 20 * DAY, LABELERS[1], key(51), told))
    assert not governance.contract_seen(story.facts()).exceptions


def test_a_contract_that_changed_a_moment_ago_is_nobodys_fault_yet() -> None:
    story = good()
    new = {"version": 2, "from_at": (MONDAY + 20 * DAY).isoformat(), "until_at": None}
    story.told.append((VENDOR, "contract.condition", MONDAY, ADMIN, key(51), new))
    assert governance.contract_seen(story.facts()).result(5) == "not-tested"
