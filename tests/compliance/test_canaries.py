"""A canary comes once a quarter, can't be told from other grievances, and is told of afterwards with its proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.cases import grievances
from labeler.cases.grievance_models import Grievance
from labeler.compliance import canaries
from labeler.compliance.canary import SENT_WITHIN, about_of, fits
from labeler.compliance.looking_models import Canary
from tests.support.build import add_user

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DICE = Random(7)


def told(session: Session, act: str) -> list[dict[str, object]]:
    found = session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id)).all()
    return [orjson.loads(each.fields) for each in found]


@pytest.fixture
def canary(session: Session) -> Canary:
    """This quarter's, before it goes out."""
    (made,) = canaries.plan(session, NOW, DICE)
    return made


def sent(session: Session, canary: Canary) -> UUID:
    canaries.go_on(session, canary.id, canary.due_at, DICE)
    return session.scalars(select(Grievance.id)).one()


def test_one_is_made_a_quarter_and_goes_out_at_a_moment_drawn_by_lot(session: Session, canary: Canary) -> None:
    assert canaries.plan(session, NOW + 20 * DAY, DICE) == []
    assert NOW <= canary.due_at <= NOW + SENT_WITHIN
    assert not canaries.due(session, canary.due_at - DAY) and canaries.due(session, canary.due_at) == [canary.id]
    canaries.go_on(session, canary.id, NOW, DICE)
    assert canary.sent_at is None, "not before its moment"
    (later,) = canaries.plan(session, NOW + 93 * DAY, DICE)
    assert later.quarter == "2026 Q4"
    assert later.due_at <= datetime(2027, 1, 1, tzinfo=UTC)


def test_until_it_is_concluded_nothing_tells_it_from_others(session: Session, canary: Canary) -> None:
    grievances.open_grievance(session, "Somebody's own words.", None, canary.due_at)
    canaries.go_on(session, canary.id, canary.due_at, DICE)
    mine, hers = sorted(grievances.queue(session, canary.due_at), key=lambda each: each.id not in _sent(canary))
    assert mine.id in _sent(canary) and hers.id not in _sent(canary)
    assert (mine.opened_at, mine.vendor, mine.conclude_by) == (hers.opened_at, hers.vendor, hers.conclude_by)
    assert mine.id.version == hers.id.version == 4
    assert grievances.one(session, mine.id).messages[0].text in canaries.WORDS
    (run,) = told(session, "canary.run")
    assert str(mine.id) not in str(run) and not told(session, "canary.answer") and not canaries.sent(session)


def _sent(canary: Canary) -> set[UUID]:
    return {about_of(canary.kind, canary.secret)}


def test_sending_and_looking_may_be_done_twice(session: Session, canary: Canary) -> None:
    key = sent(session, canary)
    for _ in range(2):
        canaries.go_on(session, canary.id, canary.due_at + DAY, DICE)
    assert session.scalars(select(Grievance.id)).all() == [key] and not told(session, "canary.answer")


def test_an_answer_in_time_is_told_with_a_proof_that_fits(session: Session, canary: Canary) -> None:
    key, officer = sent(session, canary), add_user(session, Role.WELLBEING_OFFICER).id
    grievances.acknowledge(session, officer, key, canary.due_at + 2 * DAY)
    grievances.conclude(session, officer, key, "not-substantiated", "It is on the page.", canary.due_at + 5 * DAY)
    for _ in range(2):
        canaries.go_on(session, canary.id, canary.due_at + 6 * DAY, DICE)
    (run,), (answer,) = told(session, "canary.run"), told(session, "canary.answer")
    assert (answer["kind"], answer["outcome"], answer["about"]) == ("grievance", "answered", str(key))
    assert fits("grievance", str(run["token"]), str(answer["secret"]), str(answer["about"]))
    assert not fits("grievance", str(run["token"]), "ab" * 32, str(key)) and not fits("grievance", "", "no", "")
    assert canaries.sent(session) == {key} and not canaries.due(session, NOW + 80 * DAY)


def test_one_that_nobody_acknowledges_in_a_week_is_late_and_so_is_one_that_nobody_concludes(
    session: Session, canary: Canary
) -> None:
    key, officer = sent(session, canary), add_user(session, Role.WELLBEING_OFFICER).id
    canaries.go_on(session, canary.id, canary.due_at + 89 * DAY, DICE)
    assert not told(session, "canary.answer"), "its time is not over"
    grievances.conclude(session, officer, key, "passed-on", "Here is who can tell you.", canary.due_at + 9 * DAY)
    canaries.go_on(session, canary.id, canary.due_at + 10 * DAY, DICE)
    (other,) = canaries.plan(session, NOW + 93 * DAY, DICE)
    canaries.go_on(session, other.id, other.due_at, DICE)
    canaries.go_on(session, other.id, other.due_at + 91 * DAY, DICE)
    assert [each["outcome"] for each in told(session, "canary.answer")] == ["late", "late"]
