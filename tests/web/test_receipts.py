"""*My receipts*: a labeler's own breaks and choices of a day, and proof of them that needs nobody's word (P8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, select

from labeler import clock
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.own import PROTECTING
from labeler.audit.proving import checkpoint
from labeler.audit.receipts import wrong
from labeler.audit.service import Entry, record, record_all
from labeler.audit.walking import walk
from labeler.db import reading, transaction
from labeler.ids import new_id
from labeler.jobs.seal import seal_record
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, public_keys, record_keys
from labeler.web import receipts
from labeler.workforce.models import Labeler
from tests.support.build import add_labeler
from tests.support.database import Database
from tests.web.robot import Robot, sign_in


def lena(*, zone: str = "UTC", at: Labeler | None = None) -> Labeler:
    with transaction() as session:
        made = add_labeler(session, time_zone=zone)
        if at is not None:
            made.vendor_id = at.vendor_id
            session.flush()
        session.expunge(made)
        return made


def rested(who: Labeler, times: int = 1) -> list[UUID]:
    """So many breaks, begun and ended now, as the record has them; the ids of the entries."""
    now, hers = clock.now(), select(AuditEntry.id).where(AuditEntry.actor_id == who.id).order_by(AuditEntry.id)
    said = {"rule": None, "until": None, "paid_until": now}
    with transaction() as session:
        for each in (new_id() for _ in range(times)):
            began = Entry("break.start", who.id, each, who.vendor_id, said)
            record_all(session, [began, Entry("break.end", who.id, each, who.vendor_id, {})], now)
    with reading() as session:
        return list(session.scalars(hers))


def seal(database: Database) -> None:
    seal_record(clock.now(), folder=database.home)


def taken(robot: Robot, path: str = "/me/receipts/day.json") -> list[dict[str, object]]:
    reply = robot.client.get(path)
    assert reply.status_code == 200 and reply.headers["Cache-Control"] == "no-store"
    assert "attachment" in reply.headers["Content-Disposition"]
    return json.loads(reply.text)  # type: ignore[no-any-return]


def test_every_act_on_the_page_has_its_words() -> None:
    assert set(receipts.WORDS) == set(PROTECTING)


def test_a_break_has_its_place_in_a_minute_and_a_receipt_that_public_keys_prove(app: Flask, database: Database) -> None:
    me = lena()
    robot = sign_in(app, me.id)
    assert "nothing of yours on this day" in robot.open("/me/receipts").words
    page = robot.press(robot.open("/work").form("/breaks"))
    page = robot.open("/me/receipts")
    assert "Your break began in a minute or two" in page.words and "Download" not in page.words
    assert taken(robot) == []
    with reading() as session:
        entry = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "break.start")).one()
    early = robot.open(f"/me/receipts/{entry}")
    assert early.status == 409 and "in a minute or two" in early.words
    seal(database)
    page = robot.open("/me/receipts")
    assert "Download the receipts of this day (1)" in page.words and "or two" not in page.words
    (kept,) = taken(robot)
    single = json.loads(robot.client.get(f"/me/receipts/{entry}").text)
    assert single == kept and f"{kept['number']:,}" in page.words
    keys = app.test_client().get("/.well-known/labeler-keys.json")
    assert wrong(kept, *public_keys(json.loads(keys.text))) is None
    assert json.loads(str(kept["entry"]))["act"] == "break.start"
    before = _rows()
    robot.open("/me/receipts"), taken(robot), robot.open(f"/me/receipts/{entry}")
    assert _rows() == before, "nobody is told that she keeps proof"


def _rows() -> int:
    with reading() as session:
        return len(session.scalars(select(AuditEntry.id)).all())


def test_she_sees_her_own_alone_and_of_one_day(app: Flask, database: Database) -> None:
    me = lena(zone="Pacific/Kiritimati")
    other = lena(at=me)
    hers, others = rested(me), rested(other)
    with transaction() as session:
        record(session, "assignment.expire", None, new_id(), clock.now(), me.vendor_id)
        record(session, "break.end", me.id, new_id(), clock.now() - timedelta(days=1), me.vendor_id)
    seal(database)
    robot = sign_in(app, me.id)
    assert [json.loads(str(each["entry"]))["id"] for each in taken(robot)] == [str(each) for each in hers]
    assert robot.open(f"/me/receipts/{hers[0]}").status == 200
    assert robot.open(f"/me/receipts/{others[0]}").status == 404
    page = robot.open("/me/receipts")
    assert len(taken(robot, page.links["The day before"].replace("receipts?", "receipts/day.json?"))) == 1
    assert "The day after" not in page.links


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01", ""])
def test_an_odd_day_is_answered(app: Flask, day: str) -> None:
    page = sign_in(app, lena(zone="Pacific/Kiritimati").id).open(f"/me/receipts?day={day}&page=99999999999")
    assert page.status == 200 and ("That is no day we can read" in page.words) == (day in ("yesterday", "2026-02-30"))


def test_a_long_day_has_pages_and_one_file(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "PAGE", 4)
    me = lena()
    rested(me, 3)
    seal(database)
    robot = sign_in(app, me.id)
    page = robot.open("/me/receipts")
    assert page.words.count("receipt of Your break") == 4 and "Page 1, 6 entries" in page.words
    assert robot.open(page.links["Later"]).words.count("receipt of Your break") == 2
    assert len(taken(robot)) == 6


def test_it_is_linked_from_where_she_looks(app: Flask) -> None:
    robot = sign_in(app, lena().id)
    for path in ("/account", "/me/choices", "/me/what-we-record", "/me/limits/history"):
        assert "/me/receipts" in robot.open(path).links.values(), path


@pytest.mark.parametrize("breaks", [10, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("gone", ["the entry", "the entry and its place"])
def test_all_her_receipts_verify_and_one_withheld_event_is_found(
    app: Flask, database: Database, breaks: int, gone: str
) -> None:
    me = lena()
    for _ in range(2):  # sealed in two turns, so that the first half lies under a root that grew
        entries = rested(me, breaks // 2)
        seal(database)
    kept = taken(sign_in(app, me.id))
    with reading() as session:
        told = checkpoint(session).note  # as a report carries it
    assert len(kept) == len(entries) == 2 * breaks
    keys = Keys(database.home)
    known = origin(keys), record_keys(keys)
    assert _holding(kept, known) == 2 * breaks and {each["checkpoint"] for each in kept} == {told}
    place = next(n for n, each in enumerate(kept) if json.loads(str(each["entry"]))["id"] == str(entries[breaks]))
    with database.in_hand() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == entries[breaks]))
        if gone == "the entry and its place":
            session.execute(delete(LogLeaf).where(LogLeaf.entry_id == entries[breaks]))
    robot = sign_in(app, me.id)
    assert f"Download the receipts of this day ({2 * breaks - 1})" in robot.open("/me/receipts").words
    if gone == "the entry":
        assert len(taken(robot)) == 2 * breaks - 1
    else:
        hole = robot.open("/me/receipts/day.json")
        assert hole.status == 409 and "not as it was sealed" in hole.words
    assert _holding(kept, known) == 2 * breaks, "what she kept proves it all the same"
    with reading() as session:
        found = walk(session, *known, clock.now(), [told])
    assert next((each.log_id, each.place) for each in found.faults) == (me.vendor_id, kept[place]["number"])


def _holding(kept: Sequence[object], known: tuple[str, object]) -> int:
    return sum(wrong(each, *known) is None for each in kept)  # type: ignore[arg-type]
