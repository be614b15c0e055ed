"""Taking answers, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.queries import held_task
from labeler.assignment.rules import LATE, LEASE
from labeler.assignment.service import Handed, expire, hand_out, hide, reveal, skip
from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Invalid, Missing
from labeler.judgments.models import Judgment, Standing
from labeler.judgments.own_answers import own_answers
from labeler.judgments.queries import answer_page, counts
from labeler.judgments.service import revise, save_draft, submit
from labeler.projects.models import Task
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Labeler
from tasks.kind import AnswerRefused
from tests.support.build import NOW, add_labeler, add_project, add_tasks

MINUTE = timedelta(minutes=1)
A_BETTER = {"choice": ["a4"]}
KEY = "0123456789abcdef"


def held(session: Session, labeler: Labeler, now=NOW) -> UUID:  # type: ignore[no-untyped-def]
    result = hand_out(session, labeler.id, now)
    assert isinstance(result, Handed)
    return result.assignment_id


@pytest.fixture
def labeler(session: Session) -> Labeler:
    """A labeler with three tasks before her, each wanting one judgment."""
    add_tasks(session, add_project(session, overlap=1), 3)
    return add_labeler(session)


def judgments(session: Session) -> list[Judgment]:
    return list(session.scalars(select(Judgment).order_by(Judgment.submitted_at, Judgment.version)))


def test_an_answer_is_stored_with_everything_that_is_needed_to_read_it(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + MINUTE)
    (judgment,) = judgments(session)
    assignment = session.get_one(Assignment, assignment_id)
    answer = orjson.loads(judgment.answer)
    assert answer["preferred"] == int(assignment.order[0]), "slot A is the completion shown first"
    assert (answer["verdict"], answer["margin"]) == ("preference", 4)
    assert (judgment.kind, judgment.kind_version, judgment.guideline_version) == ("comparison", 1, 1)
    assert (judgment.order, judgment.fence) == (assignment.order, assignment.fence)
    assert (judgment.standing, judgment.shown_seconds) == (Standing.COUNTED, 60)
    assert assignment.state is AssignmentState.JUDGED
    acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject_id == judgment.id)).all()
    assert acts == ["judgment.submit"]


def test_the_same_press_again_has_one_effect_and_the_same_reply(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    first = submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW)
    after = held(session, labeler)
    again = submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + MINUTE)
    assert (first.new, again.new) == (True, False)
    assert first.judgment == again.judgment
    assert held(session, labeler) == after
    assert len(judgments(session)) == 1


def test_another_tab_with_another_key_changes_nothing(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    first = submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW)
    again = submit(session, labeler.id, assignment_id, {"choice": ["b4"]}, KEY[::-1], NOW)
    assert again.judgment == first.judgment


def test_a_key_belongs_to_one_task(session: Session, labeler: Labeler) -> None:
    submit(session, labeler.id, held(session, labeler), A_BETTER, KEY, NOW)
    with pytest.raises(Conflict):
        submit(session, labeler.id, held(session, labeler), A_BETTER, KEY, NOW)


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "ключключключключ"])
def test_a_form_without_its_key_is_refused(session: Session, labeler: Labeler, key: str) -> None:
    with pytest.raises(Invalid):
        submit(session, labeler.id, held(session, labeler), A_BETTER, key, NOW)


def test_a_wrong_answer_stores_nothing(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    with pytest.raises(AnswerRefused):
        submit(session, labeler.id, assignment_id, {}, KEY, NOW)
    assert judgments(session) == []
    assert held(session, labeler) == assignment_id


def test_nobody_answers_for_another(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    with pytest.raises(Missing):
        submit(session, add_labeler(session).id, assignment_id, A_BETTER, KEY, NOW)


def test_a_skipped_task_takes_no_answer(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    skip(session, labeler.id, assignment_id, NOW)
    with pytest.raises(Conflict):
        submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW)


def test_a_late_answer_counts_when_the_place_is_still_free(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    expire(session, NOW + LEASE + MINUTE)
    done = submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + LEASE + 2 * MINUTE)
    assert done.judgment.standing is Standing.COUNTED
    task = session.get_one(Task, judgments(session)[0].task_id, populate_existing=True)
    assert (task.claims, task.overlap) == (1, 1)


def test_a_late_answer_is_kept_as_late_when_the_place_was_given_away(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    task_id = session.get_one(Assignment, assignment_id).task_id
    expire(session, NOW + LEASE + MINUTE)
    for _ in range(3):
        held(session, add_labeler(session), NOW + LEASE + MINUTE)
    done = submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + LEASE + 2 * MINUTE)
    assert done.judgment.standing is Standing.LATE
    task = session.get_one(Task, task_id, populate_existing=True)
    assert task.claims == task.overlap
    assert counts(session, judgments(session)[0].project_id) == {Standing.LATE: 1}


def test_after_a_day_an_answer_is_too_late(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    expire(session, NOW + LEASE + MINUTE)
    with pytest.raises(Conflict):
        submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + LEASE + LATE)


def test_a_sensitive_text_that_was_not_shown_can_not_be_judged(session: Session) -> None:
    add_tasks(session, add_project(session, categories={"W06": 2}), 1, profile={"W06": 2})
    labeler = add_labeler(session)
    give_consent(session, labeler.id, "W06", 2, NOW)
    assignment_id = held(session, labeler)
    with pytest.raises(Conflict):
        submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW)
    reveal(session, labeler.id, assignment_id, NOW)
    hide(session, labeler.id, assignment_id, NOW + MINUTE)
    reveal(session, labeler.id, assignment_id, NOW + 5 * MINUTE)
    submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW + 7 * MINUTE)
    assert judgments(session)[0].shown_seconds == 180


def test_a_draft_comes_back_and_goes_with_the_answer(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    assert save_draft(session, labeler.id, assignment_id, {"choice": ["b2"]}, NOW)
    assert save_draft(session, labeler.id, assignment_id, {"choice": ["b3"], "comment": ["because"]}, NOW)
    task = held_task(session, labeler.id, NOW)
    assert task is not None
    assert task.draft == {"choice": ["b3"], "comment": ["because"]}
    submit(session, labeler.id, assignment_id, A_BETTER, KEY, NOW)
    assert not save_draft(session, labeler.id, assignment_id, {"choice": ["b2"]}, NOW)
    assert not save_draft(session, add_labeler(session).id, assignment_id, {"choice": ["b2"]}, NOW)


def test_a_draft_outlives_a_lapse(session: Session, labeler: Labeler) -> None:
    assignment_id = held(session, labeler)
    expire(session, NOW + LEASE + MINUTE)
    assert save_draft(session, labeler.id, assignment_id, {"choice": ["b2"]}, NOW + LEASE + MINUTE)


def test_an_oversized_draft_is_refused(session: Session, labeler: Labeler) -> None:
    with pytest.raises(Invalid):
        save_draft(session, labeler.id, held(session, labeler), {"comment": ["x" * 300_000]}, NOW)


def test_a_revision_is_a_new_version_and_the_old_one_stays(session: Session, labeler: Labeler) -> None:
    first = submit(session, labeler.id, held(session, labeler), A_BETTER, KEY, NOW).judgment
    second = revise(session, labeler.id, first.id, {"choice": ["tie"]}, KEY[::-1], NOW + MINUTE)
    again = revise(session, labeler.id, first.id, {"choice": ["tie"]}, KEY[::-1], NOW + MINUTE)
    assert (second.judgment.version, second.new, again.new) == (2, True, False)
    old, new = judgments(session)
    assert (old.id, new.replaces_id) == (first.id, first.id)
    assert orjson.loads(old.answer)["verdict"] == "preference"
    (line,) = own_answers(session, labeler.id, NOW).answers
    assert (line.judgment_id, line.version) == (new.id, 2)
    page = answer_page(session, labeler.id, first.id, NOW)
    assert page is not None
    assert orjson.loads(page[1])["verdict"] == "tie"


def test_only_the_last_ten_answers_can_be_changed(session: Session) -> None:
    add_tasks(session, add_project(session), 11)
    labeler = add_labeler(session)
    first: UUID | None = None
    for number in range(11):
        now = NOW + number * MINUTE
        done = submit(session, labeler.id, held(session, labeler, now), A_BETTER, f"{number:016x}", now)
        first = first or done.judgment.id
    assert first is not None
    lines = own_answers(session, labeler.id, NOW).answers
    assert [line.changeable for line in lines] == [True] * 10 + [False]
    with pytest.raises(Conflict):
        revise(session, labeler.id, first, {"choice": ["tie"]}, KEY, NOW)


def test_nobody_revises_or_reads_anothers_answer(session: Session, labeler: Labeler) -> None:
    first = submit(session, labeler.id, held(session, labeler), A_BETTER, KEY, NOW).judgment
    other = add_labeler(session)
    with pytest.raises(Missing):
        revise(session, other.id, first.id, {"choice": ["tie"]}, KEY, NOW)
    assert answer_page(session, other.id, first.id, NOW) is None
