"""Letting people in and shutting them out, on both databases and under a crowd."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts import service
from labeler.accounts.keys import caller
from labeler.accounts.models import SignInFailure, SignInLink, SignInSession, User
from labeler.accounts.passwords import fits
from labeler.accounts.permissions import Role
from labeler.accounts.rules import INVITATION_LASTS, LIMITS, LINK_LASTS, WINDOW
from labeler.audit.models import AuditEntry
from labeler.db import connect, repeated, transaction
from labeler.errors import Conflict, Invalid, Missing
from tests.support.build import NOW, add_user
from tests.support.database import Database

KEY = "a key of this test, long enough"
PASSWORD = "a lake in the morning"


@pytest.fixture
def crowd(database: Database) -> Iterator[Database]:
    """The database with a connection for each of many people."""
    database.engine.dispose()
    engine = connect(database.url, pool=40)
    yield database
    engine.dispose()


def all_at_once(work: Any, n: int) -> list[Any]:
    barrier = threading.Barrier(n)

    def start(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except (Missing, Conflict) as error:
            return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(start, range(n)))


def failures(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(SignInFailure)) or 0


def test_a_flood_at_one_account_gets_no_more_tries_than_the_limit(crowd: Database) -> None:
    def knock(_: int) -> bool:
        return repeated(lambda s: service.begin_sign_in(s, "lena@example.org", "10.0.0.1", KEY, NOW)) is not None

    assert sum(all_at_once(knock, 32)) == LIMITS.account
    with transaction() as session:
        assert failures(session) == LIMITS.account


def test_a_flood_from_one_address_over_many_names_gets_no_more_than_its_limit(crowd: Database) -> None:
    with transaction() as session:
        for n in range(LIMITS.address - 5):
            service.begin_sign_in(session, f"n{n}@example.org", "10.0.0.1", KEY, NOW)

    def knock(number: int) -> bool:
        return repeated(lambda s: service.begin_sign_in(s, f"m{number}@b.org", "10.0.0.1", KEY, NOW)) is not None

    assert sum(all_at_once(knock, 24)) == 5


def test_everybody_together_has_a_limit_too(session: Session) -> None:
    session.add_all(
        SignInFailure(at=NOW, account_hash=bytes([1, n % 250, n // 250]) * 4, address_hash=bytes([2, n % 250]) * 4)
        for n in range(LIMITS.all)
    )
    session.flush()
    assert service.begin_sign_in(session, "new@example.org", "10.9.9.9", KEY, NOW) is None


def test_tries_are_forgotten_after_the_window(session: Session) -> None:
    for _ in range(LIMITS.account):
        service.begin_sign_in(session, "lena@example.org", "10.0.0.1", KEY, NOW)
    assert service.begin_sign_in(session, "lena@example.org", "10.0.0.2", KEY, NOW) is None
    later = NOW + WINDOW + timedelta(seconds=1)
    assert service.begin_sign_in(session, "lena@example.org", "10.0.0.2", KEY, later) is not None


def test_one_account_at_its_limit_stops_no_other(session: Session) -> None:
    for _ in range(LIMITS.account + 3):
        service.begin_sign_in(session, "lena@example.org", "10.0.0.1", KEY, NOW)
    assert service.begin_sign_in(session, "luis@example.org", "10.0.0.1", KEY, NOW) is not None


def test_letters_and_spaces_make_no_second_account_to_guess_at(session: Session) -> None:
    for n in range(LIMITS.account):
        service.begin_sign_in(session, ("LENA@example.org", " lena@example.org ")[n % 2], "10.0.0.1", KEY, NOW)
    assert service.begin_sign_in(session, "lena@Example.org", "10.0.0.1", KEY, NOW) is None


def test_neither_name_nor_address_is_stored_of_a_failure(session: Session) -> None:
    service.begin_sign_in(session, "lena@example.org", "10.0.0.1", KEY, NOW)
    row = session.scalars(select(SignInFailure)).one()
    assert len(row.account_hash) == len(row.address_hash) == 32
    assert b"lena" not in row.account_hash and b"10.0" not in row.address_hash


def test_a_success_leaves_no_failure_behind(session: Session) -> None:
    add_user(session, email="lena@example.org", password_hash="argon2 stands here")
    tried = service.begin_sign_in(session, "lena@example.org", "10.0.0.1", KEY, NOW)
    assert tried is not None
    session.flush()
    assert service.finish_sign_in(session, tried, NOW)
    assert failures(session) == 0


@pytest.mark.parametrize("meanwhile", ["shut out", "another password"])
def test_a_sign_in_under_way_ends_with_a_change_of_the_account(session: Session, meanwhile: str) -> None:
    user = add_user(session, email="lena@example.org", password_hash="argon2 stands here")
    tried = service.begin_sign_in(session, "lena@example.org", "10.0.0.1", KEY, NOW)
    assert tried is not None
    if meanwhile == "shut out":
        service.disable(session, None, user.id, NOW)
    else:
        service.set_password(session, user, PASSWORD, NOW)
    assert service.finish_sign_in(session, tried, NOW) is None
    assert failures(session) == 1


def invited(session: Session, *, invites: bool = True) -> tuple[UUID, str]:
    user = add_user(session)
    return user.id, service.make_link(session, None, user, NOW, invites=invites)


@pytest.mark.parametrize("invites", [True, False], ids=["invitation", "link"])
def test_of_many_who_use_a_link_at_once_one_gets_in(crowd: Database, invites: bool) -> None:
    with transaction() as session:
        _, token = invited(session, invites=invites)
    results = all_at_once(lambda _: repeated(lambda s: service.use_link(s, token, NOW, invites=invites).id), 12)
    assert sum(isinstance(each, UUID) for each in results) == 1
    assert sum(isinstance(each, Missing) for each in results) == 11


def test_a_link_works_once(session: Session) -> None:
    _, token = invited(session)
    service.use_link(session, token, NOW, invites=True)
    with pytest.raises(Missing):
        service.use_link(session, token, NOW, invites=True)


@pytest.mark.parametrize(("invites", "lasts"), [(True, INVITATION_LASTS), (False, LINK_LASTS)])
def test_a_link_ends_when_its_time_is_over(session: Session, invites: bool, lasts: timedelta) -> None:
    user_id, token = invited(session, invites=invites)
    assert service.open_link(session, token, NOW + lasts - timedelta(seconds=1), invites=invites).id == user_id
    with pytest.raises(Missing):
        service.open_link(session, token, NOW + lasts, invites=invites)


def test_an_invitation_is_no_door_straight_in_and_the_other_way_round(session: Session) -> None:
    for invites in (True, False):
        _, token = invited(session, invites=invites)
        with pytest.raises(Missing):
            service.use_link(session, token, NOW, invites=not invites)


def test_an_invitation_that_was_not_used_dies_with_a_new_password(session: Session) -> None:
    user_id, token = invited(session)
    service.set_password(session, session.get_one(User, user_id), PASSWORD, NOW)
    with pytest.raises(Missing):
        service.use_link(session, token, NOW, invites=True)


def test_a_link_is_stored_as_its_digest_only(session: Session) -> None:
    _, token = invited(session)
    session.flush()
    assert session.scalars(select(SignInLink.token_hash)).one() == service.digest(token)


def test_shutting_out_ends_sessions_links_and_keys(session: Session) -> None:
    user = add_user(session)
    token = service.start_session(session, user.id, "test", NOW)
    link = service.make_link(session, None, user, NOW, invites=True)
    _, secret = service.make_api_key(session, user.id, Role.RESEARCHER, "script", ["projects:read"], NOW)
    service.disable(session, None, user.id, NOW)
    assert session.scalars(select(SignInSession.ended_at)).all() == [NOW]
    with pytest.raises(Missing):
        service.open_link(session, link, NOW, invites=True)
    assert caller(session, service.digest(secret), NOW) is None
    assert token


def test_shutting_out_leaves_the_times_of_used_links_as_they_were(session: Session) -> None:
    user_id, token = invited(session)
    service.use_link(session, token, NOW, invites=True)
    service.disable(session, None, user_id, NOW + timedelta(days=1))
    assert session.scalars(select(SignInLink.used_at)).all() == [NOW]


def test_the_last_administrator_stays(session: Session) -> None:
    admin = add_user(session, Role.ADMIN)
    shut = add_user(session, Role.ADMIN)
    service.disable(session, None, shut.id, NOW)
    with pytest.raises(Conflict):
        service.disable(session, admin.id, admin.id, NOW)
    assert admin.disabled_at is None


def test_a_new_password_ends_every_session(session: Session) -> None:
    user = add_user(session)
    for _ in range(3):
        service.start_session(session, user.id, "test", NOW)
    service.set_password(session, user, PASSWORD, NOW)
    assert set(session.scalars(select(SignInSession.ended_at))) == {NOW}
    assert fits(PASSWORD, user.password_hash)


def test_signing_out_elsewhere_keeps_this_session_and_records_the_others(session: Session) -> None:
    user = add_user(session)
    for _ in range(3):
        service.start_session(session, user.id, "test", NOW)
    here, *others = session.scalars(select(SignInSession.id).order_by(SignInSession.id))
    service.end_other_sessions(session, user.id, here, NOW)
    assert session.scalars(select(SignInSession.id).where(SignInSession.ended_at.is_(None))).all() == [here]
    ended = session.scalars(select(AuditEntry.subject_id).where(AuditEntry.act == "session.end"))
    assert set(ended) == set(others)


def test_a_session_of_somebody_else_cannot_be_ended(session: Session) -> None:
    me, other = add_user(session), add_user(session)
    service.start_session(session, other.id, "test", NOW)
    theirs = session.scalars(select(SignInSession.id)).one()
    with pytest.raises(Missing):
        service.end_session(session, me.id, theirs, NOW)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["projects:read", "everything"], ["projects:write"]])
def test_a_key_has_no_scope_that_its_owner_may_not_use(session: Session, scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        service.make_api_key(session, add_user(session, Role.ADMIN).id, Role.ADMIN, "script", scopes, NOW)


def test_a_key_of_somebody_else_cannot_be_revoked(session: Session) -> None:
    me, other = add_user(session), add_user(session)
    key, _ = service.make_api_key(session, other.id, Role.RESEARCHER, "script", ["projects:read"], NOW)
    with pytest.raises(Missing):
        service.revoke_api_key(session, me.id, key.id, NOW)
