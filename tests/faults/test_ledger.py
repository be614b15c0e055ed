"""The checker of all these tests is checked: it finds what is planted, and nothing where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from labeler import clock
from labeler.assignment.models import Assignment, AssignmentState, LaneCursor
from labeler.assignment.service import Handed, skip
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.ids import new_id
from labeler.judgments.models import Judgment
from labeler.projects.models import Task
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import OptOut
from tests.faults.ledger import wrong
from tests.faults.robots import Journal, Line, Outcome
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

FORM = {"choice": ["a2"]}


@pytest.fixture
def journal(database: Database) -> Journal:
    """Two tasks at overlap 2, worked by three labelers; what one of them heard."""
    with transaction() as session:
        add_tasks(session, add_project(session, overlap=2), 2)
        people = [add_labeler(session).id for _ in range(3)]
    journal = Journal()
    first = next_task(people[2], clock.now())
    assert isinstance(first, Handed)
    with transaction() as session:
        skip(session, people[2], first.assignment_id, clock.now())
    for labeler in people[:2]:
        held: object = next_task(labeler, clock.now())
        while isinstance(held, Handed):
            key = f"key-{held.assignment_id}"
            done = answer_and_next(labeler, held.assignment_id, FORM, key, clock.now())
            line = Line(labeler, held.assignment_id, key, FORM, Outcome.TAKEN, done.submitted.judgment.id, 303)
            journal.lines.append(line)
            held = done.next
    return journal


def found(journal: Journal, *, finished: bool = False) -> str:
    with reading() as session:
        return "; ".join(wrong(session, journal, finished=finished))


def test_books_that_are_right(journal: Journal) -> None:
    assert found(journal, finished=True) == ""


def one(session: Session) -> UUID:
    return session.scalars(select(Judgment.id).order_by(Judgment.id).limit(1)).one()


def lose_a_judgment(session: Session) -> None:
    session.execute(delete(Judgment).where(Judgment.id == one(session)))


def take_a_claim(session: Session) -> None:
    session.execute(update(Task).values(claims=1))


def hand_out_in_secret(session: Session) -> None:
    session.execute(update(Task).values(handed=9))


def lose_an_entry(session: Session) -> None:
    session.execute(
        delete(AuditEntry).where(AuditEntry.act == "judgment.submit", AuditEntry.subject_id == one(session))
    )


def double_an_entry(session: Session) -> None:
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "assignment.hand_out").limit(1)).one()
    session.add(AuditEntry(at=entry.at, act=entry.act, actor_id=None, subject_id=entry.subject_id, fields=entry.fields))


def change_an_answer(session: Session) -> None:
    answer = '{"reasons":[],"comment":null,"verdict":"tie","preferred":null,"margin":null}'
    session.execute(update(Judgment).where(Judgment.id == one(session)).values(answer=answer))


def swap_two_answers(session: Session) -> None:
    session.execute(update(Judgment).where(Judgment.id == one(session)).values(idem_key="another-key-of-hers"))


def forget_a_no(session: Session) -> None:
    session.execute(delete(OptOut))


def say_a_no_twice(session: Session) -> None:
    said = session.scalars(select(OptOut)).one()
    session.add(OptOut(labeler_id=said.labeler_id, scope=said.scope, from_at=said.from_at, task_id=said.task_id))


def count_a_late_one(session: Session) -> None:
    labeler, task = add_labeler(session), session.scalars(select(Task).limit(1)).one()
    other = session.get_one(Judgment, one(session))
    more = Assignment(
        id=new_id(), task_id=task.id, labeler_id=labeler.id, guideline_version=1, fence=task.handed + 1, order="01",
        handed_at=clock.now(), lease_until=clock.now(), state=AssignmentState.JUDGED, ended_at=clock.now(),
    )  # fmt: skip
    session.add(more)
    session.flush()
    columns = {name: getattr(other, name) for name in Judgment.__table__.columns.keys()}  # noqa: SIM118 -- not a dict
    session.add(Judgment(**{**columns, "id": new_id(), "assignment_id": more.id, "labeler_id": labeler.id,
                            "task_id": task.id, "idem_key": "k" * 20}))  # fmt: skip


PLANTED: list[tuple[Callable[[Session], None], str]] = [
    (lose_a_judgment, "acknowledged and is lost"),
    (take_a_claim, "claims, but"),
    (hand_out_in_secret, "with fences"),
    (lose_an_entry, "1 lack their entry"),
    (double_an_entry, "have one too many"),
    (change_an_answer, "not what was answered"),
    (swap_two_answers, "sent by nobody"),
    (forget_a_no, "no such choice is kept"),
    (say_a_no_twice, "stands 2 times"),
    (count_a_late_one, "has 3 counted judgments"),
]


@pytest.mark.parametrize(("plant", "words"), PLANTED, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_planted_is_found(
    journal: Journal, database: Database, plant: Callable[[Session], None], words: str
) -> None:
    with database.in_hand() as session:
        session.execute(delete(LaneCursor))
        plant(session)
    assert words in found(journal)


def test_an_unfinished_task_is_found(journal: Journal) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 1)
        assert session.scalar(select(func.count()).select_from(Task)) == 3
    assert "finished with 0 of 3" in found(journal, finished=True)


def test_replies_that_differ_are_found(journal: Journal) -> None:
    line = journal.lines[0]
    journal.lines.append(Line(line.labeler, line.assignment, line.key, FORM, Outcome.TAKEN, new_id(), 303))
    assert "different replies" in found(journal)
