"""Vendors and their people: who is added, changed and shut out, and what the record says of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInLink, SignInSession, User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import repeated, transaction
from labeler.errors import Conflict, Invalid, Missing
from labeler.workforce import service
from labeler.workforce.models import Labeler, Restriction, Vendor
from tests.support import build
from tests.support.build import NOW
from tests.support.database import Database


def recorded(session: Session, act: str) -> list[tuple[UUID | None, UUID, UUID | None, dict[str, Any]]]:
    found = session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id))
    return [(each.actor_id, each.subject_id, each.vendor_id, orjson.loads(each.fields)) for each in found]


def test_a_new_labeler_stands_in_her_vendors_record(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session, "Lake")
    added = service.add_labeler(
        session, admin, "lena@example.org", "Lena", vendor, ["EN-gb", "sw"], NOW,
        time_zone="Africa/Nairobi", contract_from=date(2026, 3, 1), contract_until=date(2026, 6, 30),
    )  # fmt: skip
    assert recorded(session, "user.add") == [(admin, added.id, vendor.id, {"role": "labeler"})]
    facts = {
        "languages": ["en-GB", "sw"], "time_zone": "Africa/Nairobi",
        "contract_from": "2026-03-01", "contract_until": "2026-06-30",
    }  # fmt: skip
    assert recorded(session, "labeler.add") == [(admin, added.id, vendor.id, facts)]


def test_everything_wrong_with_a_new_labeler_is_said_at_once(session: Session) -> None:
    with pytest.raises(Invalid) as wrong:
        service.add_labeler(
            session, None, "no address", "x" * 200, build.add_vendor(session), ["english"], NOW, time_zone="Mars"
        )
    assert {problem.field for problem in wrong.value.problems} == {"email", "name", "languages", "time_zone"}


def test_a_change_names_all_facts_in_the_vendors_record(session: Session) -> None:
    manager, labeler = uuid4(), build.add_labeler(session)
    service.change_labeler(session, manager, labeler.id, ["sw"], "Africa/Nairobi", date(2026, 1, 1), None, NOW)
    facts = {
        "languages": ["sw"], "time_zone": "Africa/Nairobi", "contract_from": "2026-01-01", "contract_until": None,
        "from_at": "2026-03-02T09:00:00Z",
    }  # fmt: skip
    assert recorded(session, "labeler.change") == [(manager, labeler.id, labeler.vendor_id, facts)]
    assert session.get_one(Labeler, labeler.id).languages == ["sw"]


def test_a_change_that_changes_nothing_leaves_no_entry(session: Session) -> None:
    labeler = build.add_labeler(session)
    service.change_labeler(session, None, labeler.id, ["EN"], "UTC", labeler.contract_from, None, NOW)
    assert recorded(session, "labeler.change") == []


def test_a_contract_cannot_end_before_it_begins(session: Session) -> None:
    labeler = build.add_labeler(session, contract_from=date(2026, 3, 1))
    with pytest.raises(Invalid):
        service.end_contract(session, None, labeler.id, date(2026, 2, 28), NOW)


def test_ending_a_contract_keeps_everything_else(session: Session) -> None:
    labeler = build.add_labeler(session, languages=["en", "sw"], time_zone="Africa/Nairobi")
    service.end_contract(session, None, labeler.id, date(2026, 3, 31), NOW)
    assert (labeler.languages, labeler.time_zone, labeler.contract_until) == (
        ["en", "sw"], "Africa/Nairobi", date(2026, 3, 31)
    )  # fmt: skip


def test_access_that_somebody_has_ends_with_notice_or_by_a_decision(session: Session) -> None:
    """DEC-2: neither the contract nor the account is a way around reasons and notice."""
    labeler = build.add_labeler(session)
    session.get_one(User, labeler.id).password_hash = "argon2 stands here"
    today = NOW.date()
    with pytest.raises(Invalid) as wrong:
        service.end_contract(session, None, labeler.id, today, NOW)
    assert [each.field for each in wrong.value.problems] == ["contract_until"]
    with pytest.raises(Conflict, match="Restrict her from all work first"):
        service.shut_out(session, None, labeler.id, NOW)
    one_project = Restriction(labeler_id=labeler.id, from_at=NOW, project_id=build.add_project(session).id)
    session.add_all([one_project, Restriction(labeler_id=labeler.id, from_at=NOW + timedelta(days=1))])
    session.flush()
    assert not service.may_be_shut(session, labeler.id, NOW)
    assert service.may_be_shut(session, labeler.id, NOW + timedelta(days=1))
    service.shut_out(session, None, labeler.id, NOW + timedelta(days=1))
    assert session.get_one(User, labeler.id).disabled_at == NOW + timedelta(days=1)


def test_whoever_has_signed_in_without_a_password_has_access_too(session: Session) -> None:
    labeler = build.add_labeler(session)
    assert service.may_be_shut(session, labeler.id, NOW), "an invitation that nobody took up"
    session.add(
        SignInSession(
            user_id=labeler.id, token_hash=b"x" * 32, created_at=NOW, seen_at=NOW, expires_at=NOW + timedelta(days=1)
        )
    )
    session.flush()
    assert not service.may_be_shut(session, labeler.id, NOW)


def test_a_restriction_that_was_lifted_shuts_nobody_out(session: Session) -> None:
    labeler = build.add_labeler(session)
    session.get_one(User, labeler.id).password_hash = "argon2 stands here"
    session.add(Restriction(labeler_id=labeler.id, from_at=NOW, until_at=NOW + timedelta(days=1)))
    session.flush()
    assert service.may_be_shut(session, labeler.id, NOW)
    assert not service.may_be_shut(session, labeler.id, NOW + timedelta(days=1))


def test_an_account_can_be_shut_when_its_contract_is_over(session: Session) -> None:
    labeler = build.add_labeler(session, time_zone="Pacific/Kiritimati", contract_until=NOW.date())
    session.get_one(User, labeler.id).password_hash = "argon2 stands here"
    assert not service.may_be_shut(session, labeler.id, NOW.replace(hour=9))
    assert service.may_be_shut(session, labeler.id, NOW.replace(hour=11)), "it is tomorrow where she lives"


def test_nobody_else_can_be_changed_as_a_labeler(session: Session) -> None:
    with pytest.raises(Missing):
        service.change_labeler(session, None, build.add_user(session).id, ["en"], "UTC", date(2026, 1, 1), None, NOW)


def test_a_new_invitation_ends_the_one_before(session: Session) -> None:
    labeler = build.add_labeler(session)
    service.invite(session, None, labeler.id, NOW)
    service.invite(session, None, labeler.id, NOW)
    open_links = select(func.count()).where(SignInLink.user_id == labeler.id, SignInLink.used_at.is_(None))
    assert session.scalar(open_links) == 1


def test_an_invitation_stands_in_the_vendors_record(session: Session) -> None:
    labeler, manager = build.add_labeler(session), build.add_user(session, Role.VENDOR_MANAGER)
    service.invite(session, None, labeler.id, NOW)
    service.invite(session, None, manager.id, NOW)
    vendors = [vendor for _, _, vendor, _ in recorded(session, "user.invite")]
    assert vendors[0] == labeler.vendor_id
    assert vendors[1] not in (None, labeler.vendor_id)


def test_whoever_is_shut_out_gets_no_link(session: Session) -> None:
    labeler = build.add_labeler(session)
    service.shut_out(session, None, labeler.id, NOW)
    with pytest.raises(Conflict):
        service.invite(session, None, labeler.id, NOW)


def test_shutting_out_stands_in_the_vendors_record_once(session: Session) -> None:
    labeler = build.add_labeler(session)
    service.shut_out(session, None, labeler.id, NOW)
    service.shut_out(session, None, labeler.id, NOW)
    assert recorded(session, "user.disable") == [(None, labeler.id, labeler.vendor_id, {})]


def test_there_is_one_in_house_vendor(session: Session) -> None:
    assert service.in_house(session, None, NOW) is service.in_house(session, None, NOW)


def test_a_vendors_name_is_taken_once(session: Session) -> None:
    service.add_vendor(session, None, "Lake", NOW)
    with pytest.raises(Conflict):
        service.add_vendor(session, None, " Lake ", NOW)


def at_once(work: Any, n: int = 8) -> list[Any]:
    """Do `work` in `n` threads that begin together; an error is a result."""
    barrier = threading.Barrier(n)

    def start(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(start, range(n)))


def test_one_address_added_by_many_at_once_is_added_once(database: Database) -> None:
    with transaction() as session:
        vendor = build.add_vendor(session, "Lake")

    def add(_: int) -> UUID:
        return repeated(lambda session: service.add_labeler(session, None, "a@b.org", "A", vendor, ["en"], NOW).id)

    results = at_once(add)
    assert sum(isinstance(each, Conflict) for each in results) == len(results) - 1
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_one_vendor_added_by_many_at_once_is_added_once(database: Database) -> None:
    results = at_once(lambda _: repeated(lambda session: service.add_vendor(session, None, "Lake", NOW).id))
    assert sum(isinstance(each, Conflict) for each in results) == len(results) - 1
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Vendor)) == 1


def test_of_two_administrators_who_shut_each_other_out_one_stays(database: Database) -> None:
    with transaction() as session:
        both = [build.add_user(session, Role.ADMIN).id for _ in range(2)]
    results = at_once(
        lambda number: repeated(lambda session: service.shut_out(session, both[number], both[1 - number], NOW)), 2
    )
    assert sum(isinstance(each, Conflict) for each in results) == 1
    with transaction() as session:
        left = select(func.count()).where(User.role == Role.ADMIN, User.disabled_at.is_(None))
        assert session.scalar(left) == 1
