"""Grievances, which lead back to nobody, on SQLite and PostgreSQL (GRV-1, GRV-2)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.accounts.service import digest
from labeler.audit.models import AuditEntry
from labeler.cases import grievances
from labeler.cases.grievance_models import Grievance, GrievanceMessage, GrievanceOutcome
from labeler.cases.rules import NEW_AN_HOUR
from labeler.db import table
from labeler.errors import Conflict, Invalid, Missing
from tests.cases.making import DAY, a_decider
from tests.support.build import NOW, add_vendor

AT = NOW + timedelta(minutes=17, seconds=4)
WORDS = "My manager reads my breaks aloud."


@pytest.fixture
def officer(session: Session) -> UUID:
    return a_decider(session, Role.WELLBEING_OFFICER).id


def the_id(session: Session) -> UUID:
    return session.scalars(select(Grievance.id)).one()


def test_no_column_can_hold_who_brought_it_or_from_where() -> None:
    assert set(table(Grievance).c.keys()) == {
        "id", "token_hash", "opened_at", "vendor_id", "acknowledged_at", "concluded_at", "outcome",
    }  # fmt: skip
    assert set(table(GrievanceMessage).c.keys()) == {"grievance_id", "number", "at", "text", "officer_id"}


def test_a_grievance_keeps_words_an_hour_and_the_hash_of_a_long_token(session: Session) -> None:
    vendor = add_vendor(session)
    token = grievances.open_grievance(session, WORDS, vendor.id, AT)
    kept = session.scalars(select(Grievance)).one()
    assert len(token) >= 43, "256 bits"
    assert kept.token_hash == digest(token) and token not in repr(vars(kept))
    assert kept.opened_at == NOW, "a whole hour"
    assert kept.id.version == 4, "an id that holds no moment"
    message = session.scalars(select(GrievanceMessage)).one()
    assert (message.at, message.text, message.officer_id) == (NOW, WORDS, None)


def test_its_entry_names_nobody_no_vendor_and_no_moment(session: Session) -> None:
    token = grievances.open_grievance(session, WORDS, add_vendor(session).id, AT)
    grievances.reply(session, token, "And one thing more.", AT)
    entries = session.scalars(select(AuditEntry)).all()
    assert [each.act for each in entries] == ["grievance.open", "grievance.write"]
    for entry in entries:
        assert (entry.actor_id, entry.vendor_id, entry.at) == (None, None, NOW)
        assert WORDS not in entry.fields


def test_both_sides_write_and_the_dates_are_told(session: Session, officer: UUID) -> None:
    token = grievances.open_grievance(session, WORDS, None, AT)
    shown = grievances.read(session, f" {token}\n")
    assert (shown.acknowledge_by, shown.conclude_by) == (NOW + 7 * DAY, NOW + 90 * DAY)
    grievances.answer(session, officer, shown.id, "We have it. Since when?", NOW + DAY)
    grievances.reply(session, token, "Since May.", AT + 2 * DAY)
    grievances.conclude(session, officer, shown.id, "substantiated", "It ends.", NOW + 3 * DAY)
    grievances.reply(session, token, "Thank you.", AT + 4 * DAY)
    shown = grievances.read(session, token)
    assert [each.by_officer for each in shown.messages] == [False, True, False, True, False]
    assert (shown.acknowledged_at, shown.concluded_at) == (NOW + DAY, NOW + 3 * DAY)
    assert shown.outcome is GrievanceOutcome.SUBSTANTIATED
    with pytest.raises(Conflict):
        grievances.conclude(session, officer, shown.id, "passed-on", "Again.", NOW + 5 * DAY)


def test_a_wrong_token_opens_nothing(session: Session) -> None:
    token = grievances.open_grievance(session, WORDS, None, AT)
    for wrong in ("", token[:-1], token.swapcase(), "x" * 5_000):
        with pytest.raises(Missing):
            grievances.read(session, wrong)
        with pytest.raises(Missing):
            grievances.reply(session, wrong, "Words", AT)


@pytest.mark.parametrize(("words", "fine"), [("", False), ("x" * 10_000, True), ("x" * 10_001, False)])
def test_a_grievance_has_one_to_ten_thousand_characters(session: Session, words: str, fine: bool) -> None:
    if fine:
        assert grievances.open_grievance(session, words, None, AT)
        return
    with pytest.raises(Invalid) as wrong:
        grievances.open_grievance(session, words, UUID(int=4), AT)
    assert [each.field for each in wrong.value.problems] == ["words", "vendor"]


def test_an_hour_takes_thirty_and_says_so_kindly(session: Session) -> None:
    for _ in range(NEW_AN_HOUR):
        grievances.open_grievance(session, WORDS, None, AT)
    with pytest.raises(Conflict, match="Keep your text"):
        grievances.open_grievance(session, WORDS, None, AT)
    assert grievances.open_grievance(session, WORDS, None, AT + timedelta(hours=1))


def test_the_officer_sees_the_late_ones_first_and_no_texts_in_the_list(session: Session, officer: UUID) -> None:
    grievances.open_grievance(session, WORDS, None, NOW)
    late = the_id(session)
    grievances.open_grievance(session, WORDS, None, NOW + 8 * DAY)
    done = grievances.read(session, grievances.open_grievance(session, WORDS, None, NOW - DAY)).id
    grievances.conclude(session, officer, done, "passed-on", "Ask them.", NOW)
    listed = grievances.queue(session, NOW + 9 * DAY)
    assert [each.id for each in listed][::2] == [late, done]
    assert [each.late(NOW + 9 * DAY) for each in listed] == [True, False, False]
    assert all(each.messages == () for each in listed)


def test_acknowledging_twice_is_once(session: Session, officer: UUID) -> None:
    grievances.open_grievance(session, WORDS, None, NOW)
    for days in (1, 2):
        grievances.acknowledge(session, officer, the_id(session), NOW + days * DAY)
    assert grievances.one(session, the_id(session)).acknowledged_at == NOW + DAY
    with pytest.raises(Missing):
        grievances.acknowledge(session, officer, UUID(int=1), NOW)
