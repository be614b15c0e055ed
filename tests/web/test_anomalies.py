"""The page of the watch over requesters and vendors: numbers without names of labelers, and a person's look."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from labeler.accounts.permissions import Role
from labeler.anomalies.models import Anomaly
from labeler.anomalies.rules import About, Sign
from labeler.db import transaction
from tests.support.build import NOW, add_user, add_vendor, sign_in
from tests.web.pages import Desktop


def test_an_auditor_opens_a_case_and_says_what_it_is(app: Flask, client: FlaskClient) -> None:
    with transaction() as session:
        auditor, vendor = add_user(session, Role.AUDITOR, name="Odile"), add_vendor(session, "Lake")
        row = Anomaly(
            sign=Sign.BREAKS_TOGETHER, about=About.VENDOR, subject_id=vendor.id, vendor_id=vendor.id, week=NOW.date(),
            found_at=NOW, hits=7, made=900, people=3,
        )  # fmt: skip
        session.add(row)
        manager = add_user(session, Role.VENDOR_MANAGER, vendor=vendor)
    sign_in(client, auditor)
    desk = Desktop(client)
    page = desk.open("/anomalies")
    assert page.links["Anomalies"] == "/anomalies"
    assert "vendor Lake" in page.words and "7 of 900" in page.words and "fewer than 5 people" in page.words
    form = desk.open(f"/anomalies/{row.id}").form(f"/anomalies/{row.id}")
    assert "Write what you found." in desk.send(form, state="upheld").words
    page = desk.send(form, state="upheld", note="They share one clock.")
    assert "upheld: something is wrong" in page.words
    assert "They share one clock." in desk.open(f"/anomalies/{row.id}").words
    other = app.test_client()
    sign_in(other, manager)
    assert other.get("/anomalies").status_code == 403
