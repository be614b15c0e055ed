"""What becomes of places, cases, pay and requests when a person is erased, and who may do it."""

from __future__ import annotations

from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.assignment.service import hand_out
from labeler.audit import proving
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.receipts import wrong
from labeler.audit.walking import walk
from labeler.cases.models import Case, NotUsed, Review
from labeler.compliance.auditing import packs
from labeler.db import reading, transaction
from labeler.demographics import service as demographics
from labeler.erasure import removing
from labeler.erasure.models import Erasure
from labeler.erasure.queries import ahead, erasure
from labeler.erasure.rules import LOOKS_AGAIN, NOTE
from labeler.erasure.service import erase
from labeler.errors import Conflict, Invalid, Missing
from labeler.jobs import worker
from labeler.jobs.seal import seal_record
from labeler.jobs.worker import Stopping, Taken
from labeler.judgments.models import Judgment, Withdrawal
from labeler.judgments.service import revise, save_draft, submit
from labeler.pay.models import PayContest, TimeLine
from labeler.pay.settling import settle
from labeler.projects.models import Task
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, record_keys
from labeler.workforce.service import change_labeler
from tests.erasure.conftest import EMAIL, LATER, MINUTE, NAME, WORDS, World, answered, places, removed
from tests.support.build import add_user
from tests.support.database import Database


def claims(session: Session, project: UUID) -> dict[UUID, int]:
    tasks = select(Judgment.task_id).where(Judgment.project_id == project)
    return dict(session.execute(select(Task.id, Task.claims).where(Task.id.in_(tasks))).all())


def test_her_places_come_free_once_each_and_others_keep_theirs(world: World) -> None:
    with reading() as session:
        before = claims(session, world.project)
        hers = dict(
            session.execute(
                select(Judgment.task_id, func.count())
                .where(
                    Judgment.labeler_id.in_([world.person, world.second]),
                    Judgment.assignment_id.not_in(select(Withdrawal.assignment_id)),
                )
                .group_by(Judgment.task_id)
            ).all()
        )
    assert sum(hers.values()) == 4, "one of the five was withdrawn before, and its place given back then"
    with transaction() as session:
        held = session.scalars(select(Assignment.task_id).where(Assignment.state == AssignmentState.HELD)).one()
        erase(session, world.person, LATER)
    removed(world.person)
    removed(world.person)
    with transaction() as session:
        for task_id, number in before.items():
            taken = hers.get(task_id, 0) + (task_id == held)
            assert session.get_one(Task, task_id).claims == number - taken
        for _ in range(3):
            answered(session, world.other, LATER + MINUTE)


def test_what_is_open_is_closed_and_the_work_until_now_is_paid(world: World) -> None:
    with transaction() as session:
        open_ = ahead(session, world.person)
        assert (open_.accounts, open_.answers, open_.tasks, open_.cases, open_.objections) == (2, 5, 1, 1, 1)
        erase(session, world.person, LATER)
    with transaction() as session:
        assert not session.scalars(select(Assignment).where(Assignment.state == AssignmentState.HELD)).all()
        assert settle(session, world.person, LATER + MINUTE, LATER + MINUTE).lines == 0, "nothing was left to settle"
        ends = session.scalars(select(Assignment.id).where(Assignment.labeler_id == world.person))
        assert set(ends) <= set(session.scalars(select(TimeLine.source_id))), "the open task's time, too"
        assert not session.scalars(select(NotUsed)).all()
        assert {case.reasons for case in session.scalars(select(Case).where(Case.closed_at.is_not(None)))} == {NOTE}
        assert not session.scalars(select(Review).where(Review.decided_at.is_(None))).all()
        assert session.scalars(select(PayContest.answered_by)).one() == world.person
        acts = session.scalars(select(AuditEntry).where(AuditEntry.act == "person.erase")).all()
        assert {(each.actor_id, each.subject_id) for each in acts} == {
            (world.person, world.person), (world.second, world.second)
        }  # fmt: skip
        assert sorted(orjson.loads(each.fields)["cases"] for each in acts) == [0, 1]


def test_from_the_act_on_nobody_does_anything_for_her(world: World) -> None:
    with transaction() as session:
        said = session.scalars(select(Judgment.id).where(Judgment.labeler_id == world.person)).first()
        held = session.scalars(select(Assignment.id).where(Assignment.state == AssignmentState.HELD)).one()
        erase(session, world.person, LATER)
    assert said is not None
    form = {"choice": ["a2"]}
    with transaction() as session:
        for refused in (
            lambda: hand_out(session, world.person, LATER),
            lambda: submit(session, world.person, held, form, "a-key-of-16-chars", LATER),
            lambda: revise(session, world.second, said, form, "a-key-of-16-chars", LATER),
            lambda: change_labeler(session, None, world.person, ["en"], "UTC", LATER.date(), None, LATER),
        ):
            with pytest.raises(Missing):
                refused()
        assert not save_draft(session, world.person, held, {"comment": [WORDS]}, LATER)
        assert not demographics.keep(session, world.person, {"origin_words": WORDS, "in_tables": "yes"}, LATER)
        with pytest.raises(Conflict, match="before"):
            erase(session, world.second, LATER)
    assert places(WORDS) and "draft.form" not in places(WORDS)


def test_an_administrator_says_how_the_request_came_and_names_nobody(world: World) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        for reason in ("", f"Letter of {NAME.lower()}", f"mail from {EMAIL}"):
            with pytest.raises(Invalid):
                erase(session, world.person, LATER, admin, reason)
        erase(session, world.second, LATER, admin, "  Letter of 3 May ")
        with pytest.raises(Missing):
            erase(session, admin, LATER, admin, "not a labeler")
    with reading() as session:
        found = erasure(session, world.second)
        assert found is not None and found == erasure(session, world.person)
        assert (found.by_id, found.reason, found.removed_at) == (admin, "Letter of 3 May", None)
        acts = session.scalars(select(AuditEntry).where(AuditEntry.act == "person.erase")).all()
        assert {each.actor_id for each in acts} == {admin}


def test_the_job_looks_once_more_for_what_was_under_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [LATER]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    with transaction() as session:
        _, job = erase(session, world.person, LATER)
        held = session.scalars(select(Assignment.id).where(Assignment.labeler_id == world.person)).first()
    assert held is not None
    assert worker.run(job)
    with transaction() as session:
        found = session.get_one(Erasure, world.person)
        assert found.removed_at == LATER and found.finished_at is None
        session.add(Draft(assignment_id=held, form=WORDS, saved_at=LATER))  # a request that began before the act
    at[0] += LOOKS_AGAIN
    again = worker.next_due()
    while again is not None and worker.run(again):
        again = worker.next_due()
    with reading() as session:
        assert session.get_one(Erasure, world.person).finished_at == at[0]
        acts = session.scalars(select(AuditEntry.subject_id).where(AuditEntry.act == "person.erased")).all()
        assert sorted(acts) == sorted([world.person, world.second])
    assert places(WORDS) == []


def test_packs_of_audits_are_thrown_away_once_her_entries_are(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = packs.room(database.settings.folder) / "made-before.zip"
    pack.write_bytes(b"rows of hers")
    at = [LATER]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    with transaction() as session:
        _, job = erase(session, world.person, LATER)
    assert worker.run(job) and pack.exists()
    at[0] += LOOKS_AGAIN
    while (again := worker.next_due()) is not None:
        assert worker.run(again)
    assert not pack.exists()


def test_a_job_that_is_cut_off_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        _, job = erase(session, world.person, LATER)
    one = removing.remove_answers
    monkeypatch.setattr(removing, "remove_answers", lambda session, person: one(session, person, most=2))
    beats = []

    def cut_off(self: Taken, session: Session | None = None) -> None:
        beats.append(self.attempt)
        if len(beats) == 1:
            raise Stopping

    monkeypatch.setattr(Taken, "heartbeat", cut_off)
    assert worker.run(job)
    with reading() as session:
        assert session.get_one(Erasure, world.person).removed_at is None
        hers = select(func.count()).where(Judgment.labeler_id.in_([world.person, world.second]))
        assert session.scalar(hers) == 3, "two of five are gone"
        before = claims(session, world.project)
    assert worker.run(job)
    with reading() as session:
        assert session.get_one(Erasure, world.person).removed_at is not None and session.scalar(hers) == 0
        assert all(session.get_one(Task, task).claims <= number for task, number in before.items())
    assert places(WORDS) == [] and beats == [1, 2, 2, 2, 2], "the last two are of her entries"


def test_what_she_answered_is_erased_from_the_record_and_every_proof_holds(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_record(LATER)
    keys = Keys(database.home)
    submits = select(AuditEntry).where(AuditEntry.act == "judgment.submit").order_by(AuditEntry.id)
    with reading() as session:
        entries = session.scalars(submits).all()
        hers = [each.id for each in entries if each.actor_id in (world.person, world.second)]
        others = next(each.id for each in entries if each.id not in hers)
        receipt = proving.receipt(session, others).model_dump(mode="json")
    assert hers
    at = [LATER]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    with transaction() as session:
        _, job = erase(session, world.person, LATER)
    assert worker.run(job)
    at[0] += LOOKS_AGAIN
    again = worker.next_due()
    while again is not None and worker.run(again):
        again = worker.next_due()
    with reading() as session:
        assert [each.id for each in session.scalars(submits) if each.id in hers] == []
        found = walk(session, origin(keys), record_keys(keys), at[0], [receipt["checkpoint"]])
        assert (found.faults, found.erased) == ([], len(hers))
        assert session.scalars(select(LogLeaf.salt).where(LogLeaf.entry_id.in_(hers))).all() == [None] * len(hers)
        with pytest.raises(Conflict, match="was erased"):
            proving.receipt(session, hers[0])
    assert wrong(receipt, origin(keys), record_keys(keys)) is None, "receipts from before hold"
