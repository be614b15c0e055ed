"""Erasing a person: nothing of hers is found afterwards, what is owed stays, and nobody else loses anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.models import SignInSession, User
from labeler.assignment.models import Assignment, AssignmentState
from labeler.db import empty_journal, reading, transaction
from labeler.erasure.service import erase
from labeler.errors import LabelerError
from labeler.exports import service
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.jobs import worker
from labeler.judgments.models import Judgment
from labeler.judgments.service import submit
from labeler.pay.models import PayLine
from labeler.projects.models import Task
from labeler.quality.queries import counted
from labeler.workforce.models import Labeler
from tests.erasure.conftest import EMAIL, LATER, MINUTE, NAME, WORDS, World, places, removed
from tests.support.build import NOW
from tests.support.database import Database


def files_with(folder: Path, word: str) -> list[Path]:
    """The files of a folder that have a word in them."""
    return [path for path in folder.rglob("*") if path.is_file() and word.encode().lower() in path.read_bytes().lower()]


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
