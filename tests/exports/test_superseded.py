"""A finished version whose answers were withdrawn, not used or erased says so, and a newer one takes its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.cases.marking import leave, mark
from labeler.cases.models import NotUsed
from labeler.cases.rules import Decider, Ending
from labeler.db import reading, transaction
from labeler.errors import Conflict
from labeler.exports import queries, service, withdrawn
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.exports.verify import verify
from labeler.exports.withdrawn import Told
from labeler.jobs import worker
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.projects.models import Project, Task
from tests.exports.build import BETTER_0, add_judgment
from tests.exports.conftest import LATER
from tests.exports.test_pages import signed_in
from tests.exports.test_service import folder
from tests.exports.test_withdrawn import DAY, manifest, taken_out
from tests.support.build import NOW, add_labeler, add_tasks, add_user
from tests.support.database import Database

Make = Callable[..., Export]
pytestmark = pytest.mark.usefixtures("settled")


def do_jobs() -> None:
    while (job := worker.next_due()) is not None:
        assert worker.run(job)


def look(project: Project, now: datetime) -> list[UUID]:
    with transaction() as session:
        return withdrawn.note(session, withdrawn.look(session, project.id, now), now)


def now_of(export: Export) -> tuple[date | None, list[Told]]:
    with reading() as session:
        found = session.get_one(Export, export.id)
        return found.withdrawn_on, withdrawn.told(session, found)


def marks(export: Export) -> list[tuple[Cause, int]]:
    with reading() as session:
        rows = session.scalars(select(ExportWithdrawal).where(ExportWithdrawal.export_id == export.id)).all()
        return sorted((row.cause, row.answers) for row in rows)


def finished(export: Export, at: datetime) -> None:
    """The version was finished at a moment, not only now: the tests' own clock is an earlier one."""
    with transaction() as session:
        session.get_one(Export, export.id).finished_at = at


def test_a_withdrawal_marks_the_versions_that_have_the_answer_and_the_next_takes_their_place(
    database: Database, project: Project, make: Make
) -> None:
    before, first = make(project, at=NOW - DAY), make(project)
    path = folder(database, first)
    bytes_before = {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}
    taken_out(project, 2, LATER + DAY)
    do_jobs()
    assert now_of(first) == ((LATER + DAY).date(), [Told(Cause.WITHDRAWN, (LATER + DAY).date(), None)])
    assert now_of(before) == (None, []), "nothing had been judged by then"
    assert marks(first) == [(Cause.WITHDRAWN, 2)]
    finished(first, LATER + DAY)
    second = make(project, LATER + 2 * DAY)
    assert now_of(second) == (None, [])
    assert manifest(folder(database, second))["supersedes"] == [
        {"id": str(first.id), "number": 2, "manifest_sha256": first.manifest_hash, "because": ["withdrawn"]}
    ]
    assert manifest(path)["supersedes"] == []
    with reading() as session:
        assert withdrawn.newer(session, session.get_one(Export, first.id)) == 3
        assert withdrawn.newer(session, session.get_one(Export, second.id)) is None
    assert {each: each.read_bytes() for each in path.rglob("*") if each.is_file()} == bytes_before
    assert verify(path, key=first.key_id).insisted, "it is still what it was"


def test_it_is_marked_once_and_its_number_grows(project: Project, make: Make) -> None:
    first = make(project)
    for n in range(3):
        taken_out(project, 4 * (n + 1), LATER + (n + 1) * DAY)
        do_jobs()
        do_jobs()
    assert look(project, LATER + 9 * DAY) == []
    day = (LATER + DAY).date()
    assert now_of(first) == (day, [Told(Cause.WITHDRAWN, day, 12)])
    with reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "export.withdraw")).all()
    assert [(each.subject_id, each.fields) for each in entries] == [(first.id, '{"cause":"withdrawn"}')]


def test_what_is_not_in_a_version_does_not_mark_it(database: Database, project: Project, make: Make) -> None:
    with reading() as session:
        batches = [str(row.id) for row in queries.batches(session, project.id)]
    taken_out(project, 1)
    early = make(project, LATER + DAY)
    other = make(project, LATER + DAY, batches=batches[1:])
    with transaction() as session:
        task = add_tasks(session, project, 1)[0]
        unpaid = add_judgment(
            session, project, task, add_labeler(session), BETTER_0, at=NOW - timedelta(days=60), paid=False
        )
        late = add_judgment(session, project, task, add_labeler(session), BETTER_0, at=LATER + 2 * DAY)
        for each in (late, unpaid):
            withdraw(session, each.labeler_id, each.id, LATER + 3 * DAY)
    with reading() as session:
        batch = select(Judgment).join(Task, Task.id == Judgment.task_id).where(Task.batch_id == UUID(batches[0]))
        inside = session.scalars(batch.order_by(Judgment.id.desc())).first()
    assert inside is not None
    with transaction() as session:
        withdraw(session, inside.labeler_id, inside.id, LATER + 3 * DAY)
    do_jobs()
    assert marks(early) == [(Cause.WITHDRAWN, 1)], "of the four withdrawn it has one"
    assert marks(other) == [], "it is of another batch"


def test_an_answer_that_is_not_used_marks_it_too_and_an_end_of_that_leaves_the_mark(
    database: Database, project: Project, make: Make
) -> None:
    first = make(project)
    with transaction() as session:
        judgment = session.scalars(select(Judgment).order_by(Judgment.id)).first()
        assert judgment is not None
        reviewer = Decider(add_user(session, Role.RESEARCHER).id, Role.RESEARCHER)
        case = mark(session, reviewer, judgment.id, "duplicate", "The same answer is there twice.", 1, "", LATER)
    do_jobs()
    assert marks(first) == [], "it does not count yet"
    with transaction() as session:
        leave(session, judgment.labeler_id, case, LATER + DAY)
    do_jobs()
    asked_again = make(project, LATER + 2 * DAY, at=LATER)
    assert marks(asked_again) == [], "an earlier state was asked for, and is what it says"
    assert [each.cause for each in now_of(first)[1]] == [Cause.NOT_USED]
    with transaction() as session:
        session.execute(update(NotUsed).values(ended_at=LATER + 3 * DAY, ending=Ending.CHANGED))
    assert look(project, LATER + 4 * DAY) == []
    assert marks(first) == [(Cause.NOT_USED, 1)]
    finished(first, LATER)
    assert manifest(folder(database, make(project, LATER + 5 * DAY)))["supersedes"][0]["because"] == ["not-used"]


def test_an_erasure_marks_every_version_with_answers_of_the_person(project: Project, make: Make) -> None:
    first = make(project)
    taken_out(project, 1, LATER + DAY)
    do_jobs()
    with transaction() as session:
        labeler = session.scalars(select(Judgment.labeler_id).order_by(Judgment.id)).first()
        stranger = add_labeler(session)
        assert labeler is not None
        assert withdrawn.mark_erased(session, stranger.id, LATER + 2 * DAY) == []
        assert [each.id for each in withdrawn.mark_erased(session, labeler, LATER + 2 * DAY)] == [first.id]
    assert marks(first) == [(Cause.ERASED, 6), (Cause.WITHDRAWN, 1)]
    assert now_of(first)[0] == (LATER + DAY).date(), "the first moment stays"


def test_a_version_that_was_being_written_meanwhile_is_marked_too(project: Project) -> None:
    with transaction() as session:
        export, job = service.request(session, project.created_by, project.id, {}, LATER)
    taken_out(project, 1, LATER + timedelta(minutes=1))
    assert look(project, LATER + DAY) == [], "what is not settled yet may not come into it"
    assert worker.run(job)
    with reading() as session:
        assert session.get_one(Export, export.id).state is ExportState.DONE
    assert marks(export) == [(Cause.WITHDRAWN, 1)]


def test_an_answer_that_a_step_left_out_marks_nothing(project: Project, make: Make) -> None:
    """A version takes days, instructions, time and enough judgments into account, and so does its mark."""
    with transaction() as session:
        judgments = session.scalars(select(Judgment).order_by(Judgment.task_id, Judgment.id)).all()
        first, second, third = (judgments[n] for n in range(3))
        assert first.task_id == second.task_id == third.task_id, "of the task with three clear answers"
        session.execute(update(Judgment).where(Judgment.id == first.id).values(submitted_at=NOW + DAY))
        session.execute(update(Judgment).where(Judgment.id == second.id).values(shown_seconds=1.0))
        lonely = session.scalars(
            select(Judgment).where(Judgment.task_id.in_(
                select(Judgment.task_id).group_by(Judgment.task_id).having(func.count() == 1)
            ))
        ).all()  # fmt: skip
    late = LATER + 2 * DAY
    by_day = make(project, late, until_day=f"{NOW:%Y-%m-%d}")
    by_time = make(project, late, least_time=50)
    enough = make(project, late, min_judgments=2, views=["preference"])
    whole = make(project, late)
    with transaction() as session:
        for said in (first, second, *lonely):
            withdraw(session, said.labeler_id, said.id, late + DAY)
    do_jobs()
    alone = len(lonely)
    assert marks(whole) == [(Cause.WITHDRAWN, 2 + alone)]
    assert marks(by_day) == [(Cause.WITHDRAWN, 1 + alone)], "all but the one of another day"
    assert marks(by_time) == [(Cause.WITHDRAWN, 1 + alone)], "all but the one that was far too fast"
    assert marks(enough) == [(Cause.WITHDRAWN, 2)], "none of a task with one judgment"
    with transaction() as session:
        withdrawn.mark_erased(session, third.labeler_id, late + 2 * DAY)
    hers = sum(each.labeler_id == third.labeler_id for each in judgments)
    lone = sum(each.labeler_id == third.labeler_id for each in lonely)
    assert (Cause.ERASED, hers) in marks(whole) and (Cause.ERASED, hers - lone) in marks(enough)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_taking_a_withdrawn_version_is_a_step_of_its_own_and_on_the_record(
    project: Project, make: Make, client: FlaskClient
) -> None:
    first = make(project)
    taken_out(project, 11, LATER + DAY)
    do_jobs()
    signed_in(client, Role.RESEARCHER)
    address = "/projects/bread/exports/1"
    page = client.get(address).text
    assert "This version is withdrawn" in page and "There is no newer version yet" in page
    make(project, LATER + 2 * DAY)
    page = client.get(address).text
    assert "11 answers in it were withdrawn by their labelers" in page
    assert 'href="/projects/bread/exports/2">version 2</a>' in page
    assert "<strong>withdrawn</strong>" in client.get("/projects/bread/exports").text
    assert client.get("/projects/bread/exports/2/withdrawn").location == "/projects/bread/exports/2"
    for file, ending in (("README.md", "?file=README.md"), (None, "")):
        asked = client.get(f"{address}/files/{file}" if file else f"{address}/export.tar")
        assert (asked.status_code, asked.location) == (303, f"{address}/withdrawn{ending}")
        assert 'name="withdrawn" value="take" required' in client.get(asked.location).text
    with reading() as session:
        assert not session.scalars(select(AuditEntry).where(AuditEntry.act.like("export.%take%"))).all()
    with client.get(f"{address}/files/README.md?withdrawn=take") as taken:
        assert (taken.status_code, len(taken.data) > 0) == (200, True)
    assert client.get(f"{address}/export.tar?withdrawn=take").status_code == 200
    with reading() as session:
        acts = select(AuditEntry).where(AuditEntry.act.in_(["export.download", "export.take_withdrawn"]))
        found = [
            (each.act, orjson.loads(each.fields)["file"]) for each in session.scalars(acts.order_by(AuditEntry.id))
        ]
    assert found == [
        ("export.take_withdrawn", "README.md"), ("export.download", "README.md"),
        ("export.take_withdrawn", "all"), ("export.download", "all"),
    ]  # fmt: skip
    with transaction() as session, pytest.raises(Conflict, match="Take version 2"):
        withdrawn_now = session.get_one(Export, first.id)
        service.download(session, project.created_by, withdrawn_now, "README.md", LATER, way="page", size=1)
