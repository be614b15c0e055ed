"""Contracts of vendors, what held for a labeler when, and that neither can be written into the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.errors import Invalid, Missing
from labeler.workforce import contracts, service
from labeler.workforce.contract_models import ContractSeen, ContractVersion, LabelerTerms
from labeler.workforce.contract_queries import binding, contracts_of, unseen
from labeler.workforce.contract_rules import Conditions, Payroll, condition_problems, digest_of
from labeler.workforce.models import Labeler
from tests.support import build
from tests.support.build import NOW

DAY = timedelta(days=1)
SAID = Conditions(NOW, None, 1, None, ("KE",), 30, 20, 10, True, True, False, Payroll.PLATFORM)
TEXTS = {"en": "All of it.", "sw": "Yote."}
VENDOR = UUID(int=7)


def wrong(said: Conditions, before: datetime | None = None, texts: dict[str, str] = TEXTS) -> list[str]:
    return [each.field for each in condition_problems(said, texts, VENDOR, before, NOW)]


def test_a_first_version_may_begin_now_and_never_before() -> None:
    assert wrong(SAID) == []
    assert wrong(replace(SAID, from_at=NOW - timedelta(microseconds=1))) == ["from_on"]


def test_a_change_is_announced_fourteen_days_before() -> None:
    assert wrong(replace(SAID, from_at=NOW + 14 * DAY), NOW - 90 * DAY) == []
    assert wrong(replace(SAID, from_at=NOW + 14 * DAY - timedelta(seconds=1)), NOW - 90 * DAY) == ["from_on"]
    assert wrong(replace(SAID, from_at=NOW + 20 * DAY), NOW + 20 * DAY) == ["from_on"], "one after the other"


def test_everything_wrong_with_a_version_is_said_at_once() -> None:
    said = Conditions(None, NOW, 2, None, ("Kenya",), None, 400, 10, False, True, False, None)
    assert wrong(said, texts={"english": ""}) == [
        "from_on", "above", "countries", "notice_days", "paid_leave_days", "carve_out", "payroll", "language_1",
        "text_1",
    ]  # fmt: skip
    assert wrong(replace(SAID, tier=2, above_id=VENDOR, until_at=NOW)) == ["until_on", "above"]


def test_its_digest_is_of_everything_that_it_says() -> None:
    changed = (
        replace(SAID, notice_days=29), replace(SAID, carve_out=False), replace(SAID, until_at=NOW + DAY),
        replace(SAID, countries=("KE", "PH")),
    )  # fmt: skip
    others = {digest_of(each, TEXTS) for each in changed}
    others |= {digest_of(SAID, TEXTS | {"sw": "Yote!"}), digest_of(SAID, {"en": "All of it."}), digest_of(SAID, TEXTS)}
    assert len(others) == 7


def test_what_a_contract_says_stands_in_the_vendors_record(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session, "Lake")
    above = build.add_vendor(session, "Above")
    said = replace(SAID, tier=2, above_id=above.id)
    made = contracts.add_contract(session, admin, vendor.id, "Employment", said, TEXTS, NOW)
    contracts.add_version(session, admin, made.id, replace(said, from_at=NOW + 14 * DAY, notice_days=60), TEXTS, NOW)
    found = session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("contract.")).order_by(AuditEntry.id))
    added, first, second = found.all()
    assert {(each.subject_id, each.vendor_id) for each in (added, first, second)} == {(made.id, vendor.id)}
    told = orjson.loads(second.fields)
    assert (told["version"], told["notice_days"], told["above"]) == (2, 60, str(above.id))
    assert told["from_at"] == "2026-03-16T09:00:00Z" and set(told["texts"]) == {"en", "sw"}
    (shown,) = contracts_of(session, vendor.id, NOW + 13 * DAY)
    assert [(each.row.number, each.in_force, each.to_come) for each in shown.versions] == [
        (2, False, True), (1, True, False),
    ]  # fmt: skip
    (shown,) = contracts_of(session, vendor.id, NOW + 14 * DAY)
    assert shown.now is not None and shown.now.row.number == 2
    with pytest.raises(Invalid):
        contracts.add_contract(session, admin, vendor.id, "Employment", said, TEXTS, NOW)


def test_another_contract_is_announced_like_a_change(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session, "Lake")
    contracts.add_contract(session, admin, vendor.id, "Employment", SAID, TEXTS, NOW)
    with pytest.raises(Invalid) as wrong:
        contracts.add_contract(
            session, admin, vendor.id, "Fewer days off", replace(SAID, paid_leave_days=0), TEXTS, NOW
        )
    assert [each.field for each in wrong.value.problems] == ["from_on"]
    soon = replace(SAID, from_at=NOW + 14 * DAY)
    contracts.add_contract(session, admin, vendor.id, "Less leave", soon, TEXTS, NOW)
    other = build.add_vendor(session, "Hill")
    contracts.add_contract(session, admin, other.id, "Employment", SAID, TEXTS, NOW)


def test_the_database_keeps_no_version_that_begins_before_it_was_said(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session)
    contracts.add_contract(session, admin, vendor.id, "Employment", SAID, TEXTS, NOW)
    version = session.scalars(select(ContractVersion)).one()
    facts = {c.name: getattr(version, c.name) for c in ContractVersion.__table__.columns if c.name != "id"}
    for change in ({"from_at": NOW - DAY}, {"from_at": NOW + DAY, "tier": 0}, {"from_at": NOW + DAY, "until_at": NOW}):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(ContractVersion(**facts | {"number": 2} | change))
            session.flush()
    assert session.scalar(select(func.count()).select_from(ContractVersion)) == 1


def test_a_labeler_sees_what_binds_her_and_says_so_once(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session, "Lake")
    lena = build.add_labeler(session, vendor, languages=("sw", "en"))
    stranger = build.add_labeler(session, build.add_vendor(session, "Hill"))
    made = contracts.add_contract(session, admin, vendor.id, "Employment", SAID, TEXTS, NOW)
    contracts.add_version(session, admin, made.id, replace(SAID, from_at=NOW + 14 * DAY), TEXTS, NOW)
    assert unseen(session, lena.id, NOW) == 2 and unseen(session, stranger.id, NOW) == 0
    now, later = binding(session, lena.id, NOW)
    assert (now.row.number, later.row.number, later.to_come) == (1, 2, True)
    assert [text.language for text in now.texts] == ["sw", "en"], "hers first"
    contracts.see(session, lena.id, now.row.id, NOW)
    contracts.see(session, lena.id, now.row.id, NOW + DAY)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "contract.seen")).one()
    assert (entry.actor_id, entry.subject_id, entry.vendor_id) == (lena.id, made.id, vendor.id)
    assert orjson.loads(entry.fields) == {"version": 1, "digest": now.row.digest}
    assert unseen(session, lena.id, NOW) == 1 and unseen(session, lena.id, NOW + 14 * DAY) == 1
    with pytest.raises(Missing):
        contracts.see(session, stranger.id, now.row.id, NOW)


def test_how_many_have_seen_it_is_told_from_five_people_on(session: Session) -> None:
    admin, vendor = build.add_user(session, Role.ADMIN).id, build.add_vendor(session, "Lake")
    contracts.add_contract(session, admin, vendor.id, "Employment", SAID, TEXTS, NOW)
    version = session.scalars(select(ContractVersion.id)).one()
    people = [build.add_labeler(session, vendor).id for _ in range(10)]

    def told(number: int) -> int | None:
        session.query(ContractSeen).delete()
        session.add_all(ContractSeen(labeler_id=each, version_id=version, at=NOW) for each in people[:number])
        session.flush()
        return contracts_of(session, vendor.id, NOW)[0].versions[0].seen

    assert [told(number) for number in (4, 5, 6, 10)] == [None, 5, None, 10]  # 6: four would be known not to have


def test_what_held_for_a_labeler_stays_written_down(session: Session) -> None:
    vendor, admin = build.add_vendor(session, "Lake"), build.add_user(session, Role.ADMIN).id
    long_ago = date(2020, 1, 1)  # a fact like any other; that it was said now is what the record and this tell
    lena = service.add_labeler(session, admin, "l@example.org", "L", vendor, ["en"], NOW, contract_from=long_ago)
    service.change_labeler(session, admin, lena.id, ["en", "sw"], "UTC", long_ago, None, NOW + DAY)
    first, second = service.terms_of(session, lena.id)
    assert (first.from_at, first.made_at, first.languages, first.made_by) == (NOW, NOW, ["en"], admin)
    assert (second.from_at, second.languages, second.contract_from) == (NOW + DAY, ["en", "sw"], long_ago)
    assert session.get_one(Labeler, lena.id).languages == second.languages, "the newest is what the gate reads"
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            LabelerTerms(
                labeler_id=lena.id, number=3, from_at=NOW, languages=["en"], time_zone="UTC", contract_from=long_ago,
                contract_until=None, made_at=NOW + DAY, made_by=admin,
            )
        )  # fmt: skip
        session.flush()


def test_a_time_zone_moves_once_in_seven_days_unless_an_administrator_moves_it(session: Session) -> None:
    vendor = build.add_vendor(session, "Lake")
    lena = service.add_labeler(session, None, "l@example.org", "L", vendor, ["en"], NOW)

    def move(zone: str, at: datetime, **by: bool) -> None:
        service.change_labeler(session, None, lena.id, ["en"], zone, lena.contract_from, None, at, **by)

    move("Africa/Nairobi", NOW + DAY)
    with pytest.raises(Invalid) as refused:
        move("UTC", NOW + 7 * DAY)
    assert [each.field for each in refused.value.problems] == ["time_zone"]
    service.change_labeler(session, None, lena.id, ["sw"], "Africa/Nairobi", lena.contract_from, None, NOW + 7 * DAY)
    move("Asia/Manila", NOW + 7 * DAY, by_administrator=True)
    move("UTC", NOW + 14 * DAY)
    assert service.moves_of(service.terms_of(session, lena.id)) == [NOW + DAY, NOW + 7 * DAY, NOW + 14 * DAY]
