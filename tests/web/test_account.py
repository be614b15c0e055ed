"""Getting in, staying in, and getting out, as a browser meets it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from labeler.accounts.models import ApiKey, SignInFailure, SignInSession, User
from labeler.accounts.permissions import Role
from labeler.accounts.rules import INVITATION_LASTS, LIMITS, SESSION_IDLE, SESSION_LASTS
from labeler.accounts.service import disable, make_api_key, make_link
from labeler.clock import now
from labeler.db import transaction
from tests.support.build import NOW, add_labeler, add_user
from tests.support.build import sign_in as give_session
from tests.web.robot import Page, Robot

PASSWORD = "a lake in the morning"
FINGERPRINT = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash that is checked quickly: what a hash costs is not what these tests are about."""
EMAIL = "lena@example.org"


@pytest.fixture
def lena(app: Flask) -> UUID:
    """A researcher with a password."""
    with transaction() as session:
        return add_user(session, email=EMAIL, name="Lena Lake", password_hash=FINGERPRINT).id


def token_on(client: FlaskClient, path: str = "/sign-in") -> str:
    """The token that the forms of a page carry; good for this browser's next forms."""
    return re.findall(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[0]


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> TestResponse:
    address = more.pop("address", "127.0.0.1")
    fields = {"csrf_token": token_on(client), "email": email, "password": password, **more}
    return client.post("/sign-in", data=fields, environ_base={"REMOTE_ADDR": address})


def signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def count(table: type, *where: Any) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def test_the_right_password_lets_in(client: FlaskClient, lena: UUID) -> None:
    reply = sign_in(client)
    assert (reply.status_code, reply.location) == (303, "/")
    assert signed_in(client)


def test_the_address_may_be_typed_in_any_letters(client: FlaskClient, lena: UUID) -> None:
    assert sign_in(client, " LENA@Example.org ").status_code == 303


@pytest.mark.parametrize("password", ["", "a lake in the evening", PASSWORD.upper(), PASSWORD + " ", "x" * 100_000])
def test_a_wrong_password_lets_nobody_in(client: FlaskClient, lena: UUID, password: str) -> None:
    assert sign_in(client, password=password).status_code == 422
    assert not signed_in(client)


def test_somebody_without_a_password_cannot_sign_in_with_an_empty_one(client: FlaskClient) -> None:
    with transaction() as session:
        add_user(session, email=EMAIL)
    assert sign_in(client, password="").status_code == 422


@pytest.mark.parametrize("email", ["", "nobody", "a@b.org\0", "x" * 10_000, "é" * 300, "' OR 1=1 --"])
def test_an_odd_address_is_only_wrong(client: FlaskClient, email: str) -> None:
    assert sign_in(client, email).status_code == 422


def plain(reply: TestResponse, email: str) -> tuple[int, str, list[tuple[str, str]]]:
    """A reply without what must differ: the form's token, and the address that was typed."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", reply.text).replace(email, "ADDRESS")
    headers = [(k, v) for k, v in reply.headers if k not in ("Set-Cookie", "Content-Length")]
    cookies = [re.sub(r"=[^;]+;", "=…;", cookie, count=1) for cookie in reply.headers.getlist("Set-Cookie")]
    return reply.status_code, body, sorted(headers) + [("Set-Cookie", cookie) for cookie in cookies]


@pytest.mark.parametrize("kind", ["known", "no password", "shut out"])
def test_no_answer_tells_whether_there_is_an_account(app: Flask, kind: str) -> None:
    with transaction() as session:
        password = None if kind == "no password" else FINGERPRINT
        user = add_user(session, email=EMAIL, password_hash=password)
        if kind == "shut out":
            disable(session, None, user.id, now())
    there = sign_in(app.test_client(), EMAIL, "a wrong one of them")
    nowhere = sign_in(app.test_client(), "nobody@example.org", "a wrong one of them")
    assert plain(there, EMAIL) == plain(nowhere, "nobody@example.org")


def test_waiting_does_not_tell_whether_there_is_an_account(app: Flask, lena: UUID) -> None:
    replies = {}
    for email in (EMAIL, "nobody@example.org"):
        client = app.test_client()
        for _ in range(LIMITS.account):
            assert sign_in(client, email, "a wrong one of them").status_code == 422
        replies[email] = plain(sign_in(app.test_client(), email, "a wrong one of them"), email)
    assert replies[EMAIL][0] == 429
    assert replies[EMAIL] == replies["nobody@example.org"]


def test_after_ten_failures_even_the_right_password_waits_and_then_gets_in(app: Flask, lena: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        client = app.test_client()
        for _ in range(LIMITS.account):
            sign_in(client, password="a wrong one of them")
        assert sign_in(client).status_code == 429
        at.shift(timedelta(minutes=5, seconds=1))
        assert sign_in(client).status_code == 303


def test_200_people_behind_one_address_sign_in_within_the_limits(app: Flask) -> None:
    with transaction() as session:
        for n in range(200):
            add_user(session, Role.RESEARCHER, email=f"p{n}@example.org", password_hash=FINGERPRINT)
    with time_machine.travel(NOW, tick=False):  # in one instant, so that no window passes
        for n in range(200):
            reply = sign_in(app.test_client(), f"p{n}@example.org", address="203.0.113.7")
            assert reply.status_code == 303, n
    assert count(SignInFailure) == 0


def test_a_right_password_gets_in_after_others_failed_at_the_same_address(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    for n in range(40):
        sign_in(client, f"other{n % 5}@example.org", "a wrong one of them", address="203.0.113.7")
    assert sign_in(app.test_client(), address="203.0.113.7").status_code == 303


def test_an_address_with_too_many_failures_waits_whatever_the_name(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "first@example.org", "a wrong one of them", address="203.0.113.7")
        with transaction() as session:
            row = session.scalars(select(SignInFailure)).one()
            session.add_all(
                SignInFailure(at=row.at, account_hash=n.to_bytes(32), address_hash=row.address_hash)
                for n in range(LIMITS.address - 1)
            )
        assert sign_in(client, address="203.0.113.7").status_code == 429
        assert sign_in(client, address="203.0.113.8").status_code == 303


def test_a_person_who_is_shut_out_is_out_with_the_next_request(app: Flask, lena: UUID) -> None:
    client, other = app.test_client(), app.test_client()
    sign_in(client)
    sign_in(other)
    with transaction() as session:
        link = make_link(session, None, session.get_one(User, lena), now(), invites=True)
        _, secret = make_api_key(session, lena, Role.RESEARCHER, "script", ["projects:read"], now())
    key = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/projects", headers=key).status_code == 200
    with transaction() as session:
        disable(session, None, lena, now())
    assert client.get("/account").status_code == other.get("/account").status_code == 303
    assert client.get(f"/invitation/{link}").status_code == 404
    assert client.get("/api/v1/projects", headers=key).status_code == 401
    assert sign_in(app.test_client()).status_code == 422


def test_a_session_ends_when_nobody_uses_it(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False) as at:
        sign_in(client)
        at.shift(SESSION_IDLE - timedelta(seconds=1))
        assert signed_in(client)
        at.shift(SESSION_IDLE + timedelta(seconds=1))
        assert not signed_in(client)


def test_a_session_ends_after_twelve_hours_however_it_is_used(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False) as at:
        sign_in(client)
        used = timedelta()
        while used + timedelta(hours=1) < SESSION_LASTS:
            at.shift(timedelta(hours=1))
            used += timedelta(hours=1)
            assert signed_in(client), used
        at.move_to(NOW + SESSION_LASTS)
        assert not signed_in(client)


def test_a_session_that_is_over_leads_back_to_where_one_was(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    with time_machine.travel(NOW, tick=False) as at:
        sign_in(client)
        at.shift(SESSION_LASTS)
        assert client.get("/account?x=1").location == "/sign-in?next=%2Faccount%3Fx%3D1"
        assert sign_in(client, next="/account?x=1").location == "/account?x=1"


def test_signing_out_ends_the_session_itself_not_only_the_cookie(app: Flask, lena: UUID) -> None:
    client = app.test_client()
    sign_in(client)
    kept = client.get_cookie("labeler")
    assert kept is not None
    assert client.post("/sign-out", data={"csrf_token": token_on(client, "/account")}).location == "/sign-in"
    thief = app.test_client()
    thief.set_cookie("labeler", kept.value)
    assert not signed_in(thief)


def test_a_sign_in_gives_a_new_session_each_time(client: FlaskClient, lena: UUID) -> None:
    """Nobody can plant a session in a browser and share it after the sign-in."""
    with client.session_transaction() as planted:
        planted["_user_id"] = "a token that somebody else knows"
        planted["planted"] = "here"
    sign_in(client)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "a token that somebody else knows"
        assert "planted" not in cookie


def test_the_cookie_alone_opens_nothing_without_its_row(client: FlaskClient, lena: UUID) -> None:
    sign_in(client)
    with transaction() as session:
        session.execute(SignInSession.__table__.delete())
    assert not signed_in(client)


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example/",
        "http:/evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "\0//evil.example",
        "/a\\..\\//evil.example",
        "evil.example",
        "javascript:alert(1)",
    ],
)
def test_next_never_leads_to_another_site(client: FlaskClient, lena: UUID, following: str) -> None:
    assert sign_in(client, next=following).location == "/"
    assert client.get("/sign-in", query_string={"next": following}).location == "/"


def test_next_leads_to_a_page_of_ours(client: FlaskClient, lena: UUID) -> None:
    assert sign_in(client, next="/exports?project=a").location == "/exports?project=a"


def test_the_start_page_is_the_one_of_the_role(app: Flask) -> None:
    homes = {
        Role.ADMIN: "/people", Role.VENDOR_MANAGER: "/people", Role.AUDITOR: "/oversight",
        Role.RESEARCHER: "/projects", Role.LABELER: "/work",
    }  # fmt: skip
    with transaction() as session:
        people = {role: add_user(session, role).id for role in homes if role is not Role.LABELER}
        people[Role.LABELER] = add_labeler(session).id
    for role, home in homes.items():
        client = app.test_client()
        give_session(client, people[role])
        assert client.get("/").location == home


def invitation(at: datetime | None = None) -> str:
    with transaction() as session:
        user = add_user(session, email=EMAIL, name="Lena Lake")
        return f"/invitation/{make_link(session, None, user, at or now(), invites=True)}"


def test_an_invitation_sets_the_password_and_lets_in_once(app: Flask) -> None:
    path = invitation()
    robot = Robot(app.test_client())
    page = robot.open(path)
    assert "Lena Lake" in page.words
    robot.press(page.form(path), password=PASSWORD)
    assert signed_in(robot.client)
    assert Robot(app.test_client()).open(path).status == 404
    assert sign_in(app.test_client()).status_code == 303


def test_looking_at_an_invitation_uses_nothing_up(app: Flask) -> None:
    path = invitation()
    for _ in range(3):
        assert app.test_client().get(path).status_code == 200


def test_a_poor_password_uses_the_invitation_not_up(app: Flask) -> None:
    path = invitation()
    robot = Robot(app.test_client())
    page = robot.press(robot.open(path).form(path), password="short")
    assert page.status == 422 and "at least 12 characters" in page.words
    robot.press(page.form(path), password=PASSWORD)
    assert signed_in(robot.client)


def test_an_invitation_is_over_after_a_week(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        path = invitation()
        at.move_to(NOW + INVITATION_LASTS)
        page = Robot(app.test_client()).open(path)
    assert page.status == 404 and "Ask the person who sent it for a new one" in page.words


def test_a_link_straight_in_works_once(app: Flask, lena: UUID) -> None:
    with transaction() as session:
        path = f"/link/{make_link(session, None, session.get_one(User, lena), now(), invites=False)}"
    robot = Robot(app.test_client())
    robot.press(robot.open(path).form(path))
    assert signed_in(robot.client)
    assert Robot(app.test_client()).open(path).status == 404


@pytest.mark.parametrize("door", ["invitation", "link"])
def test_a_made_up_link_opens_nothing(client: FlaskClient, door: str) -> None:
    for token in ("x", "a" * 5000, "%00", "..%2f..", "é"):
        assert client.get(f"/{door}/{token}").status_code == 404


def change(robot: Robot, current: str, password: str) -> Page:
    form = robot.open("/account").form("/account/password")
    return robot.press(form, current=current, password=password)


def test_a_new_password_ends_the_other_sessions_and_says_so(app: Flask, lena: UUID) -> None:
    mine, other = Robot(app.test_client()), app.test_client()
    sign_in(mine.client)
    sign_in(other)
    page = change(mine, PASSWORD, "another lake at noon")
    assert "Your password is changed" in page.words
    assert signed_in(mine.client) and not signed_in(other)
    assert sign_in(app.test_client()).status_code == 422
    assert sign_in(app.test_client(), password="another lake at noon").status_code == 303


def test_the_password_changes_only_for_whoever_knows_it(app: Flask, lena: UUID) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    page = change(robot, "a wrong one of them", "another lake at noon")
    assert page.status == 422 and "not your password now" in page.words
    assert sign_in(app.test_client()).status_code == 303


def test_guessing_the_password_from_inside_is_slowed_down_too(app: Flask, lena: UUID) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    form = robot.open("/account").form("/account/password")
    for _ in range(LIMITS.account):
        assert robot.press(form, current="a wrong one of them", password="x").status == 422
    assert robot.press(form, current=PASSWORD, password="another lake at noon").status == 429
    assert signed_in(robot.client)


def test_a_poor_new_password_changes_nothing_and_counts_as_no_failure(app: Flask, lena: UUID) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    assert change(robot, PASSWORD, "short").status == 422
    assert signed_in(robot.client)
    assert count(SignInFailure) == 0


def test_one_can_sign_out_everywhere_else(app: Flask, lena: UUID) -> None:
    mine, other = Robot(app.test_client()), app.test_client()
    sign_in(mine.client)
    sign_in(other)
    mine.press(mine.open("/account").form("/account/sessions/end"))
    assert signed_in(mine.client) and not signed_in(other)


def test_sessions_that_are_over_are_not_listed(app: Flask, lena: UUID) -> None:
    with time_machine.travel(NOW, tick=False) as at:
        sign_in(app.test_client())
        at.shift(SESSION_IDLE + timedelta(minutes=1))
        robot = Robot(app.test_client())
        sign_in(robot.client)
        page = robot.open("/account")
    assert not page.has("/account/sessions/end")


def test_a_key_is_shown_once_works_and_ends_at_once(app: Flask, lena: UUID) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    form = robot.open("/account").form("/account/keys")
    page = robot.press(form, name="nightly import", scopes="projects:read")
    secret = re.findall(r"lbl_[\w-]{20,}", page.html)[0]
    key = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/projects", headers=key).status_code == 200
    page = robot.open("/account")
    assert secret not in page.html and "nightly import" in page.words
    robot.press(page.form("/revoke"))
    assert app.test_client().get("/api/v1/projects", headers=key).status_code == 401
    assert "nightly import" not in robot.open("/account").words


@pytest.mark.parametrize("fields", [{}, {"name": "x"}, {"scopes": "projects:read"}, {"name": "x", "scopes": "all"}])
def test_a_key_without_a_name_or_a_scope_is_not_made(app: Flask, lena: UUID, fields: dict[str, str]) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    assert robot.press(robot.open("/account").form("/account/keys"), **fields).status == 422
    assert count(ApiKey) == 0


def test_a_key_may_have_any_name(app: Flask, lena: UUID) -> None:
    robot = Robot(app.test_client())
    sign_in(robot.client)
    form = robot.open("/account").form("/account/keys")
    for name in ("<script>alert(1)</script>", "nul\0", "مفتاح"):
        page = robot.press(form, name=name, scopes="projects:read")
        assert page.status in (200, 422)
        assert "<script>alert" not in page.html


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VENDOR_MANAGER, Role.AUDITOR, Role.LABELER])
def test_only_researchers_are_offered_keys(app: Flask, role: Role) -> None:
    with transaction() as session:
        user_id = add_labeler(session).id if role is Role.LABELER else add_user(session, role).id
    client = app.test_client()
    give_session(client, user_id)
    page = Robot(client).open("/account")
    assert page.status == 200 and not page.has("/account/keys")


# The header, and the way to one's own pages


def header(page: str) -> dict[str, str]:
    """What the header leads to, by its words, each with how it is marked as the present page."""
    nav = re.findall(r'<nav aria-label="Main">(.*?)</nav>', page, re.S)[0]
    return {words: mark for mark, words in re.findall(r'<a href="[^"]*"(?: aria-current="(\w+)")?>([^<]*)</a>', nav)}


def test_a_labelers_header_is_short_and_her_other_pages_are_found_on_me(client: FlaskClient) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    give_session(client, labeler)
    page = Page(client.get("/account"))
    assert list(header(page.html)) == ["Work", "My answers", "My choices", "Time and money", "Me"]
    own = {words: path for words, path in page.links.items() if path.startswith("/me/")}
    for words in (
        "My choices",
        "My cases",
        "Time and money",
        "How hard content is shown",
        "Training",
        "What we record",
    ):
        assert client.get(own[words]).status_code == 200, words
    assert header(page.html)["Me"] == "page"


@pytest.mark.parametrize(
    ("path", "marked"),
    [("/me/cases", "Me"), ("/me/comfort", "Me"), ("/me/what-we-record", "Me"), ("/me/time", "Time and money")],
)
def test_the_header_says_below_which_of_its_ways_a_page_is(client: FlaskClient, path: str, marked: str) -> None:
    with transaction() as session:
        labeler = add_labeler(session).id
    give_session(client, labeler)
    assert [words for words, mark in header(client.get(path).text).items() if mark] == [marked]


def test_others_have_no_pages_of_a_labeler_on_me(client: FlaskClient, lena: UUID) -> None:
    give_session(client, lena)
    assert "Your own pages" not in Page(client.get("/account")).words
