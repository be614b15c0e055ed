"""The rules that protect labelers, as everybody reads them, as an administrator sets them, as a researcher tightens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.web.policies import in_force_rows
from labeler.web.policy_words import GROUPS, WORDS, sentence, span, with_unit
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.models import Policy, Stretch
from labeler.wellbeing.policies import history, limits_now, set_number
from tests.support.build import add_labeler, add_project, add_user, sign_in, signed
from tests.web.pages import Desktop, Page

EDIT = "/policies/edit/break_stop"
REASON = "A launch week that the safety committee has looked at."


def at_desk(app: Flask, user: UUID | None = None) -> Desktop:
    client = app.test_client()
    if user is not None:
        sign_in(client, user)
    return Desktop(client)


@pytest.fixture
def admin(app: Flask) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.ADMIN, name="Ada Admin").id
    return at_desk(app, user)


def someone_with(count: int, minutes: int) -> None:
    """So many labelers worked so long without a pause, an hour ago."""
    with transaction() as session:
        for _ in range(count):
            who = add_labeler(session).id
            end = clock.now() - timedelta(hours=1)
            session.add(Stretch(person_id=who, labeler_id=who, from_at=end - timedelta(minutes=minutes), until_at=end))


def sent(page: Page, desk: Desktop, **fields: Any) -> Page:
    return desk.send(
        next(form for form in page.forms if "/limits/" in form.action or "/edit/" in form.action), **fields
    )


def rows() -> list[Policy]:
    with transaction() as session:
        return list(session.scalars(select(Policy).order_by(Policy.made_at)))


def test_every_number_has_its_words_and_its_place() -> None:
    assert set(WORDS) == set(STANDARD)
    assert sorted(name for _, names in GROUPS for name in names) == sorted(STANDARD)
    for name, number in STANDARD.items():
        assert with_unit(name, number.value) in sentence(name, number.value)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minute"), (50, "50 minutes"), (90, "90 minutes"), (660, "11 hours"), (125, "2 hours 5 minutes")],
)
def test_minutes_in_words(minutes: int, words: str) -> None:
    assert span(minutes) == words


def test_everybody_reads_what_is_in_force(app: Flask) -> None:
    page = at_desk(app).open("/policies")
    assert page.status == 200
    for name, number in STANDARD.items():
        assert WORDS[name].title in page.words
        assert number.rule in page.words
    assert "No number is looser than the standard at the moment." in page.words
    assert "/policies/edit" not in page.html
    assert at_desk(app).open("/sign-in").links["Rules that protect labelers"] == "/policies"
    assert "No number was ever changed." in at_desk(app).open("/policies/history").words


def test_a_deviation_is_shown_to_everybody_with_signature_reason_and_end(app: Flask, admin: Desktop) -> None:
    now = clock.now()
    with transaction() as session:
        who = add_user(session, Role.ADMIN, name="Otto Other").id
        project = add_project(session, name="Hidden bakery").id
        set_number(
            session, who, "break_stop", 90, now, now, **signed(session, now + timedelta(days=5))
        )  # fmt: skip
        set_number(session, who, "severe_day", 30, now, now)
        set_number(session, who, "disturbing_day", 60, now, now, project_id=project)
        set_number(session, who, "severe_week", 240, now + timedelta(days=2), now)
    for path in ("/policies", "/policies/history"):
        page = at_desk(app).open(path)
        assert "Dr. Wanjiru, clinician" in page.words
        assert REASON in page.words
        assert "90 minutes" in page.words
        assert "one project" in page.words
        assert "Hidden bakery" not in page.html
        assert "Otto Other" not in page.html
        assert "Hidden bakery" in admin.open(path).words
    page = at_desk(app).open("/policies")
    assert "stricter" in page.words
    assert "What will change" in page.words
    assert "an administrator" in at_desk(app).open("/policies/history").words


def test_the_page_says_what_the_gate_goes_by(app: Flask) -> None:
    now, day = clock.now(), timedelta(days=1)
    with transaction() as session:
        who, project = add_user(session, Role.ADMIN).id, add_project(session).id
        looser = signed(session, now + 3 * day)
        set_number(session, who, "severe_day", 30, now, now)
        set_number(session, who, "severe_day", 90, now + day, now, **looser)
        set_number(session, who, "severe_day", 40, now + 2 * day, now)
        set_number(session, who, "severe_day", 35, now, now, project_id=project, **looser)
        set_number(session, who, "severe_week", 200, now, now, project_id=project)
    with reading() as session:
        told = history(session)
        for days in range(5):
            moment = now + days * day
            numbers, own = in_force_rows(told, moment)
            there = limits_now(session, moment)
            for name in STANDARD:
                assert numbers[name].value == with_unit(name, getattr(there.platform, name)), (name, days)
            for row in own:
                assert row.value == with_unit(row.name, getattr(there.of(project), row.name)), (row.name, days)


def test_only_an_administrator_sets_numbers(app: Flask) -> None:
    with transaction() as session:
        others = [add_user(session, role).id for role in (Role.RESEARCHER, Role.AUDITOR, Role.VENDOR_MANAGER)]
        others.append(add_labeler(session).id)
    for user in others:
        assert at_desk(app, user).open("/policies/edit").status == 403
        assert at_desk(app, user).open(EDIT).status == 403


def test_a_number_is_tried_before_it_is_set(admin: Desktop) -> None:
    someone_with(6, 55)
    someone_with(1, 60)
    page = admin.open("/policies/edit")
    assert page.links["A break must come"] == EDIT
    page = sent(admin.open(EDIT), admin, value="52")
    assert "Check your answers" in page.words
    assert "a limit would have stopped 7 people" in page.words
    assert "it was fewer than 5 people" in page.words
    assert "7 people worked" in page.words
    assert "would have been 10 min" in page.words
    assert rows() == []
    page = sent(page, admin, do="set")
    assert "The number is set." in page.words
    (row,) = rows()
    assert (row.name, row.value, row.project_id) == ("break_stop", 52, None)
    with transaction() as session:
        assert limits_now(session, clock.now()).platform.break_stop == 52


def test_few_people_are_not_counted_out_to_administrators_either(admin: Desktop) -> None:
    someone_with(4, 55)
    page = sent(admin.open(EDIT), admin, value="52")
    assert "would have stopped fewer than 5 people" in page.words
    assert "it was nobody" in page.words
    assert "longest wait" not in page.words


def test_a_number_that_stops_nobody_says_so(admin: Desktop) -> None:
    page = sent(admin.open("/policies/edit/consent_days"), admin, value="30")
    assert "there is nothing to try it on" in page.words


def test_everything_wrong_is_said_at_once_and_kept(admin: Desktop) -> None:
    page = sent(admin.open(EDIT), admin, value="90", from_at="2020-01-01T00:00", reason="too short")
    assert page.status == 422
    assert "There are 6 problems" in page.words
    form = page.form("break_stop")
    assert (form.one("value"), form.one("from_at"), form.one("reason")) == ("90", "2020-01-01T00:00", "too short")
    assert "Write the moment like" in sent(page, admin, until_at="soon").words
    assert "Choose a project." in sent(page, admin, value="55", from_at="", reason="", project="nowhere").words


def test_a_looser_number_waits_for_a_second_person(app: Flask, admin: Desktop) -> None:
    until = f"{clock.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    page = sent(
        admin.open(EDIT), admin, value="90", signer="clinician", signed_by="Dr. Wanjiru, clinician", document="d" * 64,
        reason=REASON, until_at=until,
    )  # fmt: skip
    assert "Signed by Dr. Wanjiru, clinician" in page.words
    back = sent(page, admin, do="edit")
    assert back.form("break_stop").one("reason") == REASON
    page = sent(page, admin, do="set")
    assert "You asked for it, so somebody else decides." in page.words
    assert rows() == []
    with transaction() as session:
        second = add_user(session, Role.WELLBEING_OFFICER).id
    officer = at_desk(app, second)
    page = officer.open("/policies/waiting")
    assert REASON in page.words and "d" * 64 in page.words
    (form,) = [form for form in page.forms if "/waiting/" in form.action]
    assert admin.client.post(form.action, data=form.filled(do="confirm")).status_code in (400, 403)
    officer.send(form, do="confirm")
    assert rows()[0].signed_by == "Dr. Wanjiru, clinician"
    assert officer.send(form, do="confirm").status == 409
    assert "Nothing waits." in officer.open("/policies/waiting").words


def test_for_one_project(admin: Desktop) -> None:
    with transaction() as session:
        project = add_project(session, slug="bread").id
    page = sent(admin.open(f"{EDIT}?project=bread"), admin, value="55")
    assert "For bread" in page.words
    sent(page, admin, do="set")
    assert rows()[0].project_id == project


@pytest.fixture
def researcher(app: Flask) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER).id
        add_project(session, slug="bread", created_by=user)
        add_project(session, slug="rye")
    return at_desk(app, user)


def test_a_researcher_tightens_her_own_project(researcher: Desktop) -> None:
    path = researcher.open("/projects/bread").links["Care"]
    page = researcher.open(path)
    assert "Care: tighter limits for this project" in page.words
    page = researcher.open(page.links["A break must come"])
    page = sent(page, researcher, value="55")
    assert "Check your answers" in page.words
    page = sent(page, researcher, do="set")
    assert "The number is set for this project." in page.words
    assert "55 minutes" in page.words
    assert rows()[0].value == 55


def test_and_never_loosens_it(researcher: Desktop) -> None:
    signed = {"signed_by": "Dr. Wanjiru, clinician", "reason": REASON, "until_at": "2030-01-01T00:00"}
    page = sent(researcher.open("/projects/bread/limits/break_stop"), researcher, value="90", **signed)
    assert page.status == 422
    assert "A project may only be stricter." in page.words
    form = page.form("break_stop")
    token = form.one("csrf_token")
    forced = {"csrf_token": token, "value": "90", "do": "set", "signed_by": "Dr. Wanjiru", "reason": REASON}
    assert researcher.client.post(form.action, data=forced).status_code == 422
    assert rows() == []


def test_nor_touches_somebody_elses(researcher: Desktop) -> None:
    assert "only the researcher who made this project can" in researcher.open("/projects/rye/limits").words
    assert researcher.open("/projects/rye/limits/break_stop").status == 403
    token = researcher.open("/account").form("/sign-out").one("csrf_token")
    for act in ("look", "set"):
        sending = {"csrf_token": token, "value": "55", "do": act}
        assert researcher.client.post("/projects/rye/limits/break_stop", data=sending).status_code == 403
    assert rows() == []


def test_no_page_of_these_counts_down(app: Flask) -> None:
    assert not re.search(r"<meter|setInterval|data-countdown", at_desk(app).open("/policies").html)
