"""Buyers' profiles, on SQLite and PostgreSQL: tighter numbers only, made once, all of them in the record."""

from __future__ import annotations

from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import GRANTS, Permission, Role
from labeler.audit.models import AuditEntry
from labeler.compliance.profiles import add_profile, find, get_profile, profiles
from labeler.compliance.standards import Profile, as_published, read
from labeler.errors import Conflict, Invalid, Missing
from tests.support.build import NOW, add_user

LWS = read()


@pytest.fixture
def buyer(session: Session) -> UUID:
    return add_user(session, Role.RESEARCHER, name="Bea Buyer").id


def test_a_profile_is_found_by_its_name_with_the_standards_other_numbers(session: Session, buyer: UUID) -> None:
    made = add_profile(session, buyer, "  Careful   buyer 2026 ", {"severe_day": 30, "notice_days": 14}, NOW)
    assert get_profile(session, "Careful buyer 2026") == made
    assert made.values == {**as_published(LWS).values, "severe_day": 30}
    (kept,) = profiles(session)
    assert (kept.by, kept.tighter, kept.made_at) == ("Bea Buyer", {"severe_day": 30}, NOW)
    assert get_profile(session, "LWS 1.0") == as_published(LWS)


def test_the_entry_alone_says_what_the_profile_is(session: Session, buyer: UUID) -> None:
    made = add_profile(session, buyer, "Careful buyer 2026", {"severe_day": 30}, NOW)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "profile.add")).one()
    told = orjson.loads(entry.fields)
    assert (entry.actor_id, entry.vendor_id) == (buyer, None)
    assert Profile(told["name"], told["values"]).digest == told["digest"] == made.digest
    assert told["standard"] == LWS.digest


def test_every_problem_is_named_at_once_by_its_number(session: Session, buyer: UUID) -> None:
    values = {"severe_day": 61, "notice_days": 91, "no_such": 1, "pay_days": None}
    with pytest.raises(Invalid) as wrong:
        add_profile(session, buyer, "LWS 2", values, NOW)
    said = {each.field: each.message for each in wrong.value.problems}
    assert set(said) == {"name", *values}
    assert "protects less than the standard's 60" in said["severe_day"]
    assert "from 0 to 90" in said["notice_days"]
    assert session.scalars(select(AuditEntry).where(AuditEntry.act == "profile.add")).all() == []


@pytest.mark.parametrize("values", [{}, {"severe_day": 60}])
def test_the_standard_itself_is_no_new_profile(session: Session, buyer: UUID, values: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="can't be made"):
        add_profile(session, buyer, "Nothing new", values, NOW)


@pytest.mark.parametrize("name", ["", "ab", "a" * 81, "a\x00bc", "lws 1.0"])
def test_a_name_is_a_readable_one_and_not_the_standards(session: Session, buyer: UUID, name: str) -> None:
    with pytest.raises(Invalid) as wrong:
        add_profile(session, buyer, name, {"severe_day": 30}, NOW)
    assert {each.field for each in wrong.value.problems} == {"name"}


def test_a_name_is_given_once(session: Session, buyer: UUID) -> None:
    add_profile(session, buyer, "Careful buyer 2026", {"severe_day": 30}, NOW)
    session.commit()
    with pytest.raises(Conflict):
        add_profile(session, buyer, "Careful buyer 2026", {"severe_day": 40}, NOW)
    session.rollback()
    assert find(session, "Careful buyer 2026").tighter == {"severe_day": 30}
    with pytest.raises(Missing):
        find(session, "Careless buyer")


def test_no_vendors_manager_makes_or_sees_profiles() -> None:
    makes = {role for role, has in GRANTS.items() if Permission.PROFILES_MAKE in has}
    sees = {role for role, has in GRANTS.items() if Permission.PROFILES_SEE in has}
    assert makes == {Role.ADMIN, Role.RESEARCHER}
    assert sees == makes | {Role.AUDITOR}
