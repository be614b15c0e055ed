"""Asking for it on one's own pages, carrying it out for somebody, and everybody else's pages afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.erasure.models import Erasure
from labeler.erasure.service import erase
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.jobs import worker
from labeler.judgments.models import Judgment
from labeler.workforce.models import Labeler
from tests.erasure.conftest import EMAIL, NAME, PASSWORD, WORDS, World
from tests.exports.build import add_paid_week
from tests.support.build import NOW, add_user, add_vendor, sign_in
from tests.support.database import Database


@pytest.fixture
def home(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process has the settings of the test's installation."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    yield


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def pressed(client: FlaskClient, address: str, **form: str) -> object:
    return client.post(address, data={"csrf_token": token(client.get(address).text), **form})


def jobs() -> None:
    while (due := worker.next_due()) is not None:
        worker.run(due)


def test_she_reads_what_it_means_signs_and_is_gone(client: FlaskClient, world: World, home: None) -> None:
    sign_in(client, world.person)
    page = client.get("/me/erase").text
    assert "All 5 answers you gave" in page and "in all 2 accounts" in page and "It can't be undone" in page
    assert "1 objection to pay has no answer yet" in page and 'href="/me/erase"' in client.get("/account").text
    wrong = pressed(client, "/me/erase", password="something else")
    assert wrong.status_code == 422 and "This is not your password" in wrong.text  # type: ignore[attr-defined]
    assert "Tick that you have read it" in wrong.text  # type: ignore[attr-defined]
    with reading() as session:
        assert not session.scalars(select(Erasure)).all()
    done = pressed(client, "/me/erase", password=PASSWORD, understood="yes").text  # type: ignore[attr-defined]
    (name,) = re.findall(r"Erased person [0-9A-F]{6}", done)
    assert NAME not in done and EMAIL not in done and "Sign out" not in done
    assert client.get("/work").status_code in (302, 303, 401)
    jobs()
    with reading() as session:
        assert not session.scalars(select(Judgment).where(Judgment.labeler_id == world.person)).all()
    again = client.get("/sign-in").text
    refused = client.post("/sign-in", data={"csrf_token": token(again), "email": EMAIL, "password": PASSWORD})
    assert refused.status_code == 422
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        vendor = session.get_one(Labeler, world.person).vendor_id
        manager = add_user(session, Role.VENDOR_MANAGER, vendor=add_vendor(session, "Lake Vendor")).id
        assert vendor
    for reader in (admin, manager):
        sign_in(client, reader)
        page = client.get(f"/people/{world.person}").text
        assert name in page and "by the person herself" in page and "erased.invalid" not in page
        assert "Save" not in page and "Make a new link" not in page
        assert name in client.get("/people").text


def test_nobody_elses_page_breaks(client: FlaskClient, world: World, home: None) -> None:
    with transaction() as session:
        erase(session, world.person, clock.now())
    looked: dict[Role, tuple[str, ...]] = {
        Role.RESEARCHER: (
            "/projects/bread", "/projects/bread/statistics", "/projects/bread/exports/new", "/projects/bread/review",
            "/projects/bread/warnings", "/exports/ledger", "/projects/bread/datasheet",
        ),
        Role.ADMIN: (
            "/people", f"/people/{world.person}", f"/people/{world.person}/erase", "/pay",
            "/pay/by-hand", "/pay/rates", "/cases", "/cases?show=decided", "/oversight",
            f"/people/{world.person}/restrict",
        ),
        Role.WELLBEING_OFFICER: ("/cases", "/watch", "/conditions"),
        Role.AUDITOR: ("/oversight",),
    }  # fmt: skip
    people: list[tuple[UUID, tuple[str, ...]]] = [(world.other, ("/work", "/answers", "/me/time", "/me/cases"))]
    with transaction() as session:
        people += [(add_user(session, role).id, pages) for role, pages in looked.items()]
    for when in ("before", "after"):
        for who, pages in people:
            sign_in(client, who)
            for page in pages:
                reply = client.get(page)
                assert reply.status_code == 200, (when, page)
                assert not any(word in reply.text for word in (NAME, EMAIL, WORDS)), (when, page)
        jobs()


def test_an_administrator_carries_a_request_out(client: FlaskClient, world: World, home: None) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        researcher = add_user(session, Role.RESEARCHER).id
    sign_in(client, admin)
    assert f"/people/{world.person}/erase" in client.get(f"/people/{world.person}").text
    address = f"/people/{world.person}/erase"
    refused = pressed(client, address, reason=f"{NAME} wrote")
    assert refused.status_code == 422 and "Leave her name and address out" in refused.text  # type: ignore[attr-defined]
    done = pressed(client, address, reason="Letter of 3 May")
    assert done.status_code == 303  # type: ignore[attr-defined]
    page = client.get(f"/people/{world.person}").text
    assert (
        "by an administrator" in page
        and "Letter of 3 May" in page
        and "They are erased already" in client.get(address).text
    )
    assert client.get(f"/people/{researcher}/erase").status_code == 404
    sign_in(client, researcher)
    assert client.get(address).status_code == 403


def test_a_withdrawn_version_is_made_again_without_them(client: FlaskClient, world: World, home: None) -> None:
    with transaction() as session:
        for each in (world.person, world.second, world.other):
            add_paid_week(session, session.get_one(Labeler, each), NOW)
        export, job = service.request(session, world.owner, world.project, {"labeler_names": "export"}, clock.now())
    assert worker.run(job)
    sign_in(client, world.owner)
    assert "Make it again" not in client.get("/projects/bread/exports/1").text
    with transaction() as session:
        erase(session, world.person, clock.now())
    page = client.get("/projects/bread/exports/1").text
    assert "Make it again without them" in page and "were erased with the data of a person" in page
    sent = client.post("/projects/bread/exports/1/again", data={"csrf_token": token(page)})
    assert sent.location == "/projects/bread/exports/2"
    jobs()
    with reading() as session:
        made = session.scalars(select(Export).where(Export.number == 2)).one()
        assert made.state is ExportState.DONE and made.options == export.options and made.counts is not None
        assert made.counts["in"]["judgments"] == 4
    assert "Make it again" not in client.get("/projects/bread/exports/1").text, "there is one now"
