"""Fair decisions without a database."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labeler.accounts.permissions import GRANTS, Permission, Role
from labeler.cases import rules
from labeler.cases.rules import (
    A_DAY,
    ACKNOWLEDGE,
    ASK_WITHIN,
    COMPARED,
    CONCLUDE,
    LOOK_BACK,
    NEW_AN_HOUR,
    RETRY_LASTS,
    Bar,
    Cause,
    Decider,
    Found,
    Sign,
    bar,
    binds,
    brakes,
    due,
    may_decide,
    may_restrict,
    notice_problem,
    pseudonym,
    signs,
    text_problem,
    tidy,
    whole_hour,
    working_days,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
IDS = [UUID(int=n) for n in range(1, 6)]
moments = st.integers(1_735_000_000, 1_830_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
people = st.sampled_from(IDS)
maybe = st.none() | people


@given(st.sampled_from(list(Role)), people, maybe, st.sets(maybe, max_size=3), maybe, st.sets(maybe, max_size=3))
def test_who_decides_has_the_role_did_not_decide_first_and_is_of_no_vendor_concerned(
    role: Role, me: UUID, vendor: UUID | None, first: set[UUID | None], labeler: UUID | None, vendors: set[UUID | None]
) -> None:
    allowed = may_decide(Decider(me, role, vendor), first, labeler, vendors)
    assert allowed == (
        role in (Role.ADMIN, Role.WELLBEING_OFFICER)
        and me not in first
        and me != labeler
        and (vendor is None or vendor not in vendors)
    )


@pytest.mark.parametrize(
    ("decider", "why"),
    [
        (Decider(IDS[0], Role.RESEARCHER), Bar.ROLE),
        (Decider(IDS[1], Role.ADMIN), Bar.DECIDED_FIRST),
        (Decider(IDS[2], Role.ADMIN), Bar.OWN_CASE),
        (Decider(IDS[0], Role.ADMIN, IDS[3]), Bar.VENDOR),
        (Decider(IDS[0], Role.ADMIN), None),
    ],
)
def test_each_bar_has_its_reason(decider: Decider, why: Bar | None) -> None:
    assert bar(decider, {IDS[1]}, IDS[2], {IDS[3]}) is why


@given(st.sampled_from(list(Role)), maybe, people)
def test_a_restriction_is_made_by_an_administrator_or_the_managers_of_her_vendor(
    role: Role, vendor: UUID | None, hers: UUID
) -> None:
    allowed = may_restrict(Decider(uuid4(), role, vendor), hers)
    assert allowed is (role is Role.ADMIN or (role is Role.VENDOR_MANAGER and vendor == hers))


@given(moments, st.integers(1, 30))
def test_working_days_end_on_one_and_pass_exactly_that_many(start: datetime, days: int) -> None:
    end = working_days(start, days)
    assert end.weekday() < 5
    passed = [start + DAY * n for n in range(1, (end - start).days + 1)]
    assert sum(each.weekday() < 5 for each in passed) == days
    assert end.timetz() == start.timetz()


@pytest.mark.parametrize(("start", "end"), [(2, 9), (6, 13), (7, 13), (8, 13)])
def test_five_working_days_pass_over_a_weekend(start: int, end: int) -> None:
    assert working_days(NOW.replace(day=start), 5) == NOW.replace(day=end)


@given(st.sampled_from(list(Cause)), moments)
def test_a_reply_is_due_in_seven_days_at_most_and_never_after_its_limit(cause: Cause, at: datetime) -> None:
    due_at, limit = due(cause, at)
    assert at < due_at <= at + 7 * DAY
    assert due_at <= limit <= at + 14 * DAY
    if cause in (Cause.SAFETY, Cause.DANGER):
        assert due_at == limit == working_days(at, 5)
    else:
        assert (due_at, limit) == (at + 7 * DAY, at + 14 * DAY)


@given(st.integers(0, 500), st.integers(0, 5_000))
def test_the_brake_wants_five_decisions_and_more_than_five_percent(decisions: int, answers: int) -> None:
    assert brakes(decisions, answers) == (decisions >= 5 and decisions > 0.05 * answers)


@pytest.mark.parametrize(
    ("decisions", "answers", "held"), [(5, 100, False), (5, 99, True), (4, 4, False), (6, 100, True), (0, 0, False)]
)
def test_the_brake_at_its_edges(decisions: int, answers: int, held: bool) -> None:
    assert brakes(decisions, answers) is held


@given(
    after=st.integers(-10, 10), left=st.booleans(), retried=st.booleans(), again=st.booleans(), held=st.booleans(),
    in_review=st.booleans(),
)  # fmt: skip
def test_a_decision_counts_only_after_the_retry(
    after: int, left: bool, retried: bool, again: bool, held: bool, in_review: bool
) -> None:
    counts = binds(
        retry_until=NOW, left=left, retried=retried, again=again, held=held, in_review=in_review, now=NOW + after * DAY
    )
    if held or in_review:
        assert counts is False
    elif retried:
        assert counts == again, "a new answer counts until a person says otherwise"
    else:
        assert counts == (left or after >= 0)


@pytest.mark.parametrize(("days", "safety", "fine"), [(14, False, True), (13.99, False, False), (0, True, True)])
def test_a_restriction_has_its_notice_unless_it_is_for_safety(days: float, safety: bool, fine: bool) -> None:
    assert (notice_problem(NOW + timedelta(days=days), safety, NOW) is None) is fine


@given(st.text(max_size=40))
def test_what_is_typed_is_kept_without_what_no_database_keeps(words: str) -> None:
    assert "\0" not in tidy(words)
    assert tidy(tidy(words)) == tidy(words)


@pytest.mark.parametrize(("length", "fine"), [(0, False), (19, False), (20, True), (2_000, True), (2_001, False)])
def test_evidence_has_twenty_to_two_thousand_characters(length: int, fine: bool) -> None:
    assert (text_problem("evidence", "x" * length, rules.EVIDENCE) == []) is fine


@pytest.mark.parametrize(
    ("bounds", "least", "most"),
    [(rules.REASONS, 20, 4_000), (rules.WORDS, 1, 4_000), (rules.GRIEVANCE, 1, 10_000)],
    ids=["reasons", "words", "grievance"],
)
def test_a_text_has_room_for_what_is_to_be_said(bounds: tuple[int, int], least: int, most: int) -> None:
    for length in (least, most):
        assert text_problem("text", "x" * length, bounds) == []
    for length in (least - 1, most + 1):
        assert [each.field for each in text_problem("text", "x" * length, bounds)] == ["text"]


@pytest.mark.parametrize(
    ("bounds", "length", "said"),
    [
        (rules.EVIDENCE, 0, "Write 20 to 2,000 characters."),
        (rules.EVIDENCE, 2_001, "Write 20 to 2,000 characters."),
        (rules.WORDS, 0, "Write some words."),
        (rules.WORDS, 4_001, "Use at most 4,000 characters."),
        ((2, 3), 1, "Write 2 to 3 characters."),
    ],
)
def test_what_is_wrong_with_a_text_is_said_in_words(bounds: tuple[int, int], length: int, said: str) -> None:
    assert [each.message for each in text_problem("text", "x" * length, bounds)] == [said]


def test_a_reviewer_reads_a_short_name_whatever_the_secret() -> None:
    for secret in (b"s", b"s" * 64, b"s" * 65, b"s" * 200):
        assert re.fullmatch(r"labeler [0-9a-f]{8}", pseudonym(secret, IDS[0], IDS[1]))


def test_a_labelers_name_in_one_projects_review_leads_to_no_other() -> None:
    one, other = (pseudonym(b"secret", project, IDS[0]) for project in IDS[:2])
    assert one != other and str(IDS[0]) not in one
    assert pseudonym(b"another", IDS[0], IDS[0]) != one == pseudonym(b"secret", IDS[0], IDS[0])


def test_a_moment_is_kept_to_the_hour() -> None:
    assert whole_hour(NOW + timedelta(minutes=59, seconds=3)) == NOW


EVENT = NOW
LATER = NOW + 40 * DAY


def watched(
    marks: tuple[float, ...] = (), hand_outs: tuple[int, int] = (0, 0), restricted: tuple[float, ...] = (),
    closed: float | None = None, now: datetime = LATER,
) -> list[Found]:  # fmt: skip
    return signs(
        EVENT,
        [EVENT + day * DAY for day in marks],
        hand_outs,
        [EVENT + day * DAY for day in restricted],
        None if closed is None else EVENT + closed * DAY,
        now,
    )


def test_nothing_that_went_down_is_no_sign() -> None:
    assert watched(marks=(-3, 3), hand_outs=(100, 100)) == []


def test_a_restriction_or_a_shut_account_after_the_event_is_a_sign_and_one_before_it_is_not() -> None:
    assert watched(restricted=(-1,), closed=-1) == []
    assert watched(restricted=(5,), closed=9) == [Found(Sign.RESTRICTED, 0, 1), Found(Sign.CLOSED, 0, 1)]


@pytest.mark.parametrize(("day", "told"), [(-0.01, False), (0, True), (40, True), (40.01, False)])
def test_the_watch_sees_what_was_done_from_the_event_until_now(day: float, told: bool) -> None:
    assert (watched(restricted=(day,)) == [Found(Sign.RESTRICTED, 0, 1)]) is told
    assert (watched(closed=day) == [Found(Sign.CLOSED, 0, 1)]) is told


@pytest.mark.parametrize(
    ("marks", "counted"),
    [
        ((0, 28, 3), Found(Sign.NOT_USED, 0, 3)),
        ((0, 28, 28.01, 3), Found(Sign.NOT_USED, 0, 3)),
        ((-28, 1, 2, 3), Found(Sign.NOT_USED, 1, 3)),
        ((-28.01, 1, 2, 3), Found(Sign.NOT_USED, 0, 3)),
        ((-0.01, 0, 0, 0), Found(Sign.NOT_USED, 1, 3)),
    ],
)
def test_marks_are_counted_in_the_28_days_before_the_event_and_from_it_in_28_days(
    marks: tuple[float, ...], counted: Found
) -> None:
    assert watched(marks=marks) == [counted]


@pytest.mark.parametrize(("later", "sign"), [(71, False), (70, True), (0, True)])
def test_thirty_percent_fewer_hand_outs_are_a_sign(later: int, sign: bool) -> None:
    assert (Found(Sign.HAND_OUTS, 100, later) in watched(hand_outs=(100, later))) is sign


def test_hand_outs_are_compared_only_with_enough_before_and_enough_days_after() -> None:
    assert watched(hand_outs=(19, 0)) == []
    assert watched(hand_outs=(20, 0)) == [Found(Sign.HAND_OUTS, 20, 0)]
    assert watched(hand_outs=(100, 0), now=EVENT + 6 * DAY) == []
    assert watched(hand_outs=(100, 25), now=EVENT + 7 * DAY) == [], "a quarter of the span, a quarter of the tasks"
    assert watched(hand_outs=(100, 17), now=EVENT + 7 * DAY) == [Found(Sign.HAND_OUTS, 100, 17)]


@pytest.mark.parametrize(
    ("before", "after", "sign"), [(0, 2, False), (0, 3, True), (2, 4, False), (2, 5, True), (1, 3, True)]
)
def test_more_than_twice_as_many_answers_not_used_are_a_sign(before: int, after: int, sign: bool) -> None:
    marks = tuple([-5.0] * before + [5.0] * after)
    assert (Found(Sign.NOT_USED, before, after) in watched(marks=marks)) is sign


@given(st.integers(-400, 400), st.integers(0, 60), st.integers(0, 60))
@example(-1, 0, 0)
@example(0, 0, 0)
@example(90, 0, 0)
@example(91, 0, 0)
def test_the_watch_ends_after_ninety_days(days: int, given_before: int, given_after: int) -> None:
    now = EVENT + days * DAY
    found = signs(EVENT, [EVENT] * 9, (given_before, given_after), [EVENT], EVENT, now)
    assert (found != []) == (0 <= days <= LOOK_BACK.days == 90)


@given(st.lists(st.integers(-28, 28), max_size=20), st.integers(0, 200), st.integers(0, 200))
def test_more_work_than_before_is_never_a_sign(marks: list[int], before: int, more: int) -> None:
    found = signs(EVENT, [EVENT + n * DAY for n in marks], (before, before + more), [], None, EVENT + COMPARED)
    assert Sign.HAND_OUTS not in {each.sign for each in found}


def test_no_rule_is_handed_pay() -> None:
    for name, rule in inspect.getmembers(rules, inspect.isfunction):
        assert not {"pay", "earned", "amount", "rate"} & set(inspect.signature(rule).parameters), name


def test_ten_decisions_a_day_count() -> None:
    assert A_DAY == 10


def test_the_spans_that_the_standard_gives_people_are_as_long_as_decided() -> None:
    assert (RETRY_LASTS, ASK_WITHIN) == (7 * DAY, 90 * DAY)
    assert (ACKNOWLEDGE, CONCLUDE) == (7 * DAY, 90 * DAY)
    assert NEW_AN_HOUR == 30


def test_the_roles_hold_what_only_they_may() -> None:
    def holders(permission: Permission) -> set[Role]:
        return {role for role, granted in GRANTS.items() if permission in granted}

    assert holders(Permission.GRIEVANCES) == holders(Permission.WATCH) == {Role.WELLBEING_OFFICER}
    assert holders(Permission.CASES_DECIDE) == {Role.ADMIN, Role.WELLBEING_OFFICER}
    assert holders(Permission.RESTRICT) == {Role.ADMIN, Role.VENDOR_MANAGER}
    assert holders(Permission.JUDGMENTS_REVIEW) == {Role.RESEARCHER}
    assert holders(Permission.CASES_OWN) == {Role.LABELER}
    assert GRANTS[Role.WORKER_REPRESENTATIVE] == {
        Permission.OWN_ACCOUNT, Permission.CONDITIONS_SEE, Permission.REPORTS, Permission.REPORT_WORDS,
    }  # fmt: skip
