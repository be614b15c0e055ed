"""Adding to pay by hand, and the page after a fault, in the browser."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.models import PayLine, Rate, TimeLine
from tests.support.build import add_labeler, add_user, sign_in
from tests.web.pages import Desktop


@pytest.fixture
def admin(app: Flask) -> Desktop:
    with transaction() as session:
        add_labeler(session, email="lena@example.org")
        user = add_user(session, Role.ADMIN)
    client = app.test_client()
    sign_in(client, user)
    return Desktop(client)


def test_money_time_and_a_rate_of_her_own_are_added_in_the_browser(admin: Desktop) -> None:
    page = admin.open("/pay/by-hand")
    sent = {
        "money.labeler": "Lena@example.org",
        "money.kind": "cost",
        "money.amount": "12.50",
        "money.note": "A headset",
    }
    assert "Added." in admin.send(page.form("/money"), **sent).words
    sent = {
        "time.labeler": "lena@example.org",
        "time.kind": "fault",
        "time.minutes": "20",
        "time.note": "The site was down",
    }
    assert "Added." in admin.send(page.form("/time"), **sent).words
    sent = {"own.labeler": "lena@example.org", "own.per_hour": "24.00", "own.currency": "xts", "own.from_on": ""}
    assert "The rate is set." in admin.send(page.form("/rate"), **sent).words
    with reading() as session:
        money = session.scalars(select(PayLine)).one()
        assert (money.kind, money.amount, money.note) == (PayKind.COST, 1250, "A headset")
        time = session.scalars(select(TimeLine)).one()
        assert (time.kind, time.seconds, time.until_at) == (TimeClass.FAULT, 1200, None)
        assert session.scalars(select(Rate.per_hour).where(Rate.labeler_id.is_not(None))).one() == 2400


@pytest.mark.parametrize(
    ("form", "prefix", "fields"),
    [
        ("/money", "money", {"labeler", "kind", "amount", "note"}),
        ("/time", "time", {"labeler", "kind", "minutes", "note"}),
        ("/rate", "own", {"labeler", "per_hour", "currency", "from_on"}),
    ],
)
def test_every_problem_is_named_at_once_and_what_was_typed_is_kept(
    admin: Desktop, form: str, prefix: str, fields: set[str]
) -> None:
    page = admin.open("/pay/by-hand")
    typed = {f"{prefix}.{name}": "" if name == "note" else "nobody" for name in fields}
    page = admin.send(page.form(form), **{name: text for name, text in typed.items() if not name.endswith("kind")})
    assert page.status == 422
    for name in fields:
        assert f'id="{prefix}-{name}-problem"' in page.html, name
    assert 'value="nobody"' in page.html


def test_a_labeler_opens_none_of_it(app: Flask) -> None:
    with transaction() as session:
        me = add_labeler(session).id
    client = app.test_client()
    sign_in(client, me)
    assert client.get("/pay/by-hand").status_code == 403


@pytest.mark.parametrize(("role", "paid"), [(Role.LABELER, True), (Role.ADMIN, False), (None, False)])
def test_the_time_of_a_labeler_who_met_a_fault_is_paid_and_the_page_says_so(
    app: Flask, role: Role | None, paid: bool
) -> None:
    def broken() -> str:
        raise RuntimeError("a fault")

    broken.__requires__ = "public"  # type: ignore[attr-defined]
    app.add_url_rule("/broken", view_func=broken, endpoint="broken")
    app.testing = False
    client = app.test_client()
    if role is not None:
        with transaction() as session:
            user = add_labeler(session).id if role is Role.LABELER else add_user(session, role).id
        sign_in(client, user)
    for _ in range(2):
        reply = client.get("/broken")
        assert reply.status_code == 500
        assert ("This time is paid." in reply.get_data(as_text=True)) is paid
    with reading() as session:
        lines = session.execute(select(TimeLine.kind, TimeLine.seconds)).all()
    assert [tuple(row) for row in lines] == ([(TimeClass.FAULT, 300)] if paid else [])
