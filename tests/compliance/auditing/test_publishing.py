"""What is public of a vendor: every quarter since it joined, or nothing; and nothing that is few people's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.compliance.auditing import publishing
from labeler.db import connect, reading, repeated, transaction
from labeler.errors import Conflict, Invalid
from tests.compliance.auditing.world import NOW, Audited, build
from tests.support.build import add_user, add_vendor
from tests.support.database import Database
from tests.web.robot import Robot, sign_in

AT_ONCE = 6
T = TypeVar("T")


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> Audited:
    return build(database, monkeypatch)


def publish(vendor: UUID, now: datetime, actor: UUID | None = None) -> int:
    """What is due of a vendor, published as the clock does it."""
    with reading() as session:
        due = publishing.due_of(session, vendor, now)
    with transaction() as session:
        return publishing.keep(session, vendor, due, now, actor)


def test_all_quarters_since_a_vendor_joined_are_published_and_those_that_come(world: Audited) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        assert publishing.publish_vendor(session, admin, world.vendor, NOW) == 1
    assert publish(world.vendor, NOW, admin) == 2, "it joined in March"
    with pytest.raises(Conflict), transaction() as session:
        publishing.publish_vendor(session, admin, world.vendor, NOW)
    assert publish(world.vendor, NOW) == 0
    october = NOW.replace(month=10, day=31)
    assert publish(world.vendor, october) == 0, "its last week may still be paid"
    assert publish(world.vendor, october + timedelta(days=2)) == 1
    with reading() as session:
        told = publishing.public(session)
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "report.publish")).all()
    assert [each.period for each in told] == ["2026 Q3", "2026 Q2", "2026 Q1"]
    assert {each.vendor for each in told} == {"Vendor 1"}
    assert told[1].told["people"] == "fewer than 10" and not told[1].told["meets"]
    assert told[1].told["controls"]["LWS-11"] == "not-satisfied", "that a rule was broken is always told"
    assert {(each.vendor_id, orjson.loads(each.fields)["digest"]) for each in entries} == {
        (world.vendor, each.digest) for each in told
    }


def test_what_two_processes_worked_out_is_published_once(world: Audited) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        publishing.publish_vendor(session, admin, world.vendor, NOW)
    with reading() as session:
        due = publishing.due_of(session, world.vendor, NOW)
    kept = []
    for _ in range(2):
        with transaction() as session:
            kept.append(publishing.keep(session, world.vendor, due, NOW))
    assert kept == [2, 0]


def at_once(database: Database, publish: Callable[[Session, int], T]) -> list[T]:
    """What several get who publish in the same moment."""
    database.engine.dispose()
    engine, start = connect(database.url, pool=AT_ONCE + 2), threading.Barrier(AT_ONCE)

    def one(n: int) -> T:
        start.wait()
        return repeated(lambda session: publish(session, n))

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, range(AT_ONCE)))
    finally:
        engine.dispose()


def test_vendors_that_become_public_at_the_same_moment_have_numbers_of_their_own(database: Database) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
        vendors = [add_vendor(session, f"Vendor at {n}").id for n in range(AT_ONCE)]
    numbers = at_once(database, lambda session, n: publishing.publish_vendor(session, admin, vendors[n], NOW))
    assert sorted(numbers) == list(range(1, AT_ONCE + 1))


def test_a_text_that_several_publish_at_the_same_moment_is_there_once(database: Database) -> None:
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
    what = ("lesson", "2026", "Pay on Fridays", "Labelers were paid on Fridays, and fewer asked where it was. " * 3)
    names = at_once(database, lambda session, _: publishing.publish_text(session, admin, *what, NOW))
    with database.in_hand() as session:
        assert [each.digest for each in publishing.texts(session)] == [*set(names)]
        told = select(func.count()).where(AuditEntry.act == "disclosure.publish")
        assert session.scalar(told) == 1


def test_every_problem_of_a_text_is_named(world: Audited) -> None:
    with pytest.raises(Invalid) as wrong, transaction() as session:
        publishing.publish_text(session, world.auditor, "poem", "26", "", "short", NOW)
    assert [each.field for each in wrong.value.problems] == ["kind", "period", "title", "text"]


def test_the_public_page_names_who_agreed_and_has_what_was_published(app: Flask, world: Audited) -> None:
    visitor = Robot(app.test_client())
    assert "No vendor's quarters are published yet" in visitor.open("/transparency").words
    with transaction() as session:
        admin = add_user(session, Role.ADMIN).id
    ada = sign_in(app, admin)
    published = ada.press(ada.open("/disclosure").form(f"/vendors/{world.vendor}"))
    assert "Public from now on" in published.words
    assert "Vendor 1" in visitor.open("/transparency").words
    manager = sign_in(app, world.manager)
    manager.press(manager.open("/state").form("/naming"))
    assert "Lakeside Work" in visitor.open("/transparency").words
    told = visitor.client.get("/transparency.json").get_json()
    assert told["k"] == 10 and {each["vendor"] for each in told["quarters"]} == {"Lakeside Work"}
    assert "Lakeside Work,2026 Q2,LWS 1.0,fewer than 10,False" in visitor.client.get("/transparency.csv").text
    auditor = sign_in(app, world.auditor)
    form = auditor.open("/disclosure").form("/texts")
    lesson = auditor.press(form, kind="lesson", period="2026", title="Breaks", text="Shifts need room for breaks. <b>")
    assert "&lt;b&gt;" in lesson.html and "Lesson learned, 2026" in lesson.words
    assert "Breaks" in visitor.open("/transparency").links
