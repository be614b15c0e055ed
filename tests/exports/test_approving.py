"""A version that needs a second person is taken by nobody before her, and she is somebody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, Role, may
from labeler.audit.models import AuditEntry
from labeler.db import reading, repeated, table, transaction
from labeler.errors import Conflict, Forbidden, Invalid
from labeler.exports import approving, service
from labeler.exports.documents.service import publish
from labeler.exports.models import Approval, Export, ExportState
from labeler.projects.approving import ask_approval
from labeler.projects.models import Project
from labeler.workforce.models import Labeler
from tests.exports.versions import add_version
from tests.support.build import NOW, add_labeler, add_project, add_user
from tests.support.database import Database

HOUR = timedelta(hours=1)


def waiting(session: Session) -> tuple[Project, Export, UUID]:
    """A project that asks for a second person, a finished version of it, and somebody else."""
    project = add_project(session, export_approval=True)
    return project, add_version(session, project, approval=Approval.WAITING), add_user(session, Role.RESEARCHER).id


def acts(session: Session, export: Export) -> list[str]:
    found = select(AuditEntry.act).where(AuditEntry.subject_id == export.id).order_by(AuditEntry.id)
    return [act for act in session.scalars(found) if act.startswith(("export.approve", "export.refuse"))]


def take(session: Session, export: Export, by: UUID) -> None:
    service.download(session, by, export, "all", NOW, way="page", size=1)


def test_who_may_be_the_second_person() -> None:
    assert {role for role in Role if may(role, Permission.EXPORTS_APPROVE)} == {Role.ADMIN, Role.RESEARCHER}


def test_until_it_is_approved_nobody_takes_or_publishes_it(session: Session) -> None:
    project, export, other = waiting(session)
    for who in (project.created_by, other):
        with pytest.raises(approving.NotApproved, match="waits for a second person"):
            take(session, export, who)
        with pytest.raises(approving.NotApproved):
            publish(session, who, export.id, NOW)
    approved = approving.approve(session, other, export.id, "  Looked at it. ", NOW + HOUR)
    assert (approved.approval, approved.decided_by, approved.decision_note) == (
        Approval.APPROVED, other, "Looked at it.",
    )  # fmt: skip
    take(session, export, project.created_by)
    assert acts(session, export) == ["export.approve"]


def test_who_asked_for_it_is_no_second_person(session: Session) -> None:
    project, export, _ = waiting(session)
    with pytest.raises(Forbidden, match="asked for version 1 yourself"):
        approving.approve(session, project.created_by, export.id, "", NOW)
    with pytest.raises(Forbidden):
        approving.refuse(session, project.created_by, export.id, "I would rather not.", NOW)
    assert export.approval is Approval.WAITING


def test_two_accounts_of_one_person_are_one_person(session: Session) -> None:
    project, one, other = add_project(session), add_labeler(session), add_labeler(session)
    session.execute(update(table(Labeler)).where(Labeler.id == other.id).values(person_id=one.id))
    export = add_version(session, project, by=one.id, approval=Approval.WAITING)
    with pytest.raises(Forbidden):
        approving.approve(session, other.id, export.id, "", NOW)


def test_a_refusal_has_a_reason_and_stands(session: Session) -> None:
    project, export, other = waiting(session)
    with pytest.raises(Invalid) as wrong:
        approving.refuse(session, other, export.id, "  ", NOW)
    assert [each.field for each in wrong.value.problems] == ["note"]
    approving.refuse(session, other, export.id, "Names are left in it.", NOW)
    with pytest.raises(approving.WasRefused, match=r"Names are left in it\."):
        take(session, export, project.created_by)
    third = add_user(session, Role.ADMIN).id
    for who in (other, third):
        with pytest.raises(Conflict, match="refused version 1 already"):
            approving.approve(session, who, export.id, "", NOW)
    assert approving.refuse(session, other, export.id, "Again.", NOW + HOUR).decision_note == "Names are left in it."
    assert acts(session, export) == ["export.refuse"]


def test_there_is_nothing_to_decide_about_other_versions(session: Session) -> None:
    project, _, other = waiting(session)
    free = add_version(session, project)
    writing = add_version(session, project, state=ExportState.WRITING, approval=Approval.WAITING)
    gone = add_version(session, project, approval=Approval.WAITING, withdrawn_since=NOW)
    for export, words in ((free, "needs no second person"), (writing, "not finished"), (gone, "is withdrawn")):
        with pytest.raises(Conflict, match=words):
            approving.approve(session, other, export.id, "", NOW)
    assert [export.number for export, _, _ in approving.waiting(session)] == [1]


def test_it_is_asked_for_at_any_time_and_never_taken_back_for_those_that_wait(session: Session) -> None:
    project, other = add_project(session), add_user(session).id
    before, writing = add_version(session, project), add_version(session, project, state=ExportState.WRITING)
    ask_approval(session, other, project.id, True, NOW)
    ask_approval(session, other, project.id, True, NOW)
    asked, _ = service.request(session, project.created_by, project.id, {}, NOW)
    approving.needed(writing, [project])
    ask_approval(session, other, project.id, False, NOW)
    assert [each.approval for each in (before, writing, asked)] == [None, Approval.WAITING, Approval.WAITING]
    writing.state = ExportState.FAILED  # there is room for another one
    later, _ = service.request(session, project.created_by, project.id, {}, NOW)
    assert later.approval is None
    changes = select(AuditEntry.fields).where(AuditEntry.act == "project.change", AuditEntry.subject_id == project.id)
    assert session.scalars(changes).all() == ['{"fields":["export_approval"]}'] * 2


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"decided_at": NOW}, id="a decision without a person"),
        pytest.param({"approval": Approval.APPROVED}, id="approved by nobody"),
        pytest.param({"published_at": NOW}, id="published before it is approved"),
        pytest.param({"approval": Approval.APPROVED, "decided_at": NOW, "decided_by": "self"}, id="by who asked"),
        pytest.param({"approval": Approval.REFUSED, "decided_at": NOW, "decided_by": "other"}, id="without a reason"),
    ],
)
def test_the_database_knows_it_too(session: Session, values: dict[str, object]) -> None:
    project, export, other = waiting(session)
    people = {"self": project.created_by, "other": other}
    if "published_at" in values:
        values = {**values, "published_by": other}
    said = {name: people.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    with pytest.raises(IntegrityError):
        session.execute(update(table(Export)).where(Export.id == export.id).values(**said))


def test_of_several_who_decide_at_once_one_decides(database: Database) -> None:
    with transaction() as session:
        _, export, _ = waiting(session)
        people = [add_user(session, Role.RESEARCHER).id for _ in range(4)]
    barrier = threading.Barrier(len(people))

    def decide(who: UUID, how: Callable[..., Export]) -> bool:
        barrier.wait()
        try:
            repeated(lambda session: how(session, who, export.id, "Because.", NOW))
        except Conflict:
            return False
        return True

    hows = [approving.approve, approving.refuse] * 2
    with ThreadPoolExecutor(len(people)) as pool:
        done = list(pool.map(decide, people, hows))
    with reading() as session:
        found = session.get_one(Export, export.id)
        assert done.count(True) == 1 and found.decided_by == people[done.index(True)]
        assert acts(session, found) == [f"export.{'approve' if found.approval is Approval.APPROVED else 'refuse'}"]
