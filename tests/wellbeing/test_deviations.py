"""Looser numbers wait for a second person, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import table
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.ids import new_id
from labeler.wellbeing.deviations import ask_looser, confirm, decline, waiting
from labeler.wellbeing.limits import LONGEST_DEVIATION
from labeler.wellbeing.policies import changes, limits_now, set_number
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_user, signed

DAY = timedelta(days=1)


@pytest.fixture
def admin(session: Session) -> UUID:
    return add_user(session, Role.ADMIN).id


def ask(session: Session, admin: UUID, **more: Any) -> UUID:
    given = signed(session, NOW + 5 * DAY)["signature"]
    return ask_looser(session, admin, "break_stop", 90, NOW, NOW, signature=replace(given, **more))


def acts(session: Session) -> list[str]:
    found = session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("policy.%")).order_by(AuditEntry.id))
    return list(found)


@pytest.mark.parametrize("role", [Role.WELLBEING_OFFICER, Role.ADMIN])
def test_nothing_changes_before_somebody_else_has_confirmed(session: Session, admin: UUID, role: Role) -> None:
    request = ask(session, admin)
    assert changes(session) == []
    assert [each.request.id for each in waiting(session)] == [request]
    policy = confirm(session, second := add_user(session, role).id, request, NOW + DAY)
    assert limits_now(session, NOW).platform.break_stop == 60  # it can't begin before it was confirmed
    assert limits_now(session, NOW + DAY).platform.break_stop == 90
    assert waiting(session) == []
    assert acts(session) == ["policy.ask", "policy.set", "policy.sign"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "policy.sign")).one()
    assert (entry.actor_id, entry.subject_id) == (second, policy)
    told = orjson.loads(entry.fields)
    assert (told["signer"], told["document"]) == ("clinician", "d" * 64)
    assert told["reason"].startswith("A launch week")


def test_whoever_asked_and_people_of_a_vendor_confirm_nothing(session: Session, admin: UUID) -> None:
    request = ask(session, admin)
    others = [add_user(session, role).id for role in (Role.VENDOR_MANAGER, Role.WORKER_REPRESENTATIVE, Role.RESEARCHER)]
    for who in (admin, *others):
        for step in (confirm, decline):
            with pytest.raises(Forbidden):
                step(session, who, request, NOW)
    given = signed(session, NOW + 5 * DAY)
    for second in (None, admin, new_id(), *others):
        with pytest.raises(Forbidden):
            set_number(session, admin, "break_stop", 90, NOW, NOW, **(given | {"second": second}))
    assert changes(session) == []


def test_two_accounts_of_one_person_are_one_person(session: Session) -> None:
    one, other = add_labeler(session), add_labeler(session)
    session.execute(update(table(Labeler)).where(Labeler.id == other.id).values(person_id=one.id))
    session.get_one(User, other.id).role = Role.WELLBEING_OFFICER
    request = ask(session, one.id)
    for step in (confirm, decline):
        with pytest.raises(Forbidden):
            step(session, other.id, request, NOW)
    given = signed(session, NOW + 5 * DAY) | {"second": other.id}
    with pytest.raises(Forbidden):
        set_number(session, one.id, "break_stop", 90, NOW, NOW, **given)


def test_what_is_declined_stays_so(session: Session, admin: UUID) -> None:
    request, officer = ask(session, admin), add_user(session, Role.WELLBEING_OFFICER).id
    decline(session, officer, request, NOW)
    for step in (confirm, decline):
        with pytest.raises(Conflict):
            step(session, officer, request, NOW)
    assert (changes(session), acts(session)) == ([], ["policy.ask", "policy.decline"])
    with pytest.raises(Missing):
        confirm(session, officer, new_id(), NOW)


def test_what_waited_beyond_its_end_can_not_be_confirmed(session: Session, admin: UUID) -> None:
    request = ask(session, admin)
    with pytest.raises(Invalid) as wrong:
        confirm(session, add_user(session, Role.WELLBEING_OFFICER).id, request, NOW + 6 * DAY)
    assert {each.field for each in wrong.value.problems} == {"until_at"}


def test_asking_needs_all_of_it_and_is_for_looser_numbers_alone(session: Session, admin: UUID) -> None:
    with pytest.raises(Invalid) as wrong:
        ask(session, admin, signer=None, document=None, until_at=NOW + LONGEST_DEVIATION + DAY)
    assert {each.field for each in wrong.value.problems} == {"signer", "document", "until_at"}
    with pytest.raises(Invalid, match="needs nobody else"):
        ask_looser(session, admin, "break_stop", 55, NOW, NOW)
    assert waiting(session) == []
