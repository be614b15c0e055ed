"""Attestations and confirmations: who may say what, what the record has of it, and what an assessment makes of that."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.assignment.service import hand_out
from labeler.audit.models import AuditEntry
from labeler.compliance import standards
from labeler.compliance.assessing import attestations, confirmed
from labeler.compliance.events import Event, Period, facts_of
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.evidence import service
from labeler.evidence.models import Attestation, Confirmation, Says
from labeler.evidence.service import Statement
from labeler.ids import new_id
from tests.house.test_care import module
from tests.house.test_house import CODE, tree
from tests.support import build

STANDARD = standards.read()
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
SAID = Statement(
    "LWS-22", "Vera Lakeside", "director", date(2026, 3, 20), date(2027, 3, 20), "ab" * 32, "a.pdf", 7,
    "application/pdf",
)  # fmt: skip


def manager_of(session: Session, vendor: str = "Lake") -> UUID:
    return build.add_user(session, Role.VENDOR_MANAGER, vendor=build.add_vendor(session, vendor)).id


def entries(session: Session, *acts: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.id)))


def events(session: Session, *acts: str) -> list[Event]:
    """Entries as an assessment reads them."""
    return [
        Event(each.vendor_id, n, each.id, each.at, each.act, each.actor_id, each.subject_id, orjson.loads(each.fields))  # type: ignore[arg-type]
        for n, each in enumerate(entries(session, *acts))
    ]


def test_what_is_signed_stands_in_the_vendors_record_as_assessments_read_it(session: Session) -> None:
    manager, draft = manager_of(session), new_id()
    made = service.attest(session, manager, draft, SAID, STANDARD, NOW)
    (entry,) = entries(session, "attestation.add")
    assert (entry.actor_id, entry.subject_id, entry.vendor_id) == (manager, draft, made.vendor_id)
    assert orjson.loads(entry.fields) == {
        "control": "LWS-22", "signer": "Vera Lakeside, director", "dated": "2026-03-20T00:00:00Z",
        "expires_at": "2027-03-21T00:00:00Z", "digest": "ab" * 32,
    }  # fmt: skip
    service.withdraw(session, manager, draft, NOW + timedelta(days=1))
    service.withdraw(session, manager, draft, NOW + timedelta(days=2))  # once is enough
    facts = facts_of(
        made.vendor_id, Period.quarter(2026, 2), standards.as_published(STANDARD),
        events(session, "attestation.add", "attestation.withdraw"),
    )  # fmt: skip
    read = attestations(facts)["LWS-22"]
    assert (read.dated, read.expires_at) == (made.dated, made.expires_at)
    assert read.withdrawn_at == NOW + timedelta(days=1)


def test_signed_twice_it_is_made_once(session: Session) -> None:
    manager, draft = manager_of(session), new_id()
    first = service.attest(session, manager, draft, SAID, STANDARD, NOW)
    assert service.attest(session, manager, draft, SAID, STANDARD, NOW) is first
    assert len(entries(session, "attestation.add")) == 1
    with pytest.raises(Missing):
        service.attest(session, manager_of(session, "Hill"), draft, SAID, STANDARD, NOW)


def test_only_a_vendors_own_manager_speaks_for_it(session: Session) -> None:
    made = service.attest(session, manager_of(session), new_id(), SAID, STANDARD, NOW)
    for who in (Role.ADMIN, Role.AUDITOR, Role.WORKER_REPRESENTATIVE):
        with pytest.raises(Forbidden):
            service.attest(session, build.add_user(session, who).id, new_id(), SAID, STANDARD, NOW)
    with pytest.raises(Missing):
        service.withdraw(session, manager_of(session, "Hill"), made.id, NOW)


def test_what_is_wrong_with_it_is_not_signed(session: Session) -> None:
    for said in (replace(SAID, control="LWS-01"), replace(SAID, expires=date(2027, 3, 21)), replace(SAID, signer="")):
        with pytest.raises(Invalid):
            service.attest(session, manager_of(session), new_id(), said, STANDARD, NOW)
    assert session.scalar(select(func.count()).select_from(Attestation)) == 0


def test_the_database_keeps_none_that_is_dated_ahead_or_over(session: Session) -> None:
    made = service.attest(session, manager_of(session), new_id(), SAID, STANDARD, NOW)
    for wrong in ({"dated": NOW + timedelta(days=1)}, {"expires_at": NOW}, {"digest": "x"}):
        facts = {c.name: getattr(made, c.name) for c in Attestation.__table__.columns} | {"id": new_id()} | wrong
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Attestation(**facts))
            session.flush()


@pytest.fixture
def lena(session: Session) -> UUID:
    """A labeler who was handed a task in the first quarter."""
    build.add_tasks(session, build.add_project(session), 2)
    me = build.add_labeler(session).id
    hand_out(session, me, build.NOW)
    return me


def test_her_last_word_of_a_line_counts_and_an_assessment_reads_it(session: Session, lena: UUID) -> None:
    assert service.say(session, lena, "LWS-11", Says.CONFIRM, STANDARD, NOW) is not None
    assert service.say(session, lena, "LWS-11", Says.CONFIRM, STANDARD, NOW) is None, "the same word once more"
    service.say(session, lena, "LWS-11", Says.CONTEST, STANDARD, NOW + timedelta(minutes=1))
    service.say(session, lena, "LWS-14", Says.CONFIRM, STANDARD, NOW)
    assert service.said_by(session, lena, "2026 Q1") == {"LWS-11": Says.CONTEST, "LWS-14": Says.CONFIRM}
    said = events(session, "confirmation.say")
    assert said[0].fields == {"control": "LWS-11", "period": "2026 Q1", "says": "confirm"}
    assert {event.actor for event in said} == {lena} and len(said) == 3
    facts = facts_of(said[0].log, Period.quarter(2026, 1), standards.as_published(STANDARD), said)
    assert confirmed(facts)["LWS-11"].contest == {lena} and confirmed(facts)["LWS-14"].confirm == {lena}


def test_who_was_not_there_has_nothing_to_say_of_it(session: Session, lena: UUID) -> None:
    with pytest.raises(Conflict):  # a ghost on the roster confirms nothing
        service.say(session, build.add_labeler(session).id, "LWS-11", Says.CONFIRM, STANDARD, NOW)
    with pytest.raises(Conflict):  # the quarter after: it is another report
        service.say(session, lena, "LWS-11", Says.CONFIRM, STANDARD, datetime(2026, 7, 1, tzinfo=UTC))
    with pytest.raises(Missing):
        service.say(session, lena, "LWS-99", Says.CONFIRM, STANDARD, NOW)
    assert session.scalar(select(func.count()).select_from(Confirmation)) == 0


def test_what_labelers_said_is_read_by_their_own_page_alone() -> None:
    may = {"labeler.evidence.service", "labeler.erasure.removing", "labeler.evidence.models"}
    readers = {
        module(path)
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and "Confirmation" in {alias.name for alias in node.names}
    }
    assert readers <= may and "labeler.evidence.service" in readers
