"""What services write into the record is what the checks read: pay and a decision, from the work to the result."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.audit.sealing import text_of
from labeler.cases import marking, service
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Facts, Period, event_of, facts_of
from labeler.compliance.standards import as_published, read
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.closing import close, mark_paid
from labeler.pay.models import PayPeriod
from labeler.pay.rules import WEEK, week_of
from labeler.pay.settling import settle
from labeler.pay.terms import add_benchmark, set_place
from labeler.workforce.models import Labeler
from tests.cases.making import DAY, REASONS, a_decider, answer, not_used
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user

QUARTER = Period.quarter(2026, 1)


def facts(session: Session, labeler: Labeler) -> Facts:
    """All that was written, as if it were sealed."""
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    events = [event_of(each.vendor_id or PLATFORM, place, text_of(each)) for place, each in enumerate(entries)]
    return facts_of(labeler.vendor_id, QUARTER, as_published(read()), events)


def ends(found: Facts, *rules: str) -> dict[str, str]:
    return {rule: str(CHECKS[rule](found).result(5)) for rule in rules}


def test_a_week_of_work_is_found_paid_and_at_the_floor(session: Session) -> None:
    add_tasks(session, add_project(session), 3)
    labeler, monday = add_labeler(session), week_of(NOW)
    made = add_benchmark(
        session, None, "Exampleland", FloorKind.LIVING, "one adult", Measure.GROSS, 40, 1900, "XTS", monday.date(),
        "made up", "none", NOW,
    )  # fmt: skip
    set_place(session, None, labeler.vendor_id, made.id, monday, NOW)
    answer(session, labeler)
    over = monday + WEEK + 2 * DAY
    settle(session, labeler.id, over, over)
    assert close(session, labeler.id, over) == 1
    statement = session.scalars(select(PayPeriod)).one()
    admin = add_user(session, Role.ADMIN).id
    mark_paid(session, admin, statement.id, over, "bank 7", over + DAY)
    close_by = timedelta(days=20)
    service.report_danger(session, labeler.id, "Somebody was threatened.", monday + close_by)  # so far the record goes
    found = facts(session, labeler)
    rules = ("PAY-1", "PAY-4", "PAY-6", "PAY-7", "PAY-9")
    assert ends(found, *rules) == dict.fromkeys(rules, "satisfied")
    assert CHECKS["PAY-1"](found).rows[0].value == "1920, at the floor", "a minute, topped up and rounded up"
    assert not CHECKS["PAY-2"](found).exceptions and CHECKS["PAY-2"](found).rows


def test_a_mark_its_review_and_a_restriction_are_found_as_they_were_decided(session: Session) -> None:
    add_tasks(session, add_project(session), 3)
    labeler, reviewer, admin = add_labeler(session), a_decider(session, Role.RESEARCHER), a_decider(session)
    case = not_used(session, reviewer, answer(session, labeler)[0], NOW + DAY)
    review = service.ask_review(session, labeler.id, case, "I disagree", NOW + 2 * DAY)
    service.decide(session, admin, review, "stands", REASONS, NOW + 4 * DAY)
    marking.settle(session, NOW + 9 * DAY)
    service.restrict(session, admin, labeler.id, None, REASONS, NOW + 15 * DAY, NOW + DAY)
    found = facts(session, labeler)
    rules = ("REJ-1", "REJ-2", "REJ-3", "REJ-4", "DEC-1", "DEC-2")
    assert ends(found, *rules) == dict.fromkeys(rules, "satisfied")
    assert [row.value for row in CHECKS["REJ-3"](found).rows] == ["2 days, stands"]
