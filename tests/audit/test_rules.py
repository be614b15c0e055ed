"""What of the record is listed, what is only counted, and which numbers may be shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.audit.acts import ACTS
from labeler.audit.rules import SMALLEST, Tally, cells, listed, nickname

TODAY = date(2026, 3, 10)
DAY = TODAY - timedelta(days=1)
SKIP = "assignment.skip"
ONE, TWO, THREE = uuid4(), uuid4(), uuid4()


def tally(people: int, times: int = 40, vendor: UUID = ONE, day: date = DAY, act: str = SKIP) -> Tally:
    return Tally(day, act, vendor, times, people)


@pytest.mark.parametrize("room", ["opt_out", "consent", "break"])
def test_no_act_of_a_labelers_own_choices_is_listed(room: str) -> None:
    acts = [act for act in ACTS if act.startswith(f"{room}.")]
    assert acts and not any(listed(act) for act in acts)


@pytest.mark.parametrize("act", ["hand_out", "reveal", "hide", "skip", "revoke"])
def test_the_steps_of_a_task_are_not_listed(act: str) -> None:
    assert not listed(f"assignment.{act}")


@pytest.mark.parametrize("act", ["user.disable", "vendor.add", "project.publish", "judgment.submit", "record.read"])
def test_acts_that_concern_all_are_listed(act: str) -> None:
    assert listed(act)


@pytest.mark.parametrize("act", ["heartbeat.beat", "exposure.add", "assignment.new_step", "opt_out"])
def test_an_act_that_nobody_has_thought_about_is_not_listed(act: str) -> None:
    assert not listed(act)


def test_five_people_are_enough_for_a_number() -> None:
    assert cells([tally(SMALLEST)], TODAY) == {(SKIP, DAY): 40}


@pytest.mark.parametrize("people", range(SMALLEST))
def test_fewer_people_give_no_number(people: int) -> None:
    assert cells([tally(people)], TODAY) == {}


def test_many_acts_of_few_people_give_no_number() -> None:
    assert cells([tally(1, times=10_000)], TODAY) == {}


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=1)])
def test_a_day_that_is_not_over_has_no_numbers(day: date) -> None:
    assert cells([tally(50, day=day)], TODAY) == {}


def test_a_sum_leaves_out_a_vendor_that_has_too_few() -> None:
    assert cells([tally(6, 60, ONE), tally(4, 7, TWO)], TODAY) == {(SKIP, DAY): 60}


def test_small_vendors_count_once_they_are_enough_together() -> None:
    assert cells([tally(6, 60, ONE), tally(3, 7, TWO), tally(2, 5, THREE)], TODAY) == {(SKIP, DAY): 72}


def test_small_vendors_alone_are_a_number_when_they_are_enough_together() -> None:
    assert cells([tally(3, 7, TWO), tally(2, 5, THREE)], TODAY) == {(SKIP, DAY): 12}


def test_days_and_acts_are_kept_apart() -> None:
    before = DAY - timedelta(days=1)
    found = cells([tally(5, 1), tally(4, 2, day=before), tally(5, 3, act="break.start")], TODAY)
    assert found == {(SKIP, DAY): 1, ("break.start", DAY): 3}


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 99)), max_size=6))
def test_no_sum_less_the_vendors_shown_beside_it_tells_of_fewer_than_five(vendors: list[tuple[int, int]]) -> None:
    tallies = [tally(people, times, uuid4()) for people, times in vendors]
    total = cells(tallies, TODAY).get((SKIP, DAY), 0)
    alone = sum(sum(cells([each], TODAY).values()) for each in tallies)
    hidden = [each for each in tallies if each.people < SMALLEST]
    rest = total - alone
    assert rest == 0 or (rest == sum(each.times for each in hidden) and sum(each.people for each in hidden) >= SMALLEST)


def test_a_made_up_name_is_the_same_each_time() -> None:
    key = uuid4()
    assert nickname(b"secret", "labeler", key) == nickname(b"secret", "labeler", key)


def test_another_installation_has_other_made_up_names() -> None:
    key = uuid4()
    assert nickname(b"secret", "labeler", key) != nickname(b"another", "labeler", key)


def test_the_two_made_up_names_of_a_person_share_nothing() -> None:
    key = uuid4()
    work, account = nickname(b"secret", "labeler", key), nickname(b"secret", "account", key)
    assert work.removeprefix("labeler-") != account.removeprefix("account-")


def test_a_made_up_name_says_what_it_stands_for_and_is_short_enough_to_read() -> None:
    assert re.fullmatch("labeler-[0-9a-f]{12}", nickname(b"secret", "labeler", uuid4()))
