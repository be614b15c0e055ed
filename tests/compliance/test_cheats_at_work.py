"""Ways of docs/cheats.md that are tried on the product itself: with a manager's rights, or around it.

What another test of ours tries already is named in `ELSEWHERE`; together they are the whole table.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Permission, Role, may
from labeler.assignment.joining import set_payroll_id
from labeler.assignment.service import hand_out
from labeler.audit.models import AuditEntry
from labeler.cases.rules import Decider
from labeler.cases.service import restrict
from labeler.cli.reports import _quarter
from labeler.compliance import reading as record
from labeler.compliance.assessing import assess
from labeler.compliance.auditing import publishing
from labeler.compliance.auditing.rules import own_seed
from labeler.compliance.outcome import Assessment, Checked
from labeler.compliance.standards import as_published, read
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.evidence.models import Says
from labeler.evidence.service import Statement, attest, say
from labeler.ids import new_id
from labeler.pay.closing import mark_paid
from labeler.pay.models import PayPeriod
from labeler.projects.models import Task
from labeler.warnings.reviewing import lower
from labeler.warnings.service import report as say_worse
from labeler.wellbeing.models import Break, Policy
from labeler.workforce.service import change_labeler
from tasks.content import Category, Severity
from tests.compliance.quarter import PERIOD, Quarter, a_shift, found, prepare, run
from tests.support.build import sign_in
from tests.support.database import Database
from tests.web.pages import Page

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
REASON = "A reason that is long enough for somebody to read it."

ELSEWHERE = {
    2: "compliance/test_cheats.py", 3: "compliance/test_cheats.py", 4: "compliance/test_cheats.py",
    5: "compliance/test_cheats.py", 6: "compliance/test_cheats.py", 8: "compliance/test_cheats.py",
    13: "compliance/test_cheats.py", 15: "compliance/test_cheats.py", 18: "compliance/test_cheats.py",
    19: "compliance/test_cheats.py", 32: "compliance/test_cheats.py",
    7: "signing/test_recovery.py::test_an_older_database_is_named_before_anything_else_is_sealed",
    9: "compliance/test_verifiers.py::test_keys_that_were_got_elsewhere_decide",
    10: "compliance/test_verifiers.py::test_both_verifiers_pass_a_clean_bundle_and_find_every_change",
    23: "pay/test_exports.py::test_work_without_a_rate_is_left_out_counted_and_told",
    24: "cases/test_marking.py::test_four_decisions_hold_nothing_and_the_fifth_holds_them_all",
    25: "compliance/test_disclosing.py::test_a_right_that_few_used_is_told_as_one_that_nobody_used",
    27: "anomalies/test_service.py::test_breaks_and_sign_ins_in_one_second_are_found_by_vendor",
    33: "projects/test_usage.py::test_who_asked_made_or_changed_it_is_no_second_person",
    34: "compliance/auditing/test_auditing_service.py::test_words_changed_in_the_database_are_found_and_not_signed",
}  # fmt: skip


def test_every_way_of_the_table_is_tried() -> None:
    table = re.findall(r"^\| (\d+) \|", (ROOT / "docs/cheats.md").read_text(), re.MULTILINE)
    here = {int(number) for number in re.findall(r"^def test_(\d+)_", Path(__file__).read_text(), re.MULTILINE)}
    assert sorted(map(int, table)) == sorted(here | ELSEWHERE.keys())
    assert len(table) >= 25
    for place in ELSEWHERE.values():
        path, _, name = place.partition("::")
        assert f"def {name}" in (ROOT / "tests" / path).read_text(), place


@pytest.fixture
def midway(database: Database) -> Quarter:
    """The quarter while it runs: six labelers of one vendor have worked on one day of it."""
    made = found(database.home, [6], tasks=300, easy=90)
    prepare(made)
    run(made, [3], answers=6, until=PERIOD.start)
    return made


def assessed(made: Quarter) -> Assessment:
    vendor = made.firms[0].id
    with reading() as session:
        facts = record.facts(session, vendor, PERIOD, as_published(read()), record.newest(session, vendor))
    return assess(facts, read())


def check(made: Quarter, rule: str) -> Checked:
    return next(each for control in assessed(made).controls for each in control.checks if each.rule == rule)


def entries(made: Quarter, act: str) -> list[AuditEntry]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id)))


def test_1_no_page_takes_a_time(app: Flask, database: Database) -> None:
    from labeler import clock

    with transaction() as session:
        from tests.support.build import add_labeler

        who = add_labeler(session).id
    visitor = app.test_client()
    sign_in(visitor, who)
    before = clock.now()
    lies = dict.fromkeys(("at", "now", "started_at", "from_at", "until", "time"), "2026-07-01T08:00:00Z")
    form = next(each for each in Page(visitor.get("/work")).forms if each.action == "/breaks")
    assert visitor.post("/breaks", data=form.filled(**lies)).status_code in (200, 303)
    with reading() as session:
        begun = session.scalars(select(Break)).one()
    assert begun.started_at >= before


@pytest.mark.parametrize(
    "span", [("2026-07-15", "2026-10-14"), ("2026-07-01", "2026-09-29"), ("2026-07-01", "2026-12-31")]
)
def test_11_no_period_but_a_whole_quarter(span: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        _quarter(*map(date.fromisoformat, span))


def test_12_all_quarters_of_a_vendor_are_public_or_none(quarter: Quarter) -> None:
    firm = quarter.firms[0]
    assert not may(Role.VENDOR_MANAGER, Permission.REPORTS_PUBLISH)
    later = quarter.now + 60 * DAY
    with transaction() as session:
        publishing.publish_vendor(session, quarter.admin, firm.id, later)
    with reading() as session:
        due = publishing.due_of(session, firm.id, later)
    assert len(due) >= 2  # the one in which it joined too
    with transaction() as session:
        assert publishing.keep(session, firm.id, due, later) == len(due)
    with pytest.raises(Conflict), transaction() as session:
        publishing.publish_vendor(session, quarter.admin, firm.id, later)
    with reading() as session:
        assert publishing.due_of(session, firm.id, later) == []


def test_14_a_number_that_was_relaxed_by_hand_is_an_exception(midway: Quarter, database: Database) -> None:
    with database.in_hand() as session:
        session.add(
            Policy(name="break_stop", value=120, from_at=midway.now, made_at=midway.now, made_by=midway.admin)
        )  # fmt: skip
        session.flush()
    midway.now += 14 * HOUR
    a_shift(midway, midway.firms[0].labelers[0], 75, rests=False)
    midway.seal()
    wrong = check(midway, "BRK-1").exceptions
    assert wrong
    assert {row.person for row in wrong} == {midway.firms[0].labelers[0]}
    assert not assessed(midway).deviations


def test_16_hard_content_that_was_tagged_as_none_fails_the_control(midway: Quarter) -> None:
    for who in midway.firms[0].labelers[:4]:
        midway.now += 14 * HOUR
        a_shift(midway, who, 8)
    midway.seal()
    assert check(midway, "EXP-12").failed is None
    who = midway.firms[0].labelers[0]
    midway.now += 14 * HOUR
    for _ in range(3):
        midway.now += 5 * MINUTE
        with transaction() as session:
            handed: Any = hand_out(session, who, midway.now)
        midway.now += MINUTE
        with transaction() as session:
            say_worse(session, who, handed.assignment_id, "W06", 2, midway.now, per_mille=1_000)
    midway.seal()
    assert check(midway, "EXP-12").result(5).value == "not-satisfied"


def test_17_what_labelers_raised_is_lowered_by_a_named_person_with_reasons_only(midway: Quarter) -> None:
    who = midway.firms[0].labelers[0]
    midway.now += 14 * HOUR
    with transaction() as session:
        handed: Any = hand_out(session, who, midway.now)
        task = session.get_one(Task, _task(session, handed.assignment_id)).id
    with transaction() as session:
        say_worse(session, who, handed.assignment_id, "W06", 2, midway.now + MINUTE)
    project = midway.easy if _is_easy(midway, task) else midway.hard
    for reason in ("", "too high"):
        with pytest.raises(Invalid), transaction() as session:
            lower(session, midway.researcher, project, task, {Category.W06: Severity.NONE}, reason, midway.now + HOUR)
    with transaction() as session:
        lower(session, midway.researcher, project, task, {Category.W06: Severity.NONE}, REASON, midway.now + HOUR)
    assert [(each.actor_id, each.subject_id) for each in entries(midway, "severity.lower")] == [
        (midway.researcher, task)
    ]


def _task(session: Any, assignment: Any) -> Any:
    from labeler.assignment.models import Assignment

    return session.get_one(Assignment, assignment).task_id


def _is_easy(made: Quarter, task: Any) -> bool:
    from labeler.projects.models import Lane

    with reading() as session:
        return (
            session.scalars(select(Lane.project_id).join(Task, Task.lane_id == Lane.id).where(Task.id == task)).one()
            == made.easy
        )


def test_20_a_time_zone_moves_once_in_a_week_and_refills_nothing(midway: Quarter) -> None:
    firm = midway.firms[0]
    who, starts = firm.labelers[0], midway.now.date() - 30 * DAY
    from labeler.workforce.models import Labeler

    with reading() as session:
        starts = session.get_one(Labeler, who).contract_from
    with transaction() as session:
        change_labeler(session, firm.manager, who, ["en"], "Asia/Tokyo", starts, None, midway.now)
    with pytest.raises(Invalid), transaction() as session:
        change_labeler(session, firm.manager, who, ["en"], "America/Lima", starts, None, midway.now + DAY)
    midway.now += DAY
    a_shift(midway, who, 3)
    midway.seal()
    moved = check(midway, "EXP-1")
    assert not moved.exceptions
    assert [str(each.subject_id) for each in entries(midway, "labeler.change")] == [str(who)]


def test_21_two_accounts_of_one_person_are_one_person(midway: Quarter) -> None:
    firm = midway.firms[0]
    before = len(assessed(midway).people)
    for who in firm.labelers[:2]:
        with transaction() as session:
            set_payroll_id(session, midway.admin, who, "P-1", "secret" * 8, midway.now)
    midway.seal()
    assert len(assessed(midway).people) == before - 1


def test_22_a_payment_that_is_dated_back_is_an_exception(database: Database) -> None:
    made = found(database.home, [6], tasks=100)
    prepare(made)
    firm = made.firms[0]
    run(made, [3], answers=3, late=[firm.id], until=PERIOD.start + 30 * DAY)
    made.now = PERIOD.start + 50 * DAY
    with transaction() as session:
        for statement in session.scalars(select(PayPeriod).where(PayPeriod.paid_at.is_(None))).all():
            mark_paid(session, firm.manager, statement.id, statement.until_at + DAY, "transfer", made.now)
    made.seal()
    told = check(made, "PAY-4")
    assert told.exceptions
    assert [figure.value for figure in told.figures] == [len(told.exceptions)]


def test_26_access_ends_with_notice_and_reasons_only(quarter: Quarter) -> None:
    firm = quarter.firms[0]
    decider = Decider(firm.manager, Role.VENDOR_MANAGER, firm.id)
    for reasons, after in ((REASON, DAY), ("no", 20 * DAY)):
        with pytest.raises(Invalid), transaction() as session:
            restrict(session, decider, firm.labelers[0], None, reasons, quarter.now + after, quarter.now)
    assert not entries(quarter, "restriction.make")


def test_28_nobody_confirms_a_line_for_a_labeler(quarter: Quarter) -> None:
    firm = quarter.firms[0]
    for somebody in (firm.manager, quarter.admin):
        with pytest.raises((Missing, Forbidden, Conflict)), transaction() as session:
            say(session, somebody, "LWS-11", Says.CONFIRM, read(), quarter.now)
    assert not entries(quarter, "confirmation.say")


def test_29_an_attestation_is_for_twelve_months_and_from_today(quarter: Quarter) -> None:
    firm, today = quarter.firms[0], quarter.now.date()
    for dated, lasts in ((today, 400), (today + DAY, 30), (today - 400 * DAY, 399)):
        said = Statement(
            "LWS-22", "D. Rector", "director", dated, dated + lasts * DAY, "ab" * 32, "a.txt", 9, "text/plain"
        )
        with pytest.raises(Invalid), transaction() as session:
            attest(session, firm.manager, new_id(), said, read(), quarter.now)
    said = Statement(
        "LWS-22", "D. Rector", "director", today - 300 * DAY, today + 30 * DAY, "ab" * 32, "a.txt", 9, "text/plain"
    )
    with transaction() as session:
        attest(session, firm.manager, new_id(), said, read(), quarter.now)
    quarter.seal()
    later = next(each for each in assessed(quarter).controls if each.control == "LWS-22")
    assert later.attestation is None  # it was said after the quarter, whatever day it bears


def test_30_nobody_attests_for_another_vendor_or_what_no_control_asks(quarter: Quarter) -> None:
    firm, today = quarter.firms[0], quarter.now.date()
    said = Statement("LWS-04", "D. Rector", "director", today, today + 30 * DAY, "ab" * 32, "a.txt", 9, "text/plain")
    with pytest.raises(Invalid), transaction() as session:
        attest(session, firm.manager, new_id(), said, read(), quarter.now)
    with pytest.raises(Forbidden), transaction() as session:
        attest(session, quarter.admin, new_id(), said, read(), quarter.now)
    assert not entries(quarter, "attestation.add")


def test_31_the_seed_of_a_sample_follows_from_the_checkpoint() -> None:
    from uuid import UUID

    seeds = {own_seed(root, UUID(int=n), number) for root in ("a" * 64, "b" * 64) for n in (1, 2) for number in (1, 2)}
    assert len(seeds) == 8
    assert own_seed("a" * 64, UUID(int=1), 1) == own_seed("a" * 64, UUID(int=1), 1)
