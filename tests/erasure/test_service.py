"""Erasing a person: nothing of hers is found afterwards, what is owed stays, and nobody else loses anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import SignInSession, User
from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.assignment.service import hand_out
from labeler.audit.models import AuditEntry
from labeler.cases.models import Case, NotUsed, Review
from labeler.db import empty_journal, reading, transaction
from labeler.demographics import service as demographics
from labeler.erasure import removing
from labeler.erasure.models import Erasure
from labeler.erasure.queries import ahead, erasure
from labeler.erasure.rules import LOOKS_AGAIN, NOTE
from labeler.erasure.service import erase
from labeler.errors import Conflict, Invalid, LabelerError, Missing
from labeler.exports import service
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.jobs import worker
from labeler.judgments.models import Judgment, Withdrawal
from labeler.judgments.service import revise, save_draft, submit
from labeler.models import metadata
from labeler.pay.models import PayContest, PayLine, TimeLine
from labeler.pay.settling import settle
from labeler.projects.models import Task
from labeler.quality.queries import counted
from labeler.workforce.models import Labeler
from labeler.workforce.service import change_labeler
from tests.erasure.conftest import EMAIL, LATER, MINUTE, NAME, WORDS, World, answered
from tests.support.build import NOW, add_user
from tests.support.database import Database


def removed(person: UUID) -> None:
    """All rows away, in slices of two, as the job does it."""
    while True:
        with transaction() as session:
            if not removing.remove_answers(session, person, most=2):
                break
    with transaction() as session:
        removing.remove_rest(session, person, LATER)
        removing.note_removed(session, person, LATER)


def places(word: str) -> list[str]:
    """The columns of all tables in which a word stands, however it is written."""
    found = []
    with reading() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                found += [
                    f"{table.name}.{name}"
                    for name, value in row._mapping.items()
                    if word.casefold()
                    in (orjson.dumps(value, default=str).decode() if value is not None else "").casefold()
                ]
    return found


def files_with(folder: Path, word: str) -> list[Path]:
    """The files of a folder that have a word in them."""
    return [path for path in folder.rglob("*") if path.is_file() and word.encode().lower() in path.read_bytes().lower()]


def claims(session: Session, project: UUID) -> dict[UUID, int]:
    tasks = select(Judgment.task_id).where(Judgment.project_id == project)
    return dict(session.execute(select(Task.id, Task.claims).where(Task.id.in_(tasks))).all())


def test_nothing_of_her_is_found_afterwards_in_any_table_or_file(database: Database, world: World) -> None:
    assert places(EMAIL) and places(NAME) and len(set(places(WORDS))) == 7, "the search finds what is there"
    with transaction() as session:
        before = session.scalars(select(PayLine.amount).where(PayLine.labeler_id == world.person)).all()
        name, _ = erase(session, world.person, LATER)
    assert places(EMAIL) == places(NAME) == [], "at once"
    removed(world.person)
    assert places(WORDS) == []
    empty_journal()
    if database.name == "sqlite":
        database.engine.dispose()
        for word in (EMAIL, NAME, WORDS):
            assert files_with(database.home, word) == []
    with reading() as session:
        people = session.execute(select(User.name, User.email).where(User.id.in_([world.person, world.second]))).all()
        assert {row.name for row in people} == {name} and all(row.email.endswith("@erased.invalid") for row in people)
        assert session.scalars(select(PayLine.amount).where(PayLine.labeler_id == world.person)).all() == before
        notes = session.scalars(
            select(PayLine.note).where(PayLine.labeler_id == world.person, PayLine.note != "")
        ).all()
        assert notes == [f"Thanks, {name}"]
        assert session.scalar(select(func.count()).where(Judgment.labeler_id.in_([world.person, world.second]))) == 0
        assert session.scalar(select(func.count()).where(Judgment.labeler_id == world.other)) == 4
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 0
        done = select(func.count()).where(Assignment.labeler_id == world.person)
        assert session.scalar(done.where(Assignment.state == AssignmentState.JUDGED)) == 4, "that it was done stays"


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


# Datasets


@pytest.fixture
def ready(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Exports are read at once, with the settings of the test's installation."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    yield


def asked(world: World, now: datetime = LATER) -> tuple[Export, UUID]:
    with transaction() as session:
        return service.request(session, world.owner, world.project, {"comments": "screened"}, now)


def judgments_in(database: Database, export: UUID) -> int:
    with reading() as session:
        made = session.get_one(Export, export)
        assert made.state is ExportState.DONE, made.problem
        assert made.counts is not None
        number: int = made.counts["in"]["judgments"]
        return number


def test_a_finished_version_is_marked_and_one_that_waits_is_made_without_her(
    database: Database, world: World, ready: None
) -> None:
    first, job = asked(world)
    assert worker.run(job)
    hers = judgments_in(database, first.id) - 4
    assert hers == 4
    waiting, job = asked(world)
    with transaction() as session:
        erase(session, world.person, LATER)
    assert worker.run(job), "her rows are still there"
    assert judgments_in(database, waiting.id) == 4
    removed(world.person)
    last, job = asked(world, LATER + MINUTE)
    assert worker.run(job)
    assert judgments_in(database, last.id) == 4
    with reading() as session:
        marks = session.execute(select(ExportWithdrawal.export_id, ExportWithdrawal.cause, ExportWithdrawal.answers))
        assert [tuple(mark) for mark in marks] == [(first.id, Cause.ERASED, hers)]
        assert session.scalar(select(func.count()).where(*counted(world.project, LATER))) == 4
        stays = {path.relative_to(database.home).parts[0] for path in files_with(database.home / "exports", WORDS)}
        assert stays <= {"exports"} and session.get_one(Export, first.id).folder is not None


def test_one_that_is_written_meanwhile_is_written_again_without_her(
    database: Database, world: World, ready: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, job = asked(world)
    write = service.write

    def meanwhile(*given: object) -> object:
        made = write(*given)  # type: ignore[arg-type]
        with transaction() as session:
            erase(session, world.person, LATER)
        monkeypatch.setattr(service, "write", write)
        return made

    monkeypatch.setattr(service, "write", meanwhile)
    worker.run(job)
    with reading() as session:
        assert session.get_one(Export, export.id).state is ExportState.WRITING
    assert files_with(database.home / "exports", WORDS) == [], "nothing of the attempt is kept"
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert worker.run(job)
    assert judgments_in(database, export.id) == 4
    with reading() as session:
        assert not session.scalars(select(ExportWithdrawal)).all()


def test_answering_in_one_tab_while_erasing_in_another_leaves_no_answer(world: World) -> None:
    with transaction() as session:
        held = session.scalars(select(Assignment.id).where(Assignment.state == AssignmentState.HELD)).one()
    barrier = threading.Barrier(5)
    now = NOW + 31 * MINUTE

    def act(n: int) -> None:
        barrier.wait()
        with transaction() as session:
            if n == 0:
                erase(session, world.person, now)
            else:
                submit(session, world.person, held, {"choice": ["a2"]}, f"key-of-sixteen-{n}", now)

    with ThreadPoolExecutor(5) as pool:
        errors = [each.exception() for each in [pool.submit(act, n) for n in range(5)]]
    assert errors[0] is None
    assert all(error is None or isinstance(error, LabelerError) for error in errors)
    removed(world.person)
    with reading() as session:
        assert session.scalar(select(func.count()).where(Judgment.labeler_id == world.person)) == 0
        assert session.scalar(select(func.count()).select_from(Task).where(Task.claims > 1)) == 0
        assert session.get_one(Labeler, world.person).erased_at == now
