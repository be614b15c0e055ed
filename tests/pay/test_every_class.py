"""Every class of time has a source: instructions, rework, reviews, faults, at least a minute for each task."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.service import Handed, hand_out, reveal, skip
from labeler.audit.models import AuditEntry
from labeler.cases import service as cases
from labeler.cases.models import Review
from labeler.errors import Conflict, Invalid
from labeler.judgments.models import Retry
from labeler.judgments.retries import give_retry
from labeler.judgments.service import revise, submit
from labeler.pay.beside import ASKING, add_length, pay_asking, pay_fault
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.events import with_something_due
from labeler.pay.models import PayLine, TimeLine
from labeler.pay.own import to_come
from labeler.pay.reading import LEAST_CHANGE, LEAST_READING, read_first, reading_seconds
from labeler.pay.reading_models import ReadingTime
from labeler.pay.rules import LEAST, Event, RateFrom, Span, lines_of
from labeler.pay.service import contest
from labeler.pay.settling import LONG_AGO, add_marks, settle
from labeler.projects.models import Guideline, Project
from labeler.wellbeing.models import Exposure, ExposurePath, Policy
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Labeler
from tests.cases.making import a_decider, answer, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LATER = NOW + timedelta(hours=6)
WORDS = "I disagree because the answer names both of them."
RATE = RateFrom(UUID(int=1), LONG_AGO, 1800, "XTS")

OVERLAPS = text(
    "SELECT one.id FROM time_line one JOIN time_line other ON one.labeler_id = other.labeler_id AND one.id <> other.id"
    " AND one.from_at < other.until_at AND other.from_at < one.until_at"
)


def all_of(session: Session, labeler: Labeler, now: Any = LATER) -> None:
    while settle(session, labeler.id, now, now).more:
        pass
    assert session.execute(OVERLAPS).all() == []


def seconds(session: Session, labeler: Labeler) -> dict[str, int]:
    rows = session.execute(
        select(TimeLine.kind, func.sum(TimeLine.seconds))
        .where(TimeLine.labeler_id == labeler.id)
        .group_by(TimeLine.kind)
    )
    return {kind.value: int(total) for kind, total in rows}


def held(session: Session, labeler: Labeler, now: Any) -> UUID:
    handed = hand_out(session, labeler.id, now)
    assert isinstance(handed, Handed)
    return handed.assignment_id


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session, overlap=3), 40)
    return add_labeler(session)


# At least a minute for each task (OPT-3)


def test_ten_tasks_declined_in_a_minute_bring_ten_minutes(session: Session, labeler: Labeler) -> None:
    for n in range(10):
        start = NOW + n * 6 * SECOND
        skip(session, labeler.id, held(session, labeler, start), start + 5 * SECOND)
    assert sum(line.seconds for line in to_come(session, labeler.id, NOW + MINUTE)) >= 600, "it shows at once"
    all_of(session, labeler)
    assert seconds(session, labeler) == {"task": 600}


def test_what_goes_on_afterwards_is_paid_in_full_beside_them(session: Session, labeler: Labeler) -> None:
    for n in range(5):
        start = NOW + n * 2 * SECOND
        skip(session, labeler.id, held(session, labeler, start), start + SECOND)
    key = held(session, labeler, NOW + 10 * SECOND)
    all_of(session, labeler, NOW + 2 * MINUTE)
    submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 10 * SECOND + 20 * MINUTE)
    all_of(session, labeler)
    assert seconds(session, labeler) == {"task": 300 + 1200}


@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 40_000)), min_size=1, max_size=15))
def test_n_tasks_bring_n_minutes_at_least_and_no_span_overlaps(history: list[tuple[int, int]]) -> None:
    """Each was handed out when the one before had ended; thousandths of seconds."""
    now, made = NOW, []
    for number, (pause, length) in enumerate(history):
        start = now + timedelta(milliseconds=pause)
        now = start + timedelta(milliseconds=length)
        made.append(Event(UUID(int=number + 1), (Span(TimeClass.TASK, start, now),), LEAST))
    for moment in (now, now + timedelta(hours=1)):
        cut = lines_of(made, [RATE], moment)
        assert all(one.until_at <= other.from_at for one, other in pairwise(cut.lines))
        for event in made:
            assert sum(line.seconds for line in cut.all if line.source_id == event.source_id) >= LEAST
    assert sum(line.seconds for line in cut.all) <= sum(max(LEAST, length // 1000 + 2) for _, length in history)


# Instructions


def test_reading_is_worth_its_words_and_never_less_than_a_minute() -> None:
    assert reading_seconds("a few words") == LEAST_READING == 60
    assert reading_seconds("word " * 1001) == 301
    assert reading_seconds(" \n ") == 0
    old = "\n".join(f"Line {n} says this." for n in range(200))
    assert reading_seconds(old + "\nOne more line.", old) == LEAST_CHANGE == 30
    assert reading_seconds(old + "\n" + "new " * 400, old) == 120
    assert reading_seconds("moved\n" + old, old) == 30


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6), st.integers(0, 200))
def test_reading_takes_the_first_seconds_and_changes_no_length(parts: list[tuple[int, int]], length: int) -> None:
    now, spans = NOW, []
    for pause, lasts in parts:
        now += pause * SECOND
        spans.append(Span(TimeClass.TASK, now, now + lasts * SECOND))
        now += lasts * SECOND
    found = read_first(spans, length)
    of = {
        kind: sum((span.until_at - span.from_at) / SECOND for span in found if span.kind is kind) for kind in TimeClass
    }
    whole = sum(lasts for _, lasts in parts)
    assert of[TimeClass.INSTRUCTIONS] == min(length, whole) and of[TimeClass.TASK] == whole - min(length, whole)
    assert [span.kind for span in found if span.from_at < span.until_at][:1] != [TimeClass.TASK] or not length


def new_project(session: Session, words: int) -> Project:
    project = add_project(session, overlap=3, guideline="word " * words, known=False)
    add_tasks(session, project, 20)
    return project


def test_instructions_are_paid_once_for_each_version_and_a_new_one_for_what_is_new(session: Session) -> None:
    labeler = add_labeler(session)
    project = new_project(session, 400)
    for n in range(3):
        key = held(session, labeler, NOW + 10 * n * MINUTE)
        if n == 0:
            shown = {line.kind: line.seconds for line in to_come(session, labeler.id, NOW + 3 * MINUTE)}
            assert shown == {TimeClass.INSTRUCTIONS: 120, TimeClass.TASK: 60}, "it shows while she reads"
        submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + (10 * n + 5) * MINUTE)
        if n == 0:
            all_of(session, labeler, NOW + 7 * MINUTE)
    written = "word " * 400 + "\n" + "more " * 300
    session.add(
        Guideline(project_id=project.id, version=2, text=written, created_by=project.created_by, created_at=NOW)
    )
    project.guideline_version = 2
    session.flush()
    key = held(session, labeler, NOW + 40 * MINUTE)
    submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 45 * MINUTE)
    all_of(session, labeler)
    assert seconds(session, labeler)["instructions"] == 120 + 90
    assert seconds(session, labeler)["instructions"] + seconds(session, labeler)["task"] == 4 * 300
    assert sorted(session.scalars(select(ReadingTime.seconds).where(ReadingTime.labeler_id == labeler.id))) == [90, 120]


def test_two_versions_that_are_settled_together_are_read_one_after_the_other(session: Session) -> None:
    labeler = add_labeler(session)
    project = new_project(session, 400)
    skip(session, labeler.id, held(session, labeler, NOW), NOW + 5 * MINUTE)
    session.add(
        Guideline(project_id=project.id, version=2, text="word " * 400 + "\nmore", created_by=project.created_by,
                  created_at=NOW)
    )  # fmt: skip
    project.guideline_version = 2
    session.flush()
    skip(session, labeler.id, held(session, labeler, NOW + 10 * MINUTE), NOW + 15 * MINUTE)
    all_of(session, labeler)
    assert seconds(session, labeler) == {"instructions": 120 + 30, "task": 600 - 150}


def test_instructions_are_paid_in_full_when_the_first_task_was_declined_at_once(session: Session) -> None:
    labeler = add_labeler(session)
    new_project(session, 1000)
    skip(session, labeler.id, held(session, labeler, NOW), NOW + 3 * SECOND)
    skip(session, labeler.id, held(session, labeler, NOW + 4 * SECOND), NOW + 10 * MINUTE)
    all_of(session, labeler)
    assert seconds(session, labeler) == {"instructions": 300, "task": 596}


# Answers given once more


def test_an_answer_given_once_more_is_paid_the_projects_estimate(session: Session) -> None:
    add_tasks(session, add_project(session, seconds_estimate=240), 3)
    labeler = add_labeler(session)
    add_marks(session)
    key = held(session, labeler, NOW)
    done = submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 5 * MINUTE)
    all_of(session, labeler)
    give_retry(session, key, LATER + 20 * MINUTE, LATER)
    again = LATER + 10 * MINUTE
    assert with_something_due(session, again) == []
    revise(session, labeler.id, done.judgment.id, {"choice": ["b4"]}, f"again-{key}", again)
    assert with_something_due(session, again + MINUTE) == [labeler.id]
    all_of(session, labeler, again + 2 * MINUTE)
    paid = seconds(session, labeler)
    assert (paid["task"], paid["rework"]) == (300, 240)
    source = session.scalars(select(TimeLine.source_id).where(TimeLine.kind == TimeClass.REWORK)).one()
    assert source == session.scalars(select(Retry.id)).one()
    assert with_something_due(session, again + 10 * MINUTE) == []


def test_an_answer_given_once_more_right_after_paid_work_is_paid_beside_it(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW)
    done = submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 5 * MINUTE)
    give_retry(session, key, LATER, NOW + 5 * MINUTE)
    revise(session, labeler.id, done.judgment.id, {"choice": ["b4"]}, f"again-{key}", NOW + 5 * MINUTE + 20 * SECOND)
    all_of(session, labeler)
    assert seconds(session, labeler) == {"task": 300, "rework": 60}


# Reviews, dangers, objections


def test_asking_for_a_review_and_replying_are_paid(session: Session, labeler: Labeler) -> None:
    case_id = not_used(session, a_decider(session, Role.RESEARCHER), answer(session, labeler)[0])
    asked = NOW + 60 * MINUTE
    cases.ask_review(session, labeler.id, case_id, WORDS, asked)
    assert seconds(session, labeler) == {"appeal": 600}
    source = session.scalars(select(TimeLine.source_id)).first()
    assert source == session.scalars(select(Review.id)).one()
    cases.write(session, case_id, WORDS, None, asked + MINUTE)
    assert seconds(session, labeler) == {"appeal": 600}, "it belongs to the same ten minutes"
    cases.write(session, case_id, WORDS, None, asked + 30 * MINUTE)
    assert seconds(session, labeler) == {"appeal": 900}
    cases.write(session, case_id, WORDS, a_decider(session), asked + 60 * MINUTE)
    assert seconds(session, labeler) == {"appeal": 900}, "what others write is theirs"


def test_reporting_a_danger_is_paid_and_takes_no_second_from_a_task(session: Session, labeler: Labeler) -> None:
    key = held(session, labeler, NOW)
    cases.report_danger(session, labeler.id, WORDS, NOW + 4 * MINUTE)
    submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 5 * MINUTE)
    all_of(session, labeler)
    assert seconds(session, labeler) == {"task": 300, "appeal": 600}


def test_who_has_no_rate_may_ask_all_the_same(session: Session) -> None:
    labeler = add_labeler(session, add_vendor(session, "Unpaid", per_hour=None))
    cases.report_danger(session, labeler.id, WORDS, NOW)
    assert seconds(session, labeler) == {}
    assert not pay_fault(session, labeler.id, NOW)


def test_objecting_to_a_line_is_paid(session: Session, labeler: Labeler) -> None:
    skip(session, labeler.id, held(session, labeler, NOW), NOW + 5 * MINUTE)
    all_of(session, labeler)
    line = session.scalars(select(TimeLine.id)).one()
    contest(session, labeler.id, line, "It was longer.", LATER)
    assert seconds(session, labeler) == {"task": 300, "appeal": 300}


def test_no_second_is_paid_twice_by_asking(session: Session, labeler: Labeler) -> None:
    for n in range(4):
        pay_asking(session, labeler.id, UUID(int=n + 1), ASKING, NOW + n * MINUTE, once=False)
    assert session.execute(OVERLAPS).all() == []
    assert seconds(session, labeler) == {"appeal": 2400}


# Faults of ours, time by hand, the allowance


def test_a_fault_is_paid_once_in_five_minutes(session: Session, labeler: Labeler) -> None:
    assert pay_fault(session, labeler.id, NOW)
    assert pay_fault(session, labeler.id, NOW + MINUTE), "the same five minutes"
    assert seconds(session, labeler) == {"fault": 300}
    assert pay_fault(session, labeler.id, NOW + 6 * MINUTE)
    assert seconds(session, labeler) == {"fault": 600}
    assert not pay_fault(session, add_user(session, Role.ADMIN).id, NOW)


def test_time_by_hand_is_a_length_with_a_reason_that_she_reads(session: Session, labeler: Labeler) -> None:
    admin = add_user(session, Role.ADMIN).id
    assert add_length(session, admin, labeler.id, TimeClass.QUALIFICATION, 45, " A test call ", NOW) == 2700
    row = session.scalars(select(TimeLine)).one()
    assert (row.until_at, row.note, row.seconds) == (None, "A test call", 2700)
    told = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "pay.time")).one()
    assert orjson.loads(told)["from_at"] == NOW.isoformat().replace("+00:00", "Z"), "whose week it belongs to"
    with pytest.raises(Invalid) as wrong:
        add_length(session, admin, labeler.id, TimeClass.TASK, 0, "", NOW)
    assert [each.field for each in wrong.value.problems] == ["kind", "minutes", "note"]
    unpaid = add_labeler(session, add_vendor(session, "Unpaid", per_hour=None))
    with pytest.raises(Conflict):
        add_length(session, admin, unpaid.id, TimeClass.FAULT, 5, "Down", NOW)


@pytest.mark.parametrize(("everywhere", "here", "amount"), [(None, None, 38), (150, None, 75), (None, 200, 150)])
def test_the_allowance_is_the_policys_number_when_the_work_was_done(
    session: Session, everywhere: int | None, here: int | None, amount: int
) -> None:
    project = add_project(session, categories={"W01": 3})
    add_tasks(session, project, 3, profile={"W01": 3})
    labeler, admin = add_labeler(session), add_user(session, Role.ADMIN).id
    rows = [(everywhere, None, NOW - MINUTE), (here, project.id, NOW - MINUTE), (300, None, NOW + 60 * MINUTE)]
    session.add_all(
        Policy(name="severe_allowance", value=value, from_at=at, made_at=at, made_by=admin, project_id=project_id)
        for value, project_id, at in rows
        if value is not None
    )
    session.flush()
    give_consent(session, labeler.id, "W01", 3, NOW)
    key = held(session, labeler, NOW)
    reveal(session, labeler.id, key, NOW)
    seen = session.scalars(select(Exposure).where(Exposure.assignment_id == key)).one_or_none()
    if seen is None:
        seen = Exposure(person_id=labeler.id, path=ExposurePath.DESK, profile="W01:3", severity=3, from_at=NOW,
                        assignment_id=key)  # fmt: skip
        session.add(seen)
    submit(session, labeler.id, key, {"choice": ["a4"]}, f"key-{key}", NOW + 5 * MINUTE)
    seen.seconds = 300
    session.flush()
    all_of(session, labeler)
    assert session.scalars(select(PayLine.amount).where(PayLine.kind == PayKind.ALLOWANCE)).one() == amount
