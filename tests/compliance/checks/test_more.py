"""Checks beyond the first 33 controls: each passes, fails and is not tested, by what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from labeler.compliance.checks import CHECKS
from labeler.compliance.checks.day import SEVERE, Day, View
from labeler.compliance.events import Event, Facts, facts_of
from labeler.compliance.outcome import Result
from labeler.compliance.standards import as_published, read
from tests.compliance.events import MONDAY, QUARTER, key

VENDOR, LENA, AUDITOR = key(1), key(2), key(3)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def event(number: int, act: str, at: datetime, subject: UUID, log: UUID = VENDOR, **fields: object) -> Event:
    return Event(log, number, key(1_000 + number), at, act, AUDITOR, subject, fields)


def facts(*events: Event) -> Facts:
    return facts_of(VENDOR, QUARTER, as_published(read()), events)


def found(rule: str, *events: Event) -> Result:
    return CHECKS[rule](facts(*events)).result(5)


def finding(due_on: str, number: int = 0, log: UUID = VENDOR) -> Event:
    return event(number, "finding.write", MONDAY - 30 * DAY, key(50 + number), log,
                 audit=str(key(9)), control="LWS-04", severity="major", due_on=due_on)  # fmt: skip


def reply(at: datetime, number: int = 10, act: str = "finding.reply") -> Event:
    return event(number, act, at, key(50))


@pytest.mark.parametrize(
    ("events", "result"),
    [
        ((finding("2026-07-06"), reply(MONDAY)), Result.SATISFIED),
        ((finding("2026-07-06"), reply(MONDAY, act="finding.close")), Result.SATISFIED),
        ((finding("2026-07-06"), reply(MONDAY + DAY)), Result.NOT_SATISFIED),
        ((finding("2026-07-06"),), Result.NOT_SATISFIED),
        ((finding("2026-10-01"),), Result.NOT_TESTED),  # due in the next quarter
        ((finding("2026-07-06", log=key(99)),), Result.NOT_TESTED),  # another vendor's
        ((), Result.NOT_TESTED),
    ],
)
def test_findings_are_answered_by_their_day(events: tuple[Event, ...], result: Result) -> None:
    assert found("GOV-7", *events) is result


def signature(at: datetime, assurance: str = "limited", log: UUID = VENDOR) -> Event:
    return event(20, "audit.sign", at, key(9), log, report="a" * 64, pack="b" * 64, assurance=assurance)


OLD = event(0, "vendor.add", MONDAY - 500 * DAY, VENDOR, name="Old")
NEW = event(0, "vendor.add", MONDAY - 30 * DAY, VENDOR, name="New")


@pytest.mark.parametrize(
    ("events", "result"),
    [
        ((OLD, signature(MONDAY)), Result.SATISFIED),
        ((NEW, signature(MONDAY)), Result.SATISFIED),
        ((OLD, signature(MONDAY, "none")), Result.NOT_SATISFIED),
        ((OLD, signature(MONDAY - 400 * DAY)), Result.NOT_SATISFIED),
        ((OLD, signature(MONDAY, log=key(99))), Result.NOT_SATISFIED),
        ((OLD, signature(MONDAY + 100 * DAY)), Result.NOT_SATISFIED),  # after the period
        ((OLD,), Result.NOT_SATISFIED),
        ((NEW,), Result.NOT_TESTED),
        ((), Result.NOT_TESTED),
    ],
)
def test_somebody_from_outside_signed_within_a_year(events: tuple[Event, ...], result: Result) -> None:
    assert found("GOV-8", *events) is result


@pytest.mark.parametrize(
    ("seconds", "severity", "allowance", "result"),
    [
        (600, SEVERE, 50, Result.SATISFIED),
        (600, SEVERE, 0, Result.NOT_SATISFIED),
        (59, SEVERE, 0, Result.NOT_TESTED),
        (600, SEVERE - 1, 0, Result.NOT_TESTED),
    ],
)
def test_time_with_severe_texts_brings_an_allowance(
    monkeypatch: pytest.MonkeyPatch, seconds: int, severity: int, allowance: int, result: Result
) -> None:
    # How views come of entries is tested with the day; here they are given.
    made = Day()
    made.views[LENA].append(View(key(5), severity, (MONDAY + DAY).timestamp(), seconds))
    monkeypatch.setattr("labeler.compliance.checks.more.day", lambda _: made)
    closed = event(30, "pay.close", MONDAY + 8 * DAY, key(6), labeler=str(LENA), allowance=allowance,
                   until_at=(MONDAY + WEEK).isoformat())  # fmt: skip
    assert found("PAY-8", closed) is result
    assert found("PAY-8") is Result.NOT_TESTED


def test_a_week_that_two_quarters_share_is_looked_at_in_the_one_in_which_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Day()
    made.views[LENA].append(View(key(5), SEVERE, (QUARTER.start - DAY).timestamp(), 600))
    monkeypatch.setattr("labeler.compliance.checks.more.day", lambda _: made)
    closed = event(30, "pay.close", MONDAY, key(6), labeler=str(LENA), allowance=0,
                   until_at=(QUARTER.start + 5 * DAY).isoformat())  # fmt: skip
    assert found("PAY-8", closed) is Result.NOT_SATISFIED
    later = event(30, "pay.close", MONDAY, key(6), labeler=str(LENA), allowance=0,
                  until_at=(QUARTER.end + DAY).isoformat())  # fmt: skip
    assert found("PAY-8", later) is Result.NOT_TESTED


def test_the_allowance_is_a_persons_whichever_of_her_accounts_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, other = Day(), key(20)
    made.views[LENA].append(View(key(5), SEVERE, MONDAY.timestamp(), 600))
    monkeypatch.setattr("labeler.compliance.checks.more.day", lambda _: made)
    joined = event(29, "labeler.payroll", MONDAY, other, person=str(LENA))
    closed = [
        event(30 + number, "pay.close", MONDAY + 8 * DAY, key(6 + number), labeler=str(account), allowance=allowance,
              until_at=(MONDAY + WEEK).isoformat())
        for number, (account, allowance) in enumerate(((LENA, 40), (other, 0)))
    ]  # fmt: skip
    assert found("PAY-8", joined, *closed) is Result.SATISFIED
