"""The standard as everybody reads it, its files, and a buyer's profile made on a form."""

from __future__ import annotations

from flask import Flask

from labeler.accounts.permissions import Role
from labeler.compliance.standards import read, text
from labeler.compliance.standards.catalogue import rules, techequity
from labeler.db import transaction
from tests.compliance.oscal_schema import problems
from tests.support.build import add_user, sign_in
from tests.web.pages import Desktop

LWS = read()
NEW = "/oversight/profiles/new"


def at_desk(app: Flask, role: Role | None = None) -> Desktop:
    client = app.test_client()
    if role is not None:
        with transaction() as session:
            user = add_user(session, role, name="Rea Researcher").id
        sign_in(client, user)
    return Desktop(client)


def test_everybody_reads_the_standard_and_takes_its_files(app: Flask) -> None:
    desk = at_desk(app)
    page = desk.open("/standard")
    assert page.status == 200
    assert "/oversight/profiles" not in page.html
    for control in LWS.controls:
        assert control.id in page.ids
        for words in (control.title, control.statement, control.asks, *(rules()[rule].says for rule in control.rules)):
            assert words in page.words
    assert all(f"{number.words}: {number.value} {number.unit}" in page.words for number in LWS.numbers.values())
    assert all(each.why in page.words for each in techequity())
    assert desk.open("/sign-in").links["The standard for vendors"] == "/standard"
    files = [name for name in page.links if name.startswith("lws-")]
    assert len(files) == 4
    for name in files:
        reply = desk.client.get(page.links[name])
        assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert problems(reply.data) == [] if name.endswith(".json") else reply.data == text()
    assert desk.client.get("/standard/lws-9.9.catalog.json").status_code == 404


def test_a_buyer_makes_a_profile_and_an_auditor_takes_it(app: Flask) -> None:
    desk = at_desk(app, Role.RESEARCHER)
    assert "Nobody has made a profile" in desk.open("/oversight/profiles").words
    page = desk.open(NEW)
    assert "The standard: 60 min. In force for everybody now: 60. Lower protects more: from 0 to 60." in page.words
    form = next(form for form in page.forms if form.action == NEW)
    assert sorted(name for name, _ in form.values if name in LWS.numbers) == sorted(LWS.numbers)
    wrong = desk.send(form, name="Careful buyer 2026", severe_day="90", notice_days="soon")
    assert wrong.status == 422
    assert "90 min protects less than the standard's 60" in wrong.words
    assert "Write a whole number" in wrong.words
    form = next(form for form in wrong.forms if form.action == NEW)
    assert (form.one("severe_day"), form.one("notice_days")) == ("90", "soon")
    page = desk.send(form, severe_day="30", notice_days="")
    assert "Careful buyer 2026" in page.words
    assert "most severe content in any 24 hours: 30 min" in page.words
    assert "the standard is 60" in page.words
    taken = desk.send(next(each for each in desk.open(NEW).forms if each.action == NEW),
                      name="Careful buyer 2026", severe_day="20")  # fmt: skip
    assert (taken.status, "There is a profile of this name already" in taken.words) == (422, True)
    auditor = at_desk(app, Role.AUDITOR)
    seen = auditor.open("/oversight/profiles")
    assert NEW not in seen.html
    assert problems(auditor.client.get(seen.links["OSCAL profile"]).data) == []
